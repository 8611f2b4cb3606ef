"""One account: its balance, and its book, whose sum the balance is."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType

from store import accounts, payment_commands
from store.accounts import Account, BalanceTransaction
from store.resellers import Reseller
from store.store import View
from tui import look
from tui.filters import Field, Kind
from tui.screens.list_page import ListPage
from tui.screens.page import Page
from tui.targets import Target
from tui.widgets.columns import Column
from tui.widgets.record_table import Empty

COLUMNS: tuple[Column[BalanceTransaction], ...] = (
    Column(
        key="id",
        label="ID",
        width=5,
        align="right",
        cell=lambda row, _: str(row.id),
        sort_key=lambda row: row.id,
    ),
    Column(
        key="date",
        label="Transaction date",
        short="Date",
        width=16,
        cell=lambda row, now: look.short_moment(row.date, now),
        sort_key=lambda row: row.date,
    ),
    Column(
        key="change",
        label="Change",
        width=14,
        align="right",
        cell=lambda row, _: look.signed_amount(row.change),
        sort_key=lambda row: row.change.amount,
    ),
    Column(
        key="balance",
        label="Balance",
        width=14,
        align="right",
        cell=lambda row, _: look.amount(row.balance),
        sort_key=lambda row: row.balance.amount,
    ),
    Column(key="description", label="Description", width=16, weight=1, cell=lambda row, _: look.safe(row.description)),
)

FIELDS: tuple[Field[BalanceTransaction], ...] = (
    Field(name="id", kind=Kind.NUMBER, value=lambda row: row.id),
    Field(name="date", kind=Kind.DAY, value=lambda row: row.date),
    Field(name="change", kind=Kind.AMOUNT, value=lambda row: row.change),
    Field(name="balance", kind=Kind.AMOUNT, value=lambda row: row.balance),
    Field(name="description", kind=Kind.TEXT, value=lambda row: row.description),
)


class AccountDetails(ListPage[BalanceTransaction]):
    """An account's book, the newest line first. Enter opens the payment of a line; `n` makes a new payment."""

    ENTRY = "accounts"
    NOUN = "balance transaction"
    CREATES = "Create payment"
    LIST = "account_book"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("n", "new", "Create payment", id="list.new")]

    def __init__(self, account_id: int) -> None:
        super().__init__()
        self._account_id = account_id
        self._numbers: dict[int, str] = {}
        self._head = Text()

    @property
    def target(self) -> Target:
        """What the page is for back and forward."""
        return Target("account", self._account_id)

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return f"Account {self._account_id}"

    @property
    def empty(self) -> Empty:
        """What is said where there are no rows."""
        return Empty(
            "Nothing was entered into this account's book yet.",
            "Returned charges and payments from the balance are.",
        )

    def columns(self) -> Sequence[Column[BalanceTransaction]]:
        """Return the columns."""
        return COLUMNS

    def fields(self) -> Sequence[Field[BalanceTransaction]]:
        """Return the fields of the filter."""
        return FIELDS

    def key_of(self, row: BalanceTransaction) -> int:
        """Return which line of the book a row is."""
        return row.id

    def rows(self, view: View) -> list[BalanceTransaction]:
        """Return the account's book, the newest line first. Raises NotFound."""
        account = accounts.get(view, self.session.by, self._account_id)
        self._numbers = payment_commands.numbers_of_account(view, self._account_id)
        self._head = account_head(account, view.get(Reseller, account.reseller_id).name)
        return list(reversed(accounts.book_of(view, self._account_id)))

    def count_text(self, shown: int, there: int) -> Text | str:
        """Return the account; how much of its book is shown, if it is filtered."""
        return Text.assemble(self._head, (f" · {shown} of {there}", look.DIM)) if shown < there else self._head

    def about(self, row: BalanceTransaction) -> Text:
        """Return the whole description."""
        return Text.assemble((f"{look.moment_text(row.date)} UTC  ", look.DIM), look.safe(row.description))

    def open(self, key: Hashable) -> None:
        """Open the payment that a line of the book belongs to."""
        from tui.screens.payment_details import PaymentDetails  # noqa: PLC0415 - opened on request

        row = self.table.row_of(key)
        if row is not None:
            self.app.push_screen(PaymentDetails(row.payment_id, self._numbers.get(row.payment_id, "")))

    def new_page(self) -> Page:
        """Return the form that makes a payment for this account."""
        from tui.screens.payment_new import PaymentNew  # noqa: PLC0415 - opened on request

        return PaymentNew(self._account_id)


def account_head(account: Account, reseller: str) -> Text:
    """Return the account in one line: name, balance, reseller."""
    return Text.assemble(
        (look.safe(account.name), look.Tone.STRONG.style),
        (" · balance ", look.DIM),
        (str(account.balance), look.Tone.STRONG.style),
        (f" · {look.safe(reseller)}", look.DIM),
    )
