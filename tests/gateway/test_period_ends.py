from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway import period_ends as module
from gateway.period_ends import PeriodEnds
from store.errors import StoreNotUsable
from store.states import AttemptState, PaymentStatus
from tests.gateway.events import Events
from tests.makers import Shop


def test_what_ended_while_no_engine_ran_is_written_by_the_first_look_and_told_with_its_ids(shop: Shop) -> None:
    events = Events()
    ends = PeriodEnds(shop.store, events)
    payment_id = shop.payment()
    attempt_id = shop.overdue(payment_id)
    shop.clock.advance(seconds=4)
    assert ends.are_due(shop.clock.now)

    ends.write()

    assert [each["rule"] for each in events.told] == ["period-over"]
    told = events.told[0]
    assert (told["payment"], told["attempt"], told["connector"], told["late_seconds"]) == (payment_id, attempt_id, 1, 4)
    assert not ends.are_due(shop.clock.now)
    assert ends.next_write_at == datetime(2026, 3, 3, tzinfo=UTC)


def test_due_dates_pass_at_the_end_of_the_day(shop: Shop) -> None:
    ends = PeriodEnds(shop.store, Events())
    payment_id = shop.payment(due_date="2026-03-02")
    ends.write()
    assert shop.rules(payment_id) == []
    shop.clock.advance(hours=15)
    assert ends.are_due(shop.clock.now)

    ends.write()

    assert shop.rules(payment_id) == ["due-date-passed"]
    assert shop.now(payment_id).status is PaymentStatus.EXPIRED


def test_many_are_written_in_parts_and_what_was_noted_for_nothing_is_let_be(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ENDED_AT_ONCE", 2)
    monkeypatch.setattr(module, "ENDED_IN_ONE_TURN", 3)
    ends = PeriodEnds(shop.store, Events())
    ends.write()
    payments = [shop.payment() for _ in range(5)]
    for each in payments:
        shop.pay(each)
    other = shop.payment()
    shop.clock.advance(minutes=15)
    ends.note([*payments, other, 999])

    left = []
    for _ in range(3):
        assert ends.are_due(shop.clock.now)
        ends.write()
        left.append(len(shop.store.view().due_by(shop.clock.now)))

    assert left == [2, 0, 0]
    assert not ends.are_due(shop.clock.now)
    assert shop.rules(other) == []


def test_what_the_store_cannot_take_stays_for_the_next_turn(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = PeriodEnds(shop.store, Events())
    payment_id = shop.payment()
    attempt_id = shop.overdue(payment_id)

    def full(_drafts: object) -> None:
        raise StoreNotUsable(shop.store.path, "no space is left.")

    monkeypatch.setattr(shop.store.database, "append", full)
    with pytest.raises(StoreNotUsable):
        ends.write()
    monkeypatch.undo()
    assert ends.are_due(shop.clock.now)
    ends.write()

    assert shop.store.view().due_by(shop.clock.now) == []
    assert shop.attempt(payment_id, attempt_id).state is AttemptState.OVERDUE
