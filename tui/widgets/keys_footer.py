"""The footer: the keys that work now. Help and Quit stand at the right edge, where no other key pushes them out.

It is made anew only when the keys are others: that is slow, and Textual keeps something of each key ever shown.
"""

from __future__ import annotations

from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.containers import HorizontalGroup
from textual.screen import Screen
from textual.widgets import Footer
from textual.widgets._footer import FooterKey  # Textual's public names leave it out

EVERYWHERE = ("help", "quit")
"""The actions that are kept in sight."""
AROUND = 3
"""Cells of a key besides its name and what it does: between them, and after them."""
AT_THE_EDGE = 2
"""How many of these the last key does without."""


class KeysFooter(Footer):
    """As many keys as there is room for, the nearest to the focus first; help has them all."""

    DEFAULT_CSS = """
    KeysFooter .everywhere { dock: right; width: auto; height: 1; background: $footer-background; }
    """

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self.left_out = 0
        self._fitted_to = 0
        self._shown: list[tuple[object, ...]] | None = None

    def bindings_changed(self, screen: Screen[Any]) -> None:
        """Show the keys, if they are others than those that are shown."""
        shown: list[tuple[object, ...]] = [
            (key, each.binding, each.enabled, each.tooltip)
            for key, each in screen.active_bindings.items()
            if each.binding.show
        ]
        if shown != self._shown and screen.app.app_focus:
            self._shown = shown
            super().bindings_changed(screen)

    def compose(self) -> ComposeResult:
        """Compose the keys of the page up to those of the whole panel."""
        keys = [each for each in super().compose() if isinstance(each, FooterKey)]
        everywhere = [each for each in keys if each.action in EVERYWHERE]
        self._fitted_to = self.app.size.width
        room = self._fitted_to + AT_THE_EDGE - sum(map(_width, everywhere))
        self.left_out = 0
        for each in keys:
            if each in everywhere:
                continue
            room -= _width(each)
            if room >= 0:
                yield each
            else:
                self.left_out += 1
        yield HorizontalGroup(*everywhere, classes="everywhere")

    def on_resize(self, _: events.Resize) -> None:
        """Fit the keys to another width."""
        if self._fitted_to not in (0, self.app.size.width):
            self.call_after_refresh(self.recompose)


def _width(key: FooterKey) -> int:
    return len(key.key_display) + len(key.description) + AROUND
