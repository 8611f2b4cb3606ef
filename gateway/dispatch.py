"""One request of one attempt: what is committed before it leaves, and what its end means.

Before the first byte the store knows that the attempt may have reached the gateway. The outcome and the answer in it
are committed in one transaction. No lock is held across the network.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from gateway.listener import counted_skew, given_by, receive_at
from gateway.messages import PayRequest
from gateway.outcomes import Accepted, Answered, BadReply, NeverLeft, NoAnswer, Outcome, RefusedByGateway, ReplyFault
from gateway.requests import Addressed, NotSendable, pay_request, status_request
from gateway.sending import StepKind, last_ask_at, pay_until
from store.answers import Origin, Verdict, payment_of_attempt
from store.connectors import Connector
from store.errors import Refused
from store.gateway_watch import note_failure, note_reached
from store.late_asks import is_awaited
from store.old_key_use import KEY_NAMES, note_use
from store.payment_commands import mark_sent, not_reached, note_delivery, refused_by_gateway
from store.payments import Attempt, Delivery, Payment
from store.states import AttemptState
from store.store import Store, Transaction

HTTP_OK = 200


@dataclass(frozen=True, slots=True)
class Departure:
    """A request that is committed to leave, what was known before it, and when a `pay` must not leave any more."""

    addressed: Addressed
    before: Delivery
    leave_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """What was committed of a request's end: the rule or the outcome in words, and the verdict on an answer in it.

    `outcome` is the request's as it was judged: a key may have been retired meanwhile. `key_name` is the key that the
    answer was signed with.
    """

    told: str
    outcome: Outcome
    verdict: Verdict | None = None
    key_name: str = ""


def depart(store: Store, attempt_id: str, kind: StepKind, *, public_url: str, own_url: str) -> Departure | None:
    """Commit that a request leaves now, and return it; None if the attempt is not to be asked any more.

    Raises NotSendable if it cannot be made; that is kept as the outcome, and nothing leaves.
    """
    problem: NotSendable | None = None
    with store.transaction() as tx:
        payment, attempt = _current(tx, attempt_id)
        if not _may_leave(payment, attempt, kind, tx.now):
            return None
        before = attempt.delivery
        try:
            if kind is StepKind.PAY:
                addressed = pay_request(tx, payment, attempt, public_url, own_url=own_url)
            else:
                addressed = status_request(tx, payment, attempt)
        except NotSendable as error:
            problem = error
            note_delivery(tx, attempt_id, replace(before, outcome=str(error), last_request_at=tx.now))
        else:
            if attempt.state is AttemptState.QUEUED:
                mark_sent(tx, attempt_id)
            note_delivery(tx, attempt_id, _leaving(attempt, addressed, tx.now))
    if problem is not None:
        raise problem
    leave_by = None
    if kind is StepKind.PAY:
        leave_by = attempt.deadline if attempt.state is AttemptState.QUEUED else pay_until(attempt)
    return Departure(addressed, before, leave_by)


def arrive(
    store: Store,
    attempt_id: str,
    kind: StepKind,
    departure: Departure,
    outcome: Outcome,
    *,
    next_try_at: datetime | None = None,
) -> Arrival:
    """Commit how a request ended, and the answer in it if there is one.

    `next_try_at` is when a gateway that did not even take the connection is tried next.
    """
    with store.transaction() as tx:
        payment, attempt = _current(tx, attempt_id)
        outcome, key_name = _by_keys_of_now(tx, attempt, departure, outcome)
        note_use(tx, attempt.connector_id, key_name)
        # The pause before the next request counts from here: a gateway that takes long to fail gets one, too.
        told = replace(told_by(attempt.delivery, kind, departure, outcome), last_request_at=tx.now)
        if isinstance(outcome, Answered) and outcome.answer.result == "unknown":
            told = _never_seen(payment, attempt, told, tx.now)
        note_delivery(tx, attempt_id, told)
        _note_gateway(tx, attempt.connector_id, outcome, next_try_at)
        in_progress = payment.in_progress == attempt_id
        match outcome:
            case Answered() if outcome.answer.result != "unknown":
                given = given_by(attempt.connector_id, outcome.answer, origin=Origin.REPLY, key=key_name)
                verdict = receive_at(tx, given, counted_skew(outcome.answer, tx.now))
                return Arrival(verdict.rule.name, outcome, verdict, key_name)
            case Answered() if in_progress and tx.now >= pay_until(attempt):
                not_reached(tx, attempt_id, "The gateway says that it never saw the attempt.")
                return Arrival("undelivered", outcome)
            case RefusedByGateway() if in_progress and kind is StepKind.PAY:
                refused_by_gateway(tx, attempt_id, told.outcome)
                return Arrival("refused-by-gateway", outcome)
            case _:
                return Arrival(told.outcome, outcome)


def _by_keys_of_now(tx: Transaction, attempt: Attempt, departure: Departure, outcome: Outcome) -> tuple[Outcome, str]:
    """Return an outcome with the name of the key that its answer was signed with, empty if there is no answer.

    Keys may have been rotated or retired while the request was under way: what matches none any more is no answer.
    """
    if not isinstance(outcome, Answered):
        return outcome, ""
    keys = tx.get(Connector, attempt.connector_id).keys_at(tx.now)
    name = dict(zip(keys, KEY_NAMES, strict=False)).get(departure.addressed.keys[outcome.key_place])
    if name is None:
        reason = "The reply was signed with a key that matched when it was asked for, and does not any more."
        return BadReply(ReplyFault.SIGNATURE, reason, HTTP_OK), ""
    return outcome, name


def give_up(store: Store, attempt_id: str) -> bool:
    """End an attempt whose every try ended before a byte was written; say whether it was still in progress."""
    with store.transaction() as tx:
        _, attempt = _current(tx, attempt_id)
        if attempt.delivery.may_have_arrived:
            return False
        try:
            not_reached(tx, attempt_id, attempt.delivery.outcome)
        except Refused:
            return False
        return True


def told_by(now: Delivery, kind: StepKind, departure: Departure, outcome: Outcome) -> Delivery:
    """Return what is known of the sending after a request has ended (a table: one case for each outcome)."""
    match outcome:
        case NeverLeft():
            before = departure.before
            known = replace(now, may_have_arrived=before.may_have_arrived, never_seen=before.never_seen)
            return replace(known, outcome=f"{kind.value}: {outcome.reason}", ask_soon=_ask_on(known, kind))
        case NoAnswer():
            return replace(now, outcome=f"{kind.value}: {outcome.reason}", ask_soon=_ask_on(now, kind))
        case RefusedByGateway():
            known = replace(now, outcome=f"{kind.value}: {outcome.reason}", ask_soon=False)
            if kind is StepKind.STATUS:
                return known
            in_doubt = departure.before.may_have_arrived and not departure.before.never_seen
            return replace(known, pay_stopped=True, in_doubt=in_doubt, ask_soon=in_doubt)
        case Accepted():
            return replace(now, outcome=f"{kind.value}: accepted", pay_stopped=True, ask_soon=False)
        case BadReply():
            said = f"{kind.value}: {outcome.reason}"
            return replace(now, outcome=said, pay_stopped=True, ask_soon=True)
        case Answered():
            text = f"{kind.value}: answered {outcome.answer.result}"
            in_doubt = now.in_doubt and outcome.answer.result == "pending"
            return replace(now, outcome=text, pay_stopped=True, ask_soon=False, in_doubt=in_doubt)


def _ask_on(now: Delivery, kind: StepKind) -> bool:
    """Say whether `status` is asked again soon: one that got no answer is, if there is anything to ask about.

    A `pay` that got no answer is itself repeated, and so is one that surely never left, whatever became of a `status`.
    """
    return kind is StepKind.STATUS and now.may_have_arrived


def _never_seen(payment: Payment, attempt: Attempt, told: Delivery, now: datetime) -> Delivery:
    may_pay_again = payment.in_progress == attempt.id and now < pay_until(attempt)
    return replace(told, pay_stopped=not may_pay_again, ask_soon=False, never_seen=True)


def _note_gateway(tx: Transaction, connector_id: int, outcome: Outcome, next_try_at: datetime | None) -> None:
    """Note whether the gateway took the request and replied, whatever it said."""
    if isinstance(outcome, NeverLeft | NoAnswer):
        note_failure(tx, connector_id, outcome.reason, next_try_at=next_try_at)
    else:
        note_reached(tx, connector_id)


def _leaving(attempt: Attempt, addressed: Addressed, now: datetime) -> Delivery:
    known, request = replace(attempt.delivery, last_request_at=now), addressed.request
    if isinstance(request, PayRequest):
        known = replace(known, pay_at=now, callback_url=request.callback_url)
        return replace(known, pays=known.pays + 1, may_have_arrived=True, never_seen=False)
    last_at = last_ask_at(attempt)
    return replace(
        known,
        status_at=now,
        asks=known.asks + 1,
        asked_last=known.asked_last or (last_at is not None and now >= last_at),
    )


def _may_leave(payment: Payment, attempt: Attempt, kind: StepKind, now: datetime) -> bool:
    if kind is StepKind.STATUS:
        return is_awaited(attempt) and attempt.state is not AttemptState.QUEUED
    in_progress = payment.in_progress == attempt.id and attempt.state in (AttemptState.QUEUED, AttemptState.SENT)
    first = attempt.state is AttemptState.QUEUED
    return in_progress and not attempt.delivery.pay_stopped and (first or now < pay_until(attempt))


def _current(tx: Transaction, attempt_id: str) -> tuple[Payment, Attempt]:
    payment = payment_of_attempt(tx, attempt_id)
    attempt = payment.attempt(attempt_id) if payment else None
    if payment is None or attempt is None:
        raise Refused(f"There is no attempt {attempt_id} any more.")
    return payment, attempt
