"""The columns of a record table: what a cell shows, how wide it is, and how a row is cut for the screen.

Widths are cells of the terminal, never characters. The first columns that fit share the whole width, so the right edge
is clean; those beyond it are reached by scrolling sideways, under the first column, which stays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import total_ordering
from typing import Any, Generic, Literal, Protocol, TypeVar

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.text import Text
from textual.strip import Strip

from tui import look

Row = TypeVar("Row")

GAP = 2
"""Cells between two columns."""


class Comparable(Protocol):
    """What rows can be sorted by."""

    def __lt__(self, other: Any, /) -> bool:
        """Say whether this comes before another of its kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[Row]):
    """One column. `cell` gets a row and the time, and returns what to show; stored texts go through `look.safe`.

    `short` is the label where there is no room for the whole one. `width` is the least that is useful; `weight` says
    how much of the spare width the column takes (0: none). `sort_key` None: rows cannot be sorted by it, unless the
    owner of the rows does it (`sorted_by_owner`). `moves`: time alone changes what a cell shows within a day.
    `shares`: the same content comes as the same object, so that it need be laid out only once.
    """

    key: str
    label: str
    cell: Callable[[Row, datetime], Text | str]
    width: int
    short: str = ""
    align: Literal["left", "right"] = "left"
    weight: int = 0
    sort_key: Callable[[Row], Comparable] | None = None
    sorted_by_owner: bool = False
    moves: bool = True
    shares: bool = False

    @property
    def sortable(self) -> bool:
        """Whether rows can be sorted by the column."""
        return self.sort_key is not None or self.sorted_by_owner


@dataclass(frozen=True, slots=True)
class Span:
    """Where one column lies in a whole row: from `start`, `width` cells wide."""

    start: int
    width: int

    @property
    def end(self) -> int:
        """The first cell after the column."""
        return self.start + self.width


def lay_out(columns: Sequence[Column[Any]], available: int, *, start: int = 0) -> tuple[Span, ...]:
    """Place columns beside each other from `start`, in `available` cells.

    The columns that fit, first to last, share the spare width by their weights; the others keep their own width and
    lie beyond the edge.
    """
    fitting = _fitting(columns, available - start)
    taken = sum(each.width for each in columns[:fitting]) + GAP * max(0, fitting - 1)
    spare = max(0, available - start - taken)
    shares = _shares(spare, [each.weight for each in columns[:fitting]]) + [0] * (len(columns) - fitting)
    spans: list[Span] = []
    at = start
    for number, (column, share) in enumerate(zip(columns, shares, strict=True)):
        if number == fitting:
            at = max(at, available + GAP)
        spans.append(Span(at, column.width + share))
        at = spans[-1].end + GAP
    return tuple(spans)


def cut(content: Text | str, width: int, align: Literal["left", "right"], console: Console) -> Strip:
    """Return a cell's content, cut or padded to exactly `width` cells."""
    text = Text(look.safe(content)) if isinstance(content, str) else content.copy()
    text.truncate(width, overflow="ellipsis")
    # Rich leaves a text's own style out where it has no spans
    style = console.get_style(text.style)
    segments = [each for each in Segment.apply_style(text.render(console, end=""), style) if each.text]
    missing = width - sum(cell_len(each.text) for each in segments)
    padding = [Segment(" " * missing)] if missing > 0 else []
    return Strip([*padding, *segments] if align == "right" else [*segments, *padding], width)


@total_ordering
class NothingLast:
    """A sort key that puts rows without a value after all others."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NothingLast) and self.value == other.value

    def __lt__(self, other: NothingLast) -> bool:
        if self.value is None:
            return False
        return other.value is None or bool(self.value < other.value)

    def __hash__(self) -> int:
        return hash(self.value)


def _fitting(columns: Sequence[Column[Any]], available: int) -> int:
    """Return how many columns, from the first on, fit whole; at least one."""
    taken = 0
    for count, column in enumerate(columns):
        taken += column.width + (GAP if count else 0)
        if taken > available:
            return max(1, count)
    return len(columns)


def _shares(spare: int, weights: Sequence[int]) -> list[int]:
    """Split the spare cells by weights; what does not divide goes to the first columns that have one."""
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    shares = [spare * each // total for each in weights]
    left = spare - sum(shares)
    for index, weight in enumerate(weights):
        if weight and left:
            shares[index] += 1
            left -= 1
    return shares
