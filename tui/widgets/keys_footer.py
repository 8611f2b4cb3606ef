"""The footer with the keys that work now, made anew only when they are others, since that is slow."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen
from textual.widgets import Footer


class KeysFooter(Footer):
    """Textual's footer in one line, without the palette's key."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)
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
