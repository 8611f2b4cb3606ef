"""The footer: the keys that work now. Help and Quit stand at the right edge, where no other key pushes them out.

It is one widget that draws a line. Textual's own footer makes a widget of each key anew whenever one comes or goes,
which took a third of the processor time of the tests of lists and forms, and keeps something of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import events
from textual.screen import Screen
from textual.widget import Widget

EVERYWHERE = ("help", "quit")
"""The actions that are kept in sight."""
BETWEEN = 2
"""Cells between a key and the next one."""


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A key that works now: its name for Textual and for people, what it does, and whether it may be pressed."""

    key: str
    called: str
    does: str
    action: str
    enabled: bool
    tooltip: str

    @property
    def cells(self) -> int:
        """How wide it is."""
        return cell_len(f"{self.called} {self.does}")


class KeysFooter(Widget):
    """As many keys as there is room for, the nearest to the focus first; help has them all."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"keys-footer--key", "keys-footer--does", "keys-footer--pointed-at"}
    DEFAULT_CSS = """
    KeysFooter {
        dock: bottom;
        height: 1;
        color: $footer-foreground;
        background: $panel;
        &.-over-key { pointer: pointer; }
        .keys-footer--key { color: $footer-key-foreground; text-style: bold; }
        .keys-footer--does { color: $footer-description-foreground; }
        .keys-footer--pointed-at { background: $block-hover-background; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._keys: tuple[ShownKey, ...] = ()
        self._pointer_column: int | None = None

    @property
    def keys(self) -> tuple[ShownKey, ...]:
        """The keys for which there is room."""
        return tuple(each for _, each in self._placed())

    @property
    def left_out(self) -> int:
        """How many keys there is no room for."""
        return len(self._keys) - len(self.keys)

    @property
    def pointed_at(self) -> ShownKey | None:
        """The key below the mouse pointer, None if there is none."""
        return None if self._pointer_column is None else self._at(self._pointer_column)

    def on_mount(self) -> None:
        """Follow what the screen's keys are."""
        self.screen.bindings_updated_signal.subscribe(self, self._follow)

    def render(self) -> Text:
        """Draw the keys where they are placed."""
        drawn = Text(no_wrap=True, end="")
        key_style = self.get_component_rich_style("keys-footer--key")
        does_style = self.get_component_rich_style("keys-footer--does")
        pointed_at = self.pointed_at
        for start, each in self._placed():
            drawn.append(" " * (start - drawn.cell_len))
            over = Style(dim=not each.enabled or None)
            if each == pointed_at:
                over += Style(bgcolor=self.get_component_rich_style("keys-footer--pointed-at").bgcolor)
            drawn.append(each.called, key_style + over)
            drawn.append(f" {each.does}", does_style + over)
        return drawn

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Press the key that is pointed at."""
        pointed_at = self._at(event.x)
        if pointed_at is not None and pointed_at.enabled:
            self.app.simulate_key(pointed_at.key)
        elif pointed_at is not None:
            self.app.bell()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Show which key is pointed at, and more of what it does."""
        self._move_pointer(event.x)

    def on_leave(self) -> None:
        """Point at none."""
        self._move_pointer(None)

    def on_resize(self) -> None:
        """Show what is pointed at now: the keys stand elsewhere."""
        self._show_pointed_at()

    def _move_pointer(self, column: int | None) -> None:
        before = self.pointed_at
        self._pointer_column = column
        if self.pointed_at != before:
            self._show_pointed_at()

    def _show_pointed_at(self) -> None:
        key = self.pointed_at
        self.tooltip = None if key is None else key.tooltip or None
        self.set_class(key is not None, "-over-key")
        self.refresh()

    def _follow(self, screen: Screen[Any]) -> None:
        if screen is not self.screen or not screen.app.app_focus:
            return
        keys = tuple(self._shown_of(screen))
        if keys != self._keys:
            self._keys = keys
            self._show_pointed_at()

    def _shown_of(self, screen: Screen[Any]) -> Iterator[ShownKey]:
        """Yield the keys in the order of their actions, one for each."""
        met: set[str] = set()
        for each in screen.active_bindings.values():
            binding = each.binding
            if binding.show and binding.action not in met:
                met.add(binding.action)
                called = self.app.get_key_display(binding)
                yield ShownKey(binding.key, called, binding.description, binding.action, each.enabled, each.tooltip)

    def _placed(self) -> list[tuple[int, ShownKey]]:
        """Return the keys for which there is room, each with the column that it begins in."""
        everywhere = [each for each in self._keys if each.action in EVERYWHERE]
        edge = self.size.width + BETWEEN - sum(each.cells + BETWEEN for each in everywhere)
        placed: list[tuple[int, ShownKey]] = []
        start = 0
        for each in self._keys:
            if each not in everywhere:
                if start + each.cells + BETWEEN > edge:
                    break
                placed.append((start, each))
                start += each.cells + BETWEEN
        for each in everywhere:
            placed.append((edge, each))
            edge += each.cells + BETWEEN
        return placed

    def _at(self, column: int) -> ShownKey | None:
        return next((each for start, each in self._placed() if start <= column < start + each.cells), None)
