"""What programs outside are told of a payment and of problem items: the same by `--json` and by the platform side.

Programs rely on these names: they are added to, never changed. Ids are integers, but those of attempts and answers are
strings; amounts are strings, times RFC 3339 in UTC; null where there is nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store.errors import ProblemItem
    from store.payments import Attempt, HistoryLine, Payment

Shape = dict[str, object]


def moment(at: datetime | None) -> str | None:
    """Return a moment: RFC 3339 in UTC with microseconds and a Z."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def day(on: date | None) -> str | None:
    """Return a day: `2026-03-14`."""
    return None if on is None else on.isoformat()


def problems(items: Iterable[ProblemItem]) -> Shape:
    """Return everything that is wrong with what was typed or sent."""
    return {
        "problems": [
            {
                "field": each.field,
                "pointer": each.pointer,
                "line": each.line,
                "column": each.column,
                "message": each.message,
            }
            for each in items
        ]
    }


def payment(of: Payment) -> Shape:
    """Return a payment as lists show it; `method_id` is the method of its last attempt."""
    return {
        "id": of.id,
        "number": of.number,
        "account_id": of.account_id,
        "status": of.status.value,
        "method_id": of.attempts[-1].method_id if of.attempts else None,
        "total": of.total.text,
        "currency": of.total.currency,
        "due_date": day(of.due_date),
        "deadline": moment(of.deadline),
        "created_at": moment(of.created_at),
        "closed_at": moment(of.closed_at),
    }


def payment_whole(of: Payment) -> Shape:
    """Return a payment with its attempts, what the customer sees, and its history, the oldest first."""
    return payment(of) | {
        "description": of.description,
        "created_by": of.created_by,
        "version": of.version,
        "in_progress": of.in_progress or None,
        "attempts": [attempt(each) for each in of.attempts],
        "customer": {"status": of.status.value, "message": of.customer_message},
        "history": [history_line(each) for each in of.history],
    }


def history_line(of: HistoryLine) -> Shape:
    """Return one change of a payment."""
    return {
        "at": moment(of.at),
        "rule": of.rule,
        "status": of.status.value,
        "attempt_id": of.attempt_id or None,
        "answer_id": of.answer_id or None,
        "by": of.by or None,
        "note": of.note,
    }


def attempt(of: Attempt) -> Shape:
    """Return an attempt and how its sending went."""
    return {
        "id": of.id,
        "state": of.state.value,
        "method_id": of.method_id,
        "connector_id": of.connector_id,
        "started_at": moment(of.started_at),
        "started_by": of.started_by,
        "deadline": moment(of.deadline),
        "sent_at": moment(of.sent_at),
        "answered_at": moment(of.answered_at),
        "outcome": of.delivery.outcome,
    }
