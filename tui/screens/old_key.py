"""The dialog while an old Secret Shared Key still matches: whether it is still used, and what ends its time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from tui import look
from tui.look import Tone
from tui.widgets.dialog import Dialog


class OldKeyChoice(Enum):
    """What the person chose; the value is the button's id."""

    USE_NEW = "use-new"
    RETIRE_OLD = "retire-old"


@dataclass(frozen=True, slots=True)
class OldKeyFacts:
    """What is known of an old key: until when it matches, when it was last used since the rotation, what it signs."""

    connector_name: str
    matches_until: datetime
    last_used_at: datetime | None
    signs_requests: bool


class OldKey(Dialog[OldKeyChoice | None]):
    """Asks whether to end the old key's time, or a part of it. Its result is None if all is to stay."""

    AUTO_FOCUS = "#no"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="dialog.cancel"),
        Binding("left,up,h,k", "app.focus_previous", "Button before", show=False, id="dialog.before"),
        Binding("right,down,l,j", "app.focus_next", "Next button", show=False, id="dialog.next"),
    ]

    def __init__(self, facts: OldKeyFacts, now: datetime) -> None:
        super().__init__()
        self._facts = facts
        self._now = now

    def compose_dialog(self) -> ComposeResult:
        """Compose what is known, what each choice does, and the buttons."""
        facts = self._facts
        with Vertical(classes="dialog -grave"):
            yield Static(Text(f"The old key of {look.safe(facts.connector_name)}"), classes="dialog-title")
            yield Static(self._state(), classes="dialog-says")
            if facts.signs_requests:
                yield Static(
                    "Use new: from now on requests are signed with the new key. A gateway that does not have it yet "
                    "refuses them; answers signed with the old one are still taken.",
                    classes="dialog-says",
                )
            yield Static(Text(self._retiring()), classes="dialog-says")
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="no", compact=True)
                if facts.signs_requests:
                    yield Button("Use new", id=OldKeyChoice.USE_NEW.value, compact=True, variant="error")
                yield Button("Retire old", id=OldKeyChoice.RETIRE_OLD.value, compact=True, variant="error")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer."""
        self.dismiss(None if event.button.id == "no" else OldKeyChoice(event.button.id))

    def action_cancel(self) -> None:
        """Let all stay."""
        self.dismiss(None)

    def _state(self) -> Text:
        facts = self._facts
        left = look.relative(facts.matches_until, self._now)
        signs = "the old key" if facts.signs_requests else "the new key"
        return Text.assemble(
            f"It matches until {look.moment_text(facts.matches_until)} UTC ({left}).\n",
            f"Requests are signed with {signs}.\n",
            self._use(),
        )

    def _use(self) -> Text:
        used_at = self._facts.last_used_at
        if used_at is None:
            return Text("The gateway has not used it since the rotation.")
        told = f"Last used {look.relative(used_at, self._now)}, at {look.moment_text(used_at)} UTC."
        return look.said(told, Tone.ENDING)

    def _retiring(self) -> str:
        lost = (
            ""
            if self._facts.last_used_at is None
            else " A gateway that still uses it is not believed until it has the new one."
        )
        also = " Requests are signed with the new key." if self._facts.signs_requests else ""
        return f"Retire old: from now on answers signed with the old key are refused.{also}{lost} It cannot be undone."
