"""One connection to a port: aiohttp's own handler of HTTP, held to the limits of a door.

aiohttp limits each line of a header and their number, but not the whole nor the time that it takes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any, cast

from aiohttp import web

from gateway.door import Door, Ended, peer_of

RETRY_AFTER_SECONDS = 5
LONGEST_LINE_BYTES = 8190
MOST_HEADERS = 64
LINGERING_SECONDS = 2.0
"""How long what is not read any more is still taken in, so that the response before it arrives."""
MOST_TURNED_AWAY_AT_ONCE = 64
"""How many that found no room are still told so; any more are just cut off."""
END_OF_HEAD = b"\r\n\r\n"
_QUIET = logging.Logger("no access log", logging.CRITICAL)


class Visit(web.RequestHandler):
    """A connection that is counted, timed and let go when its limits are reached."""

    def __init__(self, door: Door, server: web.Server, logger: logging.Logger) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            logger=logger,
            access_log=_QUIET,
            keepalive_timeout=door.limits.idle_seconds,
            max_line_size=LONGEST_LINE_BYTES,
            max_field_size=LONGEST_LINE_BYTES,
            max_headers=MOST_HEADERS,
            lingering_time=LINGERING_SECONDS,
        )
        self._door = door
        self._peer: str | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._limit_at = 0.0
        self._over: Callable[[], None] = self._head_too_slow
        self._head_bytes = 0
        self._last_of_head = b""
        self._in_head = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let the peer in, or tell it that there is no room."""
        found = transport.get_extra_info("peername")
        peer = peer_of(str(found[0])) if found else ""
        full = self._door.enter(peer, asyncio.get_running_loop().time())
        if full is not None:
            self._turn_away(full, cast("asyncio.Transport", transport))
            return
        self._peer = peer
        super().connection_made(transport)
        self._expect_head(self._door.limits.head_seconds)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Count the connection as closed."""
        self._leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes, of a header only as many as it may have."""
        if self._in_head and self._head_is_too_large(data):
            self._end(Ended.LARGE_HEAD, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            return
        super().data_received(data)

    def request_began(self) -> None:
        """Note that a header has come whole; to be called before the request is handled."""
        self._in_head = False
        self._door.wait_no_more(self)
        self._set_limit(self._loop.time() + self._door.limits.request_seconds, self._request_too_slow)

    def give_way(self) -> None:
        """Close at once: another connection needs the room, and no request has come whole here."""
        self._leave()
        if self.transport is not None:
            self.transport.abort()

    async def finish_response(self, request: Any, resp: Any, start_time: float | None) -> Any:
        """Send the response, and wait for the next request."""
        try:
            return await super().finish_response(request, resp, start_time)
        finally:
            # A refusal is sent before the body has come whole: what is left of it is no header.
            request.content.on_eof(partial(self._expect_head, self._door.limits.idle_seconds))

    def _turn_away(self, why: Ended, transport: asyncio.Transport) -> None:
        self._door.note(why)
        if self._door.turned_away < MOST_TURNED_AWAY_AT_ONCE:
            TurnedAway(self._door, transport)
        else:
            transport.abort()

    def _expect_head(self, seconds: float) -> None:
        self._in_head, self._head_bytes, self._last_of_head = True, 0, b""
        if self._peer is not None:
            now = self._loop.time()
            self._door.wait(self, now)
            self._set_limit(now + seconds, self._head_too_slow)

    def _head_is_too_large(self, data: bytes) -> bool:
        seen = self._last_of_head + data
        end = seen.find(END_OF_HEAD)
        self._head_bytes += len(data) if end < 0 else max(0, end - len(self._last_of_head))
        self._in_head = end < 0
        self._last_of_head = seen[-len(END_OF_HEAD) + 1 :]
        return self._head_bytes > self._door.limits.head_bytes

    def _set_limit(self, at: float, over: Callable[[], None]) -> None:
        """Have `over` called when the time is over that what goes on now may take."""
        self._limit_at, self._over = at, over
        # One that is looked at earlier is looked at again then: each request moves the limit, and few reach it.
        if self._timer is None or self._timer.when() > at:
            self._stop_timer()
            self._timer = self._loop.call_at(at, self._look_at_limit)

    def _look_at_limit(self) -> None:
        self._timer = None
        if self._loop.time() < self._limit_at:
            self._set_limit(self._limit_at, self._over)
        else:
            self._over()

    def _head_too_slow(self) -> None:
        if self._head_bytes:
            self._end(Ended.SLOW_HEAD, HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.force_close()

    def _request_too_slow(self) -> None:
        self._door.note(Ended.SLOW_REQUEST)
        if self.transport is not None:
            self.transport.abort()

    def _end(self, why: Ended, status: HTTPStatus) -> None:
        self._door.note(why)
        if self.transport is not None:
            self.transport.write(last_response(status))
        self.force_close()

    def _leave(self) -> None:
        self._stop_timer()
        self._door.wait_no_more(self)
        if self._peer is not None:
            self._door.leave(self._peer)
            self._peer = None

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class TurnedAway(asyncio.Protocol):
    """A connection that there was no room for: it is told so, and what it still sends is let go by."""

    def __init__(self, door: Door, transport: asyncio.Transport) -> None:
        door.turned_away += 1
        self._door = door
        self._timer = asyncio.get_running_loop().call_later(LINGERING_SECONDS, transport.abort)
        transport.set_protocol(self)
        transport.write(last_response(HTTPStatus.SERVICE_UNAVAILABLE))
        transport.write_eof()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Count it as gone."""
        self._door.turned_away -= 1
        self._timer.cancel()


def last_response(status: HTTPStatus) -> bytes:
    """Return a response after which the connection ends."""
    body = b'{"error": "%s"}' % _REASONS[status].encode()
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", "Content-Type: application/json", "Connection: close"]
    lines.append(f"Content-Length: {len(body)}")
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        lines.append(f"Retry-After: {RETRY_AFTER_SECONDS}")
    return "\r\n".join([*lines, "", ""]).encode() + body


_REASONS = {
    HTTPStatus.REQUEST_TIMEOUT: "The header of the request did not come in time; send it again.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The header of the request is too large.",
    HTTPStatus.SERVICE_UNAVAILABLE: "There are too many connections; send the request again.",
}
