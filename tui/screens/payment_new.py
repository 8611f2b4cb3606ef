"""New payment: for an account, in its currency."""

from __future__ import annotations

from functools import partial

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Select

from store import accounts, payment_commands
from store.errors import ProblemItem
from store.payments import Payment
from store.store import View
from tui import look
from tui.screens.form_checks import Checker
from tui.screens.form_page import FormPage
from tui.widgets.form_field import FormField

NO_ACCOUNT = "There is no account yet: Esc, then 1 and n make one"
DESCRIPTION_HINT = "Shown to operators only."


class PaymentNew(FormPage):
    """The empty form. Its result is the id of the payment that it has created."""

    ENTRY = "payments"

    def __init__(self, account_id: int | None = None) -> None:
        super().__init__()
        self._account_id = account_id
        self._offered: list[tuple[Content, int]] | None = None

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return "New payment"

    def compose_fields(self) -> ComposeResult:
        """Compose the fields."""
        account: Select[int] = Select([], prompt="Choose an account", id="account")
        yield FormField("Account", "Account", account, required=True, hint="The payment is in the account's currency.")
        yield FormField("Total", "Total", Input(id="total", placeholder="such as 129.00"), required=True)
        due = Input(id="due", placeholder="such as 2026-12-31; empty: it never expires")
        yield FormField("Due date", "Due date", due)
        yield FormField("Description", "Description", Input(id="description"), hint=DESCRIPTION_HINT)

    def show(self, view: View) -> None:
        """Offer the accounts; what is chosen stays chosen."""
        offered = [(Content(account_label(each)), each.id) for each in accounts.visible_to(view, self.session.by)]
        if offered == self._offered:
            return
        self._offered = offered
        select = self.account
        chosen = self._account_id if select.is_blank() else select.value
        untouched = not self.has_changes()
        select.prompt = "Choose an account" if offered else NO_ACCOUNT
        select.set_options(offered)
        if len(offered) == 1:
            chosen = offered[0][1]
        if chosen in {account_id for _, account_id in offered}:
            select.value = chosen
        if untouched:
            self.remember()

    @property
    def account(self) -> Select[int]:
        """The field of the account."""
        return self.query_one("#account", Select)

    def checker(self) -> Checker:
        """Return the check of what is typed now."""
        values, by, today = self.values(), self.session.by, self.now().date()
        account_id = values["Account"]

        def check(view: View) -> tuple[ProblemItem, ...]:
            account = None if account_id is None else accounts.get(view, by, account_id)
            return payment_commands.check(account, total=values["Total"], due_date=values["Due date"], today=today)

        return check

    def save(self) -> None:
        """Create the payment."""
        values = self.values()
        if values["Account"] is None:
            today = self.now().date()
            self.show_problems(
                payment_commands.check(None, total=values["Total"], due_date=values["Due date"], today=today)
            )
            return
        command = partial(
            payment_commands.create,
            by=self.session.by,
            account_id=values["Account"],
            total=values["Total"],
            due_date=values["Due date"],
            description=values["Description"].strip(),
        )
        self.send(command, self._created)

    def _created(self, payment: Payment) -> None:
        self.notify(f"Payment {payment.number} is created. Enter opens it.", markup=False)
        self.dismiss(payment.id)


def account_label(account: accounts.Account) -> str:
    """Return how an account is offered: name, ID, currency and balance."""
    return f"{look.safe(account.name)}  ID {account.id}, balance {account.balance}"
