"""What can be done with a payment now, and what each action would do: asked from the rules, never decided here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from store import payment_commands
from store.accounts import Account
from store.actors import Actor
from store.errors import Refused
from store.payment_method import PaymentMethod
from store.payments import Payment
from store.store import View
from tui import wording

NO_METHOD = "No Enabled payment method can pay for this account; create one first."


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an action would do, in sentences; or, if the rules refuse it, why (`refused`)."""

    says: str = ""
    refused: str = ""

    @property
    def allowed(self) -> bool:
        """Whether it can be done now."""
        return not self.refused


@dataclass(frozen=True, slots=True)
class MethodChoice:
    """A payment method that a payment could be paid through now, and what that would do."""

    method: PaymentMethod
    outlook: Outlook


@dataclass(frozen=True, slots=True)
class Actions:
    """Everything that an operator can do with one payment, at one moment."""

    methods: tuple[MethodChoice, ...]
    pay: Outlook
    pay_from_balance: Outlook
    cancel: Outlook


def actions_of(view: View, by: Actor, payment_id: int) -> Actions:
    """Return what can be done with a payment at the view's time. Raises NotFound."""
    before = payment_commands.get(view, by, payment_id)
    balance = view.get(Account, before.account_id).balance
    choices = tuple(
        MethodChoice(each, _start(view, by, before, each))
        for each in payment_commands.methods_for(view, by, payment_id)
    )
    return Actions(
        methods=choices,
        pay=choices[0].outlook if choices else Outlook(refused=NO_METHOD),
        pay_from_balance=_outlook(
            before,
            lambda: payment_commands.preview_pay_from_balance(view, by, payment_id),
            lambda: wording.what_balance_becomes(balance, -before.total),
        ),
        cancel=_outlook(
            before,
            lambda: payment_commands.preview_cancel(view, by, payment_id),
            lambda: wording.what_balance_becomes(balance, None),
        ),
    )


def _start(view: View, by: Actor, before: Payment, method: PaymentMethod) -> Outlook:
    return _outlook(
        before,
        lambda: payment_commands.preview_start(view, by, before.id, method.id),
        lambda: "Until the attempt has ended, the payment can be neither cancelled nor paid in another way.",
    )


def _outlook(before: Payment, preview: Callable[[], Payment], besides: Callable[[], str]) -> Outlook:
    try:
        after = preview()
    except Refused as error:
        return Outlook(refused=str(error))
    return Outlook(says="\n".join([*wording.what_becomes(before, after), besides()]))
