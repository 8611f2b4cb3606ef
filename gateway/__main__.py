"""`gatewatchd`: the engine and the simulated gateway."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import resource
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NoReturn

import click

from gateway.errors import CannotListen
from gateway.lanes import AT_ONCE_IN_ALL
from store.crash_report import tell_no_values
from store.errors import StoreNotUsable
from store.folder import data_folder
from store.memory import share_what_is_freed

EXIT_REFUSED = 1
EXIT_STORE_NOT_USABLE = 3
ADMIN_PORT = 8481
STDIN = 0
"""The descriptor of standard input."""
FILES_OF_A_CONNECTION = 2
"""There are two ports."""
FILES_OF_THE_ENGINE = 2 * AT_ONCE_IN_ALL + 512
"""Connections to gateways, in use and kept for the next request, the store's files, and some to spare."""
GARBAGE_THRESHOLDS = (20_000, 20, 50)
"""How many objects more than before make Python look for circles among the young ones, and how seldom among others."""
SANDBOX_KEY_VARIABLE = "GATEWATCH_SANDBOX_KEY"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Run the engine of a Gatewatch store, or a simulated gateway to try things out."""


@main.command()
@click.option("--data", type=click.Path(path_type=Path), help="The store's folder (else GATEWATCH_DATA).")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where gateways' answers are listened for.")
@click.option("--port", default=8480, show_default=True, type=click.IntRange(0, 65535), help="0: any free port.")
@click.option("--public-url", default="", help="How gateways reach this engine; needed unless they are on loopback.")
@click.option(
    "--archive-after-days",
    default=90.0,
    show_default=True,
    type=click.FloatRange(0, 36500, min_open=True),
    help="When closed payments move to the store's monthly archive files; decimals allowed.",
)
@click.option(
    "--admin-host",
    default="127.0.0.1",
    show_default=True,
    help="Where the platform side and /metrics are, in plain HTTP: elsewhere than on loopback, put TLS before it.",
)
@click.option(
    "--admin-port",
    type=click.IntRange(0, 65535),
    help=f"0: any free port.  [default: {ADMIN_PORT}, or any free port with --port 0]",
)
@click.option(
    "--connections",
    default=512,
    show_default=True,
    type=click.IntRange(1, 100_000),
    help="How many connections each port takes at once; more are told to come again.",
)
@click.option(
    "--connections-per-peer",
    default=64,
    show_default=True,
    type=click.IntRange(1, 100_000),
    help="How many of them one address may have; this machine, as a proxy on it, may have all.",
)
@click.option("--until-stdin-closes", is_flag=True, help="Stop when standard input ends, as on SIGTERM.")
def serve(
    *,
    data: Path | None,
    host: str,
    port: int,
    public_url: str,
    archive_after_days: float,
    admin_host: str,
    admin_port: int | None,
    connections: int,
    connections_per_peer: int,
    until_stdin_closes: bool,
) -> None:
    """Send queued attempts, take answers, end periods. One engine serves one store."""
    # aiohttp takes a third of a second to import; --help and wrong usage do without.
    from gateway.door import DoorLimits  # noqa: PLC0415
    from gateway.engine import EngineOptions, serve_store  # noqa: PLC0415
    from gateway.log import JsonLines  # noqa: PLC0415
    from gateway.requests import public_url_problems  # noqa: PLC0415
    from store.outside import system_clock  # noqa: PLC0415
    from store.sealed_store import SEALED_NOW  # noqa: PLC0415
    from store.store import open_store  # noqa: PLC0415

    problems = public_url_problems(public_url) if public_url else []
    if problems:
        raise click.BadParameter(" ".join(problems), param_hint="--public-url")
    if admin_port is None:
        admin_port = ADMIN_PORT if port else 0
    options = EngineOptions(
        host=host,
        port=port,
        public_url=public_url,
        archive_after_days=archive_after_days,
        admin_host=admin_host,
        admin_port=admin_port,
        limits=DoorLimits(connections=connections, connections_of_one_peer=connections_per_peer),
    )

    allow_files(FILES_OF_A_CONNECTION * connections + FILES_OF_THE_ENGINE)
    share_what_is_freed()

    async def run(stop: asyncio.Event) -> None:
        store = open_store(data_folder(data))
        log = JsonLines(system_clock)
        if store.sealed_just_now:
            log.write("secrets encrypted", reason=SEALED_NOW)
        answers_at: list[str] = []

        def say(admin_url: str) -> None:
            answers = f"{answers_at[0]}/connectors/ID/answers"
            _say(f"gatewatchd listens for answers at {answers}, for the platform at {admin_url}")

        look_for_garbage_less_often()
        await serve_store(store, options, log, stop, answers_at.append, say)

    try:
        asyncio.run(_until_stopped(run, until_stdin_closes=until_stdin_closes))
    except StoreNotUsable as error:
        click.echo(str(error), err=True)
        sys.exit(EXIT_STORE_NOT_USABLE)
    except CannotListen as error:
        click.echo(str(error), err=True)
        sys.exit(EXIT_REFUSED)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where requests are listened for.")
@click.option("--port", default=8490, show_default=True, type=click.IntRange(0, 65535), help="0: any free port.")
@click.option("--seed", default=0, show_default=True, help="Chooses, with the attempt's id, where the amount does not.")
@click.option(
    "--soon-after", default=2.0, show_default=True, type=click.FloatRange(0), help="Seconds to a soon answer."
)
@click.option(
    "--late-after", default=90.0, show_default=True, type=click.FloatRange(0), help="Seconds to a late answer."
)
@click.option("--list", "list_only", is_flag=True, help="Only show how it can behave, and what chooses it.")
@click.option(
    "--key-file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    help=f"Holds the connector's Secret Shared Key; -: standard input (else {SANDBOX_KEY_VARIABLE}).",
)
@click.option("--until-stdin-closes", is_flag=True, help="Stop when standard input ends, as on SIGTERM.")
def sandbox(
    *,
    host: str,
    port: int,
    seed: int,
    soon_after: float,
    late_after: float,
    list_only: bool,
    key_file: str | None,
    until_stdin_closes: bool,
) -> None:
    """Be a simulated gateway: it succeeds, declines, answers late, twice or never, as the amount says."""
    # aiohttp takes a third of a second to import; --help and wrong usage do without.
    from gateway.behaviours import listing  # noqa: PLC0415

    if list_only:
        click.echo(listing())
        return
    if until_stdin_closes and key_file == "-":
        raise click.UsageError("--key-file - and --until-stdin-closes both read standard input; use one of them.")
    key = _sandbox_key(key_file)
    from gateway.log import JsonLines  # noqa: PLC0415
    from gateway.sandbox import SandboxOptions, one_key, run_sandbox  # noqa: PLC0415
    from store.outside import system_clock  # noqa: PLC0415

    options = SandboxOptions(
        key_for=one_key(key),
        host=host,
        port=port,
        seed=seed,
        soon_after_seconds=soon_after,
        late_after_seconds=late_after,
    )

    async def run(stop: asyncio.Event) -> None:
        serving = asyncio.create_task(
            run_sandbox(options, lambda url: _say(f"gatewatchd sandbox listens at {url}"), JsonLines(system_clock))
        )
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving

    try:
        asyncio.run(_until_stopped(run, until_stdin_closes=until_stdin_closes))
    except OSError as error:
        click.echo(f"The sandbox cannot listen at {host}:{port}: {error.strerror or error}.", err=True)
        sys.exit(EXIT_REFUSED)


def _sandbox_key(key_file: str | None) -> str:
    """Return the Secret Shared Key from a file, standard input (-) or the environment. Raises click.UsageError."""
    try:
        key = _read(key_file) if key_file else os.environ.get(SANDBOX_KEY_VARIABLE, "")
    except OSError as error:
        raise click.UsageError(f"The Secret Shared Key cannot be read from {key_file}: {error.strerror}.") from error
    except UnicodeDecodeError:  # its text would quote a byte of the key
        raise click.UsageError(f"The Secret Shared Key cannot be read from {key_file}: it is not UTF-8.") from None
    if not key.strip():
        raise click.UsageError(
            f"There is no Secret Shared Key; give the connector's with --key-file or in {SANDBOX_KEY_VARIABLE}."
        )
    return key.strip()


def _read(name: str) -> str:
    with click.open_file(name, encoding="utf-8") as source:
        text: str = source.read()
    return text


def allow_files(wanted: int) -> None:
    """Let this process have so many open files, or as many as the system allows: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def look_for_garbage_less_often() -> None:
    """Leave what is there now alone: modules, tables. An answer makes many objects, hardly any of them in a circle."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)


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
    with contextlib.suppress(OSError):  # standard input that was closed before the start has ended, too
        while os.read(STDIN, 4096):
            continue
    with contextlib.suppress(RuntimeError):  # the loop has ended first
        loop.call_soon_threadsafe(stop.set)


def run() -> NoReturn:
    """Run `gatewatchd` with the process's arguments and leave with its exit code (SystemExit)."""
    tell_no_values()
    main(prog_name="gatewatchd")
    raise SystemExit(0)


if __name__ == "__main__":
    run()
