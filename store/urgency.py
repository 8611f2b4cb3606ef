"""How urgent a payment is, as one whole number: what the monitor shows first has the smallest.

First what is Processing, by deadline, then without one; then what is late, its due date over or by due date; then
what else is Waiting for payment, by due date; then the rest, the newest first. An index column holds the number, so
that the order of all payments is known without reading them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import IntEnum

from store.payments import Payment, heard_at
from store.states import AttemptState, PaymentStatus

MOMENT_BITS = 58
"""Enough for the microseconds from 1970 to the year 9999, and for every id."""
STUCK_AFTER = timedelta(minutes=15)
"""For how long a gateway may say nothing of an attempt that has no period: by then no `pay` is repeated any more."""
LATE = 1
"""The key in the column of late payments."""
_NEVER = (1 << MOMENT_BITS) - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Urgency(IntEnum):
    """The kinds of payments, the most urgent first."""

    ENDS = 0
    WITHOUT_PERIOD = 1
    LATE_AND_EXPIRED = 2
    LATE = 3
    WAITS = 4
    RESTS = 5


CHANGES_AT_MOMENT = (Urgency.ENDS, Urgency.LATE, Urgency.WAITS)
"""The kinds of payments that another status waits for at the moment that their number holds."""


def urgency_of(payment: Payment) -> int:
    """Return how urgent a payment is in the state that it is given in; the smallest comes first."""
    if payment.status is PaymentStatus.PROCESSING:
        deadline = payment.deadline
        if deadline is not None:
            return first_of(Urgency.ENDS, deadline)
        # Ids are given in the order of time.
        return first_of(Urgency.WITHOUT_PERIOD) + payment.id
    if payment.status is PaymentStatus.WAITING:
        return _by_due_date(Urgency.LATE if is_late(payment) else Urgency.WAITS, payment)
    if is_late(payment):
        return _by_due_date(Urgency.LATE_AND_EXPIRED, payment)
    return first_of(Urgency.RESTS) + _NEVER - payment.id


def _by_due_date(kind: Urgency, payment: Payment) -> int:
    due = payment.due_at
    return first_of(kind) + _NEVER if due is None else first_of(kind, due)


def first_of(kind: Urgency, moment: datetime | None = None) -> int:
    """Return the smallest number of a kind, or the one of those whose deadline or due date ends at a moment."""
    return (kind << MOMENT_BITS) + (0 if moment is None else (moment - _EPOCH) // timedelta(microseconds=1))


def moment_in(urgency: int) -> datetime | None:
    """Return the deadline or end of the due date that changes a payment of this number, None if none does."""
    kind, moment = divmod(urgency, 1 << MOMENT_BITS)
    if kind not in CHANGES_AT_MOMENT or moment == _NEVER:
        return None
    return _EPOCH + timedelta(microseconds=moment)


def is_late(payment: Payment) -> bool:
    """Say whether a payment is not closed and the period of an attempt of it is over without an answer."""
    return not payment.status.closed and any(each.state is AttemptState.OVERDUE for each in payment.attempts)


def is_stuck(payment: Payment, now: datetime) -> bool:
    """Say whether a gateway is silent on an attempt in progress that no deadline will ever end (design section 2)."""
    attempt = payment.attempt_in_progress
    if attempt is None or attempt.deadline is not None or attempt.sent_at is None:
        return False
    return now - (heard_at(payment, attempt.id) or attempt.sent_at) >= STUCK_AFTER
