"""All problem items of a JSON text in one list: which place, what is wrong and what would be right."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from store.errors import ProblemItem
from tui import look
from tui.look import Tone

MOST_SHOWN = 100
"""How many problems are listed; the others come as these are mended."""


class ProblemList(OptionList):
    """Hidden while there are no problems. Enter on one says `Chosen`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False, id="problems.down"),
        Binding("k", "cursor_up", "Up", show=False, id="problems.up"),
        Binding("enter", "select", "Go to the problem", id="problems.go"),
    ]

    class Chosen(Message):
        """Somebody wants to go to this problem's place."""

        def __init__(self, problem: ProblemItem) -> None:
            super().__init__()
            self.problem = problem

    def __init__(self) -> None:
        super().__init__()
        self.items: tuple[ProblemItem, ...] = ()
        self.display = False

    def set_items(self, items: tuple[ProblemItem, ...]) -> None:
        """Show these problem items; the cursor stays where it was as far as it can."""
        self.items = items
        self.display = bool(items)
        place = self.highlighted or 0
        shown = [Option(problem_text(each)) for each in items[:MOST_SHOWN]]
        if len(items) > MOST_SHOWN:
            shown.append(Option(look.dim(f"and {len(items) - MOST_SHOWN:,} more"), disabled=True))
        self.clear_options()
        self.add_options(shown)
        self.highlighted = min(place, len(items) - 1) if items else None

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Say which problem was chosen."""
        event.stop()
        self.post_message(self.Chosen(self.items[event.option_index]))


def problem_text(problem: ProblemItem) -> Text:
    """Return one problem item for people: its place in the text, and the message."""
    place = "" if problem.line is None else f"line {problem.line}, column {problem.column}: "
    return Text.assemble(("✗ ", Tone.WRONG.style), (place, Tone.STRONG.style), look.safe(problem.message))
