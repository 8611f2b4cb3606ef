"""What the cells of a table's rows show at a moment, laid out once for as long as it stays the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, TypeVar

from rich.console import Console
from rich.text import Text
from textual.strip import Strip

from tui.widgets.columns import Column, Span, cut

Row = TypeVar("Row")

KEPT_ROWS = 1_000
"""How many rows' cells, and how many contents that rows share, are kept so as not to lay them out again."""
NOT_READABLE = "?"
"""What the cells of a record that cannot be read now show."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a row's cells showed on a day; those that time does not move are not made again."""

    row: object
    day: date
    cells: tuple[Strip, ...]


class RowCells(Generic[Row]):
    """Cells of some columns, each as wide as its span."""

    def __init__(self, columns: Sequence[Column[Row]], spans: Sequence[Span], console: Console) -> None:
        self._laid_out = tuple(zip(columns, (each.width for each in spans), strict=True))
        self._moving = tuple(number for number, column in enumerate(columns) if column.moves)
        self._console = console
        self._kept: dict[int, _Kept] = {}
        self._shared: dict[tuple[int, int], tuple[Strip, Text | str]] = {}

    def of(self, place: int, row: Row | None, now: datetime) -> tuple[Strip, ...]:
        """Return the cells of the row that stands at a place, given as of `now`; None cannot be read."""
        if row is None:
            return tuple(cut(NOT_READABLE, width, "left", self._console) for _, width in self._laid_out)
        kept, day = self._kept.get(place), now.date()
        if kept is not None and kept.row is row and kept.day == day:
            made = [*kept.cells]
            for number in self._moving:
                made[number] = self._cell(number, row, now)
            cells = tuple(made)
        else:
            cells = tuple(self._cell(number, row, now) for number in range(len(self._laid_out)))
        if len(self._kept) > KEPT_ROWS:
            self._kept.clear()
        self._kept[place] = _Kept(row, day, cells)
        return cells

    def _cell(self, number: int, row: Row, now: datetime) -> Strip:
        column, width = self._laid_out[number]
        content = column.cell(row, now)
        if not column.shares:
            return cut(content, width, column.align, self._console)
        found = self._shared.get((id(content), width))
        if found is None:
            if len(self._shared) > KEPT_ROWS:
                self._shared.clear()
            # The content is kept with it, so that no other one gets its id.
            found = (cut(content, width, column.align, self._console), content)
            self._shared[(id(content), width)] = found
        return found[0]
