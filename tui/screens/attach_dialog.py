"""The dialog before an answer is attached: to which attempt, and what that will do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text
from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from store.errors import StoreError
from tui import look
from tui.answer_actions import AttachChoice, attach_outlook
from tui.payment_actions import Outlook
from tui.widgets.choices import Choices
from tui.widgets.dialog import CANCEL_AND_MOVE, Dialog
from tui.work import is_there

if TYPE_CHECKING:
    from tui.app import GatewatchApp

ASK = "Choose an attempt, or write the id of another one; payment details and the action log show them."
NOT_LOOKED_AT = Outlook(refused=ASK)


class AttachDialog(Dialog[str | None]):
    """Ask for an attempt. Its result is the attempt's id, None if the answer is to stay as it is."""

    AUTO_FOCUS = "Choices, Input"
    DEFAULT_CSS = "AttachDialog Input { margin-bottom: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = CANCEL_AND_MOVE

    def __init__(self, code: str, choices: Sequence[AttachChoice]) -> None:
        super().__init__()
        self._code = code
        self._choices = tuple(choices)
        self._attempt_id = ""

    def compose_dialog(self) -> ComposeResult:
        """Compose the attempts, a field for another id, what will happen, and the buttons."""
        with Vertical(classes="dialog -grave"):
            yield Static(f"Attach {self._code} to which attempt?", classes="dialog-title")
            if self._choices:
                yield Choices(*(Option(_line(each)) for each in self._choices))
            yield Input(id="attempt", placeholder="id of another attempt, 32 signs", max_length=64)
            yield Static(ASK, id="says", classes="dialog-says", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="no", compact=True)
                yield Button("Attach", id="yes", variant="error", compact=True, disabled=True)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Say what attaching to this attempt will do."""
        event.stop()
        choice = self._choices[event.option_index]
        self._tell(choice.suggestion.attempt.id, choice.outlook)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Go on to the buttons, Cancel first."""
        event.stop()
        self.query_one("#no").focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Find out in a thread what attaching to what is typed will do."""
        event.stop()
        # Until it is known what this would do, nothing can be attached: not to what was looked at before, either.
        self._tell("", NOT_LOOKED_AT)
        typed = event.value.strip()
        if typed:
            self._look(typed)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go on to the buttons, Cancel first."""
        event.stop()
        self.query_one("#no").focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Take the attempt under the cursor again when the list has the focus."""
        if isinstance(event.widget, Choices) and event.widget.highlighted is not None:
            choice = self._choices[event.widget.highlighted]
            self._tell(choice.suggestion.attempt.id, choice.outlook)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer."""
        event.stop()
        self.dismiss(self._attempt_id if event.button.id == "yes" else None)

    def action_cancel(self) -> None:
        """Attach nothing."""
        self.dismiss(None)

    @work(group="preview", exclusive=True)
    async def _look(self, attempt_id: str) -> None:
        session = cast("GatewatchApp", self.app).session
        try:
            outlook = await asyncio.to_thread(attach_outlook, session, self._code, attempt_id)
        except StoreError as error:
            outlook = Outlook(refused=str(error))
        # Not if another one was typed or chosen meanwhile: the button attaches to what is told.
        if is_there(self) and self._typed() == attempt_id and not isinstance(self.focused, Choices):
            self._tell(attempt_id, outlook)

    def _typed(self) -> str:
        return self.query_one("#attempt", Input).value.strip()

    def _tell(self, attempt_id: str, outlook: Outlook) -> None:
        self._attempt_id = attempt_id
        says = outlook.refused or outlook.says
        self.query_one("#says", Static).update(Text(look.safe(says, keep_lines=True, limit=2000)))
        self.query_one("#yes", Button).disabled = not outlook.allowed


def _line(choice: AttachChoice) -> Text:
    payment, attempt = choice.suggestion.payment, choice.suggestion.attempt
    return Text.assemble(
        f"{payment.number}  {payment.total}  ",
        look.attempt_text(attempt.state),
        (f"  {attempt.id[:8]}…", look.DIM),
    )
