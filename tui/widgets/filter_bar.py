"""The line of `/`: a filter is typed here, with its mistakes told below, and stays in sight while it is in force."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.css.query import NoMatches
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Label, Static

from tui import look
from tui.filters import LONGEST, Field, Filter, FilterProblem, completions, parse
from tui.look import Tone


class FieldSuggester(Suggester):
    """Offers the rest of a field's name, or of one of its words, which the right arrow takes."""

    def __init__(self, fields: Sequence[Field[Any]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._fields = fields

    async def get_suggestion(self, value: str) -> str | None:
        """Return the text with its first completion, None if there is none."""
        offered = completions(value, len(value), self._fields)
        return value[: offered[0].start] + offered[0].text if offered else None


class FilterBar(Vertical):
    """One line for a filter; it is there while one is typed or in force."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "Filter as before", id="filter.give_up"),
    ]
    DEFAULT_CSS = """
    FilterBar {
        display: none;
        height: auto;
        padding: 0 2 1 2;

        & > Horizontal { height: 1; }
        & Label { width: 2; color: $accent; text-style: bold; }
        & Input { width: 1fr; }
        & #filter-says { display: none; height: auto; padding: 0 0 0 3; color: $text-muted; }
        & #filter-says.-wrong { color: $text-error; text-style: bold; }
        &.-typing #filter-says { display: block; }
    }
    """

    class Changed(Message):
        """Another filter is in force."""

    class Left(Message):
        """Typing has ended; the focus goes back to the list."""

    def __init__(self, fields: Sequence[Field[Any]]) -> None:
        super().__init__()
        self._fields = tuple(fields)
        self._before = ""
        self.filter: Filter[Any] = Filter("", self._fields)

    def compose(self) -> ComposeResult:
        """Compose the line, and what is said of it."""
        with Horizontal():
            yield Label("/")
            yield Input(id="filter", max_length=LONGEST, suggester=FieldSuggester(self._fields), compact=True)
        yield Static(id="filter-says", markup=False)

    def open(self) -> None:
        """Let somebody type; the filter until now comes back if they give up."""
        self._before = self.filter.text
        self.display = True
        self.add_class("-typing")
        # At once, not by `focus`, which comes later: of keys sent in one burst none may reach the list.
        self.screen.set_focus(self.query_one(Input))
        self._explain()

    def put(self, text: str) -> None:
        """Put a filter in force as if it had been typed; an empty one ends filtering."""
        self.query_one(Input).value = text
        self._take(text)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Put in force what was typed, as soon as it can be read."""
        event.stop()
        self._take(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go back to the list, unless something is wrong."""
        event.stop()
        if not self.query_one("#filter-says").has_class("-wrong"):
            self.remove_class("-typing")
            self.post_message(self.Left())

    def action_give_up(self) -> None:
        """Filter as before, and go back to the list."""
        self.put(self._before)
        self.remove_class("-typing")
        self.post_message(self.Left())

    def on_descendant_blur(self, _: events.DescendantBlur) -> None:
        """Go out of sight where nothing is filtered; what cannot be read is not kept."""
        if self.query_one("#filter-says").has_class("-wrong"):
            self.put(self._before)
        self.remove_class("-typing")
        self.display = bool(self.filter)

    def _take(self, text: str) -> None:
        try:
            read = parse(text, self._fields)
        except FilterProblem as error:
            self._tell_problem(error)
            return
        self._explain()
        self.display = bool(read) or self.has_class("-typing")
        if read.text != self.filter.text:
            self.filter = read
            self.post_message(self.Changed())

    def _explain(self) -> None:
        """Say which fields there are, or what the word at the cursor could become."""
        try:
            field = self.query_one(Input)
        except NoMatches:
            return
        offered = completions(field.value, len(field.value), self._fields)
        names = [each.text for each in offered] or [each.name for each in self._fields]
        self._say(Text(f"{'→ takes: ' if offered else 'fields: '}{' '.join(names)}"), wrong=False)

    def _tell_problem(self, error: FilterProblem) -> None:
        written = self.query_one(Input).value[error.start : error.end]
        text = Text.assemble(("✗ ", Tone.WRONG.style), look.safe(error.reason))
        if written and repr(written) not in error.reason and written not in error.reason:
            text.append(f" ({look.safe(written)})")
        text.append(f"\nfields: {' '.join(error.fields)}", look.DIM)
        self._say(text, wrong=True)

    def _say(self, text: Text, *, wrong: bool) -> None:
        said = self.query_one("#filter-says", Static)
        said.set_class(wrong, "-wrong")
        said.update(text)
