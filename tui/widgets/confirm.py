"""The dialog before something that cannot be taken back: it says what will happen, and Cancel has the focus."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from tui import look
from tui.widgets.dialog import Dialog


class Confirm(Dialog[bool]):
    """Ask whether to do something. True only if the person chose it.

    `title` is a question, `says` what will happen; both may hold stored text. `yes` and `no` are the buttons' labels.
    `grave`: something is destroyed or money moves.
    """

    AUTO_FOCUS = "#no"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="dialog.cancel"),
        Binding("left,up,h,k", "app.focus_previous", "Button before", show=False, id="dialog.before"),
        Binding("right,down,l,j", "app.focus_next", "Next button", show=False, id="dialog.next"),
    ]

    def __init__(self, title: str, says: str, *, yes: str, no: str = "Cancel", grave: bool = True) -> None:
        super().__init__()
        self._question = title
        self._says = says
        self._yes = yes
        self._no = no
        self._grave = grave

    def compose_dialog(self) -> ComposeResult:
        """Compose the question and the two buttons."""
        with Vertical(classes="dialog -grave" if self._grave else "dialog"):
            yield Static(Text(look.safe(self._question)), classes="dialog-title")
            yield Static(Text(look.safe(self._says, keep_lines=True, limit=2000)), classes="dialog-says")
            with Horizontal(classes="buttons"):
                yield Button(self._no, id="no", compact=True)
                yield Button(self._yes, id="yes", compact=True, variant="error" if self._grave else "primary")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer."""
        self.dismiss(event.button.id == "yes")

    def action_cancel(self) -> None:
        """Answer no."""
        self.dismiss(result=False)
