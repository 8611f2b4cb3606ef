"""The counters in the monitor's head: how many payments are in each lane; one can be chosen to see only its rows."""

from __future__ import annotations

from collections.abc import Mapping

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Static

from tui.look import Tone

UNKNOWN = "?"


class Counter(Static):
    """One count with its label. The chosen one is reversed; one that calls for attention is amber while it is not 0."""

    class Chosen(Message):
        """The counter was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, name: str, label: str, short: str, *, urgent: bool = False) -> None:
        super().__init__(id=f"counter-{name}")
        self.counts = name
        self._label = label
        self._short = short
        self._urgent = urgent
        self._shown: tuple[int | None, bool, bool] | None = None

    def tell(self, count: int | None, *, chosen: bool, brief: bool) -> None:
        """Show a count, None for one that is not known yet; nothing is drawn if it is the same."""
        shown = (count, chosen, brief)
        if shown == self._shown:
            return
        self._shown = shown
        tone = Tone.DIM if not count else Tone.ENDING if self._urgent else Tone.STRONG
        words = Text(f"{self._short if brief else self._label} ", "" if count else Tone.DIM.style)
        text = Text.assemble(" ", words, (UNKNOWN if count is None else f"{count:,}", tone.style), " ")
        if chosen:
            text.stylize("reverse bold")
        self.update(text)

    def on_click(self) -> None:
        """Ask for the rows."""
        self.post_message(self.Chosen(self.counts))


class Pace(Static):
    """How the monitor goes on: that everything stands still and since when, or for how long the engine has run."""

    def __init__(self) -> None:
        super().__init__(id="pace", markup=False)
        self._shown = ("", False)

    def tell(self, words: str, *, stands: bool) -> None:
        """Show it, strongly if everything stands still; nothing is drawn if it is the same."""
        if (words, stands) != self._shown:
            self._shown = (words, stands)
            self.update(Text(f" {words} ", Tone.LATE.style if stands else Tone.DIM.style) if words else "")


class Counters(Vertical):
    """Two lines of counters, brief where there is little room."""

    def __init__(self, first: tuple[Counter, ...], second: tuple[Counter, ...]) -> None:
        super().__init__()
        self._first = first
        self._second = second

    def compose(self) -> ComposeResult:
        """Compose the counters."""
        yield Horizontal(*self._first)
        yield Horizontal(*self._second)

    def tell(self, counts: Mapping[str, int | None], *, chosen: str, brief: bool) -> None:
        """Show the counts by their names; `chosen` is the one whose rows are shown, empty for none."""
        for each in (*self._first, *self._second):
            each.tell(counts.get(each.counts, 0), chosen=each.counts == chosen, brief=brief)
