"""Whether the engine is alive, and whether it can do its work: what a supervisor and a load balancer ask."""

from __future__ import annotations

import asyncio
import time

from aiohttp import web

from gateway.log import EventLog
from store.errors import StoreNotUsable
from store.store import Store

TURNED_WITHIN_SECONDS = 30.0
"""The engine's loop turns several times a second; a turn that waits for a busy store takes a few."""
STORE_WAIT_SECONDS = 2.0


class Pulse:
    """When the engine's loop turned last."""

    def __init__(self) -> None:
        self._beat_at = time.monotonic()

    def beat(self) -> None:
        """Note that the loop turns."""
        self._beat_at = time.monotonic()

    def seconds_since(self) -> float:
        """Return how long ago the loop turned last."""
        return time.monotonic() - self._beat_at


class Health:
    """The handlers of `/healthz` and `/readyz`."""

    def __init__(
        self,
        store: Store,
        log: EventLog,
        stop: asyncio.Event,
        pulse: Pulse,
        *,
        turned_within_seconds: float = TURNED_WITHIN_SECONDS,
    ) -> None:
        self._store = store
        self._log = log
        self._stop = stop
        self._pulse = pulse
        self._turned_within_seconds = turned_within_seconds
        self._trial: asyncio.Future[StoreNotUsable | None] | None = None

    async def healthz(self, _request: web.Request) -> web.Response:
        """Tell that the process answers; nothing else is looked at."""
        return web.json_response({"alive": True})

    async def readyz(self, _request: web.Request) -> web.Response:
        """Tell whether the engine can send, receive and store; if not, 503 and all that is in the way."""
        wrong: list[str] = []
        if self._stop.is_set():
            wrong.append("The engine is stopping.")
        seconds = self._pulse.seconds_since()
        if seconds > self._turned_within_seconds:
            wrong.append(f"The engine's loop has not turned for {seconds:.0f} seconds.")
        error = await self._tried()
        if error is not None:
            # Its text names a path of this machine: it goes to the log; who asks is told which store it is about.
            self._log.write("not ready", reason=str(error))
            wrong.append(f"The store cannot be used: {error.reason}")
        return web.json_response({"ready": not wrong, "wrong": wrong}, status=503 if wrong else 200)

    async def _tried(self) -> StoreNotUsable | None:
        """Return why the store cannot be written now, None if it can; who asks meanwhile is told the same.

        So however many ask, one thread waits for the store's lock, and those who only read find one that is free.
        """
        if self._trial is None or self._trial.done():
            self._trial = asyncio.ensure_future(asyncio.to_thread(self._try_store))
        return await asyncio.shield(self._trial)

    def _try_store(self) -> StoreNotUsable | None:
        """Take the store's lock, as a writer does, and write nothing; return what was in the way."""
        try:
            with self._store.transaction(wait_seconds=STORE_WAIT_SECONDS):
                return None
        except StoreNotUsable as error:
            return error
