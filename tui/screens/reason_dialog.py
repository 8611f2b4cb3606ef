"""The dialog before something that needs a reason: it says what will happen, asks why, and goes to Cancel first."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Static

from tui import look
from tui.widgets.dialog import CANCEL_AND_MOVE, Dialog


class ReasonDialog(Dialog[str | None]):
    """Ask whether to do something, and why. Its result is the reason, None if it is not to be done."""

    AUTO_FOCUS = "Input"
    DEFAULT_CSS = "ReasonDialog Static { height: auto; margin-bottom: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = CANCEL_AND_MOVE

    def __init__(self, title: str, says: str, *, yes: str) -> None:
        super().__init__()
        self._question = title
        self._says = says
        self._yes = yes

    def compose_dialog(self) -> ComposeResult:
        """Compose the question, what will happen, the reason, and the buttons."""
        with Vertical(classes="dialog -grave"):
            yield Static(Text(look.safe(self._question)), classes="dialog-title")
            yield Static(Text(look.safe(self._says, keep_lines=True, limit=2000)), classes="dialog-says")
            yield Input(id="reason", placeholder="the reason; it is kept with it", max_length=500)
            yield Static(id="reason-problem", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="no", compact=True)
                yield Button(self._yes, id="yes", compact=True, variant="error")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go on to the buttons, Cancel first."""
        event.stop()
        self.query_one("#no").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer, if there is a reason."""
        event.stop()
        reason = self.query_one("#reason", Input)
        if event.button.id == "no":
            self.dismiss(None)
        elif reason.value.strip():
            self.dismiss(reason.value.strip())
        else:
            self.query_one("#reason-problem", Static).update("✗ Write why nothing more is to be done.")
            reason.focus()

    def action_cancel(self) -> None:
        """Do nothing."""
        self.dismiss(None)
