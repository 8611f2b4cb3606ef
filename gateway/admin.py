"""The engine's own port: the platform side, the OpenAPI document, metrics and health."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from gateway.errors import CannotListen
from gateway.health import Health, Pulse
from gateway.log import EventLog, http_logger
from gateway.metrics import EngineMetrics
from gateway.openapi import document
from gateway.platform import Platform, on_disk, refused
from gateway.strict_body import MAX_BODY_BYTES
from store import idempotency
from store.errors import StoreNotUsable
from store.store import Store

FORGET_EVERY_SECONDS = 3600.0
FINISH_SECONDS = 10.0
METRICS_TYPE = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


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
        self._runner: web.AppRunner | None = None

    def application(self) -> web.Application:
        """Return the application to serve."""
        app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[_in_json])
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

    async def open(self, host: str, port: int) -> int:
        """Listen, and return the port (0 asks for any free one). Raises CannotListen."""
        runner = web.AppRunner(
            self.application(), access_log=None, logger=http_logger(self._log), shutdown_timeout=FINISH_SECONDS
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            await runner.cleanup()
            raise CannotListen(host, port, error) from error
        self._runner = runner
        listened_at: int = runner.addresses[0][1]
        return listened_at

    async def close(self) -> None:
        """Stop listening and let requests under way end."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def forget_old_keys(self) -> None:
        """Forget idempotency keys whose time is over, now and then until the engine is to stop."""
        while not self._stop.is_set():
            try:
                while await on_disk(self._store, idempotency.forget_old):
                    continue
            except StoreNotUsable as error:
                self._log.write("old keys not forgotten", reason=str(error))
            try:
                async with asyncio.timeout(FORGET_EVERY_SECONDS):
                    await self._stop.wait()
            except TimeoutError:
                continue

    async def _openapi(self, _request: web.Request) -> web.Response:
        return web.json_response(document(self.answers_url))

    async def _metrics(self, _request: web.Request) -> web.Response:
        return web.Response(body=await asyncio.to_thread(self.metrics.page), headers=METRICS_TYPE)


@web.middleware
async def _in_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell in JSON what the server itself refuses: a path or method that is not there."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        response = refused(error.status, f"{error.reason}: {request.method} {request.path[:200]}")
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
