"""One payment: what the operator sees beside what the customer sees, its attempts, its history, and what can be done.

What can be pressed comes from the rules; each action says what it will do before it is done.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Static

from store import payment_commands
from store.errors import NotFound, NotPermitted
from store.judging import as_of
from store.payments import Payment
from store.store import View
from tui import look, payment_texts
from tui.payment_actions import Actions, Outlook, actions_of
from tui.payment_texts import PaymentShown
from tui.screens.details_page import DetailsPage, facts
from tui.targets import Target
from tui.widgets.confirm import Confirm
from tui.widgets.countdown import Countdown

LABEL_WIDTH = 11
Found = tuple[PaymentShown, Actions]
"""What is read of a payment."""


class PaymentDetails(DetailsPage):
    """A payment as it is now; its countdown goes on by itself. Its result is the payment's id."""

    ENTRY = "payments"
    CSS_PATH = ["details_page.tcss", "payment_details.tcss"]  # noqa: RUF012 - as Textual does
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pay", "Pay", id="payment.pay"),
        Binding("B", "pay_from_balance", "Pay from balance", id="payment.pay_from_balance"),
        Binding("X", "cancel_payment", "Cancel payment", id="payment.cancel"),
    ]

    def __init__(self, payment_id: int, number: str) -> None:
        super().__init__()
        self._payment_id = payment_id
        self._number = number
        self._shown: PaymentShown | None = None
        self._actions: Actions | None = None

    @property
    def target(self) -> Target:
        """What the page is for back and forward."""
        return Target("payment", self._payment_id, self._number)

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return f"Payment {self._number}"

    def compose_workspace(self) -> ComposeResult:
        """Compose the actions, and below them the parts, which scroll."""
        with Horizontal(classes="actions"):
            yield Button("Pay", id="pay", variant="primary", compact=True)
            yield Button("Pay from balance", id="pay_from_balance", compact=True)
            yield Button("Cancel payment", id="cancel_payment", compact=True)
            yield Static(id="why", markup=False)
        with VerticalScroll(id="details"):
            with Horizontal(id="views"):
                with Vertical(id="operator"):
                    yield Static("What the operator sees", classes="section -first")
                    with Horizontal(id="status-line"):
                        yield Static(id="status")
                        yield Countdown(id="countdown")
                    yield Static(id="facts")
                with Vertical(id="customer"):
                    yield Static("What the customer sees", classes="section -first")
                    yield Static(id="customer-view")
            yield Static("Attempts", classes="section")
            yield Static(id="attempts")
            yield Static("Timeline, the newest first", classes="section")
            yield Static(id="history")
            yield Static("Requests as they were sent", classes="section")
            yield Static(id="requests")
            yield Static("Answers as they were received", classes="section")
            yield Static(id="answers")
            yield Static("Other payments of this account", classes="section")
            yield Static(id="related")

    def read(self) -> View:
        """Read the payment in a worker, and ask the rules what can be done with it."""
        view, by = super().read(), self.session.by
        try:
            self._found: Found | Exception = (
                payment_texts.read_payment(view, by, self._payment_id),
                actions_of(view, by, self._payment_id),
            )
        except (NotFound, NotPermitted) as error:
            self._found = error
        return view

    def show(self, view: View) -> None:
        """Show the payment and what can be done with it. Raises NotFound, NotPermitted."""
        if isinstance(self._found, Exception):
            raise self._found
        self._shown, self._actions = self._found
        payment = self._shown.payment
        self.query_one("#status", Static).update(look.status_text(payment.status))
        self.query_one("#facts", Static).update(
            facts(payment_texts.operator_facts(self._shown), label_width=LABEL_WIDTH)
        )
        self.query_one("#customer-view", Static).update(payment_texts.customer_view(payment))
        self.query_one("#attempts", Static).update(payment_texts.attempts_list(self._shown, view.now))
        self.query_one("#history", Static).update(payment_texts.timeline_list(self._shown))
        self.query_one("#requests", Static).update(payment_texts.requests_list(self._shown))
        self.query_one("#answers", Static).update(payment_texts.answers_list(self._shown))
        self.query_one("#related", Static).update(payment_texts.related_list(self._shown, view.now))
        self.query_one(Countdown).follow(payment, self.now())
        self._offer()
        self.refresh_bindings()

    def tick(self, now: datetime) -> None:
        """Let the countdown go on."""
        if self._shown is not None:
            self.query_one(Countdown).follow(as_of(self._shown.payment, now), now)

    def follow_time(self, now: datetime) -> None:
        """At the deadline or due date read the payment anew."""
        if self._shown is not None and as_of(self._shown.payment, now) is not self._shown.payment:
            self.reload()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what the rules allow; the others stay in sight, dim."""
        outlook = self._outlooks().get(action)
        if outlook is not None:
            return False if not self.session.by.full_control else True if outlook.allowed else None
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Return why the rules refuse an action."""
        outlook = self._outlooks().get(action)
        return outlook.refused if outlook else super().why_not(action)

    async def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the key of the same action does."""
        event.stop()
        await self.run_action(str(event.button.id))

    def action_pay(self) -> None:
        """Ask through which payment method, then start an attempt."""
        from tui.screens.pay_dialog import PayDialog  # noqa: PLC0415 - opened on request

        if self._actions is not None and self._shown is not None:
            engine_runs = self.session.engine() is not None
            dialog = PayDialog(self._shown.payment, self._actions.methods, engine_runs=engine_runs)
            self.app.push_screen(dialog, self._pay)

    def action_pay_from_balance(self) -> None:
        """Say what will happen, then pay from the account's balance."""
        if self._actions is not None:
            question = f"Pay {self._number} from the balance?"
            dialog = Confirm(question, self._actions.pay_from_balance.says, yes="Pay from balance", no="Cancel")
            self.app.push_screen(dialog, self._pay_from_balance)

    def action_cancel_payment(self) -> None:
        """Say what will happen, then cancel the payment."""
        if self._actions is not None:
            says = f"{self._actions.cancel.says}\nIt cannot be opened again."
            dialog = Confirm(f"Cancel payment {self._number}?", says, yes="Cancel payment", no="Back")
            self.app.push_screen(dialog, self._cancel)

    def _offer(self) -> None:
        """Show what can be done as buttons; where nothing can, say why."""
        outlooks = self._outlooks()
        nothing = not any(each.allowed for each in outlooks.values())
        for name, outlook in outlooks.items():
            button = self.query_one(f"#{name}", Button)
            button.disabled, button.display = not outlook.allowed, not nothing
        why = self.query_one("#why", Static)
        why.display = nothing
        why.update(next((each.refused for each in outlooks.values()), ""))

    def _outlooks(self) -> dict[str, Outlook]:
        actions = self._actions
        if actions is None:
            return {}
        return {
            "pay": actions.pay,
            "pay_from_balance": actions.pay_from_balance,
            "cancel_payment": actions.cancel,
        }

    def _pay(self, method_id: int | None) -> None:
        if method_id is not None:
            command = payment_commands.start_attempt
            self.write(
                partial(command, by=self.session.by, payment_id=self._payment_id, method_id=method_id), self._done
            )

    def _pay_from_balance(self, sure: bool | None) -> None:  # noqa: FBT001 - the dialog's answer
        if sure:
            command = payment_commands.pay_from_balance
            self.write(partial(command, by=self.session.by, payment_id=self._payment_id), self._done)

    def _cancel(self, sure: bool | None) -> None:  # noqa: FBT001 - the dialog's answer
        if sure:
            command = payment_commands.cancel
            self.write(partial(command, by=self.session.by, payment_id=self._payment_id), self._done)

    def _done(self, payment: Payment) -> None:
        self.notify(f"{payment.number} is {payment.status.label}.", markup=False)
        self.reload()
