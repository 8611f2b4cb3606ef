"""The dialog of `c`: which columns a list shows, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui import look
from tui.widgets.choices import Choices
from tui.widgets.columns import Column
from tui.widgets.dialog import Dialog

HINT = "space shows or hides, J and K move, r as at first\nEnter keeps them, Esc leaves all as it was."


class ColumnChooser(Dialog[tuple[str, ...] | None]):
    """Ask for columns. Its result are the keys of those to show, in order; none of them: all as at first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="dialog.cancel"),
        Binding("space", "switch", "Show or hide", id="columns.switch"),
        Binding("J,shift+down", "shift(1)", "Move down", id="columns.down"),
        Binding("K,shift+up", "shift(-1)", "Move up", id="columns.up"),
        Binding("r", "reset", "As at first", id="columns.reset"),
    ]

    def __init__(self, columns: Sequence[Column[Any]], shown: Sequence[str]) -> None:
        super().__init__()
        self._columns = {each.key: each for each in columns}
        self._shown = [each for each in shown if each in self._columns] or list(self._columns)
        self._order = [*self._shown, *(each for each in self._columns if each not in self._shown)]

    def compose_dialog(self) -> ComposeResult:
        """Compose the columns in their order."""
        with Vertical(classes="dialog"):
            yield Static("Columns", classes="dialog-title")
            yield Choices(*self._options())
            yield Static(look.dim(HINT))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Keep them."""
        event.stop()
        self.dismiss(tuple(each for each in self._order if each in self._shown))

    def action_switch(self) -> None:
        """Show or hide the column under the cursor; one always stays."""
        key = self._order[self._cursor]
        if key not in self._shown:
            self._shown.append(key)
        elif len(self._shown) > 1:
            self._shown.remove(key)
        self._draw(self._cursor)

    def action_shift(self, places: int) -> None:
        """Move the column under the cursor."""
        here = self._cursor
        there = min(max(here + places, 0), len(self._order) - 1)
        self._order.insert(there, self._order.pop(here))
        self._draw(there)

    def action_reset(self) -> None:
        """Go back to the columns of the page itself."""
        self.dismiss(())

    def action_cancel(self) -> None:
        """Change nothing."""
        self.dismiss(None)

    @property
    def _cursor(self) -> int:
        return self.query_one(Choices).highlighted or 0

    def _draw(self, cursor: int) -> None:
        choices = self.query_one(Choices)
        choices.set_options(self._options())
        choices.highlighted = cursor

    def _options(self) -> list[Option]:
        return [
            Option(Text(f"[{'x' if each in self._shown else ' '}] {self._columns[each].label}")) for each in self._order
        ]
