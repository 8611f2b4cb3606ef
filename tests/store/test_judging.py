"""Time: deadlines and due dates fall due by themselves, in order, and whoever writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from store.errors import Refused
from store.judging import Happening, as_of, facts_of, judge, next_change_at, why_refused
from store.money import Money
from store.payments import Attempt, Payment
from store.states import AttemptState, Event, Facts, Mark, PaymentStatus, rule_for
from tests.makers import MICROSECOND, START

MIDNIGHT = datetime(2026, 3, 3, tzinfo=UTC)
"""The end of the due date 2026-03-02."""


def attempt(number: int, state: AttemptState, deadline: datetime | None) -> Attempt:
    return Attempt(
        id=f"{number:032x}",
        method_id=1,
        connector_id=1,
        state=state,
        started_at=START,
        started_by="anna",
        deadline=deadline,
    )


def payment(
    status: PaymentStatus = PaymentStatus.WAITING, *attempts: Attempt, current: int = 0, due: date | None = None
) -> Payment:
    return Payment(
        id=1,
        number="P-000001",
        account_id=1,
        total=Money(Decimal("129.00"), "EUR"),
        status=status,
        created_at=START,
        created_by="anna",
        due_date=due,
        in_progress=f"{current:032x}" if current else "",
        customer_message="Kept.",
        attempts=attempts,
    )


def processing(
    deadline: datetime | None, *, state: AttemptState = AttemptState.SENT, due: date | None = None
) -> Payment:
    return payment(PaymentStatus.PROCESSING, attempt(1, state, deadline), current=1, due=due)


def lines(found: Payment) -> list[tuple[datetime, str]]:
    return [(line.at, line.rule) for line in found.history]


def test_nothing_is_over_a_microsecond_before_the_deadline_and_the_same_object_comes_back() -> None:
    before = processing(MIDNIGHT)
    assert as_of(before, MIDNIGHT - MICROSECOND) is before


@pytest.mark.parametrize("late", [timedelta(0), MICROSECOND, timedelta(days=400)])
def test_from_the_deadline_on_the_period_is_over_and_stamped_with_the_deadline(late: timedelta) -> None:
    after = as_of(processing(MIDNIGHT), MIDNIGHT + late)
    assert (after.status, after.in_progress, after.customer_message) == (PaymentStatus.WAITING, "", "")
    assert after.attempts[0].state is AttemptState.OVERDUE
    assert lines(after) == [(MIDNIGHT, "period-over")]


def test_a_queued_attempt_whose_period_is_over_is_undelivered() -> None:
    after = as_of(processing(MIDNIGHT, state=AttemptState.QUEUED), MIDNIGHT)
    assert after.attempts[0].state is AttemptState.UNDELIVERED


def test_without_a_period_nothing_ever_falls_due() -> None:
    before = processing(None, due=date(2026, 3, 2))
    assert as_of(before, MIDNIGHT + timedelta(days=9999)) is before
    assert next_change_at(before) is None


def test_the_due_date_ends_with_its_day_in_utc_and_keeps_the_message() -> None:
    waiting = payment(due=date(2026, 3, 2))
    assert as_of(waiting, MIDNIGHT - MICROSECOND) is waiting
    after = as_of(waiting, MIDNIGHT + timedelta(hours=7))
    assert (after.status, after.customer_message) == (PaymentStatus.EXPIRED, "Kept.")
    assert lines(after) == [(MIDNIGHT, "due-date-passed")]


@pytest.mark.parametrize(
    "status", [PaymentStatus.COMPLETED, PaymentStatus.CANCELLED, PaymentStatus.PAID_FROM_BALANCE, PaymentStatus.EXPIRED]
)
def test_the_due_date_means_nothing_but_to_a_payment_that_waits(status: PaymentStatus) -> None:
    before = payment(status, due=date(2026, 3, 2))
    assert as_of(before, MIDNIGHT + timedelta(days=1)) is before


def test_a_deadline_at_the_end_of_the_due_date_comes_first_and_both_stand_in_the_history() -> None:
    after = as_of(processing(MIDNIGHT, due=date(2026, 3, 2)), MIDNIGHT)
    assert after.status is PaymentStatus.EXPIRED
    assert lines(after) == [(MIDNIGHT, "period-over"), (MIDNIGHT, "due-date-passed")]


def test_a_payment_that_returns_after_its_due_date_expires_in_the_same_step() -> None:
    deadline = MIDNIGHT + timedelta(minutes=5)
    before = processing(deadline, due=date(2026, 3, 2))
    assert as_of(before, deadline - MICROSECOND) is before
    assert lines(as_of(before, deadline)) == [(deadline, "period-over"), (deadline, "due-date-passed")]


def test_a_deadline_before_the_end_of_the_due_date_leaves_it_its_own_moment() -> None:
    deadline = MIDNIGHT - timedelta(hours=1)
    after = as_of(processing(deadline, due=date(2026, 3, 2)), MIDNIGHT)
    assert lines(after) == [(deadline, "period-over"), (MIDNIGHT, "due-date-passed")]


def test_the_deadline_of_an_attempt_that_is_not_in_progress_leaves_the_payment() -> None:
    before = payment(PaymentStatus.COMPLETED, attempt(1, AttemptState.SENT, MIDNIGHT))
    after = as_of(before, MIDNIGHT)
    assert (after.status, after.customer_message) == (PaymentStatus.COMPLETED, "Kept.")
    assert after.attempts[0].state is AttemptState.OVERDUE
    assert lines(after) == [(MIDNIGHT, "period-over-ignored")]


def test_a_period_over_that_is_ignored_leaves_every_state_but_sent() -> None:
    for state in set(AttemptState) - {AttemptState.SENT}:
        before = payment(PaymentStatus.COMPLETED, attempt(1, state, MIDNIGHT))
        judged = judge(before, Happening(event=Event.DEADLINE, attempt_id=before.attempts[0].id), MIDNIGHT).payment
        assert judged is not None
        assert judged.attempts[0].state is state


states = st.sampled_from(AttemptState)
moments = st.timedeltas(timedelta(0), timedelta(days=3)).map(lambda since: START + since)
due_dates = st.none() | st.sampled_from([date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)])


@st.composite
def payments(draw: st.DrawFn) -> Payment:
    """Make any payment at all, also such as the rules never make."""
    attempts = tuple(
        attempt(number, draw(states), draw(st.none() | moments)) for number in range(1, 1 + draw(st.integers(0, 3)))
    )
    status = draw(st.sampled_from(PaymentStatus))
    current = draw(st.integers(1, len(attempts))) if attempts and status is PaymentStatus.PROCESSING else 0
    return payment(status, *attempts, current=current, due=draw(due_dates))


@given(payments(), moments, moments)
def test_as_of_twice_is_as_of_once_at_the_later_moment(before: Payment, one: datetime, other: datetime) -> None:
    earlier, later = sorted((one, other))
    assert as_of(as_of(before, earlier), later) == as_of(before, later)
    there = as_of(before, later)
    assert as_of(there, later) is there
    assert as_of(there, earlier) is there


@given(payments(), moments)
def test_next_change_at_is_the_first_moment_at_which_as_of_changes_something(before: Payment, now: datetime) -> None:
    moment = next_change_at(before)
    assert (as_of(before, now) is before) is (moment is None or now < moment)


@given(payments(), moments)
def test_what_fell_due_is_stamped_in_time_order_and_never_after_now(before: Payment, now: datetime) -> None:
    stamps = [line.at for line in as_of(before, now).history]
    assert stamps == sorted(stamps)
    assert all(stamp <= now for stamp in stamps)


@given(payments(), st.sampled_from(Event), st.sets(st.sampled_from(Mark)), moments)
def test_an_event_that_no_rule_fits_is_refused_with_a_sentence(
    before: Payment, event: Event, marks: set[Mark], now: datetime
) -> None:
    new = attempt(9, AttemptState.QUEUED, None) if event is Event.START else None
    happening = Happening(event=event, attempt_id=f"{1:032x}", marks=frozenset(marks), attempt=new)
    if rule_for(facts_of(before, happening)) is not None:
        judged = judge(before, happening, now)
        assert judged.payment is not None
        assert judged.rule.name in {line.rule for line in judged.payment.history}
        return
    assert event not in {Event.SUCCESS, Event.FAILURE, Event.PENDING, Event.DEADLINE}
    with pytest.raises(Refused, match=r"\.$"):
        judge(before, happening, now)


def test_why_refused_names_what_stands_in_the_way() -> None:
    def why(event: Event, status: PaymentStatus) -> str:
        return why_refused(Facts(event, status, None))

    assert "Processing" in why(Event.CANCEL, PaymentStatus.PROCESSING)
    assert "closed (Completed)" in why(Event.START, PaymentStatus.COMPLETED)
    assert "not Enabled" in why(Event.START, PaymentStatus.WAITING)
    assert "Expired" in why(Event.CANCEL, PaymentStatus.EXPIRED)
    assert "balance" in why(Event.PAY_FROM_BALANCE, PaymentStatus.WAITING)
    assert "due date" in why(Event.DUE_DATE, PaymentStatus.COMPLETED)
    assert "not in progress" in why(Event.NOT_REACHED, PaymentStatus.WAITING)


def test_a_completed_payment_leaves_no_attempt_queued() -> None:
    before = payment(
        PaymentStatus.PROCESSING,
        attempt(1, AttemptState.OVERDUE, None),
        attempt(2, AttemptState.QUEUED, None),
        current=2,
    )
    after = judge(before, Happening(event=Event.SUCCESS, attempt_id=before.attempts[0].id), START).payment
    assert after is not None
    assert [each.state for each in after.attempts] == [AttemptState.SUCCEEDED, AttemptState.UNDELIVERED]
    assert after.history[-1].rule == "late-success-during-retry"
    assert after == replace(after, in_progress="", closed_at=START)
