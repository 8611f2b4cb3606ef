"""How long a gateway took to answer an attempt."""

from __future__ import annotations

from store.answers import Verdict


def answer_seconds(verdict: Verdict) -> float | None:
    """Return the seconds from `sent` to the answer that settled its attempt; None for an answer that settled nothing.

    A repeated or pending answer, and one that met no attempt, settle nothing.
    """
    if verdict.payment is None or not verdict.rule.attempt_becomes:
        return None
    attempt = verdict.payment.attempt(verdict.answer.attempt_id)
    if attempt is None or attempt.sent_at is None or attempt.answered_at is None:
        return None
    return (attempt.answered_at - attempt.sent_at).total_seconds()
