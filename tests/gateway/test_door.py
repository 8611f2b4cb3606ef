"""Who may connect to a port and for how long, over real sockets that are slow, many, endless or silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from gateway import listener
from gateway.door import Door, DoorLimits, Ended, peer_of
from gateway.http_port import HttpPort
from tests.gateway.events import PATIENCE_SECONDS, Events

POST = b"POST /answers HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


class Served:
    """An application behind a door on a port of its own: `/answers` reads, `/hang` never ends, `/fault` fails."""

    def __init__(self, limits: DoorLimits) -> None:
        self.events = Events()
        app = web.Application()
        app.router.add_post("/answers", self.answers)
        app.router.add_post("/hang", self.hang)
        app.router.add_post("/fault", self.fault)
        self.port = HttpPort(app, self.events, name="answers", limits=limits, finish_seconds=0.1)
        self.number = 0

    async def answers(self, request: web.Request) -> web.Response:
        raw = await listener.body_of(request)
        if isinstance(raw, listener.Refusal):
            return web.json_response({"error": raw.reason}, status=raw.status)
        return web.Response(text="taken")

    async def hang(self, _: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    async def fault(self, _: web.Request) -> web.Response:
        raise RuntimeError("a secret")

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.number)

    async def honest(self) -> int:
        """Send what an honest gateway sends; return the HTTP status."""
        url = f"http://127.0.0.1:{self.number}/answers"
        async with aiohttp.ClientSession() as session, session.post(url, json={}) as response:
            return response.status

    async def ended(self) -> list[tuple[str, int]]:
        """Return why and how many connections were ended."""
        self.port.door.tell()
        return [(each["reason"], each["count"]) for each in self.events.named("connections ended")]


@asynccontextmanager
async def served(limits: DoorLimits | None = None) -> AsyncIterator[Served]:
    opened = Served(limits or DoorLimits())
    opened.number = await opened.port.open("127.0.0.1", 0)
    yield opened
    await opened.port.close()


async def all_of(reader: asyncio.StreamReader) -> bytes:
    """Return what comes until the connection ends."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        try:
            return await reader.read()
        except ConnectionError:
            return b"reset"


async def until_open(port: HttpPort, count: int) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while port.door.open != count:  # noqa: ASYNC110 - the server sets no event for it
            await asyncio.sleep(0.01)


async def test_beyond_the_limit_connections_are_told_to_come_again_and_those_within_are_served() -> None:
    async with served(DoorLimits(connections=2, gives_way_after_seconds=60)) as at:
        held = [await at.connect() for _ in range(2)]
        await until_open(at.port, 2)
        reader, writer = await at.connect()
        writer.write(POST)
        refused = await all_of(reader)
        writer.close()
        for _, each in held:
            each.write(POST + b"Content-Length: 2\r\nConnection: close\r\n\r\n{}")
        answered = [await all_of(each) for each, _ in held]

        assert refused.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert b"Retry-After: 5\r\n" in refused
        assert all(each.startswith(b"HTTP/1.1 200 ") for each in answered)
        for _, each in held:
            each.close()
        await until_open(at.port, 0)
        assert await at.honest() == 200
        assert await at.ended() == [("full", 1)]


async def test_far_beyond_the_limit_connections_are_just_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.visit.MOST_TURNED_AWAY_AT_ONCE", 1)
    async with served(DoorLimits(connections=0)) as at:
        told, cut = await at.connect(), await at.connect()

        assert (await all_of(told[0])).startswith(b"HTTP/1.1 503 ")
        assert await all_of(cut[0]) in {b"", b"reset"}
        for _, writer in (told, cut):
            writer.close()


async def test_headers_that_drip_hold_up_nobody() -> None:
    async with served() as at:
        slow = [await at.connect() for _ in range(20)]
        for _, writer in slow:
            writer.write(POST[:20])
        await until_open(at.port, 20)

        assert await at.honest() == 200
        for _, writer in slow:
            writer.close()


async def test_headers_that_drip_are_ended() -> None:
    async with served(DoorLimits(head_seconds=0.5)) as at:
        reader, writer = await at.connect()
        writer.write(POST[:20])

        assert (await all_of(reader)).startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        writer.close()
        assert await at.ended() == [("slow_head", 1)]


