"""The dialog before a Secret Shared Key is rotated: what will happen, and for how long the old key still matches."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Label, Static

from store.shared_keys import GRACE_SECONDS
from tui import look
from tui.widgets.dialog import CANCEL_AND_MOVE, Dialog

SECONDS_IN_AN_HOUR = 3600


class RotateKey(Dialog[int | None]):
    """Asks for the grace time. Its result is that time in seconds, None if the key is to stay."""

    AUTO_FOCUS = "#no"
    BINDINGS: ClassVar[list[BindingType]] = CANCEL_AND_MOVE

    def __init__(self, connector_name: str) -> None:
        super().__init__()
        self._connector_name = connector_name

    def compose_dialog(self) -> ComposeResult:
        """Compose what will happen, the time, and the buttons."""
        with Vertical(classes="dialog -grave"):
            question = f"Rotate the Secret Shared Key of {look.safe(self._connector_name)}?"
            yield Static(Text(question), classes="dialog-title")
            yield Static(
                "A new key is made. During the grace time answers signed with either key are taken, and requests are "
                "signed with the old one; give the new one to the gateway before it ends.",
                classes="dialog-says",
            )
            with Horizontal(classes="form-line"):
                yield Label("Grace time (hours)", classes="form-label")
                yield Input(str(GRACE_SECONDS // SECONDS_IN_AN_HOUR), id="hours", type="integer", max_length=5)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="no", compact=True)
                yield Button("Rotate", id="yes", compact=True, variant="error")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer."""
        if event.button.id == "yes":
            self._rotate()
        else:
            self.dismiss(None)

    def on_input_submitted(self) -> None:
        """Go to the buttons, Cancel first."""
        self.query_one("#no").focus()

    def action_cancel(self) -> None:
        """Let the key stay."""
        self.dismiss(None)

    def _rotate(self) -> None:
        try:
            hours = int(self.query_one("#hours", Input).value)
        except ValueError:
            self.notify("Write the grace time in whole hours; 0 uses the new key at once.", severity="error")
            self.query_one("#hours").focus()
            return
        self.dismiss(hours * SECONDS_IN_AN_HOUR)
