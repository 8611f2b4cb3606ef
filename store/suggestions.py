"""Which attempts an unmatched answer may have been meant for: a suggestion for a person, never a decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from store import payment_commands
from store.actors import Actor
from store.answers import Answer
from store.payments import Attempt, Payment
from store.states import AttemptState

if TYPE_CHECKING:
    from store.store import View

MOST = 5
NEAR = timedelta(days=7)
"""How long before the answer an attempt must have been started to count as near."""
_UNANSWERED = frozenset({AttemptState.QUEUED, AttemptState.SENT, AttemptState.OVERDUE, AttemptState.UNDELIVERED})


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An attempt of the answer's connector; `reasons` say what speaks for it."""

    payment: Payment
    attempt: Attempt
    reasons: tuple[str, ...]


def suggested_attempts(view: View, by: Actor, answer: Answer) -> list[Suggestion]:
    """Return the attempts that fit an answer best, the likeliest first; of each the amount or the id speaks for it.

    It reads every payment that the actor may see: not for an event loop.
    """
    found = [
        suggestion
        for payment in payment_commands.visible_to(view, by)
        for attempt in payment.attempts
        if attempt.connector_id == answer.given.connector_id and attempt.started_at <= answer.received_at
        for suggestion in (Suggestion(payment, attempt, _reasons(payment, attempt, answer)),)
        if suggestion.reasons
    ]
    found.sort(key=lambda each: (-len(each.reasons), answer.received_at - each.attempt.started_at))
    return found[:MOST]


def _reasons(payment: Payment, attempt: Attempt, answer: Answer) -> tuple[str, ...]:
    """Return what speaks for an attempt; nothing if neither the amount nor the id does."""
    told = answer.given.attempt_id
    alike = bool(told) and (attempt.id.startswith(told[:8]) or attempt.id.endswith(told[-8:]))
    reasons = ["an id that is alike"] if alike else []
    if answer.charge is not None and payment.total == answer.charge:
        reasons.append("the same amount")
    if not reasons:
        return ()
    if attempt.state in _UNANSWERED:
        reasons.append("no answer yet")
    if answer.received_at - attempt.started_at <= NEAR:
        reasons.append("started not long before")
    return tuple(reasons)
