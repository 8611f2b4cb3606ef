"""The dialog of `f`: the saved filters of a list, to choose, save, delete, or to open the list with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui import look
from tui.settings import NAME, Settings
from tui.widgets.choices import Choices
from tui.widgets.dialog import Dialog

Save = Callable[[tuple[str, ...], str | None, Callable[[], None]], None]
"""Writes one value of the settings, None to take it out, and then calls."""
HINT = "Enter uses the filter, o opens the list with it from now on, D deletes it."


class SavedFilters(Dialog[str | None]):
    """Ask for a saved filter of a list. Its result is the filter's text, None if all stays as it is.

    `page` is the list's name in the settings, `in_force` the filter that could be saved.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="dialog.cancel"),
        Binding("o", "open_with", "Open the list with it", id="saved_filters.open_with"),
        Binding("D", "delete", "Delete", id="saved_filters.delete"),
    ]

    def __init__(self, page: str, settings: Callable[[], Settings], in_force: str, save: Save) -> None:
        super().__init__()
        self._page = page
        self._settings = settings
        self._in_force = in_force
        self._save = save

    def compose_dialog(self) -> ComposeResult:
        """Compose the saved filters, and a field to save the one in force."""
        with Vertical(classes="dialog"):
            yield Static("Saved filters", classes="dialog-title")
            yield Choices()
            yield Static(id="none-saved")
            yield Static(Text(f"In force: {self._in_force}"), id="in-force")
            yield Input(id="name", placeholder="a name saves the filter in force", max_length=40)
            yield Static(id="said", markup=False)
            yield Static(look.dim(HINT), id="hint")

    def on_mount(self) -> None:
        """Show what there is; where nothing is saved yet, the cursor is where a filter is saved."""
        for name in ("#in-force", "#name"):
            self.query_one(name).display = bool(self._in_force)
        self.draw()
        if not self._saved and self._in_force:
            self.query_one("#name").focus()

    def draw(self) -> None:
        """Show the saved filters anew; called after each change of the settings."""
        if not self.is_current:
            return
        choices = self.query_one(Choices)
        cursor = choices.highlighted or 0
        opening = self._settings().opening_filters.get(self._page)
        choices.set_options([Option(_line(name, text, name == opening)) for name, text in self._saved.items()])
        choices.highlighted = min(cursor, len(self._saved) - 1) if self._saved else None
        choices.display = bool(self._saved)
        self.query_one("#hint").display = bool(self._saved)
        none = "No filter of this list is saved." + ("" if self._in_force else " Filter it with /, then save that.")
        self.query_one("#none-saved", Static).update(none)
        self.query_one("#none-saved").display = not self._saved

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Use the filter."""
        event.stop()
        self.dismiss(list(self._saved.values())[event.option_index])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Save the filter in force under this name; one of the same name is replaced."""
        event.stop()
        name = event.value.strip()
        if not NAME.fullmatch(name):
            self.query_one("#said", Static).update("✗ Write up to 40 letters, digits, spaces, - _ and points.")
            return
        self._save(("filters", self._page, name), self._in_force, partial(self._saved_it, name))

    def action_open_with(self) -> None:
        """Open the list with this filter from now on, or without any again."""
        name = self._name_under_cursor
        if name is not None:
            is_opening = self._settings().opening_filters.get(self._page) == name
            self._save(("opening_filters", self._page), None if is_opening else name, self.draw)

    def action_delete(self) -> None:
        """Delete the filter under the cursor."""
        name = self._name_under_cursor
        if name is None:
            return
        if self._settings().opening_filters.get(self._page) == name:
            self._save(("opening_filters", self._page), None, self.draw)
        self._save(("filters", self._page, name), None, self.draw)

    def action_cancel(self) -> None:
        """Leave all as it is."""
        self.dismiss(None)

    def _saved_it(self, name: str) -> None:
        self.notify(f"Filter {name} is saved.", markup=False)
        if self.is_current:
            self.dismiss(None)

    @property
    def _saved(self) -> Mapping[str, str]:
        return self._settings().filters.get(self._page, {})

    @property
    def _name_under_cursor(self) -> str | None:
        cursor = self.query_one(Choices).highlighted
        return None if cursor is None else list(self._saved)[cursor]


def _line(name: str, text: str, opening: bool) -> Text:  # noqa: FBT001 - one fact of a line
    return Text.assemble(("● " if opening else "  ", look.ACCENT), f"{name}  ", (look.safe(text), look.DIM))
