"""Everything that is stored, at one moment: a checkpoint, and over it what the journal has added since.

An image never changes, so a reader keeps its moment while others commit. What was added lies in layers, of which few
are kept by merging the young ones, so that a commit costs what it changes and a look-up passes a handful of
dictionaries.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from heapq import merge
from typing import Protocol

import msgspec

from store.checkpoint import EPOCH, Checkpoint, Header
from store.index import NO_COLUMN, Index, SortedColumn
from store.journal import NO_HASH

MERGED_AT_ONCE = 4
"""So many of the youngest layers become one when they are about as large as each other."""

Key = tuple[str, int]
"""A record's table and id."""
Pairs = list[tuple[str, int]]
"""A record's (column, key) pairs."""


class KeysOf(Protocol):
    """Gives a record's pairs, from its table and its JSON: all, or those of one column only."""

    def __call__(self, table: str, line: bytes, column: str | None = None, /) -> Pairs:
        """Return the pairs."""


class Postings:
    """Who has which key, for one column of one layer: exactly a key, or every key up to one."""

    __slots__ = ("_exact", "_ordered")

    def __init__(self, exact: dict[int, tuple[int, ...]]) -> None:
        self._exact = exact
        self._ordered: list[tuple[int, int]] | None = None

    def equal(self, key: int) -> tuple[int, ...]:
        """Return the ids of the records with this key."""
        return self._exact.get(key, ())

    def add(self, key: int, identity: int) -> None:
        """Count one more record as having a key; only while nobody else has this."""
        before = self._exact.get(key, ())
        if identity not in before:
            self._exact[key] = (*before, identity)
            self._ordered = None

    def up_to(self, key: int) -> Iterator[int]:
        """Yield the ids of the records with a key up to this one."""
        if self._ordered is None:
            self._ordered = sorted((each, one) for each, ids in self._exact.items() for one in ids)
        return (identity for _, identity in self._ordered[: bisect_left(self._ordered, (key + 1,))])

    def over(self, older: Postings) -> Postings:
        """Return both as one."""
        exact = dict(older._exact)
        for key, ids in self._exact.items():
            before = exact.get(key, ())
            exact[key] = (*before, *(each for each in ids if each not in before)) if before else ids
        return Postings(exact)


class Layer:
    """What some transactions in a row wrote: records by table and id, None where one is gone.

    Who has which key in a column is worked out when somebody asks: most commits are followed by others, and most
    questions are for one column of many.
    """

    __slots__ = ("_postings", "records")

    def __init__(
        self, records: dict[Key, bytes | None], postings: dict[tuple[str, str], Postings] | None = None
    ) -> None:
        self.records = records
        self._postings = {} if postings is None else postings

    def asked_of(self, table: str) -> list[tuple[str, Postings]]:
        """Return the columns of a table that somebody has asked for: whoever adds a record must add its keys to them.

        Only who made the layer adds to it, and only until others have it.
        """
        asked = self._postings
        return [(column, postings) for (name, column), postings in asked.items() if name == table] if asked else []

    def postings(self, table: str, column: str, keys_of: KeysOf) -> Postings:
        """Return who has which key in a column of a table."""
        found = self._postings.get((table, column))
        if found is None:
            exact: dict[int, tuple[int, ...]] = {}
            for (name, identity), record in self.records.items():
                if name == table and record is not None:
                    for _, key in keys_of(table, record, column):
                        exact[key] = (*exact.get(key, ()), identity)
            found = self._postings[table, column] = Postings(exact)
        return found

    def left_of(self, table: str, ids: Iterable[int]) -> list[int]:
        """Return the ids of the records that this layer has not written: of those, older keys still hold."""
        return [each for each in ids if (table, each) not in self.records]

    def known_postings(self) -> dict[tuple[str, str], Postings]:
        """Return what was worked out so far, by table and column."""
        # A copy: a reader in another thread may be asking at this moment, and adds to it.
        return dict(self._postings)


def merged(layers: Sequence[Layer], keys_of: KeysOf) -> Layer:
    """Return layers, the oldest first, as one."""
    records: dict[Key, bytes | None] = {}
    postings = layers[0].known_postings()
    for each in layers:
        records.update(each.records)
    for younger in layers[1:]:
        for (table, column), older in postings.items():
            postings[table, column] = younger.postings(table, column, keys_of).over(older)
    return Layer(records, postings)


