"""What every page about one record shares: its parts scroll, and the keys of lists scroll them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.types import CSSPathType

from tui import look
from tui.screens.page import Page


class DetailsPage(Page):
    """A page whose workspace scrolls in `#details`."""

    CSS_PATH: ClassVar[CSSPathType | None] = "details_page.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_details(1)", "Down", show=False, id="details.down"),
        Binding("k", "scroll_details(-1)", "Up", show=False, id="details.up"),
        Binding("g", "details_edge(False)", "Top", show=False, id="details.top"),
        Binding("G", "details_edge(True)", "Bottom", show=False, id="details.bottom"),
        Binding("y", "copy_selected", "Copy what is selected", show=False, id="details.copy"),
    ]

    def on_key(self, event: events.Key) -> None:
        """Say why something in sight cannot be done now."""
        active = self.active_bindings.get(event.key)
        if active is not None and active.node is self and not active.enabled:
            event.stop()
            self.notify(self.why_not(active.binding.action), severity="warning", markup=False)

    def why_not(self, action: str) -> str:
        """Return why an action that stays in sight cannot be done now."""
        del action
        return "That cannot be done now."

    def action_copy_selected(self) -> None:
        """Copy the text that is selected with the mouse."""
        selected = self.get_selected_text()
        if selected:
            self.app.copy_to_clipboard(selected)
        else:
            self.notify("Nothing is selected; drag over a text with the mouse first.")

    def action_scroll_details(self, lines: int) -> None:
        """Scroll by lines."""
        self.query_one("#details").scroll_relative(y=lines, animate=False)

    def action_details_edge(self, bottom: bool) -> None:  # noqa: FBT001 - an action's argument
        """Scroll to an end."""
        details = self.query_one("#details")
        if bottom:
            details.scroll_end(animate=False)
        else:
            details.scroll_home(animate=False)


def facts(rows: Sequence[tuple[str, Text | str]], *, label_width: int) -> Table:
    """Return facts with their labels in a column; stored texts come through `look.safe`."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(min_width=label_width, max_width=label_width)
    for label, value in rows:
        table.add_row(look.dim(label), Text(value) if isinstance(value, str) else value)
    return table
