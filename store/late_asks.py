"""How long what nobody has answered is asked about: the schedule of design section 6, and when it is over.

What is not asked about any more keeps nothing waiting for it; an answer that comes all the same is judged like any.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from store.payments import Attempt
from store.states import AttemptState

LATE_ASKS: tuple[timedelta, ...] = (
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
    *(timedelta(days=day) for day in range(1, 8)),
)
"""When overdue attempts are asked about, counted from the deadline; all others from the start."""


def next_late_ask_at(attempt: Attempt) -> datetime | None:
    """Return the first moment of the schedule that lies after the last request, None once there is none any more."""
    is_overdue = attempt.state is AttemptState.OVERDUE
    since = (attempt.deadline if is_overdue else None) or attempt.started_at
    asked_at = attempt.delivery.last_request_at or since
    return next((since + each for each in LATE_ASKS if since + each > asked_at), None)


def is_awaited(attempt: Attempt) -> bool:
    """Say whether the engine may still have something to send or to ask for an attempt."""
    match attempt.state:
        case AttemptState.QUEUED | AttemptState.SENT:
            return True
        case AttemptState.OVERDUE:
            return next_late_ask_at(attempt) is not None
        case AttemptState.UNDELIVERED:
            return attempt.delivery.in_doubt and next_late_ask_at(attempt) is not None
        case _:
            return False


def is_asked_about(attempt: Attempt) -> bool:
    """Say whether something may still become of an attempt by itself: by a request, its reply, or its deadline.

    One that was sent without a deadline is asked about as long as one that is overdue, and after that only when an
    engine starts.
    """
    if attempt.state is AttemptState.SENT and attempt.deadline is None:
        return next_late_ask_at(attempt) is not None
    return is_awaited(attempt)
