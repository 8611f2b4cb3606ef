"""A JSON text that was read: its values, and the line and column of each value and name."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from store.errors import ProblemItem


@dataclass(slots=True)
class Node:
    """One value of the text: what it is, and the offsets of its first character, of its end, and of its name."""

    value: object
    start: int
    end: int
    name_start: int | None = None
    members: dict[str, Node] = field(default_factory=dict)
    elements: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Document:
    """What was read from a text: plain Python values, all problem items, and the place of each value and name.

    `complete` is False when reading had to stop early; `value` is then None. A value that could not be read stands in
    `value` as None.
    """

    field: str
    text: str
    value: object
    root: Node | None
    problems: tuple[ProblemItem, ...]
    complete: bool
    line_starts: tuple[int, ...]

    def position(self, pointer: str) -> tuple[int, int]:
        """Return line and column, from 1, of the value at a JSON pointer, or of the nearest value around it."""
        node, _ = self._nearest(pointer)
        return self._line_and_column(node.start if node else 0)

    def name_position(self, pointer: str) -> tuple[int, int]:
        """Return line and column of the name of the member at a JSON pointer; without a name, those of its value."""
        node, found = self._nearest(pointer)
        if node is None:
            return self._line_and_column(0)
        return self._line_and_column(node.name_start if found and node.name_start is not None else node.start)

    def problem(self, pointer: str, message: str, *, at_name: bool = False) -> ProblemItem:
        """Return a problem item that stands at the value, or at the name, which the pointer means."""
        line, column = self.name_position(pointer) if at_name else self.position(pointer)
        return ProblemItem(self.field, message, pointer, line, column)

    def _nearest(self, pointer: str) -> tuple[Node | None, bool]:
        node = self.root
        for token in split_pointer(pointer):
            inner = None
            if node is not None and token in node.members:
                inner = node.members[token]
            elif node is not None and token.isdecimal() and len(token) < 7 and int(token) < len(node.elements):
                inner = node.elements[int(token)]
            if inner is None:
                return node, False
            node = inner
        return node, True

    def _line_and_column(self, offset: int) -> tuple[int, int]:
        return line_and_column(self.line_starts, offset)


def join_pointer(pointer: str, *tokens: str | int) -> str:
    """Return the pointer to a member or element further in."""
    return pointer + "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)


def split_pointer(pointer: str) -> list[str]:
    """Return the unescaped tokens of a JSON pointer; none for the whole document."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def line_and_column(line_starts: tuple[int, ...], offset: int) -> tuple[int, int]:
    """Return line and column, both from 1, of the character at an offset."""
    line = bisect_right(line_starts, offset)
    return line, offset - line_starts[line - 1] + 1
