"""Payment Methods: the connectors made ready for customers."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType

from store import methods
from store.connectors import Connector
from store.payment_method import INTEGRATION_TYPE, PaymentMethod
from store.resellers import Reseller
from store.store import View
from tui import look
from tui.filters import Field, Kind
from tui.look import Tone
from tui.screens.list_page import ListPage
from tui.screens.method_details import MethodDetails, ask_to_delete, enabled_text
from tui.screens.page import Page
from tui.widgets.columns import Column
from tui.widgets.record_table import Empty


@dataclass(frozen=True, slots=True)
class MethodRow:
    """One payment method with the names of its connector and reseller."""

    method: PaymentMethod
    connector: str
    reseller: str


COLUMNS: tuple[Column[MethodRow], ...] = (
    Column(
        key="id",
        label="ID",
        width=4,
        align="right",
        cell=lambda row, _: str(row.method.id),
        sort_key=lambda row: row.method.id,
    ),
    Column(
        key="name",
        label="Name",
        width=18,
        weight=2,
        cell=lambda row, _: look.safe_text(row.method.name, Tone.STRONG),
        sort_key=lambda row: row.method.name.casefold(),
    ),
    Column(
        key="enabled",
        label="Enabled",
        width=13,
        cell=lambda row, _: enabled_text(row.method),
        sort_key=lambda row: not row.method.enabled,
    ),
    Column(
        key="connector",
        label="Connector",
        width=16,
        weight=1,
        cell=lambda row, _: look.safe(row.connector),
        sort_key=lambda row: row.connector.casefold(),
    ),
    Column(
        key="reseller",
        label="Reseller",
        width=14,
        weight=1,
        cell=lambda row, _: look.safe(row.reseller),
        sort_key=lambda row: row.reseller.casefold(),
    ),
    Column(key="type", label="Integration type", width=24, cell=lambda _, __: look.dim(INTEGRATION_TYPE)),
    Column(
        key="created",
        label="Created at",
        width=11,
        cell=lambda row, now: look.dim(look.short_moment(row.method.created_at, now)),
        sort_key=lambda row: row.method.created_at,
    ),
)

FIELDS: tuple[Field[MethodRow], ...] = (
    Field(name="id", kind=Kind.NUMBER, value=lambda row: row.method.id),
    Field(name="name", kind=Kind.TEXT, value=lambda row: row.method.name),
    Field(name="enabled", kind=Kind.FLAG, value=lambda row: row.method.enabled),
    Field(name="connector", kind=Kind.TEXT, value=lambda row: row.connector),
    Field(name="reseller", kind=Kind.TEXT, value=lambda row: row.reseller),
    Field(name="description", kind=Kind.TEXT, value=lambda row: row.method.description),
    Field(name="created", kind=Kind.DAY, value=lambda row: row.method.created_at),
)


class MethodsPage(ListPage[MethodRow]):
    """The list. Enter opens a payment method with its settings."""

    ENTRY = "methods"
    NOUN = "payment method"
    CREATES = "Create"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", "Edit", id="list.edit"),
        Binding("D", "delete", "Delete", id="list.delete"),
    ]

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return "Payment Methods"

    @property
    def empty(self) -> Empty:
        """What is said where there are no rows."""
        return Empty("There is no payment method yet.", self.if_may_create("{key} creates one"))

    def columns(self) -> Sequence[Column[MethodRow]]:
        """Return the columns."""
        return COLUMNS

    def fields(self) -> Sequence[Field[MethodRow]]:
        """Return the fields of the filter."""
        return FIELDS

    def key_of(self, row: MethodRow) -> int:
        """Return which method a row is of."""
        return row.method.id

    def rows(self, view: View) -> list[MethodRow]:
        """Return a row for each payment method that the person may see."""
        connectors = {each.id: each.name for each in view.all(Connector)}
        resellers = {each.id: each.name for each in view.all(Reseller)}
        return [
            MethodRow(each, connectors.get(each.connector_id, ""), resellers.get(each.reseller_id, ""))
            for each in methods.visible_to(view, self.session.by)
        ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer changes to who has Full Control."""
        if action in ("edit", "delete") and self.is_ready:
            return self.session.by.full_control and self.table.row_count > 0
        return super().check_action(action, parameters)

    def open(self, key: Hashable) -> None:
        """Open a payment method."""
        self.push(MethodDetails(int(str(key))))

    def new_page(self) -> Page:
        """Return the form that makes a payment method."""
        from tui.screens.method_new import MethodNew  # noqa: PLC0415 - opened on request

        return MethodNew()

    def action_edit(self) -> None:
        """Open the form of the payment method under the cursor."""
        from tui.screens.method_edit import MethodEdit  # noqa: PLC0415 - opened on request

        row = self.table.cursor_row
        if row is not None:
            self.push(MethodEdit(row.method))

    def action_delete(self) -> None:
        """Say what deleting does, then delete the payment method under the cursor."""
        row = self.table.cursor_row
        if row is not None:
            ask_to_delete(self, row.method, lambda _: self.reload())
