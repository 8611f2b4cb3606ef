"""Sends one request to a gateway and says how it ended (`gateway.outcomes`), never more than is known.

From the moment a connection is ready (new or from the pool) a byte of the request may have been written: whatever goes
wrong then may have reached the gateway. Redirects, cookies and the environment's proxies are not followed.
"""

from __future__ import annotations

import asyncio
import json
import math
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace, TracebackType
from typing import Self

import aiohttp

from gateway.addresses import AddressRefused, GatewayResolver, check_connector_url, checked_socket
from gateway.arrival import SignatureRefused, verified_body
from gateway.errors import MalformedBody, MalformedMessage
from gateway.field_rules import STATUS
from gateway.messages import parse_answer, parse_status_reply
from gateway.outcomes import (
    Accepted,
    Answered,
    BadReply,
    NeverLeft,
    NoAnswer,
    NotSent,
    Outcome,
    ReplyFault,
    Unanswered,
    without_reply,
)
from gateway.signing import Body, sign
from gateway.strict_body import MAX_BODY_BYTES

SIGNATURE_HEADER = "X-Signature"
IDEMPOTENCY_HEADER = "Idempotency-Key"
LONGEST_LINE_BYTES = 8190
MOST_HEADERS = 64
"""What the header of a reply may have."""
LOOK_AGAIN_SECONDS = 0.2
"""How soon it is seen that a connection is gone while the rest of a reply is waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a request may take, in seconds, and how many connections to one host there may be, 0: any number.

    The engine sets no such limit: the lanes (`gateway.lanes`) say how many requests leave, several connectors may have
    one host, and what waits for a connection counts as a gateway that is down.
    """

    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    total_seconds: float = 60.0
    connections_to_one_host: int = 0

    def timeout(self, leave_within_seconds: float | None = None) -> aiohttp.ClientTimeout:
        """Return the limits as aiohttp takes them, with less time to connect if there is less."""
        connect_seconds = min(self.connect_seconds, leave_within_seconds or self.connect_seconds)
        return aiohttp.ClientTimeout(
            total=self.total_seconds,
            connect=connect_seconds,
            sock_connect=connect_seconds,
            sock_read=self.read_seconds,
            # aiohttp rounds longer times up to whole seconds; a deadline is not to be passed by one.
            ceil_threshold=math.inf,
        )


class _Try:
    """One request under way: whether a byte of it may have been written, and the HTTP status once it is known."""

    def __init__(self) -> None:
        self.may_have_left = False
        self.http_status: int | None = None


async def _note_connection(_session: aiohttp.ClientSession, context: SimpleNamespace, _params: object) -> None:
    a_try = context.trace_request_ctx
    if isinstance(a_try, _Try):
        a_try.may_have_left = True


def open_session(limits: Limits, tls: ssl.SSLContext | None = None) -> aiohttp.ClientSession:
    """Return a session that reaches allowed addresses only; to be called, and closed, in the running event loop."""
    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(_note_connection)
    trace.on_connection_reuseconn.append(_note_connection)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            resolver=GatewayResolver(),
            socket_factory=checked_socket,
            ssl=tls if tls is not None else True,
            limit=0,
            limit_per_host=limits.connections_to_one_host,
        ),
        timeout=limits.timeout(),
        max_line_size=LONGEST_LINE_BYTES,
        max_field_size=LONGEST_LINE_BYTES,
        max_headers=MOST_HEADERS,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={
            "Content-Type": "application/json",
            "Accept": "application/json",
            # A small reply that unpacks to a huge one is not worth the risk.
            "Accept-Encoding": "identity",
            "User-Agent": "gatewatch",
        },
        auto_decompress=False,
        trust_env=False,
        trace_configs=[trace],
    )


