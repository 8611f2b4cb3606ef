"""Answers: what gateways say of attempts, judged by the rules and kept with what was decided.

An answer is stored and judged in one transaction. A success is a charge and is in exactly one place: it completed its
payment, was returned to the account's book, is held in the inbox, was dismissed, or is the same as another charge.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

import msgspec
from msgspec.structs import replace
from tinydb import where

from store import accounts
from store.archived_payment import ArchivedPayment
from store.judging import Happening, judge
from store.money import Money
from store.old_key_use import CURRENT_KEY, note_use
from store.payments import Payment
from store.records import Record
from store.states import Charge, Event, Mark, Rule

if TYPE_CHECKING:
    from store.store import Transaction, View


class AnswerResult(StrEnum):
    """What a gateway can say of an attempt."""

    SUCCESS = "success"
    FAILURE = "failure"
    PENDING = "pending"


class ChargePlace(StrEnum):
    """Where a charge is; only a held one ever moves."""

    COMPLETED = "completed"
    RETURNED = "returned"
    HELD = "held"
    DISMISSED = "dismissed"
    SAME_AS = "same_as"


class Origin(StrEnum):
    """How an answer came."""

    REPLY = "reply"
    CALLBACK = "callback"
    OPERATOR = "operator"


class AnswerGiven(msgspec.Struct, frozen=True, kw_only=True):
    """A verified answer as it came. A success has reference, amount and currency; in the others they may be empty.

    `answer_id` and `timestamp` are the gateway's own and are kept, never judged. `key` tells which key it was signed
    with.
    """

    connector_id: int
    attempt_id: str
    result: AnswerResult
    gateway_reference: str = ""
    amount: Decimal | None = None
    currency: str = ""
    message: str = ""
    answer_id: str = ""
    timestamp: str = ""
    origin: Origin = Origin.CALLBACK
    key: str = CURRENT_KEY
    recorded_by: str = ""
    reason: str = ""


class Answer(Record, frozen=True, kw_only=True):
    """An answer as it is kept: what came (`given`), what was decided (`rule`), and where its charge is (`place`).

    `attempt_id` and `payment_id` are what it was judged for; empty and None while it is unmatched. `repeats` counts how
    often the same answer came again. `in_inbox`: somebody must still decide.
    """

    TABLE: ClassVar[str] = "answers"
    WORD: ClassVar[str] = "answer"

    given: AnswerGiven
    received_at: datetime
    rule: str
    attempt_id: str = ""
    payment_id: int | None = None
    place: ChargePlace | None = None
    same_as: int | None = None
    transaction_id: int | None = None
    in_inbox: bool = False
    closed_by: str = ""
    closed_at: datetime | None = None
    closed_reason: str = ""
    repeats: int = 0
    last_repeated_at: datetime | None = None

    @property
    def code(self) -> str:
        """The answer's ID as people and `--json` write it: `A17`."""
        return f"A{self.id}"

    @property
    def came_late(self) -> bool:
        """Whether the period of its attempt was over when it came."""
        return self.rule.startswith("late-")

    @property
    def is_charge(self) -> bool:
        """Whether it is a success: the gateway says that it took money."""
        return self.given.result is AnswerResult.SUCCESS

    @property
    def charge(self) -> Money | None:
        """What the gateway says it took, None unless it is a success."""
        if not self.is_charge or self.given.amount is None:
            return None
        return Money(self.given.amount, self.given.currency).in_own_decimals()


class Verdict(msgspec.Struct, frozen=True):
    """What became of an answer: its record, the rule, and the payment after it (None if it matched none)."""

    answer: Answer
    rule: Rule
    payment: Payment | None


_EVENTS = {
    AnswerResult.SUCCESS: Event.SUCCESS,
    AnswerResult.FAILURE: Event.FAILURE,
    AnswerResult.PENDING: Event.PENDING,
}
_PLACES = {
    Charge.COMPLETES: ChargePlace.COMPLETED,
    Charge.RETURNED: ChargePlace.RETURNED,
    Charge.HELD: ChargePlace.HELD,
}


def receive(tx: Transaction, given: AnswerGiven) -> Verdict:
    """Store and judge a verified answer in this transaction; its time is the answer's `received_at`.

    Every answer finds a rule. The same answer again is counted on the first and not stored again.
    """
    note_use(tx, given.connector_id, given.key)
    payment = payment_of_attempt(tx, given.attempt_id, given.connector_id)
    judged_for = given.attempt_id if payment is not None else ""
    first = same_answer(tx, given, judged_for)
    identity = first.id if first is not None else tx.next_id(Answer)
    rule, after = _judged(tx, payment, given, heard_before=first is not None, answer_id=f"A{identity}")
    if first is not None:
        counted = tx.put(replace(first, repeats=first.repeats + 1, last_repeated_at=tx.now))
        return Verdict(counted, rule, None if payment is None else tx.keep(payment))
    answer = Answer(id=identity, given=given, received_at=tx.now, rule=rule.name, attempt_id=judged_for)
    return settle(tx, answer, rule, after)


