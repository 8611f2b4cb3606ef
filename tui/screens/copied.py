"""What was copied last: nobody acknowledges a copy, so it can be looked at and taken by hand."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from tui import look


class Copied(ModalScreen[None]):
    """Shows a text; long ones scroll."""

    AUTO_FOCUS = "#close"
    CSS_PATH = "copied.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter", "close", "Close")]

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """Compose the text alone on its lines, so that the mouse can take it."""
        with Vertical(classes="dialog"):
            yield Static("Sent to the terminal's clipboard", classes="dialog-title")
            with VerticalScroll(id="copied"):
                yield Static(Text(look.safe(self._text, keep_lines=True, limit=len(self._text))))
            with Horizontal(classes="buttons"):
                yield Button("Close", id="close", compact=True)

    def on_button_pressed(self) -> None:
        """Close."""
        self.dismiss(None)

    def action_close(self) -> None:
        """Close."""
        self.dismiss(None)
