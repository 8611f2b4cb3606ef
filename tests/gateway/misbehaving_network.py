"""A network between an engine and a gateway that misbehaves, in both directions, and can be had again by its seed.

It passes HTTP on message by message and keeps a record of each. What becomes of a message comes out of the seed, the
message's way, kind and attempt, and how often it has come: not out of the moment.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from gateway.signing import verify

TO_GATEWAY, TO_ENGINE = "to the gateway", "to the engine"
LONGEST_DELAY_SECONDS = 0.4
HELD_AT_MOST_SECONDS = 0.8
"""How long a message waits for another one to overtake it, or for the engine to be killed."""


class Fate(Enum):
    """What can become of a message: in words, and its share of all."""

    PASS = ("passes", 10)
    DELAY = ("is delayed on its way", 2)
    DELAY_REPLY = ("is delayed on its way back", 2)
    DROP = ("never arrives", 3)
    DROP_REPLY = ("arrives, its reply does not", 4)
    DUPLICATE = ("arrives twice, at the same time", 3)
    REORDER = ("is overtaken by another one", 3)
    CUT = ("is cut in the middle", 2)
    CUT_REPLY = ("arrives, its reply is cut in the middle", 3)
    GARBLE_REPLY = ("arrives, its reply is changed on the way back", 2)

    def __init__(self, words: str, share: int) -> None:
        self.words = words
        self.share = share


@dataclass
class Passage:
    """One request, what became of it, and what came back; `life` counts the engines, one after another.

    `reply` is what the far side replied; `brought_back` that the near side got all of it as it was. Between the numbers
    `arrived` and `ended` it was under way.
    """

    way: str
    life: int
    body: dict[str, Any]
    idempotency_key: str
    fate: Fate
    arrived: int
    ended: int = 0
    status: int = 0
    reply: dict[str, Any] | None = None
    reply_signature: str = ""
    brought_back: bool = False

    def is_signed(self, key: str) -> bool:
        """Say whether the reply is signed with this key."""
        return self.reply is not None and verify(self.reply, key, self.reply_signature)


@dataclass(frozen=True)
class Message:
    """One HTTP message as it was read."""

    head: bytes
    content: bytes

    @property
    def whole(self) -> bytes:
        """All of its bytes."""
        return self.head + self.content

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object in it, empty where there is none."""
        body: dict[str, Any] = json.loads(self.content) if self.content else {}
        return body

    @property
    def status(self) -> int:
        """The HTTP status of a reply."""
        return int(self.head.split(b" ", 2)[1])

    def header(self, name: str) -> str:
        """Return a header's value, empty where it is not there."""
        found = re.search(rf"\r\n{name}: *([^\r]*)\r\n".encode(), self.head, re.IGNORECASE)
        return found[1].decode() if found else ""


