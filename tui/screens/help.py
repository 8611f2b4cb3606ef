"""Help: every key that works on the screen below, told from its bindings; nothing here is written by hand."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Input, Static, TextArea

from tui import look
from tui.keys import Key, keys_of
from tui.look import Tone
from tui.widgets.dialog import Dialog

PAGE, FOCUS, EVERYWHERE = "This page", "Where the focus is", "Everywhere"
OWN_OF_FIELD = "Editing, as in most terminals"
"""What a text field does by itself: keys that are not the panel's, and that no setting changes."""
KEYS_WIDTH, SAYS_WIDTH = 17, 26
REMAPPING = (
    "Esc closes this. The settings file can give other keys to the names at the right; gatewatch config show says "
    "where it is."
)


class Help(Dialog[None]):
    """The keys in one list that scrolls; Esc or the key that opened it closes it."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,q", "close", "Close", id="help.close"),
        Binding("j", "down", "Down", show=False, id="help.down"),
        Binding("k", "up", "Up", show=False, id="help.up"),
    ]

    def __init__(self, explained: Screen[Any]) -> None:
        super().__init__()
        self._groups = groups_of(explained)

    def compose_dialog(self) -> ComposeResult:
        """Compose the groups of keys."""
        with VerticalScroll(classes="dialog", id="help"):
            yield Static("Keys", classes="dialog-title")
            for title, keys in self._groups:
                yield Static(group_text(title, keys), classes="help-group")
            yield Static(look.dim(REMAPPING))

    def action_close(self) -> None:
        """Go back to the screen below."""
        self.dismiss(None)

    def action_down(self) -> None:
        """Scroll down."""
        self.query_one("#help").scroll_down()

    def action_up(self) -> None:
        """Scroll up."""
        self.query_one("#help").scroll_up()


def groups_of(screen: Screen[Any]) -> list[tuple[str, list[Key]]]:
    """Return what keys do on a screen now, in groups: the page, where the focus is, everywhere, and editing text."""
    groups: dict[str, list[Key]] = {PAGE: [], FOCUS: [], EVERYWHERE: [], OWN_OF_FIELD: []}
    for each in keys_of(screen):
        if isinstance(each.node, Input | TextArea) and not each.binding_id:
            groups[OWN_OF_FIELD].append(each)
        else:
            groups[EVERYWHERE if each.node is screen.app else PAGE if each.node is screen else FOCUS].append(each)
    for keys in groups.values():
        # First what the footer has too, then our own, then what comes with Textual's widgets.
        keys.sort(key=lambda each: (not each.shown, not each.binding_id))
    return [(title, keys) for title, keys in groups.items() if keys]


def group_text(title: str, keys: list[Key]) -> Text:
    """Return a group of keys under its title: the keys in a column, what they do, and the binding's name."""
    text = Text(title.upper(), Tone.DIM.style)
    for each in keys:
        written = " ".join(each.keys)
        text.append(f"\n{written:<{KEYS_WIDTH}} ", (Tone.ACCENT if each.enabled else Tone.DIM).style)
        text.append(f"{each.says:<{SAYS_WIDTH}}" + ("" if each.enabled else " (not now)"), "default")
        text.append(f" {each.binding_id}", Tone.DIM.style)
    return text
