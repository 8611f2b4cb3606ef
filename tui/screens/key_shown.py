"""The Secret Shared Key in clear, until the dialog is closed."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from tui import look


class KeyShown(ModalScreen[None]):
    """Shows a key and how it got there: the request was logged."""

    AUTO_FOCUS = "#close"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter", "close", "Close")]

    def __init__(self, connector_name: str, key: str) -> None:
        super().__init__()
        self._connector_name = connector_name
        self._key = key

    def compose(self) -> ComposeResult:
        """Compose the key alone on its lines, so that the mouse can take it."""
        with Vertical(classes="dialog"):
            yield Static(Text(f"Secret Shared Key of {look.safe(self._connector_name)}"), classes="dialog-title")
            yield Static(Text(self._key), classes="dialog-says")
            yield Static(look.dim("That you looked at it stands in the action log."), classes="dialog-says")
            with Horizontal(classes="buttons"):
                yield Button("Close", id="close", compact=True)

    def on_button_pressed(self) -> None:
        """Close."""
        self.dismiss(None)

    def action_close(self) -> None:
        """Close."""
        self.dismiss(None)
