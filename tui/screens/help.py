"""Help: the keys of the screen below, then those that hold everywhere."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from tui import look
from tui.look import Tone

Keys = tuple[tuple[str, str], ...]

EVERYWHERE: Keys = (
    ("1 to 8", "open a page of the navigation bar"),
    ("0", "bring the navigation bar, or put it away"),
    (":", "open a page by name"),
    ("ctrl+p", "palette: pages and commands by name"),
    ("[  ]", "back and forward along the opened pages"),
    ("Esc", "back"),
    ("Tab  shift+Tab", "next field or button, the one before"),
    ("?  F1", "this help (F1 also while typing)"),
    ("ctrl+q", "quit"),
)
LISTS: Keys = (
    ("j k  arrows", "down, up"),
    ("g G", "first row, last row"),
    ("h l", "scroll to the columns at the left, at the right"),
    ("Enter", "open the row"),
    ("n e D", "new, edit, delete"),
)
FORMS: Keys = (
    ("ctrl+s", "Create or Save"),
    ("F2", "fill the field with an example"),
    ("F3", "go to the next problem"),
    ("F5", "format the JSON of the field"),
)


class Help(ModalScreen[None]):
    """The keys in one list that scrolls; Esc or the key that opened it closes it."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,q", "close", "Close"),
        Binding("j", "down", show=False),
        Binding("k", "up", show=False),
    ]

    def __init__(self, explained: Screen[object]) -> None:
        super().__init__()
        self._here = keys_of(explained)

    def compose(self) -> ComposeResult:
        """Compose the groups of keys."""
        with VerticalScroll(classes="dialog", id="help"):
            yield Static("Keys", classes="dialog-title")
            for title, keys in (
                ("This screen", self._here),
                ("Everywhere", EVERYWHERE),
                ("Lists", LISTS),
                ("Forms", FORMS),
            ):
                if keys:
                    yield Static(group_text(title, keys), classes="help-group")
            yield Static(look.dim("Esc closes this."))

    def action_close(self) -> None:
        """Go back to the screen below."""
        self.dismiss(None)

    def action_down(self) -> None:
        """Scroll down."""
        self.query_one("#help").scroll_down()

    def action_up(self) -> None:
        """Scroll up."""
        self.query_one("#help").scroll_up()


def keys_of(screen: Screen[object]) -> Keys:
    """Return the keys that a screen shows in its footer now, without those that hold everywhere."""
    found: dict[str, list[str]] = {}
    for active in screen.active_bindings.values():
        if active.binding.show and active.enabled and active.node is not screen.app:
            found.setdefault(active.binding.description, []).append(screen.app.get_key_display(active.binding))
    return tuple(("  ".join(keys), says) for says, keys in found.items())


def group_text(title: str, keys: Keys) -> Text:
    """Return a group of keys under its title, the keys in a column."""
    text = Text(title.upper(), Tone.DIM.style)
    for key, says in keys:
        text.append(f"\n{key:<16}", Tone.ACCENT.style)
        text.append(says, "default")
    return text
