"""A dialog that shows one text alone on its lines, so that the mouse can take it, until it is closed."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Static

from tui import look
from tui.widgets.dialog import Dialog


class TextShown(Dialog[None]):
    """Shows a text under a title, with a remark below it if there is one; long texts scroll."""

    AUTO_FOCUS = "#close"
    DEFAULT_CSS = """
    #text-shown { height: auto; max-height: 14; margin-bottom: 1; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter", "close", "Close", id="dialog.close"),
        Binding("down,j", "scroll(1)", "Down", show=False, id="dialog.down"),
        Binding("up,k", "scroll(-1)", "Up", show=False, id="dialog.up"),
    ]

    def __init__(self, title: str, text: str, remark: str = "") -> None:
        super().__init__()
        self._heading = title
        self._text = text
        self._remark = remark

    def compose_dialog(self) -> ComposeResult:
        """Compose the text between its title and the button."""
        with Vertical(classes="dialog"):
            yield Static(Text(look.safe(self._heading)), classes="dialog-title")
            with VerticalScroll(id="text-shown", can_focus=False):
                yield Static(Text(look.safe(self._text, keep_lines=True, limit=len(self._text))))
            if self._remark:
                yield Static(look.dim(self._remark), classes="dialog-says")
            with Horizontal(classes="buttons"):
                yield Button("Close", id="close", compact=True)

    def on_button_pressed(self) -> None:
        """Close."""
        self.dismiss(None)

    def action_close(self) -> None:
        """Close."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.query_one("#text-shown").scroll_relative(y=lines, animate=False)
