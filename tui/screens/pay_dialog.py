"""The dialog before an attempt is started: through which payment method, and what will happen."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from store.payments import Payment
from tui import look
from tui.payment_actions import MethodChoice
from tui.widgets.choices import Choices
from tui.widgets.dialog import CANCEL_AND_MOVE, Dialog
from tui.widgets.top_bar import NO_ENGINE

STARTS_ENGINE = "gatewatchd serve starts one."


class PayDialog(Dialog[int | None]):
    """Ask for a payment method. Its result is the method's id, None if no attempt is to be started."""

    AUTO_FOCUS = "Choices"
    CSS_PATH = "pay_dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = CANCEL_AND_MOVE

    def __init__(self, payment: Payment, choices: tuple[MethodChoice, ...], *, engine_runs: bool) -> None:
        super().__init__()
        self._payment = payment
        self._choices = choices
        self._engine_runs = engine_runs

    def compose_dialog(self) -> ComposeResult:
        """Compose the methods, what will happen, and the buttons."""
        with Vertical(classes="dialog"):
            yield Static(Text(f"Pay {self._payment.number} through which payment method?"), classes="dialog-title")
            yield Choices(*(Option(_method_text(each)) for each in self._choices))
            yield Static(id="says", classes="dialog-says")
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="no", compact=True)
                yield Button("Pay", id="yes", variant="primary", compact=True)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Say what paying through this method will do."""
        event.stop()
        outlook = self._choices[event.option_index].outlook
        says = outlook.refused or outlook.says
        if not self._engine_runs:
            says = f"{says}\n{NO_ENGINE} {STARTS_ENGINE}"
        self.query_one("#says", Static).update(Text(look.safe(says, keep_lines=True, limit=2000)))
        self.query_one("#yes", Button).disabled = not outlook.allowed

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Go on to the buttons, Cancel first."""
        event.stop()
        self.query_one("#no", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer."""
        event.stop()
        highlighted = self.query_one(Choices).highlighted
        chosen = highlighted is not None and event.button.id == "yes"
        self.dismiss(self._choices[highlighted or 0].method.id if chosen else None)

    def action_cancel(self) -> None:
        """Start nothing."""
        self.dismiss(None)


def _method_text(choice: MethodChoice) -> Text:
    text = Text(look.safe(choice.method.name))
    if choice.method.description:
        text.append(f": {look.safe(choice.method.description)}")
    text.no_wrap = True
    return text
