"""A table of records that draws only what is seen, and of that only what has changed.

It stands on Textual's Line API: a hundred thousand rows cost no more to draw than forty. `tick` and `set_rows`
compare what each visible cell shows with what it would show now and repaint the differing cells alone, so a second in
which only countdowns change sends a few hundred bytes to the terminal. Once it was moved, the cursor stays on its
record whatever happens to the rows around it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.terminal.drawing import Piece, draw
from tui.widgets.column_layout import ColumnLayout
from tui.widgets.columns import Column
from tui.widgets.record_lines import Painted, RecordLines
from tui.widgets.row_cells import RowCells
from tui.widgets.row_source import ListedRows, RowSource

Row = TypeVar("Row")

HEADER_LINES = 1


@dataclass(frozen=True, slots=True)
class Empty:
    """What a table says when it has no rows, and which key helps."""

    says: str
    press: str = ""


class _Change(NamedTuple):
    """A line of the screen on which cells of some columns have changed."""

    y: int
    shown: Painted
    wanted: Painted
    columns: list[int]


class RecordTable(ScrollView, Generic[Row], can_focus=True):
    """A virtual table of rows, one line each.

    `key_of` names a row's record and `as_of` tells how a row is at a moment (a payment's status is never read
    otherwise); both must be cheap. `opens`: Enter means something here. Rows stand in the order in which they are
    given, or sorted by a column; rows from a source are sorted by its owner, who hears of it by `Sorted`.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", id="list.open"),
        Binding("j,down", "move(1)", "Down", show=False, id="list.down"),
        Binding("k,up", "move(-1)", "Up", show=False, id="list.up"),
        Binding("g,home", "to_first", "First", show=False, id="list.first"),
        Binding("G,end", "to_last", "Last", show=False, id="list.last"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="list.page_down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="list.page_up"),
        Binding("l,right", "sideways(1)", "Right", show=False, id="list.right"),
        Binding("h,left", "sideways(-1)", "Left", show=False, id="list.left"),
        Binding("s", "sort", "Sort", id="list.sort"),
        Binding("S", "reverse", "Reverse", show=False, id="list.reverse"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "record-table--header",
        "record-table--cursor",
        "record-table--mark",
        "record-table--empty",
        "record-table--key",
    }
    DEFAULT_CSS = """
    RecordTable {
        height: 1fr;
        overflow-x: scroll;
        overflow-y: auto;
        scrollbar-size-horizontal: 0;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;

        & > .record-table--header { color: $text-muted; text-style: bold; }
        & > .record-table--cursor { background: $panel; }
        & > .record-table--mark { color: $accent; text-style: bold; }
        & > .record-table--empty { color: $text; }
        & > .record-table--key { color: $text-muted; }
        &:focus > .record-table--cursor { background: $panel-lighten-1; text-style: bold; }
    }
    """

    class Opened(Message):
        """Enter was pressed on a row, or it was clicked twice."""

        def __init__(self, table: RecordTable[Any], key: Hashable) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> RecordTable[Any]:
            """The table, for `@on` with a selector."""
            return self.table

    class Moved(Message):
        """The cursor is on another record, None where there are no rows.

        `by_hand`: somebody moved it, and not its row went away or another one came first.
        """

        def __init__(self, table: RecordTable[Any], key: Hashable | None, *, by_hand: bool) -> None:
            super().__init__()
            self.table = table
            self.key = key
            self.by_hand = by_hand

        @property
        def control(self) -> RecordTable[Any]:
            """The table, for `@on` with a selector."""
            return self.table

    class Sorted(Message):
        """Another sort was chosen, and whoever has given the rows must put them in this order."""

        def __init__(self, table: RecordTable[Any]) -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> RecordTable[Any]:
            """The table, for `@on` with a selector."""
            return self.table

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        key_of: Callable[[Row], Hashable],
        *,
        empty: Empty,
        as_of: Callable[[Row, datetime], Row] | None = None,
        opens: bool = True,
        id: str | None = None,  # noqa: A002 - Textual's name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._columns = tuple(columns)
        self._key_of = key_of
        self._as_of = as_of
        self._opens = opens
        self.empty = self._said_empty = empty
        self._given: Sequence[Row] | None = ()
        self._rows: RowSource[Row] = ListedRows[Row]((), key_of)
        self._now: datetime | None = None
        self._marked: frozenset[Hashable] = frozenset()
        self._cursor = 0
        self._placed = False
        self._sort_column: Column[Row] | None = None
        self._sort_reversed = False
        self._columns_at = ColumnLayout(self._columns, 0)
        self._lines = RecordLines(self)
        self._row_cells: RowCells[Row] | None = None
        self._cells: dict[int, tuple[Strip, ...]] = {}
        self._painted: dict[int, Painted] = {}

    # What a page does with it

    def set_rows(self, rows: Sequence[Row], now: datetime) -> None:
        """Show these rows as of `now`, in this order unless a sort is chosen.

        The cursor stays on its record once it was moved; before that, it is on whatever stands first.
        """
        self._given = rows
        self._now = now
        self._put_in_order()

    def show_source(self, rows: RowSource[Row], now: datetime) -> None:
        """Show the rows of a source as of `now`, in its order; the cursor stays as with `set_rows`."""
        self._given = None
        self._now = now
        self._take(rows)

    def tick(self, now: datetime) -> None:
        """Show the same rows as of `now`; only visible cells that have changed are drawn."""
        self._now = now
        self._repaint_changes()

    @property
    def marked(self) -> frozenset[Hashable]:
        """The records whose rows are marked, shown or not."""
        return self._marked

    def mark(self, keys: frozenset[Hashable], *, draw: bool = True) -> None:
        """Mark the rows of these records, and no others; not `draw`: the next tick or new rows show it."""
        if keys != self._marked:
            self._marked = keys
            if draw:
                self._repaint_changes()

    @property
    def cursor_key(self) -> Hashable | None:
        """The key of the record that the cursor is on, None if there are no rows."""
        return self._rows.key_at(self._cursor) if len(self._rows) else None

    @property
    def cursor_row(self) -> Row | None:
        """The row that the cursor is on, None if there are none or it cannot be read now."""
        return self._rows.row_at(self._cursor) if len(self._rows) else None

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    @property
    def keys(self) -> tuple[Hashable, ...]:
        """The keys of all rows in the order in which they are shown."""
        return tuple(self._rows.key_at(each) for each in range(len(self._rows)))

    def row_of(self, key: Hashable) -> Row | None:
        """Return the row of a record as it was given, None if there is none."""
        index = self._rows.index_of(key)
        return None if index is None else self._rows.row_at(index)

    def row_at(self, index: int) -> Row | None:
        """Return a row by its place in the shown order, None if it cannot be read now."""
        return self._rows.row_at(index)

    def move_to(self, key: Hashable, *, in_middle: bool = False) -> bool:
        """Put the cursor on a record and bring it into sight; returns False if no row is of it.

        `in_middle`: what stands before and after it shall be seen as well.
        """
        index = self._rows.index_of(key)
        if index is None:
            return False
        if in_middle:
            self.scroll_to(y=index - self._lines_for_rows // 2, animate=False)
        self._move_cursor(index)
        return True

    def sort_by(self, key: str | None, *, reverse: bool = False) -> None:
        """Sort by a column, or show the rows as they were given (None). Raises KeyError for no sortable column."""
        column = next((each for each in self._columns if each.key == key and each.sortable), None)
        if key is not None and column is None:
            raise KeyError(key)
        self._sort_column, self._sort_reversed = column, reverse
        if self._given is None:
            self.post_message(self.Sorted(self))
        self._put_in_order()
        self.refresh()

    def show_columns(self, columns: Sequence[Column[Row]]) -> None:
        """Show these columns in this order; a sort by one that is gone ends."""
        self._columns = tuple(columns)
        self._lay_out()
        self.scroll_to(x=0, animate=False)
        if self._sort_column not in self._columns:
            self.sort_by(None, reverse=self._sort_reversed)

    @property
    def sorted_by(self) -> tuple[str | None, bool]:
        """The key of the column sorted by (None: as given), and whether the order is reversed."""
        return (self._sort_column.key if self._sort_column else None, self._sort_reversed)

    # Keys and mouse

    def action_open(self) -> None:
        """Open the record under the cursor."""
        key = self.cursor_key
        if key is not None and self._opens:
            self.post_message(self.Opened(self, key))

    def action_move(self, rows: int) -> None:
        """Move the cursor by some rows."""
        self._move_cursor(self._cursor + rows)

    def action_page(self, pages: int) -> None:
        """Move the cursor by some pages."""
        self._move_cursor(self._cursor + pages * max(1, self._lines_for_rows - 1))

    def action_to_first(self) -> None:
        """Move the cursor to the first row; it stays there, whichever record comes to stand there."""
        self._move_cursor(0)
        self._placed = False

    def action_to_last(self) -> None:
        """Move the cursor to the last row."""
        self._move_cursor(len(self._rows) - 1)

    def action_sideways(self, columns: int) -> None:
        """Bring the next column (1) or the one before (-1) beside the first one."""
        here = round(self.scroll_x)
        beyond = [each for each in self._columns_at.stops if (each > here if columns > 0 else each < here)]
        if beyond:
            self.scroll_to(x=beyond[0] if columns > 0 else beyond[-1], animate=False)

    def action_sort(self) -> None:
        """Sort by the next column that can be sorted by; after the last one, show the rows as they were given."""
        keys = [None, *(each.key for each in self._columns if each.sortable)]
        self.sort_by(keys[(keys.index(self.sorted_by[0]) + 1) % len(keys)])
        self._bring_sorted_column()

    def _bring_sorted_column(self) -> None:
        """Scroll sideways to the column that is sorted by, if it is not seen whole; back where none is."""
        if self._sort_column is None:
            self.scroll_to(x=0, animate=False)
            return
        number = self._columns.index(self._sort_column)
        start, end = self._columns_at.seen(number, round(self.scroll_x))
        span = self._columns_at.spans[number]
        if end - start < span.end - span.start:
            stops = self._columns_at.stops
            self.scroll_to(x=stops[min(number - 1, len(stops) - 1)], animate=False)

    def action_reverse(self) -> None:
        """Turn the order around."""
        self.sort_by(self.sorted_by[0], reverse=not self._sort_reversed)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer Open only where there is a row that opens."""
        if action == "open":
            return self._opens and self.row_count > 0
        return super().check_action(action, parameters)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row that was clicked; the second click opens it."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y < HEADER_LINES:
            return
        index = self._index_at(offset.y)
        if index < len(self._rows):
            self._move_cursor(index)
            if event.chain == 2:
                self.action_open()

    def on_resize(self) -> None:
        """Lay the columns out anew."""
        self._lay_out()
        self._reveal()

    def on_focus(self) -> None:
        """Draw the cursor stronger."""
        self._lines.forget()
        self.refresh()

    def on_blur(self) -> None:
        """Draw the cursor weaker."""
        self._lines.forget()
        self.refresh()

    def notify_style_update(self) -> None:
        """Forget what was drawn with the old styles."""
        self._painted.clear()
        self._lines.forget()
        super().notify_style_update()

    # Drawing

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen, and remember what it shows."""
        base = self._lines.base_style(has_cursor=False)
        return self._line_at(y, self._width).adjust_cell_length(self.size.width, base)

    def _line_at(self, y: int, width: int) -> Strip:
        left = round(self.scroll_x)
        if y < HEADER_LINES:
            return self._lines.header(
                self._columns,
                self._columns_at,
                left,
                has_more=left < self.max_scroll_x,
                sorted_by=self._sort_column,
                is_reversed=self._sort_reversed,
            )
        index = self._index_at(y)
        if index >= len(self._rows):
            self._painted.pop(y, None)
            return self._empty_line(y, width)
        painted = self._painting(index)
        self._painted[y] = painted
        return self._lines.row(painted, self._columns_at, left)

    def _empty_line(self, y: int, width: int) -> Strip:
        middle = max(HEADER_LINES + 1, self.size.height // 3)
        if not len(self._rows) and y == middle and self.empty.says:
            return self._lines.said(self.empty.says, "record-table--empty", width)
        if not len(self._rows) and y == middle + 1 and self.empty.press:
            return self._lines.said(self.empty.press, "record-table--key", width)
        return self._lines.blank(width)

    def _painting(self, index: int) -> Painted:
        cells = self._cells.get(index)
        if cells is None:
            cells = self._cells[index] = self._cells_now(index)
        return Painted(cells, index == self._cursor, bool(self._marked) and self._rows.key_at(index) in self._marked)

    def _cells_now(self, index: int) -> tuple[Strip, ...]:
        row, now = self._rows.row_at(index), self._now
        if now is None:
            return ()
        if row is not None and self._as_of is not None:
            row = self._as_of(row, now)
        if self._row_cells is None:
            self._row_cells = RowCells(self._columns, self._columns_at.spans, self.app.console)
        return self._row_cells.of(index, row, now)

    def _repaint_changes(self) -> None:
        """Compare each visible line with what it should show, and refresh where they differ."""
        self._cells.clear()
        width, top, left, count = self._width, round(self.scroll_y), round(self.scroll_x), len(self._rows)
        regions: list[Region] = []
        changes: list[_Change] = []
        for y in range(HEADER_LINES, self.size.height):
            index = y - HEADER_LINES + top
            shown = self._painted.get(y)
            wanted = self._painting(index) if index < count else None
            if shown is None and wanted is None:
                continue
            if (
                shown is None
                or wanted is None
                or shown.has_cursor is not wanted.has_cursor
                or shown.is_marked is not wanted.is_marked
            ):
                regions.append(Region(0, y, width, 1))
                continue
            changed = self._changed_cells(shown, wanted, left)
            if changed:
                changes.append(_Change(y, shown, wanted, changed))
        if changes and not regions and self._draw_at_once(changes, left):
            return
        for change in changes:
            for number in change.columns:
                start, end = self._columns_at.seen(number, left)
                regions.append(Region(start, change.y, end - start, 1))
        if regions:
            self.refresh(*regions)

    def _changed_cells(self, shown: Painted, wanted: Painted, left: int) -> list[int]:
        """Return the numbers of the columns whose cells are seen and differ."""
        changed = []
        for number, (before, after) in enumerate(zip(shown.cells, wanted.cells, strict=True)):
            if before is after or before == after:
                continue
            start, end = self._columns_at.seen(number, left)
            if start < end:
                changed.append(number)
        return changed

    def _draw_at_once(self, changes: Sequence[_Change], left: int) -> bool:
        """Draw what has changed of cells, past Textual's layout; say whether that was possible."""
        pieces = []
        for change in changes:
            base = self._lines.base_style(has_cursor=change.wanted.has_cursor)
            for number in change.columns:
                start, end = self._columns_at.seen(number, left)
                cells = change.wanted.cells[number]
                if end - start != cells.cell_length:
                    return False
                same, differing = self._lines.differing(change.shown.cells[number], cells)
                pieces.append(Piece(start + same, change.y, differing.apply_style(base)))
        if not draw(self, pieces):
            return False
        self._painted.update((each.y, each.wanted) for each in changes)
        return True

    # Rows, cursor and sizes

    def _put_in_order(self) -> None:
        """Sort the rows, if they are all here; else their owner does."""
        rows = self._given
        if rows is None:
            return
        if self._sort_column is not None and self._sort_column.sort_key is not None:
            rows = sorted(rows, key=self._sort_column.sort_key, reverse=self._sort_reversed)
        elif self._sort_reversed:
            rows = list(reversed(rows))
        self._take(ListedRows[Row](rows, self._key_of))

    def _take(self, rows: RowSource[Row]) -> None:
        before_key, before = self.cursor_key, self._cursor
        was_empty = not len(self._rows)
        self._rows = rows
        place = None if before_key is None else rows.index_of(before_key)
        last = max(0, len(rows) - 1)
        stays = self._placed and before_key is not None
        self._cursor = 0 if not stays else min(before, last) if place is None else place
        self._cells.clear()
        self.virtual_size = Size(self._columns_at.whole_width, len(rows) + HEADER_LINES)
        moved = self._cursor - before
        if not stays:
            self.scroll_to(y=0, animate=False)
        elif place is not None and moved:
            # the cursor stays on its line of the screen, too
            self.scroll_to(y=self.scroll_y + moved, animate=False)
        self._reveal()
        if was_empty != (not len(rows)) or (was_empty and self.empty != self._said_empty):
            self._said_empty = self.empty
            self.refresh()
        self._repaint_changes()
        if self.cursor_key != before_key:
            self.post_message(self.Moved(self, self.cursor_key, by_hand=False))

    def _move_cursor(self, index: int) -> None:
        wanted = max(0, min(index, len(self._rows) - 1))
        self._placed = bool(len(self._rows))
        if wanted == self._cursor or not self._placed:
            self._reveal()
            return
        before, self._cursor = self._cursor, wanted
        for each in (before, wanted):
            y = each + HEADER_LINES - round(self.scroll_y)
            if HEADER_LINES <= y < self.size.height:
                self.refresh(Region(0, y, self._width, 1))
        self._reveal()
        self.post_message(self.Moved(self, self.cursor_key, by_hand=True))

    def _reveal(self) -> None:
        lines = self._lines_for_rows
        top = round(self.scroll_y)
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False)
        elif lines > 0 and self._cursor >= top + lines:
            self.scroll_to(y=self._cursor - lines + 1, animate=False)

    def _lay_out(self) -> None:
        self._columns_at = ColumnLayout(self._columns, self._width)
        self._row_cells = None
        self._cells.clear()
        self._lines.forget()
        self._painted.clear()
        self.virtual_size = Size(self._columns_at.whole_width, len(self._rows) + HEADER_LINES)
        self.refresh()

    @property
    def _width(self) -> int:
        """Return the cells of a line, without the scrollbar's."""
        return self.scrollable_size.width

    @property
    def _lines_for_rows(self) -> int:
        return self.size.height - HEADER_LINES

    def _index_at(self, y: int) -> int:
        return y - HEADER_LINES + round(self.scroll_y)
