"""Everything that is stored, at one moment: a checkpoint, and over it what the journal has added since.

An image never changes, so a reader keeps its moment while others commit. What was added lies in layers, of which few
are kept by merging the young ones, so that a commit costs what it changes and a look-up passes a handful of
dictionaries.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import merge

from store.checkpoint import EPOCH, Checkpoint, Header
from store.index import NO_COLUMN, Index, SortedColumn
from store.journal import NO_HASH

Key = tuple[str, int]
"""A record's table and id."""
Pairs = list[tuple[str, int]]
"""A record's (column, key) pairs."""
KeysOf = Callable[[str, bytes], Pairs]
"""Gives a record's pairs, from its table and its JSON."""


class Postings:
    """Who has which key, for one table of one layer: exactly a key, or every key up to one."""

    def __init__(self, exact: dict[tuple[str, int], tuple[int, ...]]) -> None:
        self._exact = exact
        self._ordered: dict[str, list[tuple[int, int]]] = {}

    def equal(self, column: str, key: int) -> tuple[int, ...]:
        """Return the ids of the records with this key."""
        return self._exact.get((column, key), ())

    def up_to(self, column: str, key: int) -> Iterator[int]:
        """Yield the ids of the records with a key up to this one."""
        pairs = self._ordered.get(column)
        if pairs is None:
            pairs = sorted((each, one) for (name, each), ids in self._exact.items() if name == column for one in ids)
            self._ordered[column] = pairs
        return (identity for _, identity in pairs[: bisect_left(pairs, (key + 1,))])

    def over(self, older: Postings) -> Postings:
        """Return both as one."""
        exact = dict(older._exact)
        for key, ids in self._exact.items():
            before = exact.get(key, ())
            exact[key] = (*before, *(each for each in ids if each not in before)) if before else ids
        return Postings(exact)


class Layer:
    """What some transactions in a row wrote: records by table and id, None where one is gone.

    Who has which key is worked out when somebody asks: most commits are followed by others, not by questions.
    """

    def __init__(self, records: Mapping[Key, bytes | None], postings: Mapping[str, Postings] | None = None) -> None:
        self.records = records
        self._postings = dict(postings or {})

    def postings(self, table: str, keys_of: KeysOf) -> Postings:
        """Return who has which key in a table."""
        found = self._postings.get(table)
        if found is None:
            exact: dict[tuple[str, int], list[int]] = {}
            for (name, identity), record in self.records.items():
                if name == table and record is not None:
                    for pair in keys_of(table, record):
                        exact.setdefault(pair, []).append(identity)
            found = Postings({pair: tuple(ids) for pair, ids in exact.items()})
            self._postings[table] = found
        return found

    def left_of(self, table: str, ids: set[int]) -> set[int]:
        """Return the ids of the records that this layer has not written: of those, older keys still hold."""
        return {each for each in ids if (table, each) not in self.records}

    def over(self, older: Layer, keys_of: KeysOf) -> Layer:
        """Return both as one layer, this one the younger."""
        # A copy: a reader in another thread may be asking the older one at this moment, and adds to it.
        known = dict(older._postings)
        merged = {table: self.postings(table, keys_of).over(postings) for table, postings in known.items()}
        return Layer({**older.records, **self.records}, merged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
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
            if key in layer.records:
                return layer.records[key]
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
        found = set(self.checkpoint.index.column(table, column).equal(key)) if self.checkpoint else set[int]()
        for layer in self.layers:
            found = layer.left_of(table, found)
            found.update(layer.postings(table, self.keys_of).equal(column, key))
        return sorted(found)

    def candidates_up_to(self, table: str, column: str, key: int) -> list[int]:
        """Return the ids of all records that have a key up to this one, or had it: look before believing."""
        found = set(self.checkpoint.index.column(table, column).up_to(key)) if self.checkpoint else set[int]()
        for layer in self.layers:
            found = layer.left_of(table, found)
            found.update(layer.postings(table, self.keys_of).up_to(column, key))
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
        counts = dict(self.counts)
        for table, more in added.items():
            counts[table] = counts.get(table, 0) + more
        layers = [*self.layers, Layer(records)]
        while len(layers) > 1 and len(layers[-2].records) <= 2 * len(layers[-1].records):
            younger = layers.pop()
            layers[-1] = younger.over(layers[-1], self.keys_of)
        return Image(
            checkpoint=self.checkpoint,
            layers=tuple(layers),
            n=n,
            hash=line_hash,
            last_commit_at=max(self.last_commit_at, at),
            next_ids=next_ids,
            counts=counts,
            keys_of=self.keys_of,
        )

    def header(self) -> Header:
        """Return the record of a checkpoint that holds all of this."""
        return Header(revision=self.n, hash=self.hash, last_commit_at=self.last_commit_at, next_ids=dict(self.next_ids))
