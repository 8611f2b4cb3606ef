"""Boxes to tick and buttons to choose one by, whose state is told by a sign and never by colour alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Checkbox, RadioButton, RadioSet


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


class ChoiceSet(RadioSet):
    """Several buttons of which one, or at first none, is chosen."""

    def __init__(self, labels: Sequence[Content], chosen: int | None) -> None:
        self._choices = tuple(Choice(label, value=place == chosen, compact=True) for place, label in enumerate(labels))
        super().__init__(*self._choices, compact=True)

    @property
    def chosen(self) -> int | None:
        """Which one is chosen, counted from 0, None if none is."""
        return next((place for place, each in enumerate(self._choices) if each.value), None)

    def choose(self, chosen: int | None) -> None:
        """Choose another one, or none."""
        with self.prevent(RadioButton.Changed):
            for place, each in enumerate(self._choices):
                each.value = place == chosen
        self._pressed_button = None if chosen is None else self._choices[chosen]


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

    def tick(self, ticked: Iterable[int]) -> None:
        """Tick these boxes and no others."""
        now = set(ticked)
        for place, each in enumerate(self._boxes):
            each.value = place in now
