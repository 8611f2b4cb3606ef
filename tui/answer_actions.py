"""What can be done about an answer in the inbox, and what each action would do: previewed by the store.

A preview is the very command that would be given, run on a transaction that is thrown away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from store import answers, inbox
from store.accounts import Account
from store.actors import Actor
from store.answers import Answer, AnswerResult, Verdict
from store.connectors import Connector
from store.errors import NotFound, ProblemItem, Problems, Refused
from store.money import Money
from store.payments import Payment
from store.store import Transaction
from store.suggestions import Suggestion, suggested_attempts
from tui import wording
from tui.payment_actions import Outlook
from tui.session import Session

ANY_REASON = "to see what it would do"


@dataclass(frozen=True, slots=True)
class AttachChoice:
    """An attempt that an answer may have been meant for, and what attaching it there would do."""

    suggestion: Suggestion
    outlook: Outlook


@dataclass(frozen=True, slots=True)
class AnswerShown:
    """An answer with all that its page shows: payment and account it was judged for, and what can be done."""

    answer: Answer
    payment: Payment | None
    connector: str
    choices: tuple[AttachChoice, ...]
    attach: Outlook
    give_back: Outlook
    dismiss: Outlook


def read_answer(session: Session, code: str) -> AnswerShown:
    """Return an answer as it is now, and what can be done about it. Raises NotFound, StoreNotUsable. Not quick."""
    view, by = session.view(), session.by
    answer = inbox.get(view, by, code)
    suggested = suggested_attempts(view, by, answer) if answer.in_inbox and not answer.attempt_id else []
    connector = view.find(Connector, answer.given.connector_id) if by.at_root else None
    return AnswerShown(
        answer=answer,
        payment=None if answer.payment_id is None else view.find(Payment, answer.payment_id),
        connector="" if connector is None else connector.name,
        choices=tuple(AttachChoice(each, attach_outlook(session, code, each.attempt.id)) for each in suggested),
        attach=_without_attempt(session, code),
        give_back=_outlook(session, partial(_return, code=code)),
        dismiss=_outlook(session, partial(_dismiss, code=code)),
    )


def attach_outlook(session: Session, code: str, attempt_id: str) -> Outlook:
    """Return what attaching an answer to an attempt would do. Raises StoreNotUsable."""
    return _outlook(session, partial(_attach, code=code, attempt_id=attempt_id))


def record_outlook(session: Session, attempt_id: str, result: AnswerResult, reference: str, reason: str) -> Outlook:
    """Return what entering an answer by hand would do. Raises Problems for what is typed wrong, StoreNotUsable."""
    if answers.payment_of_attempt(session.view(), attempt_id) is None:
        unknown = f"{attempt_id!r} is no attempt's id" if attempt_id else "is empty"
        raise Problems((ProblemItem("Attempt", f"{unknown}; write one that a payment's details show."),))

    def told(tx: Transaction, by: Actor) -> list[str]:
        before = _Before.of(tx, answers.payment_of_attempt(tx, attempt_id))
        verdict = inbox.record(tx, by, attempt_id, result=result, gateway_reference=reference, reason=reason)
        return [_judged(verdict), *before.becomes(tx)]

    return _outlook(session, told)


@dataclass(frozen=True, slots=True)
class _Before:
    """A payment and its account's balance before something is done; there may be none."""

    payment: Payment | None
    balance: Money | None

    @classmethod
    def of(cls, tx: Transaction, payment: Payment | None) -> _Before:
        return cls(payment, None if payment is None else tx.get(Account, payment.account_id).balance)

    def becomes(self, tx: Transaction) -> list[str]:
        """Return what has become of them."""
        if self.payment is None or self.balance is None:
            return ["No payment changes, and no money moves."]
        after = tx.get(Payment, self.payment.id)
        change = tx.get(Account, after.account_id).balance + -self.balance
        return [
            *wording.what_becomes(self.payment, after),
            wording.what_balance_becomes(self.balance, change if change.amount else None),
        ]


def _without_attempt(session: Session, code: str) -> Outlook:
    """Return whether the answer can be attached at all."""
    try:
        session.preview(lambda tx: inbox.attach(tx, session.by, code, ""))
    except Refused as error:
        return Outlook(refused=str(error))
    except NotFound:
        return Outlook()  # all that is missing is the attempt
    return Outlook()


def _outlook(session: Session, told: Callable[[Transaction, Actor], list[str]]) -> Outlook:
    try:
        says = session.preview(lambda tx: told(tx, session.by))
    except (Refused, NotFound) as error:
        return Outlook(refused=str(error))
    return Outlook(says="\n".join(says))


def _attach(tx: Transaction, by: Actor, *, code: str, attempt_id: str) -> list[str]:
    before = _Before.of(tx, answers.payment_of_attempt(tx, attempt_id))
    verdict = inbox.attach(tx, by, code, attempt_id)
    return [_judged(verdict), *before.becomes(tx)]


def _return(tx: Transaction, by: Actor, *, code: str) -> list[str]:
    before = _judged_for(tx, by, code)
    answer = inbox.return_charge(tx, by, code)
    return [f"The charge of {answer.charge} leaves the inbox.", *before.becomes(tx)]


def _dismiss(tx: Transaction, by: Actor, *, code: str) -> list[str]:
    before = _judged_for(tx, by, code)
    answer = inbox.dismiss(tx, by, code, ANY_REASON)
    charge = f" Its charge of {answer.charge} counts as settled elsewhere." if answer.place is not None else ""
    return [f"{answer.code} leaves the inbox for good.{charge}", *before.becomes(tx)]


def _judged_for(tx: Transaction, by: Actor, code: str) -> _Before:
    answer = inbox.get(tx, by, code)
    return _Before.of(tx, None if answer.payment_id is None else tx.get(Payment, answer.payment_id))


def _judged(verdict: Verdict) -> str:
    stays = " It stays in the inbox." if verdict.answer.in_inbox else ""
    return f"The rule {verdict.rule.name} applies: {verdict.rule.says}{stays}"
