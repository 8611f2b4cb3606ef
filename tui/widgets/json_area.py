"""A field for a JSON text: the editor, below it one line that tells what the text is, or the list of its problems.

A secret text is hidden until somebody asks for it: then its line says what is in it, and nothing of it is drawn.
"""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from store.errors import ProblemItem
from tui import look
from tui.widgets.json_editor import JsonEditor
from tui.widgets.problem_list import ProblemList


class HiddenText(Static, can_focus=True):
    """What stands in the place of a hidden text; it takes the focus, so that the keys for it work."""


class JsonArea(Vertical):
    """The editor and what is said of its text. `hint` is said while there is nothing to tell.

    `hidden`: what the text holds, in words that may be shown; the text itself is hidden until `show_text`. `locked`:
    why the text cannot be changed, empty if it can.
    """

    def __init__(self, text: str, *, hint: str, id: str, hidden: str = "") -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self.problems: tuple[ProblemItem, ...] = ()
        self.locked = ""
        self._hidden_text: str | None = text if hidden else None
        self._hidden_says = hidden
        self._hint = hint
        self._summary = ""
        self._editor = JsonEditor("" if hidden else text)
        self._line = HiddenText()
        self._state = Static(classes="json-state")
        self._list = ProblemList()

    def compose(self) -> ComposeResult:
        """Compose the editor above what is said of it."""
        yield self._line
        yield self._editor
        yield self._state
        yield self._list

    def on_mount(self) -> None:
        """Show what there is."""
        self._show()

    @property
    def area(self) -> JsonEditor:
        """The editor."""
        return self._editor

    @property
    def is_hidden(self) -> bool:
        """Whether the text is hidden."""
        return self._hidden_text is not None

    @property
    def text(self) -> str:
        """What is typed, hidden or not."""
        return self._editor.text if self._hidden_text is None else self._hidden_text

    @text.setter
    def text(self, text: str) -> None:
        if self._hidden_text is not None:
            self._hidden_text = text
        elif text != self._editor.text:
            self._editor.text = text

    @property
    def cursor_place(self) -> tuple[int, int]:
        """Line and column of the cursor, counted from 1."""
        row, column = self._editor.cursor_location
        return row + 1, column + 1

    def show_text(self) -> None:
        """Show a hidden text, for reading and changing."""
        if self._hidden_text is not None:
            self._editor.text, self._hidden_text = self._hidden_text, None
            self._show()
            self._editor.focus()

    def hide_text(self, says: str) -> None:
        """Hide the text again; `says` tells what it holds."""
        if self._hidden_text is None:
            self._hidden_says = says
            self._hidden_text, self._editor.text = self._editor.text, ""
            self._show()
            self._line.focus()

    def set_locked(self, why: str) -> None:
        """Let the text be read but not changed, and say why; empty lets it be changed again."""
        if why != self.locked:
            self.locked = why
            self._editor.read_only = bool(why)
            self._show()

    def fill(self, text: str) -> None:
        """Put another text in the place of all that is typed; ctrl+z takes it back."""
        if text != self._editor.text:
            area = self._editor
            area.replace(text, area.document.start, area.document.end, maintain_selection_offset=False)
            area.move_cursor((0, 0))
        self._editor.focus()

    def jump_to(self, line: int, column: int) -> None:
        """Put the cursor on a place, counted from 1, and bring it into sight."""
        if self.is_hidden:
            self._line.focus()
            return
        area = self._editor
        area.focus()
        row = min(line, area.document.line_count) - 1
        area.move_cursor((row, min(column - 1, len(area.document.get_line(row)))), center=True)

    def summarize(self, summary: str) -> None:
        """Say what the text is, empty to show the hint again."""
        if summary != self._summary:
            self._summary = summary
            self._show()

    def tell(self, problems: tuple[ProblemItem, ...]) -> None:
        """List what is wrong with the text, none if nothing is."""
        if problems != self.problems:
            self.problems = problems
            self._editor.mark(
                (each.line, each.column) for each in problems if each.line is not None and each.column is not None
            )
            self._list.set_items(problems)
            self._show()

    def on_problem_list_chosen(self, message: ProblemList.Chosen) -> None:
        """Go to the line and column of a problem."""
        message.stop()
        self.jump_to(message.problem.line or 1, message.problem.column or 1)

    def _show(self) -> None:
        self._editor.display = not self.is_hidden
        self._line.display = self.is_hidden
        self._line.update(Text(f"{look.MASK} {self._hidden_says}"))
        self._state.display = bool(self.locked) or not self.problems
        if self.locked:
            self._state.update(Text.assemble(("■ ", "bold"), look.safe(self.locked, limit=2000)))
        elif self._summary and not self.is_hidden:
            self._state.update(look.said(f"✓ {self._summary}"))
        else:
            self._state.update(look.dim(self._hint))
        if self.has_focus_within:
            self.call_after_refresh(self.scroll_visible, animate=False)
