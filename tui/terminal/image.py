"""What the terminal shows and what it should show, cell by cell; the difference is all that is ever sent.

Frames that Textual draws are put into the wanted image. A slow terminal therefore never gets an old frame: when it is
ready, it gets what leads from what it shows to what is wanted by then.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from rich.cells import split_graphemes

from tui.terminal import sgr

COMPARED_AT_ONCE = 16
"""How many cells are compared in one step, of which most are the same."""
LONGEST_GAP = 5
"""How many unchanged cells are written again at most, since moving the cursor over them takes more bytes."""
EMOJI_FROM = 0x1F000
"""From here on terminals disagree about how many cells a character takes."""
_TOKEN = re.compile(
    r"\x1b\[(?P<row>\d+);(?P<column>\d+)H"
    r"|\x1b\[(?P<style>[\d;]*)m"
    r"|(?P<text>[^\x1b\r\n]+)"
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[^@-~]*[@-~]|[\x1b\r\n]"
)


class Cell(NamedTuple):
    """One cell: a grapheme and its style as SGR parameters. The text is empty where a wide one at its left reaches."""

    text: str
    style: str


BLANK = Cell(" ", "")
UNKNOWN = Cell("\0", "")
"""What no frame holds, so that it always differs."""


class ScreenImage:
    """The wanted image and the shown one, of a terminal of some columns and rows."""

    def __init__(self, columns: int = 0, rows: int = 0) -> None:
        self._columns = 0
        self._wanted: list[list[Cell]] = []
        self._shown: list[list[Cell]] = []
        self._touched: set[int] = set()
        self._cursor = self._shown_cursor = (0, 0)
        self.resize(columns, rows)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self._columns, len(self._wanted)

    @property
    def is_behind(self) -> bool:
        """Whether something was put into the wanted image that may not be shown yet."""
        return bool(self._touched) or self._cursor != self._shown_cursor

    def resize(self, columns: int, rows: int) -> None:
        """Begin anew for a terminal of another size, of which nothing is known."""
        self._columns = columns
        self._wanted = [[BLANK] * columns for _ in range(rows)]
        self._shown = [[UNKNOWN] * columns for _ in range(rows)]
        self._touched.clear()

    def forget_shown(self) -> None:
        """Take nothing for shown any more: somebody else had the terminal."""
        self._shown = [[UNKNOWN] * self._columns for _ in self._wanted]
        self._touched.update(range(len(self._wanted)))

    def put(self, frame: str) -> None:
        """Put a frame into the wanted image: cursor positions, styles and text as Textual writes them.

        The last position is the cursor's: hidden, but input methods and magnifiers follow it.
        """
        row, column, style = 0, 0, ""
        kind: str | None = None
        for token in _TOKEN.finditer(frame):
            kind = token.lastgroup
            if kind == "text":
                column += self._put_text(row, column, token["text"], style)
            elif kind == "style":
                style = "" if token["style"] in {"", "0"} else token["style"]
            elif kind == "column":
                row, column = int(token["row"]) - 1, int(token["column"]) - 1
        if kind == "column":
            self._cursor = (row, column)

    def difference(self) -> str:
        """Return the shortest sequence found from what is shown to what is wanted, and take it for shown."""
        writer = _Writer(self._columns)
        for row in sorted(self._touched):
            wanted, shown = self._wanted[row], self._shown[row]
            if wanted != shown:
                for start, end in _changed(wanted, shown):
                    writer.write(row, start, wanted[start:end])
                self._shown[row] = wanted.copy()
        self._touched.clear()
        if writer.has_written or self._cursor != self._shown_cursor:
            self._shown_cursor = self._cursor
            writer.leave_cursor(*self._cursor)
        return writer.finish()

    def _put_text(self, row: int, column: int, text: str, style: str) -> int:
        if text.isascii():
            cells = [Cell(each, style) for each in text]
        else:
            cells = [Cell(each, style) for each in _graphemes(text)]
        if row < len(self._wanted) and column < self._columns:
            line = self._wanted[row]
            fitting = cells[: self._columns - column]
            end = column + len(fitting)
            _part_wide(line, column)
            _part_wide(line, end)
            line[column:end] = fitting
            self._touched.add(row)
        return len(cells)


class _Writer:
    """Writes runs of cells with as few moves and styles as it can."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._written: list[str] = []
        self._pen = sgr.PLAIN
        self._at: tuple[int, int] | None = None

    def write(self, row: int, column: int, cells: list[Cell]) -> None:
        """Write cells of one row from a column on."""
        for offset, cell in enumerate(cells):
            if not cell.text:
                continue
            width = 1
            while offset + width < len(cells) and not cells[offset + width].text:
                width += 1
            self._move(row, column + offset)
            self._style(cell.style)
            if _is_doubtful(cell.text):  # blanks first, then the cursor is set: whatever width the terminal gives it
                self._written.append(" " * width)
                self._at = None
                self._move(row, column + offset)
            self._written.append(cell.text)
            after = column + offset + width
            self._at = None if after >= self._columns or _is_doubtful(cell.text) else (row, after)

    @property
    def has_written(self) -> bool:
        """Whether any cell was written."""
        return bool(self._written)

    def leave_cursor(self, row: int, column: int) -> None:
        """Put the cursor where it shall stay."""
        self._move(row, column)

    def finish(self) -> str:
        """Return all that was written; the pen is plain afterwards."""
        if self._pen != sgr.PLAIN:
            self._written.append(sgr.RESET)
        return "".join(self._written)

    def _move(self, row: int, column: int) -> None:
        if self._at != (row, column):
            self._written.append(f"\x1b[{row + 1};{column + 1}H")
            self._at = (row, column)

    def _style(self, parameters: str) -> None:
        pen = sgr.pen_of(parameters)
        if pen != self._pen:
            self._written.append(sgr.change(self._pen, pen))
            self._pen = pen


