"""A field for a JSON text: line numbers, and below it one line that tells what the text is or what is wrong with it."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static, TextArea

from store.errors import ProblemItem
from tui import look
from tui.look import Tone


class JsonArea(Vertical):
    """The text area and its line. `label` is the field's name in problem items."""

    def __init__(self, label: str, text: str, *, hint: str, id: str) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self.label = label
        self._first_text = text
        self._hint = hint

    def compose(self) -> ComposeResult:
        """Compose the area above its line."""
        yield TextArea(self._first_text, show_line_numbers=True, tab_behavior="focus", compact=True)
        yield Static(look.dim(self._hint), classes="json-state")

    @property
    def area(self) -> TextArea:
        """The text area."""
        return self.query_one(TextArea)

    @property
    def text(self) -> str:
        """What is typed."""
        return self.area.text

    def fill(self, text: str) -> None:
        """Put another text in the place of all that is typed; ctrl+z takes it back."""
        area = self.area
        area.replace(text, area.document.start, area.document.end, maintain_selection_offset=False)
        area.move_cursor((0, 0))
        area.focus()

    def jump_to(self, line: int, column: int) -> None:
        """Put the cursor on a place, counted from 1, and bring it into sight."""
        area = self.area
        area.focus()
        row = min(line, area.document.line_count) - 1
        area.move_cursor((row, min(column - 1, len(area.document.get_line(row)))), center=True)

    def tell(self, problems: tuple[ProblemItem, ...], summary: str, *, listed: bool = False) -> None:
        """Say what is wrong, or what the text is: `summary`, empty to show the hint again.

        `listed`: the problems stand in a list below, so their number is enough.
        """
        state = self.query_one(".json-state", Static)
        if not problems:
            state.update(look.said(f"✓ {summary}") if summary else look.dim(self._hint))
            return
        sign = ("✗ ", Tone.WRONG.style)
        if listed:
            state.update(
                Text.assemble(sign, (look.counted(len(problems), "problem"), look.RED), (", listed below", look.DIM))
            )
            return
        first, more = problems[0], len(problems) - 1
        place = "" if first.line is None else f"line {first.line}, column {first.column}: "
        others = f" (and {more} more)" if more else ""
        state.update(Text.assemble(sign, (place, look.RED), look.safe(first.message), (others, look.DIM)))
