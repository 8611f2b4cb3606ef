"""Resellers: the levels of the sales tree, each below its parent."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType

from store.accounts import Account
from store.managers import Manager
from store.resellers import Reseller, level_and_below
from store.store import View
from tui import look
from tui.filters import Field, Kind
from tui.look import Tone
from tui.screens.list_page import ListPage
from tui.screens.page import Page
from tui.widgets.columns import Column
from tui.widgets.record_table import Empty

INDENT = "  "


@dataclass(frozen=True, slots=True)
class ResellerRow:
    """One level; `depth` counts from the person's own."""

    reseller: Reseller
    depth: int
    parent: str
    accounts: int
    managers: int


COLUMNS: tuple[Column[ResellerRow], ...] = (
    Column(
        key="id",
        label="ID",
        width=5,
        align="right",
        cell=lambda row, _: str(row.reseller.id),
        sort_key=lambda row: row.reseller.id,
    ),
    Column(
        key="name",
        label="Name",
        width=28,
        weight=2,
        cell=lambda row, _: look.said(INDENT * row.depth + look.safe(row.reseller.name), Tone.STRONG),
        sort_key=lambda row: row.reseller.name.casefold(),
    ),
    Column(key="parent", label="Below", width=18, weight=1, cell=lambda row, _: look.safe(row.parent)),
    Column(key="accounts", label="Accounts", width=8, align="right", cell=lambda row, _: f"{row.accounts:,}"),
    Column(key="managers", label="Managers", width=8, align="right", cell=lambda row, _: f"{row.managers:,}"),
)

FIELDS: tuple[Field[ResellerRow], ...] = (
    Field(name="id", kind=Kind.NUMBER, value=lambda row: row.reseller.id),
    Field(name="name", kind=Kind.TEXT, value=lambda row: row.reseller.name),
    Field(name="below", kind=Kind.TEXT, value=lambda row: row.parent),
    Field(name="accounts", kind=Kind.NUMBER, value=lambda row: row.accounts),
    Field(name="managers", kind=Kind.NUMBER, value=lambda row: row.managers),
)


class ResellersPage(ListPage[ResellerRow]):
    """The person's reseller and those below it."""

    ENTRY = "resellers"
    NOUN = "reseller"
    CREATES = "Create"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("e", "edit", "Edit", id="list.edit")]

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return "Resellers"

    @property
    def empty(self) -> Empty:
        """What is said where there are no rows."""
        return Empty("There is no reseller.")

    def columns(self) -> Sequence[Column[ResellerRow]]:
        """Return the columns."""
        return COLUMNS

    def fields(self) -> Sequence[Field[ResellerRow]]:
        """Return the fields of the filter."""
        return FIELDS

    def key_of(self, row: ResellerRow) -> int:
        """Return which reseller a row is of."""
        return row.reseller.id

    def rows(self, view: View) -> list[ResellerRow]:
        """Return the tree from the person's reseller down, parents before their children."""
        reach = level_and_below(view, self.session.by.reseller_id)
        levels = {each.id: each for each in view.all(Reseller) if each.id in reach}
        accounts = [each.reseller_id for each in view.all(Account)]
        managers = [each.reseller_id for each in view.all(Manager)]
        rows: list[ResellerRow] = []

        def enter(reseller: Reseller, depth: int) -> None:
            parent = levels.get(reseller.parent_id or 0)
            count = (accounts.count(reseller.id), managers.count(reseller.id))
            rows.append(ResellerRow(reseller, depth, parent.name if parent else "", *count))
            for each in levels.values():
                if each.parent_id == reseller.id:
                    enter(each, depth + 1)

        enter(levels[self.session.by.reseller_id], 0)
        return rows

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer changes to who has Full Control."""
        if action == "edit" and self.is_ready:
            return self.session.by.full_control and self.table.row_count > 0
        return super().check_action(action, parameters)

    def open(self, key: Hashable) -> None:
        """Open a reseller."""
        from tui.screens.reseller_details import ResellerDetails  # noqa: PLC0415 - opened on request

        self.push(ResellerDetails(int(str(key))))

    def new_page(self) -> Page:
        """Return the form that makes a reseller below the one under the cursor."""
        from tui.screens.reseller_form import ResellerNew  # noqa: PLC0415 - opened on request

        row = self.table.cursor_row
        return ResellerNew(row.reseller.id if row is not None else self.session.by.reseller_id)

    def action_edit(self) -> None:
        """Open the form of the reseller under the cursor."""
        from tui.screens.reseller_form import ResellerEdit  # noqa: PLC0415 - opened on request

        row = self.table.cursor_row
        if row is not None:
            self.push(ResellerEdit(row.reseller))
