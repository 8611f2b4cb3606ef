"""The inbox: answers that could not be applied, and what an operator can do about each (design section 2, *Inbox*)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from store import accounts, answers, payment_commands
from store.actors import Actor
from store.answers import Answer, AnswerGiven, AnswerResult, ChargePlace, Origin, Verdict
from store.errors import NotFound, ProblemItem, Problems, Refused
from store.payments import Attempt, Payment
from store.resellers import level_and_below
from store.states import rule_named

if TYPE_CHECKING:
    from store.store import Transaction, View

REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
"""What ids and references look like on the wire (design section 4)."""
FIELD_NAMES = (
    "answer_id",
    "attempt_id",
    "result",
    "gateway_reference",
    "amount",
    "currency",
    "message",
    "timestamp",
)
"""The fields of an answer; no reference contains the name of one, so that a signed text is read in one way."""


def is_reference(text: str) -> bool:
    """Say whether a text is a gateway reference as the wire takes it."""
    return REFERENCE.fullmatch(text) is not None and not any(name in text for name in FIELD_NAMES)


def visible_to(view: View, by: Actor) -> list[Answer]:
    """Return the inbox that the actor may see, the oldest first; unmatched answers are the root reseller's."""
    waiting = answers.in_inbox(view)
    if by.at_root:
        return waiting
    return [each for each in waiting if _in_reach(view, by, each.payment_id)]


def get(view: View, by: Actor, code: str) -> Answer:
    """Return an answer by its ID (`A17`) that the actor may see. Raises NotFound."""
    digits = code.strip().upper().removeprefix("A")
    found = view.find(Answer, int(digits)) if digits.isascii() and digits.isdigit() and len(digits) < 16 else None
    if found is None or not _in_reach(view, by, found.payment_id):
        raise NotFound(Answer.WORD, code)
    return found


def attach(tx: Transaction, by: Actor, code: str, attempt_id: str) -> Verdict:
    """Judge an unmatched answer now as if it had named this attempt of the same connector.

    A charge that is there already makes it *same as* that one. Raises Refused (not unmatched, another connector),
    NotFound, NotPermitted.
    """
    by.need_full_control()
    answer = _waiting(tx, by, code)
    if answer.attempt_id:
        raise Refused(f"Only an unmatched answer can be attached; {answer.code} names attempt {answer.attempt_id}.")
    payment, attempt = _attempt(tx, by, attempt_id)
    if attempt.connector_id != answer.given.connector_id:
        raise Refused(f"The answer came through connector {answer.given.connector_id}; the attempt is another one's.")
    tx.log(by, "answer attached", f"answer {answer.code}", f"to attempt {attempt_id}")
    attached = replace(answer, attempt_id=attempt_id)
    first = answers.same_answer(tx, answer.given, attempt_id, but=answer.id)
    if first is not None:
        place = ChargePlace.SAME_AS if answer.is_charge else None
        rule = rule_named("repeated-answer")
        same = replace(
            _closed(tx, attached, by, ""),
            payment_id=payment.id,
            rule=rule.name,
            place=place,
            same_as=first.same_as or first.id,
        )
        return Verdict(tx.put(same), rule, tx.keep(payment))
    rule, after = answers.judge_for(tx, payment, attached, by=by.name)
    return answers.settle(tx, attached if rule.inbox else _closed(tx, attached, by, ""), rule, after)


def return_charge(tx: Transaction, by: Actor, code: str) -> Answer:
    """Put a held charge's own amount on the account of the attempt that it was judged for.

    Raises Refused (no held charge, unmatched, another currency than the account's), NotFound, NotPermitted.
    """
    by.need_full_control()
    answer = _waiting(tx, by, code)
    charge = answer.charge
    if charge is None or answer.place is not ChargePlace.HELD:
        raise Refused(f"{answer.code} holds no charge; there is nothing to return. Dismiss it with a reason.")
    if answer.payment_id is None:
        raise Refused(f"{answer.code} is unmatched, so no account is known; attach it to an attempt first.")
    payment = tx.get(Payment, answer.payment_id)
    account = tx.get(accounts.Account, payment.account_id)
    if charge.currency != account.currency:
        raise Refused(
            f"The charge is {charge}, but account {account.id} is in {account.currency}. "
            "Settle it with the gateway, then dismiss it with a reason."
        )
    _note(tx, payment, answer, "charge-returned", by, str(charge))
    transaction_id = answers.give_back(tx, answer, payment)
    tx.log(by, "charge returned", f"answer {answer.code}", f"{charge} to account {account.id}")
    returned = replace(_closed(tx, answer, by, ""), place=ChargePlace.RETURNED, transaction_id=transaction_id)
    return tx.put(returned)