async def read_message(reader: asyncio.StreamReader) -> Message:
    """Return the next message. Raises asyncio.IncompleteReadError where none comes any more."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = Message(head, b"").header("Content-Length")
    return Message(head, await reader.readexactly(int(length or 0)))


class Moment(Enum):
    """When a message is held: before it reaches the far side, or when the far side has replied."""

    BEFORE = "before"
    AFTER = "after"


class Trap:
    """Holds one message, the `count`-th that goes some way, so that an engine can be killed at just that moment."""

    def __init__(self, way: str = "", count: int = 0, moment: Moment = Moment.BEFORE) -> None:
        self._way = way
        self._left = count
        self._moment = moment
        self._caught = threading.Event()
        self._released = threading.Event()

    def takes(self, passage: Passage) -> Moment | None:
        """Say at which moment this message is to be held, None if it is not."""
        self._left -= passage.way == self._way
        return self._moment if passage.way == self._way and self._left == 0 else None

    def hold(self) -> None:
        """Hold the message until it is released."""
        self._caught.set()
        self._released.wait(HELD_AT_MOST_SECONDS)

    def wait_for_it(self, seconds: float) -> None:
        """Wait until the message is held, or so long."""
        self._caught.wait(seconds)

    def release(self) -> None:
        """Let the message go on."""
        self._released.set()


class _Cut(Exception):
    """The near side gets no more than this part of a reply."""

    def __init__(self, part: bytes = b"") -> None:
        self.part = part
        super().__init__()


class Way:
    """One direction: it listens at `url` and passes on to `target`, the URL of whoever listens there now."""

    def __init__(self, network: Network, name: str) -> None:
        self.url = ""
        self.target = ""
        self._network = network
        self._name = name
        self._came: Counter[str] = Counter()
        self._passed = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on the messages of one connection."""
        # asyncio itself would let a task be collected whose connection has gone.
        task = asyncio.current_task()
        assert task is not None
        self._network.tasks.add(task)
        task.add_done_callback(self._network.tasks.discard)
        try:
            while True:
                request = await read_message(reader)
                writer.write(await self._pass_on(request))
                await writer.drain()
        except _Cut as cut:
            writer.write(cut.part)
        except (OSError, asyncio.IncompleteReadError):
            pass  # one of the two ends has gone: so does the other
        finally:
            writer.close()

    async def _pass_on(self, request: Message) -> bytes:
        passage, chance = self._noted(request)
        trap = self._network.trap.takes(passage)
        try:
            if trap is Moment.BEFORE:
                await asyncio.to_thread(self._network.trap.hold)
            reply = await self._brought(request, passage, chance)
            if trap is Moment.AFTER:
                await asyncio.to_thread(self._network.trap.hold)
            passage.brought_back = passage.fate is not Fate.GARBLE_REPLY
            return reply
        finally:
            self._network.note_end(passage)
            self._passed.set()
            self._passed = asyncio.Event()

    def _noted(self, request: Message) -> tuple[Passage, random.Random]:
        body = request.body
        name = f"{self._name} {body.get('request') or body['result']} {body['attempt_id']}"
        self._came[name] += 1
        chance = random.Random(f"{self._network.seed} {name} {self._came[name]}")  # noqa: S311 - to be had again
        fate = Fate.PASS if self._network.calm else chance.choices(list(Fate), [each.share for each in Fate])[0]
        return self._network.note_arrival(self._name, body, request.header("Idempotency-Key"), fate), chance

    async def _brought(self, request: Message, passage: Passage, chance: random.Random) -> bytes:
        """Return what the near side gets. Raises _Cut."""
        match passage.fate:
            case Fate.DROP:
                raise _Cut
            case Fate.CUT:
                await self._asked(request.whole[: chance.randrange(1, len(request.whole))], None)
                raise _Cut
            case Fate.DELAY:
                await asyncio.sleep(chance.uniform(0, LONGEST_DELAY_SECONDS))
            case Fate.REORDER:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._passed.wait(), HELD_AT_MOST_SECONDS)
            case Fate.DUPLICATE:
                return await self._asked_twice(request, passage)
        reply = await self._asked(request.whole, passage)
        return await self._carried_back(reply, passage.fate, chance)

    async def _asked_twice(self, request: Message, passage: Passage) -> bytes:
        # What the second one is told goes nowhere, so the passage must not tell of it.
        both = (self._asked(request.whole, passage), self._asked(request.whole, replace(passage)))
        reply, _ = await asyncio.gather(*both, return_exceptions=True)
        if not isinstance(reply, Message):
            raise _Cut
        return reply.whole

    async def _carried_back(self, reply: Message, fate: Fate, chance: random.Random) -> bytes:
        match fate:
            case Fate.DELAY_REPLY:
                await asyncio.sleep(chance.uniform(0, LONGEST_DELAY_SECONDS))
            case Fate.DROP_REPLY:
                raise _Cut
            case Fate.CUT_REPLY:
                raise _Cut(reply.whole[: chance.randrange(1, len(reply.whole))])
            case Fate.GARBLE_REPLY:
                return reply.head + garbled(reply.content, chance)
        return reply.whole

    async def _asked(self, content: bytes, passage: Passage | None) -> Message:
        """Send bytes to the far side and return its reply, noted in the passage; without one nothing is waited for."""
        at = urlsplit(self.target)
        reader, writer = await asyncio.open_connection(at.hostname, at.port)
        try:
            writer.write(content)
            await writer.drain()
            if passage is None:
                return Message(b"", b"")
            reply = await read_message(reader)
            passage.status, passage.reply = reply.status, reply.body
            passage.reply_signature = reply.header("X-Signature")
            return reply
        finally:
            writer.close()


def garbled(content: bytes, chance: random.Random) -> bytes:
    """Return the content with one of its digits changed: still JSON, but not what was signed."""
    places = [place for place, each in enumerate(content) if chr(each).isdigit()]
    if not places:
        return content
    place = chance.choice(places)
    return content[:place] + str((int(chr(content[place])) + 1) % 10).encode() + content[place + 1 :]


class Network:
    """Both ways, and the record of what went over them; misbehaves until it is `calm`."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.calm = False
        self.life = 0
        self.passages: list[Passage] = []
        self.tasks: set[asyncio.Task[None]] = set()
        self.trap = Trap()
        self.to_gateway = Way(self, TO_GATEWAY)
        self.to_engine = Way(self, TO_ENGINE)
        self._happened = 0
        self._mutex = threading.Lock()

    def note_arrival(self, way: str, body: dict[str, Any], idempotency_key: str, fate: Fate) -> Passage:
        """Keep a message that has come."""
        with self._mutex:
            self._happened += 1
            passage = Passage(way, self.life, body, idempotency_key, fate, self._happened)
            self.passages.append(passage)
            return passage

    def note_end(self, passage: Passage) -> None:
        """Note that a message is not under way any more."""
        with self._mutex:
            self._happened += 1
            passage.ended = self._happened

    def asked(self) -> list[Passage]:
        """Return what the engines sent to the gateway, in the order in which it came."""
        return [each for each in self.passages if each.way == TO_GATEWAY]

    def acknowledged(self, key: str) -> list[Passage]:
        """Return the gateway's answers that an engine acknowledged, signed with this key."""
        told = [each for each in self.passages if each.way == TO_ENGINE and each.status == 200]
        return [each for each in told if each.is_signed(key)]


@contextmanager
def misbehaving_network(seed: int) -> Iterator[Network]:
    """Serve a network from a thread of its own."""
    network = Network(seed)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    servers: list[asyncio.Server] = []

    async def listen() -> None:
        for way in (network.to_gateway, network.to_engine):
            server = await asyncio.start_server(way.serve, "127.0.0.1", 0)
            servers.append(server)
            way.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def end_all() -> None:
        for each in servers:
            each.close()
        while network.tasks:
            for task in network.tasks:
                task.cancel()
            await asyncio.wait(network.tasks)
        await asyncio.sleep(0)  # closed transports let go of their sockets in the loop's next turn

    try:
        asyncio.run_coroutine_threadsafe(listen(), loop).result()
        yield network
    finally:
        asyncio.run_coroutine_threadsafe(end_all(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