def _changed(wanted: list[Cell], shown: list[Cell]) -> list[tuple[int, int]]:
    """Return the runs of cells to write, as start and end: whole graphemes, near ones joined."""
    runs: list[tuple[int, int]] = []
    place, columns = 0, len(wanted)
    while place < columns:
        if place % COMPARED_AT_ONCE == 0:
            after = place + COMPARED_AT_ONCE
            if wanted[place:after] == shown[place:after]:
                place = after
                continue
        if wanted[place] == shown[place]:
            place += 1
            continue
        start, end = _whole(wanted, shown, place)
        if _is_doubtful(wanted[start].text) or _is_doubtful(shown[start].text):
            # Its neighbour may have been drawn over.
            end = _whole(wanted, shown, end)[1] if end < columns else end
        if runs and (start <= runs[-1][1] or _is_worth_joining(wanted, runs[-1][1], start)):
            start = runs.pop()[0]
        runs.append((start, end))
        place = end
    return runs


def _whole(wanted: list[Cell], shown: list[Cell], place: int) -> tuple[int, int]:
    start, end = place, place + 1
    while start > 0 and not (wanted[start].text and shown[start].text):
        start -= 1
    while end < len(wanted) and not (wanted[end].text and shown[end].text):
        end += 1
    return start, end


def _is_worth_joining(wanted: list[Cell], end: int, start: int) -> bool:
    style = wanted[end - 1].style
    return start - end <= LONGEST_GAP and all(
        each.style == style and each.text.isascii() and each.text for each in wanted[end:start]
    )


def _part_wide(line: list[Cell], column: int) -> None:
    """Where a wide grapheme would be cut at a column, leave blanks of it, as terminals do."""
    if not 0 < column < len(line) or line[column].text:
        return
    start, end = column, column
    while start > 0 and not line[start].text:
        start -= 1
    while end < len(line) and not line[end].text:
        end += 1
    line[start:end] = [Cell(" ", line[start].style)] * (end - start)


@lru_cache(maxsize=4096)
def _graphemes(text: str) -> tuple[str, ...]:
    """Return the texts of the cells that a text takes: a wide grapheme's, then an empty one for each further cell."""
    spans, _ = split_graphemes(text)
    cells: list[str] = []
    for start, end, width in spans:
        grapheme = text[start:end]
        if width:
            cells.append(grapheme)
            cells.extend([""] * (width - 1))
        elif cells:  # a mark with no width of its own belongs to what stands before it
            head = next(place for place in range(len(cells) - 1, -1, -1) if cells[place])
            cells[head] += grapheme
    return tuple(cells)


@lru_cache(maxsize=4096)
def _is_doubtful(text: str) -> bool:
    return not text.isascii() and (len(text) > 1 or ord(text) >= EMOJI_FROM)
