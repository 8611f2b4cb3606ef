"""The monitor's rows, order and counts: on a real store, against a recount of everything, and what they cost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import resellers
from store.actors import ROOT_RESELLER_ID, Actor
from store.answers import in_inbox
from store.archive import age_out
from store.errors import NotFound, Refused
from store.payments import Payment
from store.states import PaymentStatus
from store.store import Store, View, open_store
from store.urgency import is_late
from tests.makers import ANNA, Shop, open_shop
from tests.tui.cast import NOW, TOMAS_EMAIL
from tui.filters import parse
from tui.monitor import Frame, Monitor
from tui.monitor_rows import MonitorRow, RowReader, StoredNames, row_as_of
from tui.payment_glance import SORT_KEYS, fields_of, glance_at
from tui.payment_selection import EVERYTHING, Choice, Lane


def rows(store: Store, by: Actor = ANNA) -> list[MonitorRow]:
    frame = Monitor(store, by).look()
    reader = RowReader(by)
    reader.follow(frame.view, frame.since, frame.changed)
    return [row for row in map(reader.row, frame.ids) if row is not None]


def counts(frame: Frame) -> dict[str, int]:
    return {lane.name: count for lane, count in frame.counts.items() if count}


def test_a_row_names_the_account_and_the_method_and_connector_of_the_attempt_that_it_counts(cast: Store) -> None:
    by_number = {each.payment.number: each for each in rows(cast)}

    twice = by_number["P-000001"]
    assert (twice.account, twice.method, twice.connector) == ("Lindqvist AB", "Credit card", "Nordbank Cards")
    assert (twice.attempt_shown, len(twice.payment.attempts)) == (1, 2)
    assert by_number["P-000002"].attempt_shown == 0


def test_a_manager_sees_the_rows_of_their_reseller_and_of_those_below_and_no_connector(cast: Store) -> None:
    seen = rows(cast, Actor(TOMAS_EMAIL, reseller_id=2))

    assert {(each.account, each.connector) for each in seen} == {("Oak & Barley Ltd", "")}


def test_what_ends_first_stands_first_then_no_deadline_then_late_then_due_dates_then_the_newest(cast: Store) -> None:
    assert [each.payment.number[-2:] for each in rows(cast)] == [
        *("10", "12", "11", "13"),  # by deadline
        "07",  # Processing without a deadline
        "09",  # late
        *("06", "08"),  # by due date
        *("05", "04", "03", "02", "01"),  # the newest first
    ]


def test_what_is_late_stands_above_what_only_waits_and_first_of_it_what_has_expired(shop: Shop) -> None:
    for due in ("", "2026-03-03", "2026-03-02", ""):
        shop.payment(due_date=due)
    monitor = Monitor(shop.store, ANNA)
    for number in (2, 3, 4):
        shop.pay(number)
    shop.clock.advance(minutes=16)
    frame = monitor.look()
    assert [*frame.ids] == [3, 2, 4, 1]

    assert frame.next_at == shop.now(3).due_at  # not a minute before, as for what is Processing
    shop.clock.now = frame.next_at
    frame = monitor.look()
    assert [*frame.ids] == [3, 2, 4, 1]
    assert counts(frame) == {"WAITING": 3, "LATE": 3}
    assert [*monitor.look(Choice(lane=Lane.WAITING)).ids] == [2, 4, 1]
    assert [*monitor.look(Choice(lane=Lane.LATE)).ids] == [3, 2, 4]


def test_after_its_deadline_a_payment_is_waiting_and_late(shop: Shop) -> None:
    shop.pay(shop.payment())
    (row,) = rows(shop.store)
    deadline = row.payment.deadline
    assert deadline is not None
    monitor = Monitor(shop.store, ANNA)

    def lanes(seconds: float) -> set[str]:
        shop.clock.now = deadline + timedelta(seconds=seconds)
        return set(counts(monitor.look()))

    assert lanes(-60.001) == {"PROCESSING"}
    assert lanes(-60) == {"PROCESSING", "ENDING"}
    assert lanes(-0.000001) == {"PROCESSING", "ENDING"}
    assert lanes(0) == {"WAITING", "LATE"}
    assert row_as_of(row, deadline).payment.status is PaymentStatus.WAITING


def test_a_filter_by_the_day_follows_midnight(shop: Shop) -> None:
    first = shop.payment()
    monitor = Monitor(shop.store, ANNA)
    today = Choice(filter=parse("created:today", fields_of(monitor, with_connectors=True)))
    yesterday = Choice(filter=parse("created:yesterday", fields_of(monitor, with_connectors=True)))
    assert [*monitor.look(today).ids] == [first]
    assert monitor.look(today).next_at == (shop.clock.now + timedelta(days=1)).replace(hour=0, minute=0, second=0)
    shop.clock.advance(days=1)
    assert [*monitor.look(today).ids] == []
    assert [*monitor.look(yesterday).ids] == [first]
    second = shop.payment()
    assert [*monitor.look(today).ids] == [second]


def test_a_frame_tells_which_payments_have_aged_out_also_when_anything_may_have_changed(shop: Shop) -> None:
    first, second = shop.payment(), shop.payment()
    monitor = Monitor(shop.store, ANNA)
    assert monitor.look(in_mind=[first, second]).left == frozenset()
    shop.cancel(first)
    shop.clock.advance(days=91)
    age_out(shop.store, after=timedelta(days=90))
    assert monitor.look().left == {first}
    shop.clock.advance(days=1)
    assert monitor.look(in_mind=[first, second]).left == frozenset()  # it was told already

    shop.clock.now -= timedelta(days=1)  # the clock goes back: all is read anew
    frame = monitor.look(in_mind=[first, second])
    assert frame.renewed is None
    assert frame.left == {first}


def test_when_the_clock_goes_back_what_had_ended_goes_on(shop: Shop) -> None:
    shop.pay(shop.payment())
    monitor = Monitor(shop.store, ANNA)
    shop.clock.advance(minutes=15)
    assert set(counts(monitor.look())) == {"WAITING", "LATE"}
    shop.clock.advance(seconds=-30)
    assert set(counts(monitor.look())) == {"PROCESSING", "ENDING"}


def test_a_frame_says_when_it_changes_by_itself(cast: Store) -> None:
    clock = cast.clock
    monitor = Monitor(cast, ANNA)
    frame = monitor.look()

    assert counts(frame) == {"WAITING": 3, "PROCESSING": 5, "ENDING": 1, "LATE": 1}
    assert frame.next_at == NOW + timedelta(seconds=9)
    clock.now = frame.next_at  # type: ignore[attr-defined]
    assert counts(monitor.look()) == {"WAITING": 3, "PROCESSING": 5, "ENDING": 2, "LATE": 1}


def test_a_row_that_time_has_not_touched_is_the_same_object(shop: Shop) -> None:
    shop.payment()
    (row,) = rows(shop.store)

    assert row_as_of(row, shop.clock.now) is row


def test_a_closed_payment_is_in_no_lane_whatever_its_attempts_are(shop: Shop) -> None:
    payment_id = shop.payment()
    shop.overdue(payment_id)
    shop.cancel(payment_id)

    assert counts(Monitor(shop.store, ANNA).look()) == {}


def test_late_answers_and_returned_money_are_counted_on_their_day_and_open_their_payments(shop: Shop) -> None:
    first = shop.payment()
    attempt = shop.overdue(first)
    shop.success(attempt)
    second = shop.payment()
    failed = shop.pay(second)
    shop.failure(failed)
    shop.cancel(second)
    shop.success(failed, "r2")
    monitor = Monitor(shop.store, ANNA)

    assert counts(monitor.look()) == {"LATE_ANSWERS": 1, "RETURNED": 1}
    assert [*monitor.look(Choice(lane=Lane.LATE_ANSWERS)).ids] == [first]
    assert [*monitor.look(Choice(lane=Lane.RETURNED)).ids] == [second]
    shop.clock.advance(days=1)
    assert counts(monitor.look()) == {}


def test_a_change_of_another_process_is_followed_by_reading_what_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = open_shop(tmp_path / "store")
    for _ in range(50):
        shop.payment()
    shop.store.checkpoint()
    read: list[int] = []
    original = View._line

    def noting(self: View, kind: type[Payment], identity: int) -> bytes | None:
        if kind is Payment:
            read.append(identity)
        return original(self, kind, identity)

    monkeypatch.setattr(View, "_line", noting)
    monitor = Monitor(open_store(shop.store.folder, clock=shop.clock), ANNA)
    assert len(monitor.look().ids) == 50
    assert read == []
    shop.cancel(17)
    read.clear()
    frame = monitor.look()
    assert read == [17]
    assert frame.changed is not None
    assert ("payments", 17) in frame.changed
    shop.store.checkpoint()
    shop.cancel(18)
    read.clear()
    assert len(monitor.look().ids) == 50
    assert read == [18]


SORTS = st.sampled_from([None, *SORT_KEYS])
FILTERS = st.sampled_from(
    ["", "status:waiting", "-status:cancelled", "account:ada", "total>60", "older:10m", "late:yes"]
)
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("create"), st.sampled_from(["129.00", "50.00"])),
        st.tuples(st.sampled_from(["pay", "succeed", "fail", "cancel"]), st.integers(1, 6)),
        st.tuples(st.just("pass"), st.sampled_from([1, 60, 840, 900, 86_400])),
        st.tuples(st.just("go back"), st.just(120)),
        st.tuples(st.just("checkpoint"), st.just(0)),
    ),
    min_size=1,
    max_size=12,
)


def create(shop: Shop, total: str) -> None:
    """Create a payment; the small ones never expire."""
    shop.payment(total, due_date="" if total == "50.00" else (shop.clock.now + timedelta(days=1)).date().isoformat())


def answer(shop: Shop, payment_id: int, *, success: bool) -> None:
    """Answer the last attempt of a payment, if there is one."""
    payment = shop.store.view().find(Payment, payment_id)
    if payment is not None and payment.attempts:
        attempt = payment.attempts[-1].id
        if success:
            shop.success(attempt, f"r{payment_id}", amount=payment.total.text)
        else:
            shop.failure(attempt)


DEEDS: dict[str, Callable[[Shop, Any], object]] = {
    "create": create,
    "pay": lambda shop, payment_id: shop.pay(payment_id),
    "succeed": lambda shop, payment_id: answer(shop, payment_id, success=True),
    "fail": lambda shop, payment_id: answer(shop, payment_id, success=False),
    "cancel": lambda shop, payment_id: shop.cancel(payment_id),
    "pass": lambda shop, seconds: shop.clock.advance(seconds=seconds),
    "go back": lambda shop, seconds: shop.clock.advance(seconds=-seconds),
    "checkpoint": lambda shop, _: shop.store.checkpoint(),
}


def recount(view: View, now: datetime) -> dict[str, int]:
    """Count the lanes by looking at every payment."""
    found = list(view.all(Payment))
    ending = [each for each in found if each.deadline is not None and each.deadline - now <= timedelta(seconds=60)]
    counted = {
        "WAITING": sum(each.status is PaymentStatus.WAITING for each in found),
        "PROCESSING": sum(each.status is PaymentStatus.PROCESSING for each in found),
        "ENDING": len(ending),
        "LATE": sum(map(is_late, found)),
    }
    return {name: count for name, count in counted.items() if count}


def expected_ids(view: View, choice: Choice) -> list[int]:
    """Filter and sort every payment anew."""
    names = StoredNames(view, ANNA)
    found = [glance_at(each) for each in view.all(Payment)]
    kept = [each for each in found if choice.filter.fits(each, view.now)]
    if choice.sort is None:
        whole = [row.payment.id for row in rows_in_plain_order(view)]
        return [each for each in whole if each in {one.id for one in kept}]
    key = SORT_KEYS[choice.sort]
    return [each.id for each in sorted(kept, key=lambda each: (key(each, names), each.id))]


def rows_in_plain_order(view: View) -> list[MonitorRow]:
    """Return every payment in the order that the design names, sorted by plain tuples."""

    def urgency(payment: Payment) -> tuple[int, float]:
        if payment.status is PaymentStatus.PROCESSING:
            deadline = payment.deadline
            return (1, payment.id) if deadline is None else (0, deadline.timestamp())
        due = float("inf") if payment.due_at is None else payment.due_at.timestamp()
        if is_late(payment):
            return (3 if payment.status is PaymentStatus.WAITING else 2, due)
        return (4, due) if payment.status is PaymentStatus.WAITING else (5, -payment.id)

    found = sorted(view.all(Payment), key=lambda each: (*urgency(each), each.id))
    return [MonitorRow(each, "") for each in found]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(acts=ACTS, sort=SORTS, text=FILTERS)
def test_what_is_kept_up_is_what_is_made_anew(acts: list[tuple[str, int | str]], sort: str | None, text: str) -> None:
    with TemporaryDirectory() as name:
        shop = open_shop(Path(name) / "store")
        for total in ("129.00", "50.00", "129.00"):
            shop.payment(total)
        monitor = Monitor(open_store(shop.store.folder, clock=shop.clock), ANNA)
        fields = fields_of(StoredNames(shop.store.view(), ANNA), with_connectors=True)
        choice = Choice(filter=parse(text, fields), sort=sort)
        monitor.look(choice)
        for what, number in acts:
            with suppress(Refused, NotFound):
                DEEDS[what](shop, number)
            frame = monitor.look()
            assert [*frame.ids] == [row.payment.id for row in rows_in_plain_order(frame.view)]
            assert {lane: n for lane, n in counts(frame).items() if lane in Lane.__members__} | recount(
                frame.view, frame.view.now
            ) == counts(frame)
            assert frame.in_inbox == len(in_inbox(frame.view))
            if not text.startswith("older") or what != "pass":
                chosen = monitor.look(choice)
                assert [*chosen.ids] == expected_ids(chosen.view, choice)


def test_a_filter_that_follows_time_is_applied_anew_after_some_seconds(shop: Shop) -> None:
    shop.payment()
    monitor = Monitor(shop.store, ANNA)
    choice = Choice(filter=parse("older:10m", fields_of(StoredNames(shop.store.view(), ANNA), with_connectors=True)))

    assert [*monitor.look(choice).ids] == []
    shop.clock.advance(minutes=10, seconds=1)
    frame = monitor.look(choice)
    assert [*frame.ids] == [1]
    assert frame.next_at == shop.clock.now + timedelta(seconds=5)


def test_a_new_reseller_below_is_seen_with_its_payments(cast: Store) -> None:
    tomas = Actor(TOMAS_EMAIL, reseller_id=2)
    monitor = Monitor(cast, tomas)
    before = len(monitor.look().ids)
    with cast.transaction() as tx:
        resellers.create(tx, Actor("anna@example.com"), name="New", parent_id=2)
    assert len(monitor.look(EVERYTHING).ids) == before
    assert tomas.reseller_id != ROOT_RESELLER_ID
