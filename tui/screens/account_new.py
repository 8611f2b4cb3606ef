"""New account: a name, a currency, and the reseller that it belongs to."""

from __future__ import annotations

from functools import partial

from textual.app import ComposeResult
from textual.widgets import Input

from store import accounts
from store.accounts import Account
from store.store import View
from tui.screens.form_checks import Checker
from tui.screens.form_page import FormPage
from tui.widgets.form_field import FormField
from tui.widgets.reseller_select import ResellerSelect


class AccountNew(FormPage):
    """The empty form. Its result is the id of the account that it has created."""

    ENTRY = "accounts"

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return "New account"

    def compose_fields(self) -> ComposeResult:
        """Compose the fields."""
        yield FormField("Name", "Name", Input(id="name", placeholder="the customer's name"), required=True)
        currency = Input(id="currency", placeholder="three letters, such as EUR", max_length=3)
        yield FormField("Currency", "Currency", currency, required=True, hint="It cannot be changed later.")
        yield FormField("Reseller", "Reseller", ResellerSelect())

    def show(self, view: View) -> None:
        """Offer the resellers; what is chosen stays chosen."""
        untouched = not self.has_changes()
        if self.query_one(ResellerSelect).offer(view, self.session.by) and untouched:
            self.remember()

    def checker(self) -> Checker:
        """Return the check of what is typed now."""
        values = self.values()
        return lambda _: accounts.check(name=values["Name"], currency=values["Currency"])

    def save(self) -> None:
        """Create the account."""
        values = self.values()
        command = partial(
            accounts.create,
            by=self.session.by,
            name=values["Name"],
            currency=values["Currency"],
            reseller_id=values["Reseller"],
        )
        self.send(command, self._created)

    def _created(self, account: Account) -> None:
        self.notify(f"Account {account.id} is created.", markup=False)
        self.dismiss(account.id)
