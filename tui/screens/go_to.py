"""The line of `:`: pages and objects by id or name, and times, with what could be meant below it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text
from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from store.errors import StoreError
from tui import look
from tui.finding import Found, find
from tui.look import Tone
from tui.targets import Target
from tui.typed_times import NotATime
from tui.widgets.choices import Choices
from tui.widgets.dialog import Dialog
from tui.work import is_there

if TYPE_CHECKING:
    from tui.app import GatewatchApp

NOTHING = "Nothing that you may open has this id or name."


class GoTo(Dialog[Target | None]):
    """Ask where to go. Its result is a page, an object or a time, None to stay. `typed` stands there at first.

    Enter goes to the line under the cursor; pressed before anything was found, to the first one when it is.
    """

    AUTO_FOCUS = "Input"
    CSS_PATH = "go_to.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="dialog.cancel"),
        Binding("down", "move(1)", "Next line", show=False, id="go_to.down"),
        Binding("up", "move(-1)", "Line before", show=False, id="go_to.up"),
    ]

    def __init__(self, typed: str = "") -> None:
        super().__init__()
        self._typed = typed
        self._found: list[Found] = []
        self._found_for: str | None = None
        self._goes_when_found = False

    def compose_dialog(self) -> ComposeResult:
        """Compose the line, and what was found."""
        with Vertical(classes="dialog"):
            with Horizontal():
                yield Label(":")
                yield Input(
                    self._typed,
                    id="wanted",
                    placeholder="payment 17, connector stripe, accounts, @14:30",
                    select_on_focus=False,
                    compact=True,
                )
            yield Choices()
            yield Static(id="nothing", markup=False)

    def on_mount(self) -> None:
        """Offer the pages, or what fits what stands there."""
        self._look(self._typed)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Look for what is typed."""
        event.stop()
        self._look(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go there, now or as soon as it is found."""
        event.stop()
        if not event.value.strip():
            return
        if self._found_for == event.value:
            self._go()
        else:
            self._goes_when_found = True

    def on_key(self, event: events.Key) -> None:
        """Take what is typed before the line has the focus: `:payment 17` may come in one burst."""
        if self.focused is not None:
            return
        field = self.query_one(Input)
        if event.key == "enter":
            self._goes_when_found = True
        elif event.is_printable and event.character is not None:
            field.value += event.character
            field.cursor_position = len(field.value)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Go to the line that was clicked."""
        event.stop()
        self.dismiss(self._found[event.option_index].target)

    def action_move(self, lines: int) -> None:
        """Move the cursor while the line keeps the focus."""
        choices = self.query_one(Choices)
        if self._found:
            choices.highlighted = ((choices.highlighted or 0) + lines) % len(self._found)

    def action_cancel(self) -> None:
        """Stay."""
        self.dismiss(None)

    @work(group="find", exclusive=True)
    async def _look(self, text: str) -> None:
        session = cast("GatewatchApp", self.app).session
        found: list[Found] = []
        nothing = NOTHING
        try:
            found = await asyncio.to_thread(lambda: find(session.view(), session.by, text))
        except NotATime as error:
            nothing = str(error)
        except StoreError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        if not is_there(self) or text != self.query_one(Input).value:
            return  # it was left meanwhile, or more was typed
        self._found, self._found_for = found, text
        choices = self.query_one(Choices)
        choices.set_options([Option(_line(each)) for each in found])
        choices.highlighted = 0 if found else None
        choices.display = bool(found)
        said = self.query_one("#nothing", Static)
        said.update(nothing)
        said.display = not found
        if self._goes_when_found:
            self._goes_when_found = False
            self._go()

    def _go(self) -> None:
        highlighted = self.query_one(Choices).highlighted
        if highlighted is not None:
            self.dismiss(self._found[highlighted].target)


def _line(found: Found) -> Text:
    return Text.assemble((found.label, Tone.STRONG.style), "  ", (look.safe(found.says), look.DIM))
