"""What every dialog shares: it stands over a page whose keys do not work meanwhile, so it has a footer of its own."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from tui.widgets.keys_footer import KeysFooter

if TYPE_CHECKING:
    from tui.terminal.app import TerminalApp

Answer = TypeVar("Answer")

CANCEL_AND_MOVE: list[BindingType] = [
    Binding("escape", "cancel", "Cancel", id="dialog.cancel"),
    Binding("left", "app.focus_previous", "The one before", show=False, id="dialog.before"),
    Binding("right", "app.focus_next", "Next field or button", show=False, id="dialog.next"),
]
"""The keys of a dialog with fields above its buttons; what else moves between them is typed into the fields."""


class Dialog(ModalScreen[Answer]):
    """A question or a text over a page. A subclass composes `compose_dialog`; with `compose` it loses the footer."""

    @abstractmethod
    def compose_dialog(self) -> ComposeResult:
        """Compose what stands in the middle."""

    def on_mount(self) -> None:
        """Take away what would stand over the buttons."""
        cast("TerminalApp", self.app).clear_toasts()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave ctrl+c to the terminal."""
        return False if action == "copy_text" else super().check_action(action, parameters)

    def compose(self) -> ComposeResult:
        """Compose it above the keys that work now."""
        yield from self.compose_dialog()
        yield KeysFooter()