def with_layer(layers: Sequence[Layer], youngest: Layer, keys_of: KeysOf) -> tuple[Layer, ...]:
    """Return layers, the oldest first, with one more; those that are about as large as each other become one."""
    kept = [*layers, youngest]
    while len(kept) >= MERGED_AT_ONCE and len(kept[-MERGED_AT_ONCE].records) <= MERGED_AT_ONCE * len(kept[-1].records):
        kept[-MERGED_AT_ONCE:] = [merged(kept[-MERGED_AT_ONCE:], keys_of)]
    return tuple(kept)


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """The store after transaction `n`; `hash` is that transaction's, `checkpoint` None while nothing was folded in."""

    checkpoint: Checkpoint | None = None
    layers: tuple[Layer, ...] = ()
    n: int = 0
    hash: str = NO_HASH
    last_commit_at: datetime = EPOCH
    next_ids: Mapping[str, int]
    counts: Mapping[str, int]
    keys_of: KeysOf

    @classmethod
    def of(cls, checkpoint: Checkpoint, keys_of: KeysOf) -> Image:
        """Return what a checkpoint holds."""
        header = checkpoint.header
        return cls(
            checkpoint=checkpoint,
            n=header.revision,
            hash=header.hash,
            last_commit_at=header.last_commit_at,
            next_ids=header.next_ids,
            counts={name: len(places) for name, places in checkpoint.index.places.items()},
            keys_of=keys_of,
        )

    @property
    def index(self) -> Index | None:
        """The checkpoint's index."""
        return self.checkpoint.index if self.checkpoint else None

    def get(self, table: str, identity: int) -> bytes | None:
        """Return a record's JSON, None if there is none of this id."""
        key = (table, identity)
        for layer in reversed(self.layers):
            records = layer.records
            if key in records:
                return records[key]
        return self.checkpoint.get(table, identity) if self.checkpoint else None

    def count(self, table: str) -> int:
        """Return how many records a table has."""
        return self.counts.get(table, 0)

    def tables(self) -> tuple[str, ...]:
        """Return the names of the tables that ever had a record."""
        return tuple(self.counts)

    def ids(self, table: str) -> Iterator[int]:
        """Yield the ids of a table's records in rising order."""
        stored = self.checkpoint.index.of(table).ids if self.checkpoint else ()
        latest: dict[int, bytes | None] = {}
        for layer in self.layers:
            latest.update({identity: each for (name, identity), each in layer.records.items() if name == table})
        if not latest:
            yield from stored
            return
        kept = (each for each in stored if each not in latest)
        yield from merge(kept, sorted(each for each, record in latest.items() if record is not None))

    def changed(self) -> dict[Key, bytes | None]:
        """Return what was written since the checkpoint: the latest of each record."""
        latest: dict[Key, bytes | None] = {}
        for layer in self.layers:
            latest.update(layer.records)
        return latest

    def candidates(self, table: str, column: str, key: int) -> list[int]:
        """Return, in rising order, the ids of all records that have this key, or had it: look before believing."""
        found = list(self.checkpoint.index.column(table, column).equal(key)) if self.checkpoint else list[int]()
        for layer in self.layers:
            if found:
                found = layer.left_of(table, found)
            found += layer.postings(table, column, self.keys_of).equal(key)
        return sorted({*found})

    def candidates_up_to(self, table: str, column: str, key: int) -> list[int]:
        """Return the ids of all records that have a key up to this one, or had it: look before believing."""
        found = set(self.checkpoint.index.column(table, column).up_to(key)) if self.checkpoint else set[int]()
        for layer in self.layers:
            found = {*layer.left_of(table, found), *layer.postings(table, column, self.keys_of).up_to(key)}
        return sorted(found)

    def sorted_column(self, table: str, column: str) -> tuple[SortedColumn, frozenset[int]]:
        """Return the checkpoint's column of a table, and the ids of those records of which it no longer tells."""
        stored = self.checkpoint.index.column(table, column) if self.checkpoint else NO_COLUMN
        written = frozenset(each for layer in self.layers for name, each in layer.records if name == table)
        return stored, written

    def added_by(self, records: Mapping[Key, bytes | None]) -> dict[str, int]:
        """Return how many records more (or less) each table has after these are written."""
        added: dict[str, int] = {}
        for (table, identity), record in records.items():
            was_there = self.get(table, identity) is not None
            added[table] = added.get(table, 0) + (record is not None) - was_there
        return added

    def with_records(
        self,
        records: Mapping[Key, bytes | None],
        added: Mapping[str, int],
        *,
        n: int,
        line_hash: str,
        at: datetime,
        next_ids: Mapping[str, int],
    ) -> Image:
        """Return the store after one more transaction, which wrote these records; `added` is what `added_by` says."""
        return self.on(
            with_layer(self.layers, Layer(dict(records)), self.keys_of),
            n=n,
            line_hash=line_hash,
            at=max(self.last_commit_at, at),
            next_ids=next_ids,
            counts=self.counts_with(added),
        )

    def counts_with(self, added: Mapping[str, int]) -> Mapping[str, int]:
        """Return how many records each table has after so many more (or less)."""
        if not added:
            return self.counts
        counts = dict(self.counts)
        for table, more in added.items():
            counts[table] = counts.get(table, 0) + more
        return counts

    def on(
        self,
        layers: tuple[Layer, ...],
        *,
        n: int,
        line_hash: str,
        at: datetime,
        next_ids: Mapping[str, int],
        counts: Mapping[str, int],
    ) -> Image:
        """Return a later state of the store: other layers on the same checkpoint."""
        return Image(
            checkpoint=self.checkpoint,
            layers=layers,
            n=n,
            hash=line_hash,
            last_commit_at=at,
            next_ids=next_ids,
            counts=counts,
            keys_of=self.keys_of,
        )

    def header(self) -> Header:
        """Return the record of a checkpoint that holds all of this."""
        return Header(revision=self.n, hash=self.hash, last_commit_at=self.last_commit_at, next_ids=dict(self.next_ids))
