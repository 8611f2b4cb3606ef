"""How long what nobody has answered is asked about."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from store.late_asks import LATE_ASKS, is_asked_about, is_awaited, next_late_ask_at
from store.payments import Attempt, Delivery
from store.states import AttemptState
from tests.makers import START

PERIOD = timedelta(minutes=15)
WEEK = timedelta(days=7)


def attempt_of(
    state: AttemptState, *, period: timedelta | None = PERIOD, last: timedelta | None = None, in_doubt: bool = False
) -> Attempt:
    """Return an attempt that was started at START; `last` is when its last request was, counted from then."""
    return Attempt(
        id="0" * 32,
        method_id=1,
        connector_id=1,
        state=state,
        started_at=START,
        started_by="anna",
        deadline=None if period is None else START + period,
        sent_at=START,
        delivery=Delivery(in_doubt=in_doubt, last_request_at=None if last is None else START + last),
    )


def test_the_schedule_is_the_designs() -> None:
    hours = [each / timedelta(hours=1) for each in LATE_ASKS]
    assert hours == [pytest.approx(5 / 60), 0.5, 2, 12, *(24 * day for day in range(1, 8))]


@pytest.mark.parametrize(
    ("attempt", "since"),
    [
        (attempt_of(AttemptState.OVERDUE), PERIOD),
        (attempt_of(AttemptState.OVERDUE, period=None), timedelta(0)),
        (attempt_of(AttemptState.SENT, period=None), timedelta(0)),
        (attempt_of(AttemptState.UNDELIVERED, in_doubt=True), timedelta(0)),
    ],
    ids=["overdue", "overdue without a deadline", "sent without a deadline", "in doubt"],
)
def test_what_nobody_has_answered_is_asked_about_for_a_week_and_then_no_more(
    attempt: Attempt, since: timedelta
) -> None:
    assert next_late_ask_at(attempt) == START + since + timedelta(minutes=5)
    for asked, following in zip(LATE_ASKS, [*LATE_ASKS[1:], None], strict=True):
        told = replace(attempt.delivery, last_request_at=START + since + asked)
        asked_last = replace(attempt, delivery=told)
        assert next_late_ask_at(asked_last) == (None if following is None else START + since + following)
        assert is_asked_about(asked_last) is (following is not None)


LONG_AGO = WEEK + PERIOD


@pytest.mark.parametrize(
    ("attempt", "awaited", "asked_about"),
    [
        (attempt_of(AttemptState.QUEUED), True, True),
        (attempt_of(AttemptState.SENT, last=LONG_AGO), True, True),
        (attempt_of(AttemptState.SENT, period=None, last=LONG_AGO), True, False),
        (attempt_of(AttemptState.OVERDUE, last=LONG_AGO), False, False),
        (attempt_of(AttemptState.UNDELIVERED, in_doubt=True, last=WEEK), False, False),
        (attempt_of(AttemptState.UNDELIVERED), False, False),
        (attempt_of(AttemptState.SUCCEEDED), False, False),
        (attempt_of(AttemptState.FAILED), False, False),
    ],
    ids=[
        "queued",
        "sent",
        "sent without a deadline",
        "overdue for a week",
        "in doubt for a week",
        "undelivered",
        "succeeded",
        "failed",
    ],
)
def test_what_the_engine_has_something_to_do_with_is_told_by_state_and_schedule(
    attempt: Attempt, *, awaited: bool, asked_about: bool
) -> None:
    assert (is_awaited(attempt), is_asked_about(attempt)) == (awaited, asked_about)
