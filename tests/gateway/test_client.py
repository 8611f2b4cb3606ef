"""How a request ends, with real gateways on loopback that reply, refuse, cut, delay and lie."""

import asyncio
import contextlib
import json
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import ResolveResult

from gateway.addresses import GatewayResolver
from gateway.client import GatewayClient, Limits, read_limited
from gateway.lanes import AT_ONCE_PER_CONNECTOR
from gateway.messages import GatewayAnswer, PayRequest, StatusRequest
from gateway.outcomes import (
    Accepted,
    Answered,
    BadReply,
    NeverLeft,
    NoAnswer,
    NotSent,
    RefusedByGateway,
    ReplyFault,
    Unanswered,
)
from gateway.signing import Body, sign, verify
from tests.gateway.events import PATIENCE_SECONDS

CERTIFICATE = Path(__file__).parent / "certificates" / "localhost.pem"  # signed by itself, for these tests alone
KEY, NEW_KEY = "key-1", "key-2"
ATTEMPT = "0b5c1f2e3d4a59687786a5b4c3d2e1f0"
TIME = "2026-01-31T12:00:00Z"
PAY = PayRequest(
    attempt_id=ATTEMPT,
    payment_id="42",
    payment_number="P-000042",
    account_id="7",
    amount="129.00",
    currency="EUR",
    callback_url="http://127.0.0.1/connectors/3/answers",
    timestamp=TIME,
    settings={"api_key": "schlüssel"},
).body()
STATUS = StatusRequest(attempt_id=ATTEMPT, gateway_reference="", timestamp=TIME, settings={}).body()
SUCCESS = GatewayAnswer(
    answer_id="ans-1",
    attempt_id=ATTEMPT,
    result="success",
    gateway_reference="tx-1",
    amount="129.00",
    currency="EUR",
    message="",
    timestamp=TIME,
)
CHANGED = json.dumps({**SUCCESS.body(), "amount": "1.00"}).encode()
UNKNOWN = replace(SUCCESS, result="unknown")

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Gateway:
    """A gateway of a few lines: counts connections, and does what `serve` does with each."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._under_way: set[asyncio.Task[None] | None] = set()
        self.connections = 0
        self.connected = asyncio.Event()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._under_way.add(asyncio.current_task())
        self.connected.set()
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._serve(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def end(self) -> None:
        """Wait for the connections to end: whoever is served has gone."""
        await asyncio.gather(*(task for task in self._under_way if task is not None))


@asynccontextmanager
async def gateway(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[Gateway, str]]:
    served = Gateway(serve)
    server = await asyncio.start_server(served.take, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    try:
        yield served, f"{'https' if tls else 'http'}://127.0.0.1:{port}/pay"
    finally:
        server.close()
        await served.end()


async def read_request(reader: asyncio.StreamReader) -> tuple[dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    headers = {
        name.lower(): value for name, _, value in (line.partition(": ") for line in head.split("\r\n")[1:] if line)
    }
    return headers, await reader.readexactly(int(headers["content-length"]))


def http(status: int, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def answer(body: Body, key: str = KEY, status: int = 200) -> bytes:
    return http(status, json.dumps(body).encode(), X_Signature=sign(body, key))


def replies(*raw: bytes) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for each in raw:
            await read_request(reader)
            writer.write(each)
            await writer.drain()

    return serve


QUICK = Limits(connect_seconds=0.3, read_seconds=0.3, total_seconds=5)


async def outcome_of(serve: Serve, body: Any = PAY, limits: Limits | None = None) -> Any:
    async with gateway(serve) as (_, url), GatewayClient(limits) as client:
        return await client.send(url, body, [KEY, NEW_KEY], idempotency_key=ATTEMPT)


async def test_the_request_is_json_signed_with_the_first_key() -> None:
    got: list[tuple[dict[str, str], bytes]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await read_request(reader))
        writer.write(http(202))

    assert await outcome_of(serve) == Accepted(202)
    headers, raw = got[0]
    assert json.loads(raw.decode()) == PAY
    assert verify(json.loads(raw), KEY, headers["x-signature"])
    assert headers["content-type"] == "application/json"
    assert headers["idempotency-key"] == ATTEMPT


async def test_a_status_request_has_no_idempotency_key() -> None:
    got: list[dict[str, str]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append((await read_request(reader))[0])
        writer.write(http(200))

    async with gateway(serve) as (_, url), GatewayClient() as client:
        assert await client.send(url, STATUS, [KEY]) == Accepted(200)
    assert "idempotency-key" not in got[0]


@pytest.mark.parametrize(("key", "place"), [(KEY, 0), (NEW_KEY, 1)])
async def test_a_verified_answer_tells_which_key_signed_it(key: str, place: int) -> None:
    assert await outcome_of(replies(answer(SUCCESS.body(), key))) == Answered(SUCCESS, place)


async def test_unknown_is_an_answer_to_status_only() -> None:
    assert await outcome_of(replies(answer(UNKNOWN.body())), STATUS) == Answered(UNKNOWN, 0)
    outcome = await outcome_of(replies(answer(UNKNOWN.body())), PAY)
    assert (type(outcome), outcome.why) == (BadReply, ReplyFault.FORM)


@pytest.mark.parametrize("raw", [http(200), http(202, b" \r\n"), http(204)])
async def test_an_empty_reply_means_that_the_answer_comes_later(raw: bytes) -> None:
    assert isinstance(await outcome_of(replies(raw)), Accepted)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 415, 422, 451, 499])
async def test_a_4xx_is_a_refusal(status: int) -> None:
    assert await outcome_of(replies(answer(SUCCESS.body(), status=status))) == RefusedByGateway(status)


@pytest.mark.parametrize(
    ("status", "why"),
    [
        *((status, Unanswered.NOT_NOW) for status in (408, 409, 425, 429)),
        *((status, Unanswered.SERVER_ERROR) for status in (500, 502, 503, 504, 599, 600, 999)),
        *((status, Unanswered.REDIRECT) for status in (300, 301, 302, 303, 304, 307, 308)),
    ],
)
async def test_other_statuses_say_nothing_even_with_an_answer_in_the_body(status: int, why: Unanswered) -> None:
    raw = http(304) if status == 304 else answer(SUCCESS.body(), status=status)
    outcome = await outcome_of(replies(raw))
    assert (type(outcome), outcome.why, outcome.http_status) == (NoAnswer, why, status)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    async with gateway(replies(answer(SUCCESS.body()))) as (other, elsewhere):
        outcome = await outcome_of(replies(http(status, Location=elsewhere)))
        assert (type(outcome), outcome.why) == (NoAnswer, Unanswered.REDIRECT)
        assert other.connections == 0


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (answer(SUCCESS.body(), "another key"), ReplyFault.SIGNATURE),
        (http(200, json.dumps(SUCCESS.body()).encode()), ReplyFault.SIGNATURE),
        (http(200, json.dumps(SUCCESS.body()).encode(), X_Signature="ä"), ReplyFault.SIGNATURE),
        (http(200, CHANGED, X_Signature=sign(SUCCESS.body(), KEY)), ReplyFault.SIGNATURE),
        (answer(replace(SUCCESS, attempt_id="f" * 32).body()), ReplyFault.ATTEMPT_ID),
        (answer({**SUCCESS.body(), "result": "paid"}), ReplyFault.FORM),
        (answer({}), ReplyFault.FORM),
        (http(200, b"<html>"), ReplyFault.FORM),
        (http(200, b"\xff"), ReplyFault.FORM),
        (http(200, b'{"a": ' + b" " * 70_000 + b'"b"}'), ReplyFault.FORM),
        (http(200, b"\x1f\x8b\x08", Content_Encoding="gzip"), ReplyFault.FORM),
    ],
)
async def test_a_reply_that_is_no_answer_is_told_apart(raw: bytes, fault: ReplyFault) -> None:
    outcome = await outcome_of(replies(raw))
    assert (type(outcome), outcome.why, outcome.http_status) == (BadReply, fault, 200)


@pytest.mark.parametrize("secret", ["schlüssel", KEY])
async def test_what_is_told_of_a_bad_reply_repeats_nothing_secret_that_it_echoes(secret: str) -> None:
    for name in (secret, f"x{secret}x"):
        outcome = await outcome_of(replies(http(200, json.dumps({name: 1}).encode())))
        assert isinstance(outcome, BadReply)
        assert outcome.reason == "The value of one name is a number; every value is sent as a text."


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({KEY: "", "schlüssel": ""}, "The answer is malformed in 2 fields that are not of this message."),
        ({"gateway_reference": f"{KEY}!"}, "The answer is malformed in gateway_reference."),
        ({"attempt_id": KEY}, "The reply is not about the attempt that was asked."),
    ],
)
async def test_what_is_told_of_a_signed_reply_repeats_nothing_either(changes: dict[str, str], reason: str) -> None:
    outcome = await outcome_of(replies(answer({**SUCCESS.body(), **changes})))
    assert (type(outcome), outcome.reason) == (BadReply, reason)


async def test_a_reply_without_end_is_cut_off() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"1000\r\n" + b" " * 0x1000 + b"\r\n")
            await writer.drain()

    outcome = await outcome_of(serve)
    assert (type(outcome), outcome.why) == (BadReply, ReplyFault.FORM)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"answer_id":',
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
)
async def test_a_cut_reply_may_have_reached_the_gateway(raw: bytes) -> None:
    outcome = await outcome_of(replies(raw))
    assert (type(outcome), outcome.why) == (NoAnswer, Unanswered.CUT)


async def outcome_of_broken_framing(
    monkeypatch: pytest.MonkeyPatch, *, tls: bool = False, read_when_lost: bool = False
) -> Any:
    """Return the outcome of a reply whose second chunk, sent once the header is read, is none."""
    header_has_come = asyncio.Event()

    async def read(response: aiohttp.ClientResponse) -> bytes:
        assert response.connection is not None
        protocol = response.connection.protocol
        assert protocol is not None
        header_has_come.set()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while read_when_lost and protocol.connected:  # noqa: ASYNC110 - aiohttp sets no event for it
                await asyncio.sleep(0)
        return await read_limited(response)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")
        await header_has_come.wait()
        writer.write(b"zz\r\n")
        await reader.read()

    monkeypatch.setattr("gateway.client.read_limited", read)
    served = gateway(serve, server_tls() if tls else None)
    async with served as (_, url), GatewayClient(Limits(total_seconds=3), trusting_tls() if tls else None) as client:
        return await client.send(url, PAY, [KEY], idempotency_key=ATTEMPT)


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
async def test_a_reply_whose_framing_breaks_after_its_header_is_cut(
    monkeypatch: pytest.MonkeyPatch, *, tls: bool
) -> None:
    outcome = await outcome_of_broken_framing(monkeypatch, tls=tls)
    assert (type(outcome), outcome.why, outcome.http_status) == (NoAnswer, Unanswered.CUT, 200)


async def test_a_reply_whose_framing_breaks_before_the_rest_is_read_is_cut_too(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = await outcome_of_broken_framing(monkeypatch, read_when_lost=True)
    assert (type(outcome), outcome.why, outcome.http_status) == (NoAnswer, Unanswered.CUT, 200)


async def test_a_reply_that_ends_with_its_connection_is_read_whole() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(answer(SUCCESS.body()).replace(b"Content-Length", b"Ignored"))

    assert await outcome_of(serve) == Answered(SUCCESS, 0)


async def test_a_reset_may_have_reached_the_gateway() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.transport.abort()

    assert isinstance(await outcome_of(serve), NoAnswer)


async def test_a_connection_that_ends_at_once_may_have_reached_the_gateway() -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    assert isinstance(await outcome_of(serve), NoAnswer)


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"])
async def test_a_reply_that_does_not_come_in_time_may_have_reached_the_gateway(first: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(first)
        await reader.read()

    outcome = await outcome_of(serve, limits=QUICK)
    assert (type(outcome), outcome.why) == (NoAnswer, Unanswered.TIME_OUT)
    assert outcome.http_status == (200 if first else None)


async def test_a_reply_that_drips_is_ended_by_the_total_time() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await asyncio.sleep(0.05)

    outcome = await outcome_of(serve, limits=replace(QUICK, total_seconds=0.5))
    assert (type(outcome), outcome.why) == (NoAnswer, Unanswered.TIME_OUT)


async def test_a_connection_from_the_pool_that_is_cut_may_have_reached_the_gateway() -> None:
    async with gateway(replies(http(202), b"")) as (served, url), GatewayClient() as client:
        assert isinstance(await client.send(url, PAY, [KEY], idempotency_key=ATTEMPT), Accepted)
        outcome = await client.send(url, PAY, [KEY], idempotency_key=ATTEMPT)
        assert isinstance(outcome, NoAnswer)
        assert served.connections == 1


async def never_left(url: str, limits: Limits | None = None, tls: ssl.SSLContext | None = None) -> NotSent:
    async with GatewayClient(limits, tls) as client:
        outcome = await client.send(url, PAY, [KEY], idempotency_key=ATTEMPT)
    assert isinstance(outcome, NeverLeft), outcome
    assert outcome.reason.endswith(".")
    return outcome.why


async def test_a_refused_connection_never_left(unused_tcp_port: int) -> None:
    assert await never_left(f"http://127.0.0.1:{unused_tcp_port}/pay") is NotSent.CONNECT


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/pay", "https://169.254.169.254/", "https://u:p@h/", "", "https://\ud800/"]
)
async def test_a_url_that_may_not_be_used_never_left(url: str) -> None:
    assert await never_left(url) is NotSent.URL


class NameServer:
    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def resolve(self, host: str, port: int, family: int) -> list[ResolveResult]:
        if not self.addresses:
            raise OSError("Name or service not known")
        return [
            ResolveResult(hostname=host, host=each, port=port, family=family, proto=0, flags=0)
            for each in self.addresses
        ]

    async def close(self) -> None:
        """Nothing to close."""


@pytest.mark.parametrize(
    ("addresses", "why"),
    [((), NotSent.NAME), (("169.254.169.254",), NotSent.ADDRESS), (("224.0.0.1", "0.0.0.0"), NotSent.ADDRESS)],  # noqa: S104 -- refused here
)
async def test_a_name_without_a_usable_address_never_left(addresses: tuple[str, ...], why: NotSent) -> None:
    async with GatewayClient() as client:
        connector: Any = client._session.connector
        connector._resolver._system = NameServer(*addresses)
        outcome = await client.send("https://gateway.example/pay", PAY, [KEY])
    assert isinstance(outcome, NeverLeft)
    assert outcome.why is why


def server_tls() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    return context


def trusting_tls() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(CERTIFICATE))


async def test_an_untrusted_certificate_ends_a_request_before_it_left() -> None:
    async with gateway(replies(answer(SUCCESS.body())), server_tls()) as (_, url):
        assert await never_left(url) is NotSent.TLS


async def test_plain_http_where_tls_should_be_ends_a_request_before_it_left() -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(http(400))

    async with gateway(serve) as (_, url):
        assert await never_left(url.replace("http:", "https:")) is NotSent.TLS


async def test_a_handshake_that_does_not_end_in_time_ends_a_request_before_it_left() -> None:
    async def serve(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with gateway(serve) as (_, url):
        assert await never_left(url.replace("http:", "https:"), QUICK) is NotSent.TIME_OUT


async def test_a_trusted_certificate_is_spoken_to() -> None:
    serve = replies(answer(SUCCESS.body()))
    async with gateway(serve, server_tls()) as (_, url), GatewayClient(None, trusting_tls()) as client:
        assert await client.send(url, PAY, [KEY]) == Answered(SUCCESS, 0)


async def test_a_full_pool_ends_a_request_before_it_left() -> None:
    over = asyncio.Event()

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.transport.abort()

    limits = Limits(connect_seconds=0.1, connections_to_one_host=1)
    async with gateway(serve) as (served, url), GatewayClient(limits) as client:
        first = asyncio.create_task(client.send(url, PAY, [KEY]))
        await served.connected.wait()
        second = await client.send(url, PAY, [KEY])
        assert isinstance(second, NeverLeft)
        assert second.why is NotSent.TIME_OUT
        over.set()
        assert isinstance(await first, NoAnswer)


async def test_many_slow_requests_to_one_host_hold_up_none_that_the_lanes_let_leave() -> None:
    several_connectors = 3 * AT_ONCE_PER_CONNECTOR
    all_have_come = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        if served.connections == several_connectors:
            all_have_come.set()
        await all_have_come.wait()
        writer.write(http(202))

    async with gateway(serve) as (served, url), GatewayClient(Limits(read_seconds=12)) as client:
        outcomes = await asyncio.gather(*(client.send(url, PAY, [KEY]) for _ in range(several_connectors)))
        all_have_come.set()
        connector: Any = client._session.connector
    assert outcomes == [Accepted(202)] * several_connectors
    assert connector.limit == 0


async def test_a_request_leaves_in_its_time_or_not_at_all(unused_tcp_port: int) -> None:
    async def serve(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with GatewayClient(Limits(connect_seconds=60)) as client:
        url = f"http://127.0.0.1:{unused_tcp_port}/pay"
        over = await client.send(url, PAY, (KEY,), leave_within_seconds=0)
        assert isinstance(over, NeverLeft)
        assert "time was over" in over.reason
        # The socket is listened at, but TLS is never spoken: no connection gets ready.
        async with gateway(serve) as (_, plain):
            late = await client.send(plain.replace("http:", "https:"), PAY, (KEY,), leave_within_seconds=0.05)
        assert isinstance(late, NeverLeft)
        assert late.why is NotSent.TIME_OUT


async def test_names_that_are_looked_up_for_ever_hold_up_no_other_work(monkeypatch: pytest.MonkeyPatch) -> None:
    found = threading.Event()

    def hangs(*_: object, **__: object) -> list[Any]:
        found.wait(PATIENCE_SECONDS)
        raise socket.gaierror("not found")

    monkeypatch.setattr(socket, "getaddrinfo", hangs)
    resolver = GatewayResolver()
    lookups = [asyncio.create_task(resolver.resolve(f"g{number}.example.com", 443)) for number in range(40)]
    await asyncio.sleep(0)
    # All threads of the loop's own pool are free: the store's work goes there.
    await asyncio.gather(*(asyncio.to_thread(int) for _ in range(40)))
    found.set()
    for each in await asyncio.gather(*lookups, return_exceptions=True):
        assert isinstance(each, OSError)


async def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{unused_tcp_port}")
    assert isinstance(await outcome_of(replies(answer(SUCCESS.body()))), Answered)


async def test_cookies_are_not_kept() -> None:
    got: list[dict[str, str]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            got.append((await read_request(reader))[0])
            writer.write(http(202, Set_Cookie="session=1"))

    async with gateway(serve) as (_, url), GatewayClient() as client:
        for _ in range(2):
            await client.send(url.replace("127.0.0.1", "localhost"), PAY, [KEY])
    assert [headers.get("cookie") for headers in got] == [None, None]


async def test_a_cancelled_request_is_cancelled() -> None:
    async def serve(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with gateway(serve) as (served, url), GatewayClient() as client:
        task = asyncio.create_task(client.send(url, PAY, [KEY]))
        await served.connected.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_an_empty_key_is_the_callers_fault() -> None:
    async with GatewayClient() as client:
        with pytest.raises(ValueError, match="empty"):
            await client.send("https://gateway.example/", PAY, [""])
