"""Boxes to tick and buttons to choose one by, whose state is told by a sign and never by colour alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Checkbox, RadioButton


class Toggle(Checkbox):
    """A box: `[x]` or `[ ]`."""

    BUTTON_LEFT = ""
    BUTTON_INNER = "[ ]"
    BUTTON_RIGHT = ""

    def watch_value(self) -> None:
        """Draw the box anew."""
        self.BUTTON_INNER = "[x]" if self.value else "[ ]"
        super().watch_value()


class Choice(RadioButton):
    """One of several: `(•)` or `( )`."""

    BUTTON_LEFT = ""
    BUTTON_INNER = "( )"
    BUTTON_RIGHT = ""

    def watch_value(self) -> None:
        """Draw the button anew."""
        self.BUTTON_INNER = "(•)" if self.value else "( )"
        super().watch_value()


class ToggleGroup(Vertical):
    """Several boxes below each other, each ticked or not."""

    DEFAULT_CSS = "ToggleGroup { height: auto; }"

    def __init__(self, labels: Sequence[Content], ticked: Iterable[int]) -> None:
        super().__init__()
        first = set(ticked)
        self._boxes = tuple(Toggle(label, value=place in first, compact=True) for place, label in enumerate(labels))

    def compose(self) -> ComposeResult:
        """Compose the boxes."""
        yield from self._boxes

    @property
    def ticked(self) -> tuple[int, ...]:
        """Which boxes are ticked, counted from 0."""
        return tuple(place for place, each in enumerate(self._boxes) if each.value)
