"""The dialog of `y` where a row has more than one thing to copy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui import look
from tui.widgets.choices import Choices
from tui.widgets.dialog import Dialog

Copied = tuple[str, str]
"""What can be copied: what it is called, and the text itself."""


class CopyChoice(Dialog[Copied | None]):
    """Ask what to copy. Its result is the choice, None if nothing is to be copied."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel", id="dialog.cancel")]

    def __init__(self, offered: Sequence[Copied]) -> None:
        super().__init__()
        self._offered = tuple(offered)

    def compose_dialog(self) -> ComposeResult:
        """Compose what can be copied, the whole text of each beside its name."""
        widest = max(len(label) for label, _ in self._offered)
        with Vertical(classes="dialog"):
            yield Static("Copy", classes="dialog-title")
            yield Choices(*(Option(_line(label, text, widest)) for label, text in self._offered))
            yield Static(look.dim("Enter copies, Esc does not."))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Answer."""
        event.stop()
        self.dismiss(self._offered[event.option_index])

    def action_cancel(self) -> None:
        """Copy nothing."""
        self.dismiss(None)


def _line(label: str, text: str, widest: int) -> Text:
    return Text.assemble((f"{label:<{widest}}  ", look.DIM), look.safe(text))
