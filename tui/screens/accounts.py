"""Accounts: the customers' accounts with their balances."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from store import accounts
from store.accounts import Account
from store.resellers import Reseller
from store.store import View
from tui import look
from tui.filters import Field, Kind
from tui.screens.list_page import ListPage
from tui.screens.page import Page
from tui.widgets.columns import Column
from tui.widgets.record_table import Empty


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account with its reseller's name."""

    account: Account
    reseller: str


COLUMNS: tuple[Column[AccountRow], ...] = (
    Column(
        key="id",
        label="ID",
        width=5,
        align="right",
        cell=lambda row, _: str(row.account.id),
        sort_key=lambda row: row.account.id,
    ),
    Column(
        key="name",
        label="Name",
        width=20,
        weight=2,
        cell=lambda row, _: look.safe_text(row.account.name, look.Tone.STRONG),
        sort_key=lambda row: row.account.name.casefold(),
    ),
    Column(
        key="balance",
        label="Balance",
        width=16,
        align="right",
        cell=lambda row, _: look.amount(row.account.balance),
        sort_key=lambda row: (row.account.currency, row.account.balance.amount),
    ),
    Column(
        key="reseller",
        label="Reseller",
        width=16,
        weight=1,
        cell=lambda row, _: look.safe(row.reseller),
        sort_key=lambda row: row.reseller.casefold(),
    ),
    Column(
        key="created",
        label="Created at",
        width=11,
        cell=lambda row, now: look.dim(look.short_moment(row.account.created_at, now)),
        sort_key=lambda row: row.account.created_at,
    ),
)

FIELDS: tuple[Field[AccountRow], ...] = (
    Field(name="id", kind=Kind.NUMBER, value=lambda row: row.account.id),
    Field(name="name", kind=Kind.TEXT, value=lambda row: row.account.name),
    Field(name="balance", kind=Kind.AMOUNT, value=lambda row: row.account.balance),
    Field(name="currency", kind=Kind.TEXT, value=lambda row: row.account.currency),
    Field(name="reseller", kind=Kind.TEXT, value=lambda row: row.reseller),
    Field(name="created", kind=Kind.DAY, value=lambda row: row.account.created_at),
)


class AccountsPage(ListPage[AccountRow]):
    """The list. Enter opens an account with its book."""

    ENTRY = "accounts"
    NOUN = "account"
    CREATES = "Create"

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return "Accounts"

    @property
    def empty(self) -> Empty:
        """What is said where there are no rows."""
        return Empty("There is no account yet.", self.if_may_create("{key} creates one"))

    def columns(self) -> Sequence[Column[AccountRow]]:
        """Return the columns."""
        return COLUMNS

    def fields(self) -> Sequence[Field[AccountRow]]:
        """Return the fields of the filter."""
        return FIELDS

    def key_of(self, row: AccountRow) -> int:
        """Return which account a row is of."""
        return row.account.id

    def rows(self, view: View) -> list[AccountRow]:
        """Return a row for each account that the person may see."""
        names = {each.id: each.name for each in view.all(Reseller)}
        return [
            AccountRow(each, names.get(each.reseller_id, "")) for each in accounts.visible_to(view, self.session.by)
        ]

    def open(self, key: Hashable) -> None:
        """Open an account."""
        from tui.screens.account_details import AccountDetails  # noqa: PLC0415 - opened on request

        self.push(AccountDetails(int(str(key))))

    def new_page(self) -> Page:
        """Return the form that makes an account."""
        from tui.screens.account_new import AccountNew  # noqa: PLC0415 - opened on request

        return AccountNew()
