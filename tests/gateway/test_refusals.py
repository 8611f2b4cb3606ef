"""Messages that were not believed on their way to the store, from the port to what an operator sees."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from gateway import refusals as module
from gateway.masking import MAX_SHOWN_CHARACTERS
from gateway.refusals import Refusals, Unbelieved
from gateway.signing import sign
from store.answers import Origin
from store.connectors import Connector
from store.errors import StoreNotUsable
from store.gateway_watch import watch_of
from store.refused_messages import KEPT_OF_EACH, RefusedMessage, refused_of
from tests.gateway.admin_ports import Ports, answer_of, open_ports
from tests.gateway.events import PATIENCE_SECONDS, Events
from tests.makers import ANNA, START, Shop


@pytest.fixture
async def ports(shop: Shop) -> AsyncIterator[Ports]:
    async with open_ports(shop) as opened:
        yield opened


def kept(shop: Shop) -> list[RefusedMessage]:
    return refused_of(shop.store.view(), ANNA, shop.connector.id)


def message(number: int = 0, raw: bytes = b"") -> Unbelieved:
    return Unbelieved(at=START, origin=Origin.CALLBACK, status=401, reason=f"No {number}.", raw=raw)


@asynccontextmanager
async def running(refusals: Refusals) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    task = asyncio.create_task(refusals.run(stop))
    yield stop
    stop.set()
    await task


async def test_each_refused_message_of_a_connector_is_kept_with_its_secrets_masked(ports: Ports) -> None:
    shop = ports.shop
    key = shop.store.view().get(Connector, 1).shared_key
    attempt_id = shop.pay(shop.payment())
    wrong = answer_of(attempt_id, message=f"the key is {key}, the card 4111111111111111")

    assert await ports.answer(wrong, signature="0" * 64) == 401
    malformed = answer_of(attempt_id, amount="-1")
    assert await ports.answer(malformed, signature=sign(malformed, key)) == 422
    await ports.refusals.write()

    second, first = kept(shop)
    assert (first.status, second.status) == (401, 422)
    assert json.loads(first.body)["message"] == "the key is •••, the card •••"
    assert (first.attempt_id, first.peer, first.origin) == (attempt_id, "127.0.0.1", Origin.CALLBACK)
    assert first.size_bytes == len(json.dumps(wrong))
    assert "amount" in second.reason
    assert watch_of(shop.store.view(), 1).refused == 2
    assert key not in str(ports.events.told)


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"x" * 70_000, {"Content-Type": "text/plain"}, 413),
        (b"card=4111111111111111", {"Content-Type": "text/plain"}, 415),
        (b"{", {"Content-Type": "application/json"}, 422),
    ],
)
async def test_what_is_refused_before_its_connector_matters_is_kept_too(
    ports: Ports, content: bytes, headers: dict[str, str], status: int
) -> None:
    for connector in ("1", "99", "x"):
        url = f"{ports.answers_url}/connectors/{connector}/answers"
        async with ports.session.post(url, data=content, headers=headers) as response:
            assert response.status in {status, 404}
    await ports.refusals.write()

    assert [each.status for each in kept(ports.shop)] == [status]
    assert len(refused_of(ports.shop.store.view(), ANNA)) == 1
    assert "4111" not in kept(ports.shop)[0].body


async def test_of_a_flood_the_last_hundred_are_kept_in_one_transaction_and_all_are_counted(shop: Shop) -> None:
    refusals = Refusals(shop.store, Events())
    before = shop.store.view().revision
    for number in range(1000):
        refusals.note(1, message(number))

    assert await refusals.write(), "more came than is kept"

    assert [each.reason for each in kept(shop)] == [f"No {n}." for n in range(999, 999 - KEPT_OF_EACH, -1)]
    assert watch_of(shop.store.view(), 1).refused == 1000
    assert shop.store.view().revision == before + 1
    assert not await refusals.write()
    assert shop.store.view().revision == before + 1


async def test_large_bodies_that_wait_are_let_go_before_they_fill_the_memory(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING_BYTES", 50)
    refusals = Refusals(shop.store, Events())
    for _ in range(2):
        refusals.note(1, message(raw=b"b" * 40))
    await refusals.write()

    assert sorted(each.size_bytes for each in kept(shop)) == [0, 40]
    refusals.note(1, message(raw=b"b" * 40))
    await refusals.write()
    assert sorted(each.size_bytes for each in kept(shop)) == [0, 40, 40]


async def test_reasons_that_wait_count_as_bodies_do_and_are_cut_when_they_are_kept(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING_BYTES", 10_000)
    refusals = Refusals(shop.store, Events())
    long = replace(message(raw=b"b" * 40), reason="r" * 9_970)
    for _ in range(2):
        refusals.note(1, long)
    refusals.note(1, message(raw=b"b" * 40))
    await refusals.write()

    assert [each.size_bytes for each in kept(shop)] == [0, 0, 0]
    refusals.note(1, replace(long, reason="r" * 9_960))
    await refusals.write()
    assert kept(shop)[0].size_bytes == 40
    assert {len(each.reason) for each in kept(shop)} == {len("No 0."), MAX_SHOWN_CHARACTERS}


async def test_what_the_store_cannot_take_waits_for_the_next_time(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    events = Events()
    refusals = Refusals(shop.store, events)

    def full(_drafts: object) -> None:
        raise StoreNotUsable(shop.store.path, "no space is left.")

    refusals.note(1, message(1))
    monkeypatch.setattr(shop.store.database, "append", full)
    assert await refusals.write()
    assert [each["event"] for each in events.told] == ["refused messages not stored"]
    monkeypatch.undo()
    refusals.note(1, message(2))
    await refusals.write()

    assert [each.reason for each in kept(shop)] == ["No 2.", "No 1."]
    assert watch_of(shop.store.view(), 1).refused == 2


async def test_a_fault_in_masking_ends_nothing_and_tells_no_secret(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(raw: bytes, _: object) -> None:
        raise ValueError(raw.decode())

    events = Events()
    refusals = Refusals(shop.store, events)
    monkeypatch.setattr(module, "shown_body", broken)
    refusals.note(1, message(raw=b"secret"))

    assert await refusals.write()
    assert [(each["event"], each["kind"]) for each in events.told] == [("fault", "ValueError")]
    assert "secret" not in str(events.told)


async def test_they_are_written_by_themselves_while_the_engine_runs(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_SECONDS", 0.01)
    refusals = Refusals(shop.store, Events())
    async with running(refusals):
        refusals.note(1, message())
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not kept(shop):  # noqa: ASYNC110 - it is in the store, which sets no event here
                await asyncio.sleep(0.01)
