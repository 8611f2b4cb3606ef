"""Where a record table's rows come from: a list that it sorts itself, or what reads a row when it is shown."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, Protocol, TypeVar

Row = TypeVar("Row")
Shown_co = TypeVar("Shown_co", covariant=True)


class RowSource(Protocol[Shown_co]):
    """Rows in the order in which they are shown. All must be cheap; a row is asked for only when it is seen."""

    def __len__(self) -> int:
        """Return how many rows there are."""

    def key_at(self, index: int) -> Hashable:
        """Return which record the row at a place is of."""

    def row_at(self, index: int) -> Shown_co | None:
        """Return the row at a place, None if its record cannot be read now."""

    def index_of(self, key: Hashable) -> int | None:
        """Return the place of a record's row, None if there is none."""


class ListedRows(Generic[Row]):
    """Rows that are all there."""

    def __init__(self, rows: Sequence[Row], key_of: Callable[[Row], Hashable]) -> None:
        self._rows = rows
        self._key_of = key_of
        self._index_of = {key_of(row): index for index, row in enumerate(rows)}

    def __len__(self) -> int:
        return len(self._rows)

    def key_at(self, index: int) -> Hashable:
        """Return which record the row at a place is of."""
        return self._key_of(self._rows[index])

    def row_at(self, index: int) -> Row:
        """Return the row at a place."""
        return self._rows[index]

    def index_of(self, key: Hashable) -> int | None:
        """Return the place of a record's row, None if there is none."""
        return self._index_of.get(key)
