"""The lines of a record table: its header, its rows with cursor and mark, and what it says where it has no rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.widgets.column_layout import GUTTER, MORE, ColumnLayout
from tui.widgets.columns import Column, cut

KEPT_PARTS = 1_000
"""How many parts of lines are kept so as not to put them together again."""
MARK = "•"
"""Stands before a marked row."""


@dataclass(frozen=True, slots=True)
class Painted:
    """What one line of the screen shows: which record's cells, and whether it has the cursor and a mark."""

    cells: tuple[Strip, ...]
    has_cursor: bool
    is_marked: bool


class RecordLines:
    """Puts the lines of a table together, in the table's styles."""

    def __init__(self, table: ScrollView) -> None:
        self._table = table
        self._parts: dict[tuple[object, ...], tuple[Strip, tuple[Strip, ...]]] = {}
        self._base_styles: dict[bool, Style] = {}
        self._differing: dict[tuple[int, int], tuple[Strip, Strip, int, Strip]] = {}

    def forget(self) -> None:
        """Make everything anew: styles or columns are others."""
        self._parts.clear()
        self._base_styles.clear()

    def base_style(self, *, has_cursor: bool) -> Style:
        """Return what a line is drawn on; Textual works it out anew each time."""
        style = self._base_styles.get(has_cursor)
        if style is None:
            style = self._table.rich_style
            if has_cursor:
                style += self._table.get_component_rich_style("record-table--cursor")
            self._base_styles[has_cursor] = style
        return style

    def row(self, painted: Painted, layout: ColumnLayout, left: int) -> Strip:
        """Return a row's line, scrolled by `left`."""
        base = self.base_style(has_cursor=painted.has_cursor)
        if not painted.cells:
            return layout.line(self._gutter(painted), (), base, 0)
        first, others = painted.cells[:1], painted.cells[1:]
        fixed = self._part(
            (base, painted.has_cursor, painted.is_marked),
            first,
            lambda: layout.fixed(self._gutter(painted), first[0], base),
        )
        return Strip.join([fixed, self._part((base, left), others, lambda: layout.moving(others, base, left))])

    def header(
        self,
        columns: Sequence[Column[Any]],
        layout: ColumnLayout,
        left: int,
        *,
        has_more: bool,
        sorted_by: Column[Any] | None,
        is_reversed: bool,
    ) -> Strip:
        """Return the line of the labels; `has_more`: there are columns beyond the edge."""
        console = self._table.app.console
        cells = []
        for column, span in zip(columns, layout.spans, strict=True):
            sign = ("▼" if is_reversed else "▲") if column is sorted_by else ""
            label = f"{column.label} {sign}".rstrip()
            if column.short and cell_len(label) > span.width:
                label = f"{column.short} {sign}".rstrip()
            if sign and cell_len(label) > span.width:
                # The sign says by what is sorted; the label may be cut.
                words = Text(column.short or column.label)
                words.truncate(max(0, span.width - cell_len(sign)), overflow="ellipsis")
                label = f"{words.plain}{sign}"
            cells.append(cut(label, span.width, column.align, console))
        base = self._table.rich_style + self._table.get_component_rich_style("record-table--header")
        gutter = cut(Text("‹" if left else " ").append(" "), GUTTER, "left", console)
        strip = layout.line(gutter, tuple(cells), base, left)
        if has_more:
            return Strip.join([strip.crop(0, layout.width - MORE), Strip([Segment("›", base)], MORE)])
        return strip

    def blank(self, width: int) -> Strip:
        """Return a line without anything."""
        return Strip.blank(width, self._table.rich_style)

    def said(self, text: str, kind: str, width: int) -> Strip:
        """Return a line with a text in its middle; `kind` is the component class of its style."""
        table = self._table
        style = table.rich_style + table.get_component_rich_style(kind)
        line = Text(text)
        line.truncate(width, overflow="ellipsis")
        before = Strip([Segment(" " * ((width - line.cell_len) // 2))])
        centred = Strip.join([before, Strip(line.render(table.app.console, end=""))])
        return centred.adjust_cell_length(width).apply_style(style)

    def differing(self, shown: Strip, wanted: Strip) -> tuple[int, Strip]:
        """Return how many cells two contents begin with in common, by whole segments, and the rest of the wanted one.

        One countdown becomes the next in row after row: the rest is the same object then, with what it was drawn as.
        """
        found = self._differing.get((id(shown), id(wanted)))
        if found is None:
            if len(self._differing) > KEPT_PARTS:
                self._differing.clear()
            # Both are kept with it, so that no other ones get their ids.
            found = self._differing[(id(shown), id(wanted))] = (shown, wanted, *_after_what_is_same(shown, wanted))
        return found[2:]

    def _gutter(self, painted: Painted) -> Strip:
        if not painted.has_cursor and not painted.is_marked:
            return Strip([Segment("  ")], GUTTER)
        mark = self._table.get_component_rich_style("record-table--mark", partial=True)
        return Strip(
            [Segment(("▌" if painted.has_cursor else " ") + (MARK if painted.is_marked else " "), mark)], GUTTER
        )

    def _part(self, drawn_as: tuple[object, ...], cells: tuple[Strip, ...], make: Callable[[], Strip]) -> Strip:
        """Return a part of a line; it is made anew only where one of its cells was."""
        key = (*drawn_as, *map(id, cells))
        found = self._parts.get(key)
        if found is None:
            if len(self._parts) > KEPT_PARTS:
                self._parts.clear()
            # The cells are kept with it, so that no other cell gets the id of one.
            found = self._parts[key] = (make(), cells)
        return found[0]


def _after_what_is_same(shown: Strip, wanted: Strip) -> tuple[int, Strip]:
    before, after = [*shown], [*wanted]
    number = same = 0
    while number < min(len(before), len(after)) and before[number] == after[number]:
        same += after[number].cell_length
        number += 1
    return same, Strip(after[number:], wanted.cell_length - same)
