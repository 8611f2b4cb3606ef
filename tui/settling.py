"""The demo's operators: after a while they settle what the rules leave to people.

Without them the inbox, and the attempts that their gateway never answers, would grow for as long as the demo runs.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from store import answers, inbox
from store.actors import Actor
from store.answers import Answer, AnswerResult, ChargePlace
from store.errors import NotFound, Refused
from store.states import AttemptState
from store.store import Store

OPERATORS = Actor("operator")
SETTLED_AFTER = timedelta(minutes=2)
"""How long an answer waits in the inbox, and an attempt after its deadline, before somebody sees to it."""
DISMISSED = "Seen to in the demo: nothing more is to be done."
NOT_PAID = "The gateway says by telephone that it was not paid."


def settle(store: Store) -> None:
    """Settle what has waited long enough, but for what somebody else was quicker with. Raises StoreBusy."""
    view = store.view()
    since = view.now - SETTLED_AFTER
    for answer in answers.in_inbox(view):
        if answer.received_at <= since:
            with suppress(Refused, NotFound):
                _settle_answer(store, answer)
    for payment in view.awaited():
        for attempt in payment.attempts:
            if attempt.state is AttemptState.OVERDUE and attempt.deadline is not None and attempt.deadline <= since:
                with suppress(Refused, NotFound):
                    _record_failure(store, attempt.id)


def _settle_answer(store: Store, answer: Answer) -> None:
    """Give a held charge back to its account; there is no more to do about any other answer."""
    with store.transaction() as tx:
        if answer.place is ChargePlace.HELD and answer.payment_id is not None:
            inbox.return_charge(tx, OPERATORS, answer.code)
        else:
            inbox.dismiss(tx, OPERATORS, answer.code, DISMISSED)


def _record_failure(store: Store, attempt_id: str) -> None:
    with store.transaction() as tx:
        inbox.record(tx, OPERATORS, attempt_id, result=AnswerResult.FAILURE, gateway_reference="", reason=NOT_PAID)