def settle(tx: Transaction, answer: Answer, rule: Rule, after: Payment | None) -> Verdict:
    """Write what a rule decided of an answer: the payment, the account's book, the charge's place, the inbox."""
    place = _PLACES[rule.charge] if rule.charge is not None and answer.is_charge else None
    transaction_id = None
    if after is not None:
        after = tx.put(after)
    if place is ChargePlace.RETURNED and after is not None:
        transaction_id = give_back(tx, answer, after)
    kept = tx.put(
        replace(
            answer,
            rule=rule.name,
            payment_id=after.id if after else None,
            place=place,
            transaction_id=transaction_id,
            in_inbox=rule.inbox,
        )
    )
    return Verdict(kept, rule, after)


def judge_for(tx: Transaction, payment: Payment, answer: Answer, *, by: str) -> tuple[Rule, Payment | None]:
    """Judge a stored answer now as if it had named this payment's attempt `answer.attempt_id`; nothing is written.

    `by` is who attaches it; the history says so.
    """
    given = replace(answer.given, attempt_id=answer.attempt_id, recorded_by=by)
    return _judged(tx, payment, given, heard_before=False, answer_id=answer.code)


def give_back(tx: Transaction, answer: Answer, payment: Payment) -> int:
    """Return a charge to the payment's account as one line of its book; gives the line's id."""
    charge = answer.charge
    if charge is None:
        raise ValueError(f"Answer {answer.code} is no charge; there is nothing to return.")
    line = accounts.enter(
        tx,
        payment.account_id,
        charge,
        description=f"Returned: payment {payment.number}, gateway reference {answer.given.gateway_reference}",
        payment_id=payment.id,
        answer_id=answer.id,
    )
    return line.id


def same_answer(view: View, given: AnswerGiven, judged_for: str, *, but: int | None = None) -> Answer | None:
    """Return the first answer that is the same as this one, None if it is new.

    The same are: connector, attempt, result, gateway reference and, for a success, amount (as a number) and currency.
    `judged_for` is the attempt it is judged for, empty if it is unmatched; `but` leaves out one answer's own record.
    """
    column, attempt_id = ("attempt_id", judged_for) if judged_for else ("named_attempt_id", given.attempt_id)
    wanted = _fingerprint(given)
    for each in view.that_may_have(Answer, column, attempt_id):
        named = each.attempt_id if judged_for else each.given.attempt_id
        if named == attempt_id and each.id != but and _fingerprint(each.given) == wanted:
            return each
    return None


def payment_of_attempt(view: View, attempt_id: str, connector_id: int | None = None) -> Payment | None:
    """Return the payment that has this attempt (of this connector, if one is named), as of now, wherever it is."""
    for kind in (Payment, ArchivedPayment):
        for identity in view.ids_that_may_have(kind, "attempt_id", attempt_id):
            found = view.find(Payment, identity)
            attempt = found.attempt(attempt_id) if found else None
            if attempt is not None and connector_id in (None, attempt.connector_id):
                return found
    return None


def of_payment(view: View, payment_id: int) -> list[Answer]:
    """Return the answers that were judged for a payment, in the order in which they came."""
    return view.search(Answer, where("payment_id") == payment_id)


def in_inbox(view: View) -> list[Answer]:
    """Return the answers that somebody must still decide about, the oldest first."""
    return view.search(Answer, where("in_inbox") == True)  # noqa: E712 - TinyDB's query, not a comparison


def _judged(
    tx: Transaction, payment: Payment | None, given: AnswerGiven, *, heard_before: bool, answer_id: str
) -> tuple[Rule, Payment | None]:
    happening = Happening(
        event=_EVENTS[given.result],
        attempt_id=given.attempt_id,
        marks=_marks(tx, payment, given, heard_before=heard_before),
        message=given.message,
        answer_id=answer_id,
        by=given.recorded_by,
        note=given.reason,
    )
    judgement = judge(payment, happening, tx.now)
    return judgement.rule, judgement.payment


def _marks(tx: Transaction, payment: Payment | None, given: AnswerGiven, *, heard_before: bool) -> frozenset[Mark]:
    marks: set[Mark] = set()
    if heard_before:
        marks.add(Mark.HEARD_BEFORE)
    if payment is None:
        marks.add(Mark.ATTEMPT_UNKNOWN)
    elif given.result is AnswerResult.SUCCESS:
        if given.amount != payment.total.amount or given.currency != payment.total.currency:
            marks.add(Mark.AMOUNT_DIFFERS)
        if _reference_used(tx, given):
            marks.add(Mark.REFERENCE_USED)
    return frozenset(marks)


def _reference_used(view: View, given: AnswerGiven) -> bool:
    return any(
        each.given.gateway_reference == given.gateway_reference
        and each.given.connector_id == given.connector_id
        and each.attempt_id != given.attempt_id
        and each.place in (ChargePlace.COMPLETED, ChargePlace.RETURNED)
        for each in view.that_may_have(Answer, "gateway_reference", given.gateway_reference)
    )


def _fingerprint(given: AnswerGiven) -> tuple[object, ...]:
    judged_by = (given.connector_id, given.result, given.gateway_reference)
    return (*judged_by, given.amount, given.currency) if given.result is AnswerResult.SUCCESS else judged_by
