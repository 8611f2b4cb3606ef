"""A dialog with several answers: it says what each of them does, and the harmless one has the focus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Static

from tui import look
from tui.widgets.dialog import Dialog


class Question(Dialog[str | None]):
    """Ask which of several things to do. The result is the answer's name, None if nobody wants any of it.

    `title` and `says` may hold stored text. `answers` are names and labels; the first one has the focus.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="dialog.cancel"),
        Binding("left,h", "app.focus_previous", "Button before", show=False, id="dialog.before"),
        Binding("right,l", "app.focus_next", "Next button", show=False, id="dialog.next"),
    ]

    def __init__(self, title: str, says: str, answers: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.says = says
        self._question = title
        self._answers = answers

    def compose_dialog(self) -> ComposeResult:
        """Compose what is asked and the answers."""
        with Vertical(classes="dialog question"):
            yield Static(Text(look.safe(self._question)), classes="dialog-title")
            with VerticalScroll(classes="question-says", can_focus=False):
                yield Static(Text(look.safe(self.says, keep_lines=True, limit=4000)), classes="dialog-says")
            with Horizontal(classes="buttons"):
                for name, label in self._answers:
                    yield Button(label, id=name, compact=True)

    def on_mount(self) -> None:
        """Put the focus on the first answer."""
        self.query(Button).first().focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer."""
        event.stop()
        self.dismiss(event.button.id)

    def action_cancel(self) -> None:
        """Answer nothing."""
        self.dismiss(None)
