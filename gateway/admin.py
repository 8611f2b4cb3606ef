"""The engine's own port: the platform side, the OpenAPI document, metrics and health."""

from __future__ import annotations

import asyncio

from aiohttp import web

from gateway.door import DoorLimits
from gateway.health import Health, Pulse
from gateway.http_port import HttpPort
from gateway.log import EachOf, EventLog
from gateway.metrics import EngineMetrics
from gateway.on_disk import on_disk
from gateway.openapi import document
from gateway.pausing import pause
from gateway.platform import Platform
from gateway.strict_body import MAX_BODY_BYTES
from store import idempotency
from store.errors import StoreNotUsable
from store.store import Store

FORGET_EVERY_SECONDS = 3600.0
METRICS_TYPE = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}


class AdminPort:
    """The admin port of one engine. `answers_url` is where gateways reach the engine; it stands in the document."""

    def __init__(self, store: Store, log: EventLog, stop: asyncio.Event, pulse: Pulse) -> None:
        self.metrics = EngineMetrics(store)
        self.answers_url = ""
        self._store = store
        self._log = log
        self._stop = stop
        self._platform = Platform(store, log, stop)
        self._health = Health(store, log, stop, pulse)
        self._port: HttpPort | None = None

    def application(self) -> web.Application:
        """Return the application to serve."""
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        get, post = app.router.add_get, app.router.add_post
        post("/payments", self._platform.create_payment)
        get("/payments/{payment_id}", self._platform.read_payment, allow_head=False)
        post("/payments/{payment_id}/attempts", self._platform.start_attempt)
        post("/payments/{payment_id}/cancel", self._platform.cancel_payment)
        get("/openapi.json", self._openapi, allow_head=False)
        get("/metrics", self._metrics, allow_head=False)
        get("/healthz", self._health.healthz, allow_head=False)
        get("/readyz", self._health.readyz, allow_head=False)
        return app

    async def open(self, host: str, port: int, limits: DoorLimits | None = None) -> int:
        """Listen, and return the port (0 asks for any free one). Raises CannotListen."""
        self._port = HttpPort(self.application(), EachOf(self._log, self.metrics), name="admin", limits=limits)
        self.metrics.watch(self._port.door)
        return await self._port.open(host, port)

    async def close(self) -> None:
        """Stop listening and let requests under way end."""
        if self._port is not None:
            await self._port.close()

    async def forget_old_keys(self) -> None:
        """Forget idempotency keys whose time is over, now and then until the engine is to stop."""
        while not self._stop.is_set():
            try:
                while await on_disk(self._store, idempotency.forget_old):
                    continue
            except StoreNotUsable as error:
                self._log.write("old keys not forgotten", reason=str(error))
            await pause(self._stop, FORGET_EVERY_SECONDS)

    async def _openapi(self, _request: web.Request) -> web.Response:
        return web.json_response(document(self.answers_url))

    async def _metrics(self, _request: web.Request) -> web.Response:
        return web.Response(body=await asyncio.to_thread(self.metrics.page), headers=METRICS_TYPE)
