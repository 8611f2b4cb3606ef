"""A page with fields: what is typed in them by name, and finding one of many."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.css.query import NoMatches
from textual.widget import Widget

from tui import look
from tui.screens.page import Page
from tui.widgets.form_field import FormField


class FieldsPage(Page):
    """A subclass composes its `FormField`s below `#fields`; names are what problem items call them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+g,slash", "find_field", "Field by name", key_display="^g", show=False, id="form.find"),
    ]

    @abstractmethod
    def compose_fields(self) -> ComposeResult:
        """Compose the fields."""

    @property
    def form_fields(self) -> list[FormField]:
        """All fields in their order. Raises NoMatches in a page that is not composed yet."""
        return list(_fields_in(self.query_one("#fields")))

    @property
    def fields(self) -> list[FormField]:
        """The fields that something can be typed or chosen in, in their order."""
        return [each for each in self.form_fields if each.holds_value]

    def field(self, name: str) -> FormField:
        """Return the field that problem items call so. Raises NoMatches."""
        for each in self.form_fields:
            if each.called == name:
                return each
        raise NoMatches(f"This form has no field {name!r}.")

    def values(self) -> dict[str, Any]:
        """Return what is typed and chosen now, by the fields' names."""
        return {each.called: each.value for each in self.fields}

    def put(self, values: Mapping[str, Any]) -> None:
        """Put values into the fields of these names; fields that are not named stay as they are."""
        for each in self.fields:
            if each.called in values:
                each.value = values[each.called]

    @property
    def focused_field(self) -> FormField | None:
        """The field that has the focus."""
        return field_of(self.focused)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer a search only where there is something to find."""
        if action == "find_field" and self.is_ready and len(self.fields) < 2:
            return False
        return super().check_action(action, parameters)

    def action_find_field(self) -> None:
        """Ask for a field by its label, and go to it."""
        found = [(look.safe(each.label), each.go_to) for each in self.fields]
        self.app.search_commands(found, placeholder="Field by name")


def field_of(widget: Widget | None) -> FormField | None:
    """Return the field that a widget stands in, None if in none."""
    return None if widget is None else next((each for each in widget.ancestors if isinstance(each, FormField)), None)


def _fields_in(node: Widget) -> Iterator[FormField]:
    """Yield the fields below a widget, without looking into them: a search through every widget would be slow."""
    for each in node.children:
        if isinstance(each, FormField):
            yield each
        else:
            yield from _fields_in(each)
