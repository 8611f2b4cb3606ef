"""When what is sent: the table of design section 6, and what must hold of any plan."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.sending import (
    LAST_CALL,
    LONGEST_PAUSE,
    PAY_FOR,
    Step,
    StepKind,
    is_urgent,
    last_ask_at,
    last_chance_at,
    next_step,
    pay_until,
    waits_in_vain,
)
from store.late_asks import LATE_ASKS
from store.payments import Attempt, Delivery
from store.states import AttemptState
from tests.makers import START

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
PERIOD = timedelta(minutes=60)


def attempt_of(
    state: AttemptState = AttemptState.SENT, *, period: timedelta | None = PERIOD, sent: timedelta = SECOND, **told: Any
) -> Attempt:
    """Return an attempt that was started at START; `told` is its Delivery, times as what has passed since."""
    last = told.pop("last", None)
    return Attempt(
        id="0" * 32,
        method_id=1,
        connector_id=1,
        state=state,
        started_at=START,
        started_by="anna",
        deadline=None if period is None else START + period,
        sent_at=None if state is AttemptState.QUEUED else START + sent,
        delivery=Delivery(last_request_at=None if last is None else START + last, **told),
    )


def step_of(
    attempt: Attempt,
    *,
    now: timedelta = timedelta(0),
    in_progress: bool = True,
    ask_first: bool = False,
    jitter: float = 0.0,
    unmade: int = 0,
) -> Step | None:
    """Return the next step; without a word on it, the attempt is in progress and known to this engine."""
    return next_step(attempt, START + now, in_progress=in_progress, ask_first=ask_first, jitter=jitter, unmade=unmade)


def pay(after: timedelta) -> Step:
    return Step(StepKind.PAY, START + after)


def status(after: timedelta) -> Step:
    return Step(StepKind.STATUS, START + after)


def give_up(after: timedelta) -> Step:
    return Step(StepKind.GIVE_UP, START + after)


ARRIVED: dict[str, Any] = {"may_have_arrived": True}
WAITED: dict[str, Any] = {**ARRIVED, "pay_stopped": True, "pays": 1, "last": SECOND}
IN_DOUBT: dict[str, Any] = {**WAITED, "in_doubt": True, "last": MINUTE}
NO_PERIOD: dict[str, Any] = {"period": None}

TABLE: list[tuple[str, Attempt, Step | None]] = [
    ("a queued attempt is paid at once", attempt_of(AttemptState.QUEUED), pay(timedelta(0))),
    (
        "the first pause of a lost pay is a second",
        attempt_of(**ARRIVED, pays=1, last=5 * SECOND),
        pay(6 * SECOND),
    ),
    ("each further pause is twice as long", attempt_of(**ARRIVED, pays=4, last=20 * SECOND), pay(28 * SECOND)),
    ("no pause is over two minutes", attempt_of(**ARRIVED, pays=40, last=5 * MINUTE), pay(7 * MINUTE)),
    (
        "pay that would come at fifteen minutes is not sent; the last status before the deadline is",
        attempt_of(**ARRIVED, pays=40, last=13 * MINUTE),
        status(PERIOD - 15 * SECOND),
    ),
    (
        "without a deadline the slow schedule follows the fifteen minutes",
        attempt_of(**NO_PERIOD, **ARRIVED, pays=40, last=13 * MINUTE),
        status(30 * MINUTE),
    ),
    (
        "a pay that no byte of ever left is given up when no further try fits into fifteen minutes",
        attempt_of(pays=40, last=13 * MINUTE),
        give_up(13 * MINUTE),
    ),
    (
        "before a deadline the last status is asked first",
        attempt_of(period=5 * MINUTE, pays=40, last=4 * MINUTE),
        status(5 * MINUTE - 15 * SECOND),
    ),
    (
        "after that it is given up while there still is a payment in progress to end",
        attempt_of(period=5 * MINUTE, pays=40, last=4 * MINUTE, asked_last=True),
        give_up(4 * MINUTE),
    ),
    (
        "the last status comes before a pay that is due after it",
        attempt_of(period=5 * MINUTE, **ARRIVED, pays=40, last=4 * MINUTE - 10 * SECOND),
        status(5 * MINUTE - 15 * SECOND),
    ),
    (
        "a pay may still come between the last status and the deadline",
        attempt_of(period=5 * MINUTE, **ARRIVED, pays=2, last=5 * MINUTE - 14 * SECOND, asked_last=True),
        pay(5 * MINUTE - 12 * SECOND),
    ),
    ("an accepted pay waits for the last status", attempt_of(**WAITED), status(PERIOD - 15 * SECOND)),
    (
        "in a short period the last status goes out at half of it",
        attempt_of(period=6 * SECOND, **WAITED),
        status(3 * SECOND),
    ),
    ("after the last status nothing more comes before the deadline", attempt_of(**WAITED, asked_last=True), None),
    (
        "after a bad reply status is asked, with pauses",
        attempt_of(**WAITED | {"last": MINUTE}, ask_soon=True),
        status(MINUTE + SECOND),
    ),
    (
        "the pauses of status grow with the asks",
        attempt_of(**WAITED | {"last": MINUTE}, ask_soon=True, asks=5),
        status(MINUTE + 16 * SECOND),
    ),
    (
        "asking soon ends with the last status",
        attempt_of(**WAITED, ask_soon=True, asked_last=True),
        None,
    ),
    (
        "asking soon, without a deadline, ends after fifteen minutes",
        attempt_of(**NO_PERIOD, **WAITED | {"last": 14 * MINUTE}, ask_soon=True, asks=9),
        status(30 * MINUTE),
    ),
    (
        "while status is asked pay is not repeated",
        attempt_of(**ARRIVED, pays=1, asks=1, ask_soon=True, asked_last=True, last=MINUTE),
        None,
    ),
    ("an overdue attempt is first asked after 5 min", attempt_of(AttemptState.OVERDUE), status(PERIOD + 5 * MINUTE)),
    (
        "an accepted attempt without a deadline is first asked after 5 min",
        attempt_of(**NO_PERIOD, **WAITED),
        status(5 * MINUTE),
    ),
    (
        "an attempt that was refused after a pay that may have arrived is asked about soon",
        attempt_of(AttemptState.UNDELIVERED, **IN_DOUBT, ask_soon=True),
        status(MINUTE + SECOND),
    ),
    (
        "soon ends after fifteen minutes, and the slow schedule follows",
        attempt_of(AttemptState.UNDELIVERED, **IN_DOUBT | {"last": 14 * MINUTE}, ask_soon=True, asks=9),
        status(30 * MINUTE),
    ),
    (
        "once it was answered, but not settled, the slow schedule follows",
        attempt_of(AttemptState.UNDELIVERED, **IN_DOUBT),
        status(5 * MINUTE),
    ),
]


@pytest.mark.parametrize(("attempt", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_the_next_step_is_that_of_the_table(attempt: Attempt, expected: Step | None) -> None:
    assert step_of(attempt) == expected


def test_after_a_restart_status_is_asked_first_and_at_once() -> None:
    attempt = attempt_of(**ARRIVED, pays=1, last=5 * SECOND)

    assert step_of(attempt, ask_first=True) == status(SECOND)


def test_after_a_restart_a_queued_attempt_is_just_paid() -> None:
    assert step_of(attempt_of(AttemptState.QUEUED), ask_first=True) == pay(timedelta(0))


def test_the_jitter_makes_a_pause_up_to_half_longer() -> None:
    attempt = attempt_of(**ARRIVED, pays=4, last=20 * SECOND)

    assert step_of(attempt, jitter=1.0) == pay(32 * SECOND)


def test_a_queued_attempt_that_is_not_in_progress_is_never_sent() -> None:
    assert step_of(attempt_of(AttemptState.QUEUED), in_progress=False) is None


def test_a_sent_attempt_that_is_not_in_progress_is_not_paid_again_but_asked_before_its_deadline() -> None:
    attempt = attempt_of(**ARRIVED, pays=1, last=SECOND)

    assert step_of(attempt, in_progress=False) == status(PERIOD - 15 * SECOND)


@pytest.mark.parametrize(
    ("tried", "again"),
    [(SECOND, 2 * SECOND), (40 * SECOND, 80 * SECOND), (10 * MINUTE, 12 * MINUTE)],
)
def test_a_pay_that_cannot_be_made_is_tried_again_with_pauses_that_grow(tried: timedelta, again: timedelta) -> None:
    assert step_of(attempt_of(AttemptState.QUEUED, last=tried)) == pay(again)


def test_a_pay_that_could_not_be_made_for_fifteen_minutes_is_given_up() -> None:
    attempt = attempt_of(AttemptState.QUEUED, period=None, last=14 * MINUTE)

    assert step_of(attempt) == give_up(14 * MINUTE)


def test_a_pay_that_was_due_long_ago_is_not_planned_for_ever_once_the_fifteen_minutes_are_over() -> None:
    lost = attempt_of(**NO_PERIOD, **ARRIVED, pays=1, last=SECOND)
    never_left = attempt_of(**NO_PERIOD, pays=1, last=SECOND)

    assert step_of(lost, now=16 * MINUTE) == status(5 * MINUTE)
    assert step_of(never_left, now=16 * MINUTE) == give_up(SECOND)


@pytest.mark.parametrize(
    "attempt", [attempt_of(AttemptState.OVERDUE), attempt_of(**NO_PERIOD, **WAITED)], ids=["overdue", "no deadline"]
)
def test_the_slow_schedule_is_5_min_30_min_2_h_12_h_and_then_daily_for_7_days(attempt: Attempt) -> None:
    since = attempt.deadline or START
    asked: list[timedelta] = []
    step = step_of(attempt)
    while step is not None:
        assert step.kind is StepKind.STATUS
        asked.append(step.at - since)
        attempt = replace(attempt, delivery=replace(attempt.delivery, last_request_at=step.at))
        step = step_of(attempt)

    hours = [timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=12)]
    assert asked == [*hours, *(timedelta(days=day) for day in range(1, 8))]


def test_of_the_moments_that_passed_while_no_engine_ran_only_one_is_made_up_for() -> None:
    attempt = attempt_of(AttemptState.OVERDUE, last=SECOND)
    first = step_of(attempt)
    assert first == status(PERIOD + 5 * MINUTE)

    asked = replace(attempt, delivery=replace(attempt.delivery, last_request_at=START + PERIOD + timedelta(days=3)))
    assert step_of(asked) == status(PERIOD + timedelta(days=4))


durations = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=9))
deliveries = st.fixed_dictionaries(
    {
        "pays": st.integers(0, 60),
        "asks": st.integers(0, 60),
        "may_have_arrived": st.booleans(),
        "pay_stopped": st.booleans(),
        "ask_soon": st.booleans(),
        "asked_last": st.booleans(),
        "in_doubt": st.booleans(),
        "last": st.none() | durations,
    }
)
attempts = st.builds(
    lambda state, period, told: attempt_of(state, period=period, **told),
    st.sampled_from(AttemptState),
    st.none() | st.timedeltas(min_value=6 * SECOND, max_value=timedelta(days=365)),
    deliveries,
)
situations = st.fixed_dictionaries(
    {
        "now": durations,
        "in_progress": st.booleans(),
        "ask_first": st.booleans(),
        "jitter": st.floats(0, 1),
        "unmade": st.integers(0, 40),
    }
)


@given(attempt=attempts, situation=situations)
def test_pay_is_never_planned_that_may_not_be_sent(attempt: Attempt, situation: dict[str, Any]) -> None:
    step = step_of(attempt, **situation)
    if step is None or step.kind is not StepKind.PAY:
        return

    assert situation["in_progress"]
    assert attempt.state in (AttemptState.QUEUED, AttemptState.SENT)
    first = attempt.state is AttemptState.QUEUED and attempt.delivery.last_request_at is None
    assert first or max(step.at, START + situation["now"]) < pay_until(attempt)
    assert attempt.state is AttemptState.QUEUED or not (situation["ask_first"] or attempt.delivery.pay_stopped)


@given(attempt=attempts, situation=situations)
def test_an_attempt_is_given_up_only_in_progress_and_if_no_byte_may_have_left(
    attempt: Attempt, situation: dict[str, Any]
) -> None:
    step = step_of(attempt, **situation)
    if step is not None and step.kind is StepKind.GIVE_UP:
        assert situation["in_progress"]
        assert attempt.state is AttemptState.QUEUED or not attempt.delivery.may_have_arrived
        assert attempt.delivery.last_request_at is not None or attempt.state is AttemptState.SENT


@given(
    state=st.sampled_from([AttemptState.SUCCEEDED, AttemptState.FAILED, AttemptState.UNDELIVERED]),
    told=deliveries,
    situation=situations,
    period=durations,
)
def test_nothing_is_planned_for_an_attempt_that_is_settled(
    state: AttemptState, told: dict[str, Any], situation: dict[str, Any], period: timedelta
) -> None:
    in_doubt = told["in_doubt"] and state is AttemptState.UNDELIVERED
    step = step_of(attempt_of(state, period=period, **told), **situation)

    assert step is None or (in_doubt and step.kind is StepKind.STATUS)


@given(attempt=attempts, now=durations)
def test_what_passes_a_gateway_that_is_down_is_the_first_pay_and_the_last_chance(
    attempt: Attempt, now: timedelta
) -> None:
    at = START + now
    pay_step, ask_step, end_step = (Step(kind, at) for kind in StepKind)

    assert is_urgent(attempt, pay_step, at) == (attempt.state is AttemptState.QUEUED)
    last_at = last_ask_at(attempt)
    is_last = attempt.state is AttemptState.SENT and last_at is not None and at >= last_at
    assert is_urgent(attempt, ask_step, at) == is_last
    assert is_urgent(attempt, end_step, at)


@given(attempt=attempts, now=durations)
def test_an_attempt_that_waits_for_a_gateway_is_looked_at_before_its_limit_and_given_up_only_if_it_never_left(
    attempt: Attempt, now: timedelta
) -> None:
    at = START + now
    chance_at = last_chance_at(attempt, at)
    limit = pay_until(attempt)

    assert chance_at is None or at < chance_at < (attempt.deadline or limit)
    assert not waits_in_vain(attempt, at, in_progress=False)
    if waits_in_vain(attempt, at, in_progress=True):
        assert attempt.state is AttemptState.SENT
        assert not attempt.delivery.may_have_arrived
        assert at >= limit - LAST_CALL
    elif attempt.state is AttemptState.SENT and not attempt.delivery.may_have_arrived:
        assert chance_at is not None
        assert chance_at <= limit - LAST_CALL


@given(attempt=attempts, situation=situations)
def test_a_request_that_could_not_be_made_is_not_tried_again_at_once_but_for_the_last_status(
    attempt: Attempt, situation: dict[str, Any]
) -> None:
    last_request_at = attempt.delivery.last_request_at
    step = step_of(attempt, **{**situation, "unmade": max(1, situation["unmade"])})
    if step is None or step.kind is StepKind.GIVE_UP or last_request_at is None:
        return

    pause = step.at - last_request_at
    is_last = step.at == last_ask_at(attempt) and last_request_at < step.at
    assert is_last or pause >= SECOND or step.at in {_since(attempt) + each for each in LATE_ASKS}


def _since(attempt: Attempt) -> datetime:
    overdue = attempt.state is AttemptState.OVERDUE
    return (attempt.deadline if overdue else None) or attempt.started_at


@given(attempt=attempts, situation=situations)
def test_an_overdue_attempt_is_only_ever_asked_and_never_before_five_minutes(
    attempt: Attempt, situation: dict[str, Any]
) -> None:
    step = step_of(replace(attempt, state=AttemptState.OVERDUE), **situation)

    assert step is None or (step.kind is StepKind.STATUS and step.at >= (attempt.deadline or START) + LATE_ASKS[0])


@given(attempt=attempts, situation=situations)
def test_a_status_that_is_sent_when_it_is_due_is_not_due_again_at_once(
    attempt: Attempt, situation: dict[str, Any]
) -> None:
    """Hold that the plan always moves on: the engine would otherwise send without a pause."""
    step = step_of(attempt, **situation)
    if step is None or step.kind is not StepKind.STATUS:
        return
    at = max(step.at, START + situation["now"])
    last_at = last_ask_at(attempt)
    told = replace(
        attempt.delivery,
        asks=attempt.delivery.asks + 1,
        last_request_at=at,
        asked_last=attempt.delivery.asked_last or (last_at is not None and at >= last_at),
    )
    again = step_of(replace(attempt, delivery=told), **situation | {"now": at - START, "ask_first": False})

    assert again is None or again.kind is not StepKind.STATUS or again.at > at


@given(period=st.none() | st.timedeltas(min_value=6 * SECOND, max_value=PERIOD), jitter=st.floats(0, 1))
def test_a_gateway_that_never_answers_is_paid_with_growing_pauses_until_the_limit(
    period: timedelta | None, jitter: float
) -> None:
    attempt = attempt_of(AttemptState.QUEUED, period=period)
    times: list[datetime] = []
    while True:
        step = step_of(attempt, now=times[-1] - START if times else timedelta(0), jitter=jitter)
        if step is None or step.kind is not StepKind.PAY:
            break
        times.append(step.at)
        told = replace(attempt.delivery, pays=len(times), may_have_arrived=True, last_request_at=step.at)
        attempt = replace(attempt, state=AttemptState.SENT, sent_at=times[0], delivery=told)

    pauses = [after - before for before, after in pairwise(times)]
    assert times[0] == START
    assert times[-1] < START + PAY_FOR
    assert pauses == sorted(pauses)
    assert all(pause <= LONGEST_PAUSE * 1.5 for pause in pauses)
