"""The forms of a reseller: New below another one, and another name."""

from __future__ import annotations

from functools import partial
from typing import Any

from textual.app import ComposeResult
from textual.widgets import Input

from store import resellers
from store.resellers import Reseller
from store.store import View
from tui.screens.form_page import FormPage
from tui.screens.record_form import RecordForm
from tui.widgets.form_field import FormField
from tui.widgets.reseller_select import ResellerSelect

NAME_FIELD, BELOW_FIELD = "Name", "Below"


class ResellerNew(FormPage):
    """The empty form. Its result is the id of the reseller that it has created."""

    ENTRY = "resellers"

    def __init__(self, parent_id: int) -> None:
        super().__init__()
        self._parent_id = parent_id

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return "New reseller"

    def compose_fields(self) -> ComposeResult:
        """Compose the fields."""
        yield FormField(NAME_FIELD, NAME_FIELD, Input(id="name"), required=True)
        parent = ResellerSelect(self._parent_id)
        yield FormField(
            BELOW_FIELD, BELOW_FIELD, parent, hint="Managers there see the new one; it cannot be moved later."
        )

    def show(self, view: View) -> None:
        """Offer the resellers; what is chosen stays chosen."""
        untouched = not self.has_changes()
        if self.query_one(ResellerSelect).offer(view, self.session.by) and untouched:
            self.remember()

    def save(self) -> None:
        """Create the reseller."""
        values = self.values()
        parent = values[BELOW_FIELD]
        command = partial(
            resellers.create,
            by=self.session.by,
            name=values[NAME_FIELD],
            parent_id=self._parent_id if parent is None else parent,
        )
        self.send(command, self._created)

    def _created(self, reseller: Reseller) -> None:
        self.notify(f"Reseller {reseller.id} is created.", markup=False)
        self.dismiss(reseller.id)


class ResellerEdit(RecordForm[Reseller]):
    """Another name for a reseller. Its result is the reseller's id."""

    ENTRY = "resellers"

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return f"Edit reseller {self.record.id}"

    def compose_fields(self) -> ComposeResult:
        """Compose the field."""
        yield FormField(NAME_FIELD, NAME_FIELD, Input(self.record.name, id="name"), required=True)

    def read_again(self, view: View) -> Reseller:
        """Return the reseller as it is now."""
        return resellers.get(view, self.session.by, self.record.id)

    def values_of(self, record: Reseller) -> dict[str, Any]:
        """Return what the field shows of a reseller."""
        return {NAME_FIELD: record.name}

    def save(self) -> None:
        """Give the reseller its name, unless somebody else has given it another one meanwhile."""
        command = partial(
            resellers.rename,
            by=self.session.by,
            reseller_id=self.record.id,
            version=self.record.version,
            name=self.values()[NAME_FIELD],
        )
        self.send(command, self._saved)

    def _saved(self, reseller: Reseller) -> None:
        self.notify(f"Reseller {reseller.id} is {reseller.name} now.", markup=False)
        self.dismiss(reseller.id)
