"""The forms of a reseller: New below another one, and another name."""

from __future__ import annotations

from functools import partial

from textual.app import ComposeResult
from textual.widgets import Input

from store import resellers
from store.resellers import Reseller
from store.store import View
from tui.screens.form_page import FormPage
from tui.widgets.form_field import FormField
from tui.widgets.reseller_select import ResellerSelect


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
        yield FormField("Name", "Name", Input(id="name"), required=True)
        parent = ResellerSelect(self._parent_id)
        yield FormField("Below", "Below", parent, hint="Managers there see the new one; it cannot be moved later.")

    def show(self, view: View) -> None:
        """Offer the resellers; what is chosen stays chosen."""
        untouched = not self.has_changes()
        if self.query_one(ResellerSelect).offer(view, self.session.by) and untouched:
            self.remember()

    def typed(self) -> tuple[object, ...]:
        """Return what is typed and chosen now."""
        return (self.query_one("#name", Input).value, self.query_one(ResellerSelect).value)

    def save(self) -> None:
        """Create the reseller."""
        parent = self.query_one(ResellerSelect).reseller_id
        command = partial(
            resellers.create,
            by=self.session.by,
            name=self.query_one("#name", Input).value,
            parent_id=self._parent_id if parent is None else parent,
        )
        self.write(command, self._created, problems=self.show_problems, refused=self.refuse)

    def _created(self, reseller: Reseller) -> None:
        self.notify(f"Reseller {reseller.id} is created.", markup=False)
        self.dismiss(reseller.id)


class ResellerEdit(FormPage):
    """Another name for a reseller. Its result is the reseller's id."""

    ENTRY = "resellers"
    SAVE = "Save"

    def __init__(self, reseller: Reseller) -> None:
        super().__init__()
        self._reseller = reseller

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return f"Edit reseller {self._reseller.id}"

    def compose_fields(self) -> ComposeResult:
        """Compose the field."""
        yield FormField("Name", "Name", Input(self._reseller.name, id="name"), required=True)

    def typed(self) -> str:
        """Return what is typed now."""
        return self.query_one("#name", Input).value

    def save(self) -> None:
        """Give the reseller its name."""
        command = partial(
            resellers.rename,
            by=self.session.by,
            reseller_id=self._reseller.id,
            version=self._reseller.version,
            name=self.typed(),
        )
        self.write(command, self._saved, problems=self.show_problems, refused=self.refuse)

    def _saved(self, reseller: Reseller) -> None:
        self.notify(f"Reseller {reseller.id} is {reseller.name} now.", markup=False)
        self.dismiss(reseller.id)
