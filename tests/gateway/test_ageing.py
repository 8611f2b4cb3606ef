from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from gateway.ageing import keep_ageing_out, pause_seconds, tell_what_is_not_folded
from gateway.engine import EngineOptions, serve_store
from store.archived_payment import ArchivedPayment
from store.archives import LOCK_NAME
from store.audit import money_problems
from store.lock import ProcessLock
from tests.gateway.events import PATIENCE_SECONDS, Events
from tests.makers import Shop

QUARTER = timedelta(days=90)


def completed_long_ago(shop: Shop) -> None:
    shop.success(shop.pay(shop.payment()))
    shop.clock.advance(days=91)


async def test_the_engine_archives_what_has_been_closed_for_as_long_as_it_is_told(shop: Shop) -> None:
    completed_long_ago(shop)
    events, stop = Events(), asyncio.Event()
    options = EngineOptions(port=0, admin_port=0, archive_after_days=92)
    async with asyncio.TaskGroup() as group:
        group.create_task(serve_store(shop.store, options, events, stop, lambda _: stop.set()))
    assert not events.named("payments archived")

    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(serve_store(shop.store, EngineOptions(port=0, admin_port=0), events, stop, lambda _: None))
        await events.until("payments archived", 1)
        stop.set()
    assert shop.store.view().count(ArchivedPayment) == 1
    assert money_problems(shop.store.view()) == []


async def test_what_keeps_payments_from_the_archive_is_said_and_stops_nothing(shop: Shop) -> None:
    completed_long_ago(shop)
    events, stop = Events(), asyncio.Event()
    with ProcessLock(shop.store.folder / LOCK_NAME).held(wait_seconds=0):
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_ageing_out(shop.store, QUARTER, events, stop))
            await events.until("payments not archived", 1)
            stop.set()
    assert shop.store.view().count(ArchivedPayment) == 0


def test_payments_age_out_a_fifth_of_their_time_late_at_most_but_not_all_the_time() -> None:
    afters = [timedelta(seconds=1), timedelta(minutes=10), QUARTER]
    assert [pause_seconds(each) for each in afters] == [60.0, 120.0, 24 * 3600.0]


async def test_why_the_journal_cannot_be_folded_is_said_once_and_when_it_can_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.database.SMALLEST_JOURNAL_WORTH_FOLDING", 500)
    in_its_way = shop.store.path.with_name(f"{shop.store.path.name}.new")
    in_its_way.mkdir()
    events, stop = Events(), asyncio.Event()
    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
        group.create_task(tell_what_is_not_folded(shop.store, events, stop, every_seconds=0.02))
        while not events.named("journal not folded"):
            shop.payment()
            await asyncio.sleep(0.02)
        in_its_way.rmdir()
        shop.store._fold_from_bytes = 0  # it is tried again once the journal has grown by some megabytes
        while not events.named("journal folded again"):
            shop.payment()
            await asyncio.sleep(0.02)
        stop.set()
    (told,) = events.named("journal not folded")
    assert "Is a directory" in str(told["reason"])
