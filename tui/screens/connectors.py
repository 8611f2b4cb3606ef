"""Payment Gateway Connectors: the list, for managers of the root reseller only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Static

from store import connectors
from store.connectors import Connector
from store.store import View
from tui import look
from tui.screens.connector_details import ConnectorDetails, ask_to_delete, edit
from tui.screens.page import Page
from tui.widgets.columns import Column
from tui.widgets.record_table import Empty, RecordTable


@dataclass(frozen=True, slots=True)
class ConnectorRow:
    """One line of the list."""

    connector: Connector
    instances: int


COLUMNS: tuple[Column[ConnectorRow], ...] = (
    Column(key="id", label="ID", width=3, align="right", cell=lambda row, _: str(row.connector.id)),
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


class ConnectorsPage(Page):
    """The list with its Create button."""

    ENTRY = "connectors"
    CSS_PATH = "connectors.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "Create"),
        Binding("e", "edit", "Edit"),
        Binding("D", "delete", "Delete"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._select: int | None = None

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return "Payment Gateway Connectors"

    def compose_workspace(self) -> ComposeResult:
        """Compose the toolbar and the list."""
        with Horizontal(classes="toolbar"):
            yield Button("Create", id="create", variant="primary", compact=True)
            yield Static(id="count", markup=False)
        yield RecordTable[ConnectorRow](
            COLUMNS,
            lambda row: row.connector.id,
            empty=Empty("There is no payment gateway connector yet.", "Press n to create the first one."),
        )

    def on_mount(self) -> None:
        """Put the cursor into the list; Create is one Tab away."""
        self.query_one("#create").display = self.session.by.full_control
        self.table.focus()

    @property
    def table(self) -> RecordTable[ConnectorRow]:
        """The list."""
        return self.query_one(RecordTable)

    def show(self, view: View) -> None:
        """Show the connectors, the one made or changed last selected."""
        rows = [
            ConnectorRow(each, connectors.instances_of(view, each.id))
            for each in connectors.listed(view, self.session.by)
        ]
        self.query_one("#count", Static).update(look.counted(len(rows), "connector"))
        self.table.set_rows(rows, self.now())
        if self._select is not None and self.table.move_to(self._select):
            self._select = None
        self.refresh_bindings()

    def tick(self, now: datetime) -> None:
        """Nothing in this list moves with time."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what the person and the list allow."""
        if action in {"new", "edit", "delete"} and self.is_ready:
            return self.session.by.full_control and (action == "new" or self.table.row_count > 0)
        return super().check_action(action, parameters)

    def on_record_table_opened(self, event: RecordTable.Opened) -> None:
        """Open the details."""
        event.stop()
        self.app.push_screen(ConnectorDetails(int(str(event.key))), self._come_back)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Open the empty form."""
        event.stop()
        self.action_new()

    def action_new(self) -> None:
        """Open the empty form."""
        from tui.screens.connector_new import ConnectorNew  # noqa: PLC0415 - opened on request

        self.app.push_screen(ConnectorNew(), self._come_back)

    def action_edit(self) -> None:
        """Open the form of the connector under the cursor."""
        row = self.table.cursor_row
        if row is not None:
            edit(self, row.connector.id, self._come_back)

    def action_delete(self) -> None:
        """Ask, then delete the connector under the cursor."""
        row = self.table.cursor_row
        if row is not None:
            ask_to_delete(self, row.connector, row.instances, partial(self._come_back, None))

    def _come_back(self, connector_id: int | None, _: object = None) -> None:
        self._select = connector_id
        self.table.focus()
        self.reload()


def _instances(row: ConnectorRow) -> Text:
    return Text(str(row.instances), "" if row.instances else look.DIM)


def _period(row: ConnectorRow) -> Text:
    minutes = row.connector.period_minutes
    return Text(look.period_text(minutes), "" if minutes else look.DIM)
