"""Managers: the people who sign in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.text import Text

from store import managers
from store.managers import Manager, Permission
from store.resellers import Reseller
from store.store import View
from tui import look
from tui.filters import Field, Kind
from tui.look import Tone
from tui.screens.list_page import ListPage
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


def _blocked(row: ManagerRow, now: datetime) -> Text:
    until = row.manager.blocked_until
    if until is None or until <= now:
        return look.dim("can sign in")
    return look.said(f"! blocked for {look.remaining_text(until - now)}", Tone.ENDING)


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
    Column(key="blocked", label="Sign in", width=18, cell=_blocked),
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
    Field(name="blocked", kind=Kind.LEFT, value=lambda row: row.manager.blocked_until),
    Field(name="created", kind=Kind.DAY, value=lambda row: row.manager.created_at),
)


class ManagersPage(ListPage[ManagerRow]):
    """The managers of the person's reseller and of those below."""

    ENTRY = "managers"
    NOUN = "manager"
    OPENS = False

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
