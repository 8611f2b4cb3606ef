"""What happened to one payment, moment by moment: rules, requests and answers, and the gaps between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from store.answers import Answer
from store.payments import Attempt, HistoryLine, Payment
from tui.look import counted


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened. `line` is the rule's, None for what changed nothing; `answer` what it judged.

    `gap` is the time since the moment before, None for the first. `attempt_number` counts from 1, 0 for no attempt.
    """

    at: datetime
    gap: timedelta | None
    happened: str
    attempt_number: int = 0
    line: HistoryLine | None = None
    answer: Answer | None = None


def timeline(payment: Payment, answers: Sequence[Answer]) -> list[Moment]:
    """Return everything that is known of a payment in the order of time."""
    numbers = {each.id: number for number, each in enumerate(payment.attempts, 1)}
    by_code = {each.code: each for each in answers}
    found = [(payment.created_at, Moment(payment.created_at, None, "created"))]
    for line in payment.history:
        answer = by_code.get(line.answer_id)
        found.append((line.at, Moment(line.at, None, line.rule, numbers.get(line.attempt_id, 0), line, answer)))
    for attempt in payment.attempts:
        found += [(at, Moment(at, None, what, numbers[attempt.id])) for at, what in _requests(attempt)]
    for each in answers:
        if each.repeats and each.last_repeated_at is not None:
            again = f"the same answer again, {each.repeats} in all"
            number = numbers.get(each.attempt_id, 0)
            found.append((each.last_repeated_at, Moment(each.last_repeated_at, None, again, number, None, each)))
    ordered = [moment for _, moment in sorted(found, key=lambda each: each[0])]
    gaps = [None, *(later.at - earlier.at for earlier, later in pairwise(ordered))]
    return [replace(moment, gap=gap) for moment, gap in zip(ordered, gaps, strict=True)]


def _requests(attempt: Attempt) -> list[tuple[datetime, str]]:
    """Return what is known of an attempt's requests: when the first could have left, and how the last has ended."""
    known = [] if attempt.sent_at is None else [(attempt.sent_at, "sent: it may have reached the gateway")]
    delivery = attempt.delivery
    if delivery.last_request_at is not None and delivery.last_request_at != attempt.sent_at:
        times = f"pay {counted(delivery.pays, 'time')}, status {counted(delivery.asks, 'time')}"
        known.append((delivery.last_request_at, f"last request ({times}): {delivery.outcome or 'no outcome yet'}"))
    return known
