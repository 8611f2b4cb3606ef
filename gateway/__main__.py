"""`gatewatchd`: the engine and the simulated gateway."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import click

from store.errors import StoreNotUsable
from store.folder import data_folder

EXIT_REFUSED = 1
EXIT_STORE_NOT_USABLE = 3


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Run the engine of a Gatewatch store, or a simulated gateway to try things out."""


@main.command()
@click.option("--data", type=click.Path(path_type=Path), help="The store's folder (else GATEWATCH_DATA).")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where gateways' answers are listened for.")
@click.option("--port", default=8480, show_default=True, type=click.IntRange(0, 65535), help="0: any free port.")
@click.option("--public-url", default="", help="How gateways reach this engine; needed unless they are on loopback.")
@click.option("--until-stdin-closes", is_flag=True, help="Stop when standard input ends, as on SIGTERM.")
def serve(*, data: Path | None, host: str, port: int, public_url: str, until_stdin_closes: bool) -> None:
    """Send queued attempts, take answers, end periods. One engine serves one store."""
    # aiohttp takes a third of a second to import; --help and wrong usage do without.
    from gateway.engine import EngineOptions, serve_store  # noqa: PLC0415
    from gateway.log import JsonLines  # noqa: PLC0415
    from store.connector_url import check_connector_url  # noqa: PLC0415
    from store.outside import system_clock  # noqa: PLC0415
    from store.store import open_store  # noqa: PLC0415

    problems = check_connector_url(public_url) if public_url else []
    if problems:
        raise click.BadParameter(" ".join(problems).replace("Connector URL", "it"), param_hint="--public-url")
    options = EngineOptions(host=host, port=port, public_url=public_url)

    async def run(stop: asyncio.Event) -> None:
        store = open_store(data_folder(data))
        log = JsonLines(system_clock)
        await serve_store(
            store,
            options,
            log,
            stop,
            lambda url: _say(f"gatewatchd listens for answers at {url}/connectors/ID/answers"),
        )

    try:
        asyncio.run(_until_stopped(run, until_stdin_closes=until_stdin_closes))
    except StoreNotUsable as error:
        click.echo(str(error), err=True)
        sys.exit(EXIT_STORE_NOT_USABLE)
    except OSError as error:
        click.echo(f"The engine cannot listen at {host}:{port}: {error.strerror or error}.", err=True)
        sys.exit(EXIT_REFUSED)


def _say(line: str) -> None:
    click.echo(line)
    sys.stdout.flush()


async def _until_stopped(run: Callable[[asyncio.Event], Awaitable[None]], *, until_stdin_closes: bool) -> None:
    """Run until SIGTERM or SIGINT, or until standard input ends if that is asked for."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if until_stdin_closes:
        threading.Thread(target=_watch_stdin, args=(loop, stop), daemon=True).start()
    await run(stop)


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        continue
    loop.call_soon_threadsafe(stop.set)


if __name__ == "__main__":
    main()
