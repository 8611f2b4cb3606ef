"""The navigation bar: the pages in their groups, each with its key."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui import look
from tui.look import Tone
from tui.pages import PageEntry


class Navigation(OptionList):
    """The pages that a person may open; the cursor rests on the page that is open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False, id="navigation.down"),
        Binding("k", "cursor_up", "Up", show=False, id="navigation.up"),
    ]

    class Chosen(Message):
        """A page was chosen; `key` is the page's."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, entries: tuple[PageEntry, ...], current: str) -> None:
        super().__init__()
        self._entries: tuple[PageEntry, ...] = ()
        self._current = current
        self._first_entries = entries

    def on_mount(self) -> None:
        """Show the first entries."""
        self.offer(self._first_entries)

    def offer(self, entries: tuple[PageEntry, ...]) -> None:
        """Show these pages; nothing is drawn if they are the same."""
        if entries == self._entries:
            return
        self._entries = entries
        self.clear_options()
        group = ""
        for entry in entries:
            if entry.group != group:
                if group:
                    self.add_option(Option("", disabled=True))
                group = entry.group
                self.add_option(Option(look.dim(f" {group.upper()}"), disabled=True))
            self.add_option(Option(self._line(entry), id=entry.key))
        self._rest()

    def on_blur(self) -> None:
        """Put the cursor back on the page that is open."""
        self._rest()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Say which page was chosen."""
        event.stop()
        if event.option_id is not None:
            self.post_message(self.Chosen(event.option_id))

    def _rest(self) -> None:
        if any(entry.key == self._current for entry in self._entries):
            self.highlighted = self.get_option_index(self._current)

    def _line(self, entry: PageEntry) -> Text:
        here = entry.key == self._current
        mark = look.said("▎", Tone.ACCENT) if here else Text(" ")
        return Text.assemble(mark, look.dim(f"{entry.number} "), Text(entry.label, "bold" if here else ""))
