"""A text area that colours JSON as it is drawn, line by line, and marks the places of problems.

JSON's tokens end with their line, so a line is coloured by itself and only when it is drawn: a text of 64 KiB costs no
more than the lines in sight, also where it is one line. What is wrong is not judged here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from rich.text import Text
from textual.widgets import TextArea

LONGEST_COLOURED_LINE = 2000
"""A longer line is drawn plain, since all of it would be coloured again at each key."""
LONGEST_WRAPPED_LINE = LONGEST_COLOURED_LINE
"""With a longer line in it no line is wrapped: each of its rows would divide all of it again at each key."""
LARGEST_SEARCHED_TEXT = 20_000
"""In a text of more characters the other bracket of a pair is not looked for at each key."""
_TOKEN = re.compile(
    r"""(?P<key>"(?:[^"\\]|\\.)*"(?=\s*:))|(?P<text>"(?:[^"\\]|\\.)*"?)"""
    r"""|(?P<word>[^\s\[\]{}:,"]+)|(?P<sign>[\[\]{}:,])"""
)


def tokens(line: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and kind (`key`, `text`, `word`, `sign`) of each token of one line."""
    for found in _TOKEN.finditer(line):
        yield found.start(), found.end(), str(found.lastgroup)


class JsonEditor(TextArea):
    """The text area."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "json-editor--key",
        "json-editor--text",
        "json-editor--word",
        "json-editor--sign",
        "json-editor--wrong",
    }
    DEFAULT_CSS = """
    JsonEditor {
        & > .json-editor--key { color: $foreground; text-style: bold; }
        & > .json-editor--text { color: $secondary; }
        & > .json-editor--word { color: $foreground; }
        & > .json-editor--sign { color: $text-muted; }
        & > .json-editor--wrong { color: $error; text-style: bold underline; }
    }
    """

    def __init__(self, text: str = "", **options: Any) -> None:
        self._wrong: dict[int, list[int]] = {}
        super().__init__(text, show_line_numbers=True, tab_behavior="focus", compact=True, **options)

    def on_mount(self) -> None:
        """Wrap the lines that there are from the start, if that may be."""
        self._wrap_short_lines()

    def on_text_area_changed(self) -> None:
        """Wrap lines only as long as none is too long for it."""
        self._wrap_short_lines()

    def _wrap_short_lines(self) -> None:
        self.soft_wrap = all(len(each) <= LONGEST_WRAPPED_LINE for each in self.document.lines)

    def find_matching_bracket(self, bracket: str, search_from: tuple[int, int]) -> tuple[int, int] | None:
        """Return where the other bracket of a pair stands, None in a text in which it takes long to find."""
        if sum(map(len, self.document.lines)) > LARGEST_SEARCHED_TEXT:
            return None
        return super().find_matching_bracket(bracket, search_from)

    def mark(self, places: Iterable[tuple[int, int]]) -> None:
        """Mark the tokens at these lines and columns, counted from 1, and no others."""
        wrong: dict[int, list[int]] = {}
        for line, column in places:
            wrong.setdefault(line - 1, []).append(column - 1)
        if wrong != self._wrong:
            self._wrong = wrong
            self._line_cache.clear()
            self.refresh()

    def get_line(self, line_index: int) -> Text:
        """Return a line with its colours."""
        line = super().get_line(line_index)
        if len(line) > LONGEST_COLOURED_LINE:
            return line
        for start, end, kind in tokens(line.plain):
            line.stylize(self._style(kind), start, end)
        for column in self._wrong.get(line_index, ()):
            line.stylize(self._style("wrong"), column, _end_of_token(line.plain, column))
        return line

    def _style(self, kind: str) -> Any:
        # without its background: the line's own, that of the cursor and of a selection stay
        return self.get_component_rich_style(f"json-editor--{kind}", partial=True)


def _end_of_token(line: str, column: int) -> int:
    return next((end for start, end, _ in tokens(line) if start <= column < end), column + 1)
