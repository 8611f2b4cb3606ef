"""Payment Gateway Connectors: the list, for managers of the root reseller only."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType

from store import connectors
from store.connectors import Connector
from store.store import View
from tui import look
from tui.filters import Field, Kind
from tui.screens.connector_details import ConnectorDetails, ask_to_delete, edit
from tui.screens.list_page import ListPage
from tui.screens.page import Page
from tui.widgets.columns import Column
from tui.widgets.record_table import Empty


@dataclass(frozen=True, slots=True)
class ConnectorRow:
    """One line of the list."""

    connector: Connector
    instances: int


COLUMNS: tuple[Column[ConnectorRow], ...] = (
    Column(
        key="id",
        label="ID",
        width=3,
        align="right",
        cell=lambda row, _: str(row.connector.id),
        sort_key=lambda row: row.connector.id,
    ),
    Column(
        key="name",
        label="Name",
        width=18,
        weight=2,
        cell=lambda row, _: Text(look.safe(row.connector.name), look.Tone.STRONG.style),
        sort_key=lambda row: row.connector.name.casefold(),
    ),
    Column(
        key="instances",
        label="Instances",
        width=9,
        align="right",
        cell=lambda row, _: _instances(row),
        sort_key=lambda row: row.instances,
    ),
    Column(
        key="period",
        label="Period",
        width=8,
        align="right",
        cell=lambda row, _: _period(row),
        sort_key=lambda row: row.connector.period_seconds or Decimal("Infinity"),
    ),
    Column(
        key="url",
        label="Connector URL",
        width=24,
        weight=3,
        cell=lambda row, _: look.safe_text(row.connector.url),
        sort_key=lambda row: row.connector.url,
    ),
)


FIELDS: tuple[Field[ConnectorRow], ...] = (
    Field(name="id", kind=Kind.NUMBER, value=lambda row: row.connector.id),
    Field(name="name", kind=Kind.TEXT, value=lambda row: row.connector.name),
    Field(name="url", kind=Kind.TEXT, value=lambda row: row.connector.url),
    Field(name="instances", kind=Kind.NUMBER, value=lambda row: row.instances),
    Field(name="created", kind=Kind.DAY, value=lambda row: row.connector.created_at),
)


class ConnectorsPage(ListPage[ConnectorRow]):
    """The list. Enter opens a connector."""

    ENTRY = "connectors"
    NOUN = "connector"
    CREATES = "Create"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", "Edit", id="list.edit"),
        Binding("D", "delete", "Delete", id="list.delete"),
    ]

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return "Payment Gateway Connectors"

    @property
    def empty(self) -> Empty:
        """What is said where there are no rows."""
        helps = self.if_may_create("Press {key} to create the first one.")
        return Empty("There is no payment gateway connector yet.", helps)

    def columns(self) -> Sequence[Column[ConnectorRow]]:
        """Return the columns."""
        return COLUMNS

    def fields(self) -> Sequence[Field[ConnectorRow]]:
        """Return the fields of the filter."""
        return FIELDS

    def key_of(self, row: ConnectorRow) -> int:
        """Return which connector a row is of."""
        return row.connector.id

    def rows(self, view: View) -> list[ConnectorRow]:
        """Return a row for each connector. Raises NotPermitted below the root reseller."""
        return [
            ConnectorRow(each, connectors.instances_of(view, each.id))
            for each in connectors.listed(view, self.session.by)
        ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer changes to who has Full Control."""
        if action in {"edit", "delete"} and self.is_ready:
            return self.session.by.full_control and self.table.row_count > 0
        return super().check_action(action, parameters)

    def open(self, key: Hashable) -> None:
        """Open a connector."""
        self.push(ConnectorDetails(int(str(key))))

    def new_page(self) -> Page:
        """Return the form that makes a connector."""
        from tui.screens.connector_new import ConnectorNew  # noqa: PLC0415 - opened on request

        return ConnectorNew()

    def action_edit(self) -> None:
        """Open the form of the connector under the cursor."""
        row = self.table.cursor_row
        if row is not None:
            edit(self, row.connector.id, self.come_back)

    def action_delete(self) -> None:
        """Ask, then delete the connector under the cursor."""
        row = self.table.cursor_row
        if row is not None:
            ask_to_delete(self, row.connector, lambda _: self.come_back(None))


def _instances(row: ConnectorRow) -> Text:
    return Text(str(row.instances), "" if row.instances else look.DIM)


def _period(row: ConnectorRow) -> Text:
    minutes = row.connector.period_minutes
    return Text(look.period_text(minutes), "" if minutes else look.DIM)
