"""What the two screens before a page share: a small form in the middle, and one place for what is said about it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Button, Input, Static

from store.managers import Manager
from tui import look

if TYPE_CHECKING:
    from tui.app import GatewatchApp


class Doorstep(Screen[Manager]):
    """A form that ends with a manager signed in. Enter goes to the next empty field, and sends from the last one."""

    CSS_PATH = "doorstep.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "send", "Go on", show=False, id="door.go_on"),
        Binding("down", "app.focus_next", "Next field", show=False, id="door.next"),
        Binding("up", "app.focus_previous", "Field before", show=False, id="door.before"),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave ctrl+c to the terminal."""
        return False if action == "copy_text" else super().check_action(action, parameters)

    @abstractmethod
    def send(self) -> None:
        """Try what was typed."""

    @property
    def gatewatch(self) -> GatewatchApp:
        """The panel."""
        return cast("GatewatchApp", self.app)

    def tell(self, sentence: str, *, wrong: bool = False) -> None:
        """Say what is going on, or what is wrong."""
        said = self.query_one("#said", Static)
        sign = "✗ " if wrong else ""
        said.update(Text(sign + look.safe(sentence, keep_lines=True)))
        said.set_class(wrong, "-wrong")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the next empty field, or send."""
        event.stop()
        empty = next((each for each in self.query(Input) if not each.value), None)
        if empty is None or empty is event.input:
            self.send()
        else:
            empty.focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Send."""
        event.stop()
        self.send()

    def action_send(self) -> None:
        """Send."""
        self.send()
