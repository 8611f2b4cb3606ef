"""The admin port and the port for answers of one shop, over real sockets, and a client of both."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from gateway.admin import AdminPort
from gateway.health import Pulse
from gateway.http_port import HttpPort
from gateway.listener import Listener
from gateway.log import EachOf
from gateway.refusals import Refusals
from gateway.signing import sign
from store import tokens
from store.connectors import Connector
from tests.gateway.events import PATIENCE_SECONDS, Events
from tests.makers import ANNA, Shop


@dataclass
class Told:
    """What came back: status, headers and the bytes of the body."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        assert self.headers["Content-Type"].partition(";")[0] == "application/json"
        return json.loads(self.content)

    @property
    def problems(self) -> list[tuple[str, str | None]]:
        """The field and the pointer of each problem item."""
        return [(each["field"], each["pointer"]) for each in self.json["problems"]]


@dataclass
class Ports:
    """Both ports, a token for the one and an event log."""

    shop: Shop
    events: Events
    admin: AdminPort
    refusals: Refusals
    stop: asyncio.Event
    pulse: Pulse
    url: str
    answers_url: str
    token: str
    session: aiohttp.ClientSession

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Told:
        """Send a request to the admin port: `body` as JSON, or as it is if it is bytes."""
        sent = {"Authorization": f"Bearer {self.token if token is None else token}"}
        if key is not None:
            sent["Idempotency-Key"] = key
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if content is not None:
            sent["Content-Type"] = "application/json"
        sent |= headers or {}
        async with self.session.request(method, self.url + path, data=content, headers=sent) as response:
            return Told(response.status, response.headers, await response.read())

    async def create(self, key: str = "k1", **fields: object) -> Told:
        """Create a payment of 129.00 on the shop's account, unless told otherwise."""
        body = {"account_id": self.shop.account.id, "total": "129.00"} | fields
        return await self.ask("POST", "/payments", body, key=key)

    async def answer(self, answer: Mapping[str, str], *, signature: str = "") -> int:
        """Send an answer as the shop's gateway does; return the HTTP status."""
        key = self.shop.store.view().get(Connector, self.shop.connector.id).shared_key
        headers = {"Content-Type": "application/json", "X-Signature": signature or sign(answer, key)}
        url = f"{self.answers_url}/connectors/{self.shop.connector.id}/answers"
        async with self.session.post(url, data=json.dumps(answer).encode(), headers=headers) as response:
            return response.status

    async def metrics(self) -> dict[str, float]:
        """Scrape `/metrics`: each sample, written as there, and its value."""
        told = await self.ask("GET", "/metrics")
        assert told.status == 200
        lines = [line.rpartition(" ") for line in told.content.decode().splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in lines}


@asynccontextmanager
async def open_ports(shop: Shop) -> AsyncIterator[Ports]:
    """Serve both ports as the engine does."""
    events, stop, pulse = Events(), asyncio.Event(), Pulse()
    admin = AdminPort(shop.store, events, stop, pulse)
    log = EachOf(events, admin.metrics)
    refusals = Refusals(shop.store, log)
    listener = Listener(shop.store, log, refusals, wait_seconds=PATIENCE_SECONDS)
    answers = HttpPort(listener.application(), log, name="answers", finish_seconds=0.1)
    admin.metrics.watch(answers.door)
    answers_url = f"http://127.0.0.1:{await answers.open('127.0.0.1', 0)}"
    port = await admin.open("127.0.0.1", 0)
    admin.answers_url = answers_url
    _, token = shop.do(lambda tx: tokens.create(tx, ANNA, "shop"))
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{port}"
        yield Ports(shop, events, admin, refusals, stop, pulse, url, answers_url, token, session)
    await admin.close()
    await answers.close()


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds that nobody tells of."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds():  # noqa: ASYNC110 - what is waited for is in the store, which sets no event
            await asyncio.sleep(0.01)


def answer_of(attempt_id: str, result: str = "success", **fields: str) -> dict[str, str]:
    """Return an answer for an attempt, with all of its fields."""
    success = result == "success"
    return {
        "answer_id": "a-1",
        "attempt_id": attempt_id,
        "result": result,
        "gateway_reference": "g-1" if success else "",
        "amount": "129.00" if success else "",
        "currency": "EUR" if success else "",
        "message": "",
        "timestamp": "2026-03-02T09:00:00Z",
        **fields,
    }
