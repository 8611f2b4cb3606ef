"""What two people made of one record, field by field: as it was, theirs, mine. Long texts line by line."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from tui import look
from tui.look import Tone
from tui.widgets.dialog import Dialog

NOTHING = "(nothing)"
LONGEST_LINE = 200
MOST_LINES = 400
"""How many lines of one text's differences are shown."""


@dataclass(frozen=True, slots=True)
class Part:
    """One field that somebody changed, in texts that may be shown."""

    label: str
    seen: str
    theirs: str
    mine: str
    clashes: bool


class LookAtBoth(Dialog[None]):
    """The differences, to scroll through; Esc goes back to the question."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "close", "Back to the question", id="both.close"),
        Binding("j", "scroll(1)", "Down", show=False, id="both.down"),
        Binding("k", "scroll(-1)", "Up", show=False, id="both.up"),
    ]

    def __init__(self, parts: tuple[Part, ...]) -> None:
        super().__init__()
        self._parts = parts

    def compose_dialog(self) -> ComposeResult:
        """Compose all parts below each other."""
        with Vertical(classes="dialog both"):
            yield Static("Theirs and yours", classes="dialog-title")
            with VerticalScroll(id="both-parts"):
                yield Static(Text("\n").join(_lines(self._parts)))
            yield Static(look.dim("j k scroll   Esc back to the question"), classes="both-keys")

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.query_one("#both-parts").scroll_relative(y=lines, animate=False)

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)


def _lines(parts: tuple[Part, ...]) -> Iterator[Text]:
    for part in parts:
        both = look.said("  ! both of you changed it", Tone.ENDING) if part.clashes else Text()
        yield Text.assemble((look.safe(part.label), Tone.STRONG.style), both)
        if any("\n" in each for each in (part.seen, part.theirs, part.mine)):
            yield from _changed_lines("theirs", part.seen, part.theirs)
            yield from _changed_lines("yours", part.seen, part.mine)
        else:
            for word, text in (("it was", part.seen), ("theirs", part.theirs), ("yours", part.mine)):
                yield Text.assemble((f"  {word:7}", Tone.DIM.style), look.safe(text or NOTHING))
        yield Text()


def _changed_lines(whose: str, seen: str, now: str) -> Iterator[Text]:
    if now == seen:
        yield Text.assemble((f"  {whose:7}", Tone.DIM.style), "as it was")
        return
    yield look.dim(f"  {whose}, against what it was: - taken out, + put in")
    found = list(difflib.unified_diff(seen.splitlines(), now.splitlines(), lineterm="", n=1))[2:]
    for line in found[:MOST_LINES]:
        tone = Tone.DIM if line.startswith("@@") else Tone.STRONG if line[:1] in "+-" else Tone.PLAIN
        yield look.said(f"    {look.safe(line, limit=LONGEST_LINE)}", tone)
    if len(found) > MOST_LINES:
        yield look.dim(f"    and {len(found) - MOST_LINES:,} lines more")