class GatewayClient:
    """One pool of connections to all gateways; made, used and closed in one event loop."""

    def __init__(self, limits: Limits | None = None, tls: ssl.SSLContext | None = None) -> None:
        self._limits = limits or Limits()
        self._session = open_session(self._limits, tls)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def send(
        self,
        url: str,
        body: Body,
        key_texts: Sequence[str],
        *,
        idempotency_key: str | None = None,
        leave_within_seconds: float | None = None,
    ) -> Outcome:
        """Send the body of a PayRequest or StatusRequest, and return how it ended.

        It is signed with the first of `key_texts`; the reply is verified with any of them. If no connection is ready
        `leave_within_seconds` from now, nothing is sent.
        Every fault on the way and of the gateway is an outcome; raises only ValueError, for a body or a key that
        cannot be signed. If cancelled, the request may have reached the gateway.
        """
        problems = check_connector_url(url)
        if problems:
            return NeverLeft(NotSent.URL, " ".join(problems))
        if leave_within_seconds is not None and leave_within_seconds <= 0:
            return NeverLeft(NotSent.TIME_OUT, "Its time was over before the request could leave.")
        headers = {SIGNATURE_HEADER: sign(body, key_texts[0])}
        if idempotency_key is not None:
            headers[IDEMPOTENCY_HEADER] = idempotency_key
        a_try = _Try()
        try:
            async with self._session.post(
                url,
                data=written(body),
                headers=headers,
                allow_redirects=False,
                trace_request_ctx=a_try,
                timeout=self._limits.timeout(leave_within_seconds),
            ) as response:
                a_try.http_status = response.status
                outcome = without_reply(response.status)
                if outcome is not None:
                    return outcome
                raw = await read_limited(response)
                signature = response.headers.get(SIGNATURE_HEADER)
        except (aiohttp.ClientError, OSError) as error:
            return _unanswered(a_try, error) if a_try.may_have_left else _never_left(error)
        if len(raw) <= MAX_BODY_BYTES and not raw.strip():
            return Accepted(response.status)
        return _read_reply(raw, signature, key_texts, body, response.status)


def written(body: Mapping[str, object]) -> bytes:
    """Return a message's body as the bytes that are sent."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


async def read_limited(response: aiohttp.ClientResponse) -> bytes:
    """Return the bytes of a reply, at most one more than a message may have. Raises aiohttp.ClientError, OSError."""
    raw = b""
    while len(raw) <= MAX_BODY_BYTES:
        part = await _next_part(response, MAX_BODY_BYTES + 1 - len(raw))
        if not part:
            break
        raw += part
    return raw


async def _next_part(response: aiohttp.ClientResponse, most: int) -> bytes:
    """Return the next bytes of a reply, none at its end.

    aiohttp closes the connection itself over a reply whose framing breaks, and lets who reads it wait for ever, or
    raises RuntimeError. So the connection is looked at, too.
    """
    content = response.content
    while not content.is_eof() and content.exception() is None:
        if not _is_connected(response):
            raise aiohttp.ClientPayloadError("The connection ended before the reply did.")
        try:
            async with asyncio.timeout(LOOK_AGAIN_SECONDS) as look:
                return await content.read(most)
        except TimeoutError:
            if not look.expired():
                raise
        except RuntimeError:
            if _is_connected(response):
                raise
    return await content.read(most)


def _is_connected(response: aiohttp.ClientResponse) -> bool:
    connection = response.connection
    return connection is not None and connection.protocol is not None and connection.protocol.is_connected()


def _read_reply(
    raw: bytes, signature: str | None, keys: Sequence[str], asked: Body, http_status: int
) -> Answered | BadReply:
    parse = parse_status_reply if asked["request"] == STATUS else parse_answer
    try:
        body, place = verified_body(raw, signature, keys)
        answer = parse(body)
    except MalformedBody as error:
        # A name in the reply may be what we sent.
        return BadReply(ReplyFault.FORM, error.without_names, http_status, raw)
    except MalformedMessage as error:
        return BadReply(ReplyFault.FORM, error.without_values, http_status, raw)
    except SignatureRefused as error:
        return BadReply(ReplyFault.SIGNATURE, str(error), http_status, raw)
    if answer.attempt_id != asked["attempt_id"]:
        return BadReply(ReplyFault.ATTEMPT_ID, "The reply is not about the attempt that was asked.", http_status, raw)
    return Answered(answer, place)


def _never_left(error: aiohttp.ClientError | OSError) -> NeverLeft:
    """Say why no connection was ready. The first line that fits."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, AddressRefused):
        return NeverLeft(NotSent.ADDRESS, str(cause))
    if isinstance(error, aiohttp.InvalidURL):
        return NeverLeft(NotSent.URL, "The Connector URL cannot be used.")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return NeverLeft(NotSent.NAME, f"The host {error.host} was not found.")
    if isinstance(error, aiohttp.ClientSSLError):
        return NeverLeft(NotSent.TLS, f"No secure connection to {error.host} could be made: {cause}.")
    if isinstance(error, TimeoutError):
        return NeverLeft(NotSent.TIME_OUT, "The gateway did not take the connection in time.")
    return NeverLeft(NotSent.CONNECT, f"The gateway did not take the connection: {cause}.")


def _unanswered(a_try: _Try, error: aiohttp.ClientError | OSError) -> NoAnswer:
    if isinstance(error, TimeoutError):
        return NoAnswer(Unanswered.TIME_OUT, "The gateway did not reply in time.", a_try.http_status)
    return NoAnswer(Unanswered.CUT, "The connection ended before the gateway had replied.", a_try.http_status)
