"""New account: a name, a currency, and the reseller that it belongs to."""

from __future__ import annotations

from functools import partial

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Select

from store import accounts
from store.accounts import Account
from store.resellers import Reseller, level_and_below
from store.store import View
from tui import look
from tui.screens.form_checks import Checker
from tui.screens.form_page import FormPage
from tui.widgets.form_field import FormField


class AccountNew(FormPage):
    """The empty form. Its result is the id of the account that it has created."""

    ENTRY = "accounts"

    def __init__(self) -> None:
        super().__init__()
        self._offered: list[tuple[Content, int]] = []

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return "New account"

    def compose_fields(self) -> ComposeResult:
        """Compose the fields."""
        yield FormField("Name", "Name", Input(id="name", placeholder="the customer's name"), required=True)
        currency = Input(id="currency", placeholder="EUR", max_length=3)
        yield FormField("Currency", "Currency", currency, required=True, hint="It cannot be changed later.")
        reseller: Select[int] = Select([], allow_blank=True, id="reseller")
        yield FormField("Reseller", "Reseller", reseller)

    def show(self, view: View) -> None:
        """Offer the person's reseller and those below it; their own is chosen."""
        levels = level_and_below(view, self.session.by.reseller_id)
        offered = [(Content(look.safe(each.name)), each.id) for each in view.all(Reseller) if each.id in levels]
        if offered == self._offered:
            return
        self._offered = offered
        select = self.query_one("#reseller", Select)
        chosen = self.session.by.reseller_id if select.is_blank() else select.value
        untouched = not self.has_changes()
        select.set_options(offered)
        select.value = chosen
        if untouched:
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
