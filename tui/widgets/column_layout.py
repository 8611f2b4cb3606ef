"""How the columns of a record table lie in a line: where each begins, what is seen of it, and where scrolling rests.

The gutter and the first column stay; the others move sideways under them, and only whole ones are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.widgets.columns import GAP, Column, Span, lay_out

GUTTER = 2
"""Cells left of the first column: the mark of the cursor's row, which tells it without colour, and a space."""
MORE = 1
"""Cells right of the columns: the header's mark that there are more of them."""


class ColumnLayout:
    """The columns laid out in lines of `width` cells."""

    def __init__(self, columns: Sequence[Column[Any]], width: int) -> None:
        self.width = width
        self.spans: tuple[Span, ...] = lay_out(columns, width - MORE, start=GUTTER)
        self._moving_from = self.spans[0].end + GAP

    @property
    def stops(self) -> list[int]:
        """Where scrolling sideways can rest: a whole column is beside the first one, up to where all has been seen."""
        stops = [each.start - self.spans[1].start for each in self.spans[1:]]
        unseen = self.spans[-1].end + MORE - self.width
        enough = next((each for each in stops if each >= unseen), max(stops, default=0))
        return [each for each in stops if each <= enough]

    @property
    def whole_width(self) -> int:
        """How wide the whole is for scrolling, in cells."""
        return self.width + (self.stops[-1] if self.stops else 0)

    def seen(self, number: int, left: int) -> tuple[int, int]:
        """Return from which to which cell of the line a column is seen, scrolled by `left`; empty if it is not."""
        span = self.spans[number]
        if number == 0:
            return (span.start, min(span.end, self.width - MORE))
        return (max(span.start - left, self._moving_from), min(span.end - left, self.width - MORE))

    def line(self, gutter: Strip, cells: tuple[Strip, ...], base: Style, left: int) -> Strip:
        """Return a whole line, scrolled by `left`, on the style `base`."""
        if not cells:
            return gutter.apply_style(base).adjust_cell_length(self.width, base)
        return Strip.join([self.fixed(gutter, cells[0], base), self.moving(cells[1:], base, left)])

    def fixed(self, gutter: Strip, first: Strip, base: Style) -> Strip:
        """Return the part of a line that stays, on the style `base`."""
        return Strip.join([gutter, first, _space(GAP)]).apply_style(base).simplify()

    def moving(self, cells: tuple[Strip, ...], base: Style, left: int) -> Strip:
        """Return the part of a line that moves, scrolled by `left`, up to the line's end."""
        room = max(0, self.width - self._moving_from)
        whole = self._side_by_side(cells).apply_style(base)
        shown = whole.crop(left, self._whole_until(left, left + max(0, room - MORE)))
        return shown.adjust_cell_length(room, base).simplify()

    def _side_by_side(self, cells: tuple[Strip, ...]) -> Strip:
        pieces: list[Strip] = []
        at = self._moving_from
        for cell, span in zip(cells, self.spans[1:], strict=True):
            pieces.extend([_space(span.start - at), cell])
            at = span.end
        return Strip.join(pieces)

    def _whole_until(self, left: int, right: int) -> int:
        """Return where to end a line so that no column is cut, unless not even one is whole."""
        ends = [each.end - self._moving_from for each in self.spans[1:]]
        last = max((each for each in ends if each <= right), default=0)
        return right if last <= left else last


def _space(cells: int) -> Strip:
    return Strip([Segment(" " * cells)], cells)
