"""The monitor's rows, order and counts, on a real store and against a recount."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.actors import Actor
from store.judging import as_of
from store.states import PaymentStatus
from store.store import Store
from tests.makers import ANNA, Shop
from tests.tui.cast import NOW, TOMAS_EMAIL
from tui import monitor
from tui.monitor import Lane, MonitorRow, Tally


def rows(store: Store) -> list[MonitorRow]:
    return monitor.rows_of(store.view(), ANNA)


def recount(several: list[MonitorRow], now: datetime) -> dict[Lane, int]:
    lanes = [monitor.lanes_of(as_of(each.payment, now), now) for each in several]
    return {lane: sum(lane in each for each in lanes) for lane in Lane}


def counts(tally: Tally) -> dict[Lane, int]:
    return {lane: tally.count(lane) for lane in Lane}


def test_a_row_names_the_account_and_the_last_attempts_method_and_connector(cast: Store) -> None:
    by_number = {each.payment.number: each for each in rows(cast)}

    twice = by_number["P-000001"]
    assert (twice.account, twice.method, twice.connector) == ("Lindqvist AB", "Wallet", "Iberia Wallet")
    assert twice.attempt_number == 2
    assert by_number["P-000002"].attempt_number == 0


def test_a_manager_sees_the_rows_of_their_reseller_and_of_those_below(cast: Store) -> None:
    seen = monitor.rows_of(cast.view(), Actor(TOMAS_EMAIL, reseller_id=2))

    assert {each.account for each in seen} == {"Oak & Barley Ltd"}


def test_what_ends_first_stands_first_then_no_deadline_then_due_dates_then_the_newest(cast: Store) -> None:
    ordered = monitor.most_urgent_first(rows(cast), NOW)

    assert [each.payment.number[-2:] for each in ordered] == [
        *("10", "12", "11", "13"),  # by deadline
        "07",  # Processing without a deadline
        *("06", "08", "09"),  # by due date
        *("05", "04", "03", "02", "01"),  # the newest first
    ]


def test_after_its_deadline_a_payment_is_waiting_and_late(shop: Shop) -> None:
    payment_id = shop.payment()
    shop.pay(payment_id)
    (row,) = rows(shop.store)
    deadline = row.payment.deadline
    assert deadline is not None

    def lanes(seconds: float) -> frozenset[Lane]:
        return monitor.lanes_at(row, deadline + timedelta(seconds=seconds))

    assert lanes(-60.001) == {Lane.PROCESSING}
    assert lanes(-60) == {Lane.PROCESSING, Lane.ENDING}
    assert lanes(-0.000001) == {Lane.PROCESSING, Lane.ENDING}
    assert lanes(0) == {Lane.WAITING, Lane.LATE}
    assert monitor.row_as_of(row, deadline).payment.status is PaymentStatus.WAITING


def test_a_row_that_time_has_not_touched_is_the_same_object(shop: Shop) -> None:
    shop.payment()
    (row,) = rows(shop.store)

    assert monitor.row_as_of(row, shop.clock.now) is row


def test_a_closed_payment_is_not_late_whatever_its_attempts_are(shop: Shop) -> None:
    payment_id = shop.payment()
    shop.overdue(payment_id)
    shop.cancel(payment_id)
    (row,) = rows(shop.store)

    assert not monitor.is_late(row.payment)
    assert monitor.lanes_at(row, shop.clock.now) == frozenset()


def test_rows_keep_a_known_order_and_new_ones_come_last(cast: Store) -> None:
    found = rows(cast)
    known = [5, 3, 9]

    assert [each.payment.id for each in monitor.in_known_order(found, known)][:3] == known
    assert len(monitor.in_known_order(found, known)) == len(found)


def test_counts_change_only_when_a_payment_comes_to_its_moment(cast: Store) -> None:
    tally = Tally(rows(cast), NOW)

    assert counts(tally) == {Lane.WAITING: 3, Lane.PROCESSING: 5, Lane.ENDING: 1, Lane.LATE: 1}
    assert not tally.advance(NOW + timedelta(seconds=5))
    assert tally.advance(NOW + timedelta(seconds=10))
    assert counts(tally) == {Lane.WAITING: 3, Lane.PROCESSING: 5, Lane.ENDING: 2, Lane.LATE: 1}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=st.lists(st.integers(0, 40 * 86_400), min_size=1, max_size=12))
def test_counts_kept_up_with_time_are_those_of_a_recount(cast: Store, steps: list[int]) -> None:
    found = rows(cast)
    tally = Tally(found, NOW)

    for step in sorted(steps):
        now = NOW + timedelta(seconds=step)
        tally.advance(now)
        assert counts(tally) == recount(found, now)


@pytest.mark.parametrize("lane", list(Lane))
def test_no_rows_count_nothing(lane: Lane) -> None:
    assert Tally((), NOW).count(lane) == 0
