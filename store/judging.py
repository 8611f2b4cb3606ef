"""The rules at work: one pure function judges an event, one tells a payment's status at a moment.

`judge` applies the first line of `store.states.RULES` that fits to frozen objects. `as_of` applies deadlines and the
due date up to a moment; it is the only way to read a status.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec.structs import replace

from store.errors import Refused
from store.payments import Attempt, HistoryLine, Payment, open_deadlines
from store.states import (
    COMMANDS,
    FAILURE_WITHOUT_MESSAGE,
    AttemptState,
    CustomerMessage,
    Event,
    Facts,
    Mark,
    PaymentStatus,
    Rule,
    rule_for,
)


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """An event with what came along: which attempt, who brought it, and what the rules must know besides.

    `attempt` is the new attempt of a START. `message` is the gateway's own text of a FAILURE.
    """

    event: Event
    attempt_id: str = ""
    marks: frozenset[Mark] = frozenset()
    attempt: Attempt | None = None
    message: str = ""
    answer_id: str = ""
    by: str = ""
    note: str = ""


class Judgement(msgspec.Struct, frozen=True):
    """What was decided: the rule, and the payment after it (None where the answer matched no payment)."""

    rule: Rule
    payment: Payment | None


def facts_of(payment: Payment | None, happening: Happening) -> Facts:
    """Return what the rules look at."""
    if payment is None:
        return Facts(happening.event, None, None, marks=happening.marks)
    attempt = payment.attempt(happening.attempt_id)
    return Facts(
        happening.event,
        payment.status,
        attempt.state if attempt else None,
        in_progress=attempt is not None and payment.in_progress == attempt.id,
        marks=happening.marks,
    )


def judge(payment: Payment | None, happening: Happening, at: datetime) -> Judgement:
    """Judge one event at a moment and return the rule and the payment after it.

    The payment must be `as_of` that moment. Raises Refused for an event that no rule fits (never for an answer);
    nothing is changed then, the objects are frozen.
    """
    facts = facts_of(payment, happening)
    rule = rule_for(facts)
    if rule is None:
        raise Refused(why_refused(facts))
    if payment is None:
        return Judgement(rule, None)
    return Judgement(rule, _expired_if_due(_applied(payment, happening, rule, at), at))


def as_of(payment: Payment, now: datetime) -> Payment:
    """Return the payment as it is at `now`: deadlines and the due date applied in time order, the deadline first.

    The same object comes back when nothing has run out. Each change is stamped with the moment at which it fell due.
    """
    while True:
        fallen = [
            (each.deadline, 0, each.id) for each in open_deadlines(payment) if each.deadline and each.deadline <= now
        ]
        due_at = payment.due_at if payment.status is PaymentStatus.WAITING else None
        if due_at is not None and due_at <= now:
            fallen.append((due_at, 1, ""))
        if not fallen:
            return payment
        at, _, attempt_id = min(fallen)
        if attempt_id:
            happening = Happening(event=Event.DEADLINE, attempt_id=attempt_id)
            judged = judge(payment, happening, at).payment
        else:
            judged = _expired_if_due(payment, at)
        assert judged is not None  # noqa: S101 - a judged payment stays one; tells the type checker so
        payment = judged


def next_change_at(payment: Payment) -> datetime | None:
    """Return the next moment at which `as_of` would change this payment by itself, None if it never would."""
    moments = [each.deadline for each in open_deadlines(payment) if each.deadline]
    if payment.status is PaymentStatus.WAITING and payment.due_at is not None:
        moments.append(payment.due_at)
    return min(moments, default=None)


def why_refused(facts: Facts) -> str:
    """Return the sentence that tells why no rule fits these facts."""
    label = facts.payment.label if facts.payment else "unknown"
    if facts.event in COMMANDS and facts.payment is PaymentStatus.PROCESSING:
        return "The payment is Processing; wait for the gateway's answer or for the period to be over."
    if facts.payment is not None and facts.payment.closed and facts.event in COMMANDS:
        return f"The payment is closed ({label}); nothing more can be done with it."
    match facts.event:
        case Event.START:
            return "The payment method is not Enabled, or it or its connector is deleted; choose another one."
        case Event.CANCEL:
            return f"Only a payment that is Waiting for payment can be cancelled; this one is {label}."
        case Event.PAY_FROM_BALANCE:
            return "The account's balance is less than the payment's Total."
        case Event.DUE_DATE:
            return f"The due date is not over, or the payment is not Waiting for payment but {label}."
        case _:
            return f"The attempt is not in progress; the payment is {label}."


def _applied(payment: Payment, happening: Happening, rule: Rule, at: datetime) -> Payment:
    status = rule.payment_becomes or payment.status
    attempts = _attempts_applied(payment, happening, rule, at)
    if status is PaymentStatus.PROCESSING:
        in_progress = happening.attempt.id if happening.attempt else payment.in_progress
    else:
        in_progress = ""
    line = HistoryLine(
        at=at,
        rule=rule.name,
        status=status,
        attempt_id=happening.attempt.id if happening.attempt else happening.attempt_id,
        answer_id=happening.answer_id,
        by=happening.by,
        note=happening.note,
    )
    return replace(
        payment,
        attempts=attempts,
        status=status,
        in_progress=in_progress,
        customer_message=_message(payment, happening, rule),
        closed_at=at if status.closed and not payment.status.closed else payment.closed_at,
        history=(*payment.history, line),
    )


def _attempts_applied(payment: Payment, happening: Happening, rule: Rule, at: datetime) -> tuple[Attempt, ...]:
    if happening.attempt is not None:
        return payment.with_attempt(happening.attempt).attempts
    return tuple([_attempt_applied(each, happening, rule, at) for each in payment.attempts])


def _attempt_applied(attempt: Attempt, happening: Happening, rule: Rule, at: datetime) -> Attempt:
    state, answered_at = attempt.state, attempt.answered_at
    if attempt.id == happening.attempt_id:
        state = rule.attempt_becomes.get(state, state)
        if state is not attempt.state and happening.event in (Event.SUCCESS, Event.FAILURE):
            answered_at = at
    if rule.payment_becomes is PaymentStatus.COMPLETED and state is AttemptState.QUEUED:
        state = AttemptState.UNDELIVERED
    return attempt if state is attempt.state else replace(attempt, state=state, answered_at=answered_at)


def _message(payment: Payment, happening: Happening, rule: Rule) -> str:
    match rule.message:
        case CustomerMessage.SAME:
            return payment.customer_message
        case CustomerMessage.NONE:
            return ""
        case CustomerMessage.GATEWAYS:
            return happening.message or FAILURE_WITHOUT_MESSAGE
        case CustomerMessage.NOT_REACHED | CustomerMessage.REFUSED:
            return str(rule.message.value)


def _expired_if_due(payment: Payment, at: datetime) -> Payment:
    """Apply `due-date-passed` to a payment that is (again) Waiting for payment at or after the end of its due date."""
    if payment.status is not PaymentStatus.WAITING or payment.due_at is None or payment.due_at > at:
        return payment
    happening = Happening(event=Event.DUE_DATE, marks=frozenset({Mark.DUE_DATE_OVER}))
    rule = rule_for(facts_of(payment, happening))
    if rule is None:
        raise Refused(why_refused(facts_of(payment, happening)))
    return _applied(payment, happening, rule, at)
