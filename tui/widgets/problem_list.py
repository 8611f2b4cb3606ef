"""All problem items of a form in one list: which field, which place, what is wrong and what would be right."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from store.errors import ProblemItem
from tui import look
from tui.look import Tone


class _Problems(OptionList):
    """The list itself, with the keys of every list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
        Binding("enter", "select", "Go to the problem"),
    ]


class ProblemList(Vertical):
    """Hidden while there are no problems. Enter on one says `Chosen`."""

    class Chosen(Message):
        """Somebody wants to go to this problem's place."""

        def __init__(self, problem: ProblemItem) -> None:
            super().__init__()
            self.problem = problem

    def __init__(self) -> None:
        super().__init__()
        self._items: tuple[ProblemItem, ...] = ()
        self.display = False

    @property
    def items(self) -> tuple[ProblemItem, ...]:
        """The problem items shown now."""
        return self._items

    def compose(self) -> ComposeResult:
        """Compose the head and the list."""
        yield Static(id="problem-count", markup=False)
        yield _Problems()

    def set_items(self, items: tuple[ProblemItem, ...]) -> None:
        """Show these problem items; the cursor stays where it was as far as it can."""
        if items == self._items:
            return
        self._items = items
        self.display = bool(items)
        self.query_one("#problem-count", Static).update(f"✗ {look.counted(len(items), 'problem')}")
        entries = self.query_one(_Problems)
        place = entries.highlighted or 0
        entries.clear_options()
        entries.add_options([Option(problem_text(each)) for each in items])
        entries.highlighted = min(place, len(items) - 1) if items else None

    def choose_next(self) -> None:
        """Go to the problem after the one chosen last; from the last one to the first."""
        entries = self.query_one(_Problems)
        if not self._items:
            return
        chosen = entries.highlighted if self.has_class("-visited") else None
        entries.highlighted = 0 if chosen is None else (chosen + 1) % len(self._items)
        self._choose(entries.highlighted or 0)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Say which problem was chosen."""
        event.stop()
        self._choose(event.option_index)

    def _choose(self, index: int) -> None:
        self.add_class("-visited")
        self.post_message(self.Chosen(self._items[index]))


def problem_text(problem: ProblemItem) -> Text:
    """Return one problem item for people: the field, its place in the text, the message."""
    place = "" if problem.line is None else f"  line {problem.line}, column {problem.column}"
    return Text.assemble(
        (look.safe(problem.field), Tone.STRONG.style), (place, Tone.DIM.style), "  ", look.safe(problem.message)
    )
