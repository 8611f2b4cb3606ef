"""A port that speaks HTTP: an application behind a door. What goes wrong is never told as 500.

It is told in JSON, but for what aiohttp refuses before there is a request: what is not HTTP, and an unknown Expect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus

from aiohttp import web

from gateway.door import Door, DoorLimits
from gateway.errors import CannotListen
from gateway.log import EventLog, http_logger, place_of
from gateway.visit import RETRY_AFTER_SECONDS, Visit

FINISH_SECONDS = 10.0
"""How long requests under way may take to end when the port is closed."""
BACKLOG = 128
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Direct = Callable[[web.Request], Handler | None]
"""Gives the handler of a request that is known at a glance, None for any other: the application finds that one."""


class HttpPort:
    """One port of the engine. `name` is what the log and the metrics call it."""

    def __init__(
        self,
        application: web.Application,
        log: EventLog,
        *,
        name: str,
        limits: DoorLimits | None = None,
        finish_seconds: float = FINISH_SECONDS,
        direct: Direct | None = None,
    ) -> None:
        application.middlewares.insert(0, web.middleware(partial(_outermost, log)))
        self._log = log
        self._direct = direct
        self.door = Door(limits or DoorLimits(), log, name)
        self._logger = http_logger(log)
        # aiohttp waits twice: for requests to end, and then for those that have read no more since.
        self._runner = web.AppRunner(
            application, access_log=None, logger=self._logger, shutdown_timeout=finish_seconds / 2
        )
        self._server: asyncio.Server | None = None

    async def open(self, host: str, port: int) -> int:
        """Listen, and return the port (0 asks for any free one). Raises CannotListen."""
        await self._runner.setup()
        server = self._runner.server
        assert server is not None  # noqa: S101 - it was set up in the line before
        if self._direct is not None:
            server.request_handler = partial(_handled, self._log, self._direct, server.request_handler)
        try:
            self._server = await asyncio.get_running_loop().create_server(
                lambda: Visit(self.door, server, self._logger), host, port, backlog=BACKLOG
            )
        except OSError as error:
            await self._runner.cleanup()
            raise CannotListen(host, port, error) from error
        listened_at: int = self._server.sockets[0].getsockname()[1]
        return listened_at

    def stop_accepting(self) -> None:
        """Let no more connections in; those that are there go on."""
        if self._server is not None:
            self._server.close()

    async def close(self) -> None:
        """Stop accepting, and let requests under way end; those whose body has not come have half of the time."""
        self.stop_accepting()
        await self._runner.cleanup()
        self.door.tell()


def error_response(status: int, reason: str, **more: object) -> web.Response:
    """Return the response of a request that is not done: a sentence in JSON, and more fields if there are any."""
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return web.json_response({"error": reason, **more}, status=status, headers=headers)


async def _handled(log: EventLog, direct: Direct, found: Handler, request: web.Request) -> web.StreamResponse:
    handler = direct(request)
    return await (found(request) if handler is None else _outermost(log, request, handler))


async def _outermost(log: EventLog, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell in JSON what the server itself refuses; a fault of ours asks to come again: nothing was acknowledged."""
    if isinstance(request.protocol, Visit):
        request.protocol.request_began()
    try:
        return await handler(request)
    except web.HTTPException as error:
        response = error_response(error.status, f"{error.reason}: {request.method} {request.path[:200]}")
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except Exception as error:  # noqa: BLE001 - outermost: whatever came from outside is not answered with 500
        log.write("fault", kind=type(error).__name__, place=place_of(error))
        return error_response(HTTPStatus.SERVICE_UNAVAILABLE, "The request could not be handled; send it again.")
