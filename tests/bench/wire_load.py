"""A bounded load in a process of its own: it posts each message once, over so many connections at once.

Reads one JSON object from standard input (url, signature header and body of each message, connections), and writes one
to standard output: the seconds that all took, and of each message the HTTP status and the seconds to its whole reply.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter
from urllib.parse import urlsplit

END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"content-length:"


@dataclass
class Told:
    """What came back so far: HTTP status and seconds of each message, and the bytes of the last reply."""

    statuses: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    last_reply: bytes = b""


class Connection(asyncio.Protocol):
    """Sends the next message as soon as the last one is answered, until none is left."""

    def __init__(self, messages: Iterator[bytes], told: Told) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._messages = messages
        self._told = told
        self._transport = asyncio.Transport()
        self._received = b""
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, content = self._received.partition(END_OF_HEAD)
        if not found or len(content) < int(head.lower().partition(LENGTH)[2].partition(b"\r\n")[0]):
            return
        self._told.seconds.append(perf_counter() - self._sent_at)
        self._told.statuses.append(int(head[9:12]))
        self._told.last_reply = content
        self._received = b""
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("The server has hung up."))

    def _send(self) -> None:
        message = next(self._messages, None)
        if message is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._sent_at = perf_counter()
        self._transport.write(message)


def request(url: str, body: str, signature: str) -> bytes:
    """Return one message as bytes."""
    at = urlsplit(url)
    content = body.encode()
    head = (
        f"POST {at.path} HTTP/1.1\r\nHost: {at.netloc}\r\nContent-Type: application/json\r\n"
        f"X-Signature: {signature}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


async def load(url: str, messages: list[bytes], connections: int) -> tuple[float, Told]:
    """Post all messages; return how many seconds that took and what came back."""
    host, _, port = urlsplit(url).netloc.rpartition(":")
    told, left = Told(), iter(messages)
    loop = asyncio.get_running_loop()
    began = perf_counter()
    opened = [
        (await loop.create_connection(lambda: Connection(left, told), host, int(port)))[1] for _ in range(connections)
    ]
    await asyncio.gather(*(each.done for each in opened))
    return perf_counter() - began, told


def main() -> None:
    """Do what standard input asks for."""
    asked = json.load(sys.stdin)
    messages = [request(asked["url"], each["body"], each["signature"]) for each in asked["messages"]]
    seconds, told = asyncio.run(load(asked["url"], messages, asked["connections"]))
    result = {"seconds": seconds, "statuses": told.statuses, "each_seconds": told.seconds}
    json.dump(result | {"last_reply": told.last_reply.decode()}, sys.stdout)


if __name__ == "__main__":
    main()