def dismiss(tx: Transaction, by: Actor, code: str, reason: str) -> Answer:
    """Take an answer out of the inbox for a reason; a held charge becomes dismissed, no money moves.

    Raises Problems for an empty reason, Refused, NotFound, NotPermitted.
    """
    by.need_full_control()
    answer = _waiting(tx, by, code)
    if not reason.strip():
        raise Problems((ProblemItem("Reason", "is empty; write why nothing more is to be done."),))
    if answer.payment_id is not None:
        _note(tx, tx.get(Payment, answer.payment_id), answer, "answer-dismissed", by, reason.strip())
    tx.log(by, "answer dismissed", f"answer {answer.code}", reason.strip())
    place = ChargePlace.DISMISSED if answer.place is ChargePlace.HELD else answer.place
    return tx.put(replace(_closed(tx, answer, by, reason.strip()), place=place))


def record(
    tx: Transaction, by: Actor, attempt_id: str, *, result: AnswerResult, gateway_reference: str, reason: str
) -> Verdict:
    """Enter by hand what the gateway told by other means; judged by the same rules, marked as the operator's.

    A success is for the attempt's own amount and currency. Raises Problems, NotFound, NotPermitted.
    """
    by.need_full_control()
    payment, attempt = _attempt(tx, by, attempt_id)
    problems: list[ProblemItem] = []
    if not reason.strip():
        problems.append(ProblemItem("Reason", "is empty; write how the gateway told it."))
    if result is AnswerResult.SUCCESS and not gateway_reference.strip():
        problems.append(ProblemItem("Gateway reference", "is empty; a success needs the gateway's reference."))
    elif gateway_reference.strip() and not is_reference(gateway_reference.strip()):
        # Any other could never be the same as one that comes by the wire: one charge would count twice.
        wanted = "write it as the gateway sends it: up to 64 letters, digits, _ and -, without a field's name in it"
        problems.append(ProblemItem("Gateway reference", f"{gateway_reference!r} is no gateway reference; {wanted}."))
    if problems:
        raise Problems(tuple(problems))
    success = result is AnswerResult.SUCCESS
    tx.log(by, "answer recorded", f"attempt {attempt_id}", f"{result.value}: {reason.strip()}")
    return answers.receive(
        tx,
        AnswerGiven(
            connector_id=attempt.connector_id,
            attempt_id=attempt_id,
            result=result,
            gateway_reference=gateway_reference.strip(),
            amount=payment.total.amount if success else None,
            currency=payment.total.currency if success else "",
            origin=Origin.OPERATOR,
            key="",
            recorded_by=by.name,
            reason=reason.strip(),
        ),
    )


def _attempt(view: View, by: Actor, attempt_id: str) -> tuple[Payment, Attempt]:
    """Return an attempt that the actor may see, and its payment. Raises NotFound."""
    payment = answers.payment_of_attempt(view, attempt_id)
    attempt = payment.attempt(attempt_id) if payment else None
    if payment is None or attempt is None or not _in_reach(view, by, payment.id):
        raise NotFound("attempt", attempt_id)
    return payment, attempt


def _in_reach(view: View, by: Actor, payment_id: int | None) -> bool:
    """Say whether the actor may see what was judged for a payment; what was judged for none is the root reseller's."""
    if by.at_root or payment_id is None:
        return by.at_root
    account = view.get(accounts.Account, view.get(Payment, payment_id).account_id)
    return account.reseller_id in level_and_below(view, by.reseller_id)


def _waiting(tx: Transaction, by: Actor, code: str) -> Answer:
    answer = get(tx, by, code)
    if not answer.in_inbox:
        raise Refused(f"{answer.code} is not in the inbox: {_why_not(answer)}.")
    return answer


def _why_not(answer: Answer) -> str:
    if answer.closed_by:
        return f"{answer.closed_by} has settled it"
    return f"the rule {answer.rule} has settled it"


def _closed(tx: Transaction, answer: Answer, by: Actor, reason: str) -> Answer:
    return replace(answer, in_inbox=False, closed_by=by.name, closed_at=tx.now, closed_reason=reason)


def _note(tx: Transaction, payment: Payment, answer: Answer, rule: str, by: Actor, note: str) -> None:
    line = payment_commands.history_line(tx, rule, payment, by=by.name, note=note, answer_id=answer.code)
    tx.put(replace(payment, history=(*payment.history, line)))
