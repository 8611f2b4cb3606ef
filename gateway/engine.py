"""The engine: sends queued attempts, ends periods, and serves the port that answers come to and its own.

It and the panel meet only in the store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from ipaddress import ip_address

from gateway.admin import AdminPort
from gateway.ageing import keep_ageing_out, tell_what_is_not_folded
from gateway.client import GatewayClient
from gateway.dispatcher import Dispatcher
from gateway.door import DoorLimits
from gateway.health import Pulse
from gateway.http_port import HttpPort
from gateway.listener import Listener
from gateway.log import EachOf, EventLog, place_of
from gateway.refusals import Refusals
from store.archive import ARCHIVE_AFTER_DAYS
from store.engine_presence import held_by_this_engine
from store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """Where the engine listens, and when closed payments go to the archive.

    `public_url` is how gateways reach it; empty: only connectors on loopback are served. The admin port is where the
    platform side, metrics and health are; `limits` hold for each port.
    """

    host: str = "127.0.0.1"
    port: int = 8480
    public_url: str = ""
    archive_after_days: float = ARCHIVE_AFTER_DAYS
    admin_host: str = "127.0.0.1"
    admin_port: int = 8481
    limits: DoorLimits = field(default_factory=DoorLimits)


async def serve_store(
    store: Store,
    options: EngineOptions,
    log: EventLog,
    stop: asyncio.Event,
    on_listening: Callable[[str], None],
    on_admin_listening: Callable[[str], None] | None = None,
) -> None:
    """Run the engine until `stop` is set: stop accepting, let requests under way end, leave.

    Raises StoreBusy if another engine serves the store, CannotListen if a port cannot be had.
    """
    with held_by_this_engine(store.folder):
        asyncio.get_running_loop().set_exception_handler(partial(_tell_fault, log))
        pulse = Pulse()
        admin = AdminPort(store, log, stop, pulse)
        log = EachOf(log, admin.metrics)
        refusals = Refusals(store, log)
        listener = Listener(store, log, refusals)
        answers = HttpPort(listener.application(), log, name="answers", limits=options.limits, direct=listener.direct)
        admin.metrics.watch(answers.door)
        client = GatewayClient()
        try:
            admin_port = await admin.open(options.admin_host, options.admin_port, options.limits)
            port = await answers.open(options.host, options.port)
            own_url = f"http://{reached_at(options.host)}:{port}"
            dispatcher = Dispatcher(
                store,
                client,
                log,
                public_url=options.public_url,
                own_url=own_url,
                stop=stop,
                pulse=pulse,
                refusals=refusals,
            )
            admin.answers_url = options.public_url or own_url
            on_listening(options.public_url or own_url)
            if on_admin_listening is not None:
                on_admin_listening(f"http://{reached_at(options.admin_host)}:{admin_port}")
            with closing(dispatcher):
                async with asyncio.TaskGroup() as group:
                    group.create_task(dispatcher.run(group))
                    group.create_task(keep_ageing_out(store, timedelta(days=options.archive_after_days), log, stop))
                    group.create_task(tell_what_is_not_folded(store, log, stop))
                    group.create_task(admin.forget_old_keys())
                    group.create_task(refusals.run(stop))
                    await stop.wait()
                    # Beside what the gateways still reply; the admin port tells meanwhile that the engine is stopping.
                    group.create_task(answers.close())
        finally:
            await answers.close()
            # Only now: until here messages came in that are not believed.
            await asyncio.gather(admin.close(), refusals.write())
            await client.aclose()


def _tell_fault(log: EventLog, _loop: asyncio.AbstractEventLoop, context: Mapping[str, object]) -> None:
    """Tell what the event loop itself met, as running out of files, like everything else: in one line of JSON."""
    error = context.get("exception")
    if isinstance(error, BaseException):
        log.write("fault", kind=type(error).__name__, place=place_of(error), reason=str(context.get("message", "")))
    else:
        log.write("fault", reason=str(context.get("message", "")))


def reached_at(host: str) -> str:
    """Return how this machine writes the host that is listened at in a URL: loopback where that is every address."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "[::1]"
    return f"[{host}]" if address.version == 6 else host
