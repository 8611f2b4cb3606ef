"""Which payment needs eyes first: the order of the payments monitor."""

from __future__ import annotations

from datetime import UTC, datetime

from store.payments import Payment
from store.states import AttemptState, PaymentStatus

_NEVER = datetime.max.replace(tzinfo=UTC)


def urgency(payment: Payment) -> tuple[int, datetime, int]:
    """Return a key that sorts payments, the most urgent first.

    First what is counted down, the nearest deadline first; then Processing without a deadline, the longest first; then
    what a gateway still owes an answer for; then Waiting for payment and Expired, the nearest due date first; at last
    the closed ones, the latest first.
    """
    attempt = payment.attempt_in_progress
    if attempt is not None:
        if attempt.deadline is not None:
            return (0, attempt.deadline, payment.id)
        return (1, attempt.started_at, payment.id)
    if payment.status.closed:
        closed_at = payment.closed_at or payment.created_at
        return (5, _NEVER - (closed_at - datetime.min.replace(tzinfo=UTC)), payment.id)
    if is_late(payment):
        return (2, payment.history[-1].at, payment.id)
    return (3 if payment.status is PaymentStatus.WAITING else 4, payment.due_at or _NEVER, payment.id)


def is_late(payment: Payment) -> bool:
    """Say whether a gateway let a period run out and still owes the answer, while the payment is not closed."""
    return not payment.status.closed and any(each.state is AttemptState.OVERDUE for each in payment.attempts)