async def test_a_connection_that_says_nothing_is_closed_without_a_word() -> None:
    async with served(DoorLimits(head_seconds=0.05)) as at:
        reader, writer = await at.connect()

        assert await all_of(reader) == b""
        writer.close()
        assert await at.ended() == []


async def test_a_connection_that_says_nothing_more_is_closed_without_a_word() -> None:
    async with served(DoorLimits(idle_seconds=0.05)) as at:
        reader, writer = await at.connect()
        writer.write(POST + b"Content-Length: 2\r\n\r\n{}")

        assert (await all_of(reader)).endswith(b"\r\n\r\ntaken")
        writer.close()
        assert await at.ended() == []


@pytest.mark.parametrize("parts", [1, 40])
async def test_a_header_that_is_too_large_is_refused_however_it_comes(parts: int) -> None:
    async with served(DoorLimits(head_bytes=8_000)) as at:
        lines = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 200) for number in range(40))
        reader, writer = await at.connect()
        size = len(lines) // parts + 1
        for start in range(0, len(lines), size):
            writer.write((POST if start == 0 else b"") + lines[start : start + size])
            await asyncio.sleep(0)
        told = await all_of(reader)
        writer.close()

        assert told.startswith(b"HTTP/1.1 431 ") or told == b"reset"
        assert await at.ended() == [("large_head", 1)]


async def test_a_large_body_is_not_taken_for_a_header() -> None:
    async with served(DoorLimits(head_bytes=200)) as at:
        reader, writer = await at.connect()
        body = b'{"a": "%s"}' % (b"x" * 60_000)
        for _ in range(2):
            writer.write(POST + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            head = await reader.readuntil(b"taken")
            assert head.startswith(b"HTTP/1.1 200 ")
        writer.close()


@pytest.mark.parametrize("sent_before", [0, 1, 30_000])
async def test_what_is_left_of_a_body_that_was_refused_is_not_taken_for_a_header(sent_before: int) -> None:
    async with served(DoorLimits(head_bytes=200)) as at:
        reader, writer = await at.connect()
        body = b"x" * 70_000
        writer.write(POST + b"Content-Length: %d\r\n\r\n" % len(body) + body[:sent_before])
        refused = await reader.readuntil(b"bytes.")
        for start in range(sent_before, len(body), 10_000):
            writer.write(body[start : start + 10_000])
            await writer.drain()
        writer.write(POST + b"Content-Length: 2\r\n\r\n{}")
        answered = await reader.readuntil(b"taken")
        writer.write(POST + b"X: %s\r\n\r\n" % (b"x" * 200))
        ended = await all_of(reader)
        writer.close()

        assert refused.startswith(b"HTTP/1.1 413 ")
        assert answered.startswith(b'"}HTTP/1.1 200 ')
        assert ended.startswith(b"HTTP/1.1 431 ") or ended == b"reset"
        assert await at.ended() == [("large_head", 1)]


async def test_a_body_that_drips_is_told_to_be_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "BODY_SECONDS", 0.05)
    async with served() as at:
        reader, writer = await at.connect()
        writer.write(POST + b"Content-Length: 9\r\nConnection: close\r\n\r\n{")
        told = await reader.readuntil(b"again")
        writer.close()

        assert told.startswith(b"HTTP/1.1 408 ")


async def test_a_request_that_does_not_end_is_cut_off() -> None:
    async with served(DoorLimits(request_seconds=0.05)) as at:
        reader, writer = await at.connect()
        writer.write(b"POST /hang HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")

        assert await all_of(reader) in {b"", b"reset"}
        writer.close()
        assert await at.ended() == [("slow_request", 1)]


async def test_a_fault_of_ours_asks_to_come_again_and_tells_no_secret() -> None:
    async with (
        served() as at,
        aiohttp.ClientSession() as session,
        session.post(f"http://127.0.0.1:{at.number}/fault") as response,
    ):
        told = await response.json()
        assert (response.status, response.headers["Retry-After"]) == (503, "5")

    assert told == {"error": "The request could not be handled; send it again."}
    assert [each["kind"] for each in at.events.named("fault")] == ["RuntimeError"]
    assert "a secret" not in str(at.events.told)


