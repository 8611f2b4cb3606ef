"""Everything that is stored, at one moment: a checkpoint, and over it what the journal has added since.

An image never changes, so a reader keeps its moment while others commit. What was added lies in layers of each table,
of which few are kept by merging the young ones: a commit costs what it changes, a look-up passes a handful of
dictionaries, and a table costs what was written to it, whatever was written to others.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
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
    """Who has which key, for one column of one layer: exactly a key (`exact`), or every key up to one."""

    __slots__ = ("_ordered", "exact")

    def __init__(self, exact: dict[int, tuple[int, ...]]) -> None:
        self.exact = exact
        self._ordered: list[tuple[int, int]] | None = None

    def add(self, key: int, identity: int) -> None:
        """Count one more record as having a key; only while nobody else has this."""
        before = self.exact.get(key, ())
        if identity not in before:
            self.exact[key] = (*before, identity)
            self._ordered = None

    def up_to(self, key: int) -> Iterator[int]:
        """Yield the ids of the records with a key up to this one."""
        if self._ordered is None:
            self._ordered = sorted((each, one) for each, ids in self.exact.items() for one in ids)
        return (identity for _, identity in self._ordered[: bisect_left(self._ordered, (key + 1,))])

    def over(self, older: Postings) -> Postings:
        """Return both as one."""
        exact = dict(older.exact)
        for key, ids in self.exact.items():
            before = exact.get(key, ())
            exact[key] = (*before, *(each for each in ids if each not in before)) if before else ids
        return Postings(exact)


class Layer:
    """What some transactions in a row wrote to one table: `records` by id, None where one is gone.

    Who has which key in a column is worked out when somebody asks, and kept in `asked`: most commits are followed by
    others, and most questions are for one column of many. Only who made a layer adds to it, and only until others have
    it: to its records, and their keys to the columns that were asked for.
    """

    __slots__ = ("asked", "records")

    def __init__(self, records: dict[int, bytes | None], asked: dict[str, Postings] | None = None) -> None:
        self.records = records
        self.asked: dict[str, Postings] = {} if asked is None else asked

    def postings(self, table: str, column: str, keys_of: KeysOf) -> Postings:
        """Return who has which key in a column; `table` is what the layer is of."""
        found = self.asked.get(column)
        if found is None:
            exact: dict[int, tuple[int, ...]] = {}
            for identity, record in self.records.items():
                if record is not None:
                    for _, key in keys_of(table, record, column):
                        exact[key] = (*exact.get(key, ()), identity)
            found = self.asked[column] = Postings(exact)
        return found


Layers = Mapping[str, tuple[Layer, ...]]
"""The layers of each table that was written to, the oldest first."""


def merged(table: str, layers: Sequence[Layer], keys_of: KeysOf) -> Layer:
    """Return layers of a table, the oldest first, as one."""
    records: dict[int, bytes | None] = {}
    # A copy: a reader in another thread may be asking at this moment, and adds to it.
    asked = dict(layers[0].asked)
    for each in layers:
        records.update(each.records)
    for younger in layers[1:]:
        for column, older in asked.items():
            asked[column] = younger.postings(table, column, keys_of).over(older)
    return Layer(records, asked)


def with_layers(layers: Layers, youngest: Mapping[str, Layer], keys_of: KeysOf) -> Layers:
    """Return layers with one more of some tables; those of a table that are about as large as each other become one."""
    after = dict(layers)
    for table, layer in youngest.items():
        kept = [*layers.get(table, ()), layer]
        while len(kept) >= MERGED_AT_ONCE and len(kept[-MERGED_AT_ONCE].records) <= MERGED_AT_ONCE * len(
            kept[-1].records
        ):
            kept[-MERGED_AT_ONCE:] = [merged(table, kept[-MERGED_AT_ONCE:], keys_of)]
        after[table] = tuple(kept)
    return after


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """The store after transaction `n`; `hash` is that transaction's, `checkpoint` None while nothing was folded in."""

    checkpoint: Checkpoint | None = None
    layers: Layers = msgspec.field(default_factory=dict)
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
        for layer in reversed(self.layers.get(table, ())):
            records = layer.records
            if identity in records:
                return records[identity]
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
        for layer in self.layers.get(table, ()):
            latest.update(layer.records)
        if not latest:
            yield from stored
            return
        kept = (each for each in stored if each not in latest)
        yield from merge(kept, sorted(each for each, record in latest.items() if record is not None))

    def changed(self) -> dict[Key, bytes | None]:
        """Return what was written since the checkpoint: the latest of each record."""
        latest: dict[Key, bytes | None] = {}
        for table, layers in self.layers.items():
            for layer in layers:
                latest.update({(table, identity): record for identity, record in layer.records.items()})
        return latest

    def candidates(self, table: str, column: str, key: int) -> list[int]:
        """Return, in rising order, the ids of all records that have this key, or had it: look before believing."""
        found = list(self.checkpoint.index.column(table, column).equal(key)) if self.checkpoint else list[int]()
        for layer in self.layers.get(table, ()):
            if found:
                # Of what this layer has written older keys hold no more.
                found = [each for each in found if each not in layer.records]
            found += layer.postings(table, column, self.keys_of).exact.get(key, ())
        return sorted({*found}) if len(found) > 1 else found

    def candidates_up_to(self, table: str, column: str, key: int) -> list[int]:
        """Return the ids of all records that have a key up to this one, or had it: look before believing."""
        found = set(self.checkpoint.index.column(table, column).up_to(key)) if self.checkpoint else set[int]()
        for layer in self.layers.get(table, ()):
            found -= layer.records.keys() & found
            found.update(layer.postings(table, column, self.keys_of).up_to(key))
        return sorted(found)

    def sorted_column(self, table: str, column: str) -> tuple[SortedColumn, frozenset[int]]:
        """Return the checkpoint's column of a table, and the ids of those records of which it no longer tells."""
        stored = self.checkpoint.index.column(table, column) if self.checkpoint else NO_COLUMN
        written = frozenset(each for layer in self.layers.get(table, ()) for each in layer.records)
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
        youngest: dict[str, Layer] = {}
        for (table, identity), record in records.items():
            if table not in youngest:
                youngest[table] = Layer({})
            youngest[table].records[identity] = record
        return self.on(
            with_layers(self.layers, youngest, self.keys_of),
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
        layers: Layers,
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
