"""Managers: the people who sign in."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType

from store import managers
from store.managers import Manager, Permission
from store.resellers import Reseller
from store.store import View
from tui import look
from tui.filters import Field, Kind
from tui.look import Tone
from tui.screens.list_page import ListPage
from tui.screens.manager_details import ManagerDetails, sign_in_text
from tui.screens.page import Page
from tui.widgets.columns import Column
from tui.widgets.record_table import Empty


@dataclass(frozen=True, slots=True)
class ManagerRow:
    """One manager with their reseller's name."""

    manager: Manager
    reseller: str


def _permission(row: ManagerRow) -> Text:
    permission = row.manager.permission
    return look.said(permission.label, Tone.PLAIN if permission is Permission.FULL_CONTROL else Tone.DIM)


COLUMNS: tuple[Column[ManagerRow], ...] = (
    Column(
        key="id",
        label="ID",
        width=5,
        align="right",
        cell=lambda row, _: str(row.manager.id),
        sort_key=lambda row: row.manager.id,
    ),
    Column(
        key="name",
        label="Name",
        width=16,
        weight=1,
        cell=lambda row, _: look.safe_text(row.manager.name, Tone.STRONG),
        sort_key=lambda row: row.manager.name.casefold(),
    ),
    Column(
        key="email",
        label="Email",
        width=24,
        weight=1,
        cell=lambda row, _: look.safe(row.manager.email),
        sort_key=lambda row: row.manager.email.casefold(),
    ),
    Column(
        key="permission",
        label="Permission",
        width=12,
        cell=lambda row, _: _permission(row),
        sort_key=lambda row: row.manager.permission.label,
    ),
    Column(
        key="reseller",
        label="Reseller",
        width=14,
        weight=1,
        cell=lambda row, _: look.safe(row.reseller),
        sort_key=lambda row: row.reseller.casefold(),
    ),
    Column(key="blocked", label="Sign in", width=18, cell=lambda row, now: sign_in_text(row.manager, now)),
)

FIELDS: tuple[Field[ManagerRow], ...] = (
    Field(name="id", kind=Kind.NUMBER, value=lambda row: row.manager.id),
    Field(name="name", kind=Kind.TEXT, value=lambda row: row.manager.name),
    Field(name="email", kind=Kind.TEXT, value=lambda row: row.manager.email),
    Field(
        name="permission",
        kind=Kind.CHOICE,
        value=lambda row: row.manager.permission.value,
        choices={each.value: each.label for each in Permission},
    ),
    Field(name="reseller", kind=Kind.TEXT, value=lambda row: row.reseller),
    Field(name="enabled", kind=Kind.FLAG, value=lambda row: row.manager.enabled),
    Field(name="blocked", kind=Kind.LEFT, value=lambda row: row.manager.blocked_until),
    Field(name="created", kind=Kind.DAY, value=lambda row: row.manager.created_at),
)


class ManagersPage(ListPage[ManagerRow]):
    """The managers of the person's reseller and of those below."""

    ENTRY = "managers"
    NOUN = "manager"
    CREATES = "Create"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", "Edit", id="list.edit"),
        Binding("P", "set_password", "Set password", id="manager.set_password"),
    ]

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return "Managers"

    @property
    def empty(self) -> Empty:
        """What is said where there are no rows."""
        return Empty("There is no manager.")

    def columns(self) -> Sequence[Column[ManagerRow]]:
        """Return the columns."""
        return COLUMNS

    def fields(self) -> Sequence[Field[ManagerRow]]:
        """Return the fields of the filter."""
        return FIELDS

    def key_of(self, row: ManagerRow) -> int:
        """Return which manager a row is of."""
        return row.manager.id

    def rows(self, view: View) -> list[ManagerRow]:
        """Return a row for each manager that the person may see."""
        names = {each.id: each.name for each in view.all(Reseller)}
        return [
            ManagerRow(each, names.get(each.reseller_id, "")) for each in managers.visible_to(view, self.session.by)
        ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer changes to who has Full Control."""
        if action in ("edit", "set_password") and self.is_ready:
            return self.session.by.full_control and self.table.row_count > 0
        return super().check_action(action, parameters)

    def open(self, key: Hashable) -> None:
        """Open a manager."""
        self.push(ManagerDetails(int(str(key))))

    def new_page(self) -> Page:
        """Return the form that adds a manager."""
        from tui.screens.manager_form import ManagerNew  # noqa: PLC0415 - opened on request

        return ManagerNew()

    def action_edit(self) -> None:
        """Open the form of the manager under the cursor."""
        from tui.screens.manager_form import ManagerEdit  # noqa: PLC0415 - opened on request

        row = self.table.cursor_row
        if row is not None:
            self.push(ManagerEdit(row.manager))

    def action_set_password(self) -> None:
        """Open the form of a new password for the manager under the cursor."""
        from tui.screens.manager_form import ManagerPassword  # noqa: PLC0415 - opened on request

        row = self.table.cursor_row
        if row is not None:
            self.push(ManagerPassword(row.manager))
