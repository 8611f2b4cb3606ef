"""Textual's command palette, for operators who type ahead."""

from __future__ import annotations

from contextlib import suppress

from textual.await_complete import AwaitComplete
from textual.command import CommandPalette


class Palette(CommandPalette):
    """The palette; a key that moves in a list which was found but not drawn yet does nothing."""

    def _action_command_list(self, action: str) -> None:
        with suppress(KeyError):  # Textual knows the lines of its list only once they are drawn
            super()._action_command_list(action)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave ctrl+c to the terminal."""
        return False if action == "copy_text" else super().check_action(action, parameters)

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close the palette; once only, since Textual would close the page below it by the second time."""
        return super().dismiss(result) if self.is_current else AwaitComplete()