@pytest.mark.parametrize(("method", "path", "status"), [("POST", "/nowhere", 404), ("GET", "/answers", 405)])
async def test_paths_and_methods_that_are_not_there_are_refused_in_json(method: str, path: str, status: int) -> None:
    async with (
        served() as at,
        aiohttp.ClientSession() as session,
        session.request(method, f"http://127.0.0.1:{at.number}{path}") as response,
    ):
        assert response.status == status
        assert path in (await response.json())["error"]


async def test_a_port_that_stops_accepting_still_serves_who_is_connected() -> None:
    async with served() as at:
        reader, writer = await at.connect()
        await until_open(at.port, 1)
        at.port.stop_accepting()

        with pytest.raises(ConnectionRefusedError):
            await at.connect()
        writer.write(POST + b"Content-Length: 2\r\n\r\n{}")
        assert (await reader.readuntil(b"taken")).startswith(b"HTTP/1.1 200 ")
        writer.close()


@pytest.mark.parametrize(
    ("address", "peer"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002::/64"),
        ("fe80::1%eth0", "fe80:0000:0000:0000::/64"),
        ("127.0.0.1", ""),
        ("127.8.9.1", ""),
        ("::1", ""),
        ("::ffff:127.0.0.1", ""),
        ("/run/socket", ""),
    ],
)
def test_connections_are_counted_by_address_but_not_those_of_this_machine(address: str, peer: str) -> None:
    assert peer_of(address) == peer


class Waiter:
    def __init__(self, door: Door) -> None:
        self.door = door
        self.closed = False

    def give_way(self) -> None:
        self.closed = True
        self.door.wait_no_more(self)
        self.door.leave("a")


def test_one_peer_may_not_take_every_connection_and_this_machine_is_no_peer() -> None:
    door = Door(DoorLimits(connections=5, connections_of_one_peer=2), Events(), "answers")

    assert [door.enter("a", 0) for _ in range(3)] == [None, None, Ended.FULL_OF_ONE_PEER]
    assert [door.enter("", 0) for _ in range(3)] == [None, None, None]
    assert door.enter("b", 0) is Ended.FULL
    door.leave("a")
    assert door.enter("b", 0) is None
    assert door.enter("a", 0) is Ended.FULL


async def test_who_has_waited_longest_for_a_header_gives_way_but_not_at_once() -> None:
    door = Door(DoorLimits(connections=2), Events(), "answers")
    first, second = Waiter(door), Waiter(door)
    for at, each in enumerate((first, second)):
        assert door.enter("a", at) is None
        door.wait(each, at)

    assert door.enter("b", 0.9) is Ended.FULL
    assert door.enter("b", 1.0) is None
    assert (first.closed, second.closed) == (True, False)
    door.wait_no_more(second)
    assert door.enter("b", 99) is Ended.FULL, "who is being served does not give way"


async def test_a_peer_that_has_its_share_puts_nobody_out_of_a_full_door() -> None:
    door = Door(DoorLimits(connections=2, connections_of_one_peer=1), Events(), "answers")
    waiter = Waiter(door)
    for peer in ("a", "b"):
        assert door.enter(peer, 0) is None
    door.wait(waiter, 0)

    assert [door.enter("b", 99) for _ in range(3)] == [Ended.FULL_OF_ONE_PEER] * 3
    assert not waiter.closed
    assert door.enter("c", 99) is None
    assert waiter.closed


async def test_a_door_full_of_drips_lets_an_honest_gateway_in() -> None:
    async with served(DoorLimits(connections=5, gives_way_after_seconds=0)) as at:
        slow = [await at.connect() for _ in range(5)]
        for _, writer in slow:
            writer.write(POST[:20])
        await until_open(at.port, 5)

        assert [await at.honest() for _ in range(3)] == [200, 200, 200]
        for _, writer in slow:
            writer.close()
        assert "gave_way" in dict(await at.ended())
