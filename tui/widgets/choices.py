"""A short list to choose from in a dialog, with the keys of every list."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import OptionList


class Choices(OptionList):
    """Lines to choose from; Enter takes the one under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False, id="choices.down"),
        Binding("k", "cursor_up", "Up", show=False, id="choices.up"),
        Binding("g", "first", "First", show=False, id="choices.first"),
        Binding("G", "last", "Last", show=False, id="choices.last"),
    ]
    DEFAULT_CSS = """
    Choices {
        height: auto;
        max-height: 12;
        padding: 0;
        margin-bottom: 1;
        border: none;
        background: $surface;
        background-tint: $foreground 0%;
        scrollbar-size-vertical: 1;
        text-wrap: nowrap;
        text-overflow: ellipsis;

        &:focus { border: none; background-tint: $foreground 0%; }
        & > .option-list--option-highlighted { background: $panel; color: $foreground; text-style: bold; }
        &:focus > .option-list--option-highlighted { background: $button-primary; }
    }
    """
