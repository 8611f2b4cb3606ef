"""Transactions on their way into the journal: those that go there together, each on the ones before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from store import journal
from store.columns import keys_in
from store.image import Image, Key, Layer, Layers, Postings, with_layers
from store.journal import Entry
from store.records import Record

Written = dict[Key, bytes | None]
"""What a transaction writes: each record's JSON, None where it is gone."""


class Draft(msgspec.Struct, frozen=True):
    """One transaction to be appended: its number, its line of the journal with the hash, which records it writes."""

    n: int
    content: bytes
    hash: str
    keys: tuple[Key, ...]


class Batch:
    """Transactions to be appended together. Each is all or nothing; nothing is stored before they are appended.

    What they write to a table is kept in one layer, which grows with them, so that a transaction costs what it writes.
    Therefore `image` is to be read only until the next one is added.
    """

    def __init__(self, before: Image, safe_n: int) -> None:
        self.drafts: list[Draft] = []
        self._before = before
        self._safe_n = safe_n
        self._growing: dict[str, Layer] = {}
        self._layers = before.layers
        self._latest: Image | None = before
        self._n = before.n
        self._hash = before.hash
        self._at = before.last_commit_at
        self._next_ids = before.next_ids
        self._added: dict[str, int] = {}

    @property
    def image(self) -> Image:
        """The store after the transactions so far, for the next one to be decided on."""
        if self._latest is None:
            self._latest = self._on(self._layers)
        return self._latest

    @property
    def content(self) -> bytes:
        """The lines of all transactions."""
        return b"".join([each.content for each in self.drafts])

    def after(self) -> Image:
        """Return the store after all of them, to stay; nothing may be added any more."""
        return self._on(with_layers(self._before.layers, self._growing, self._before.keys_of))

    def add(
        self,
        at: datetime,
        next_ids: Mapping[str, int],
        written: Mapping[Key, tuple[bytes, Record] | None],
        added: Mapping[str, int],
    ) -> None:
        """Add a transaction that was decided on `image`.

        `written` gives each record with its JSON, None where it is gone; `added` how many more each table has.
        """
        put: journal.Writes = {}
        records: Written = {}
        keys: list[tuple[Postings, int, int]] = []
        for place, each in written.items():
            table, identity = place
            records[place] = line = None if each is None else each[0]
            if table not in put:
                put[table] = {}
            put[table][identity] = msgspec.Raw(journal.GONE if line is None else line)
            if each is not None:
                growing = self._growing.get(table)
                for column, postings in () if growing is None else growing.asked.items():
                    keys += [(postings, key, identity) for key in keys_in(each[1], column)]
        n = self._n + 1
        content, checksum = journal.line_of(Entry(n=n, safe=self._safe_n, was=self._hash, at=at, ids=next_ids, put=put))
        # Nothing fails from here on, so that there is never a part of a transaction.
        self.drafts.append(Draft(n, content, checksum, tuple(written)))
        for (table, identity), line in records.items():
            if table not in self._growing:
                layer = self._growing[table] = Layer({})
                self._layers = {**self._layers, table: (*self._layers.get(table, ()), layer)}
            self._growing[table].records[identity] = line
        for postings, key, identity in keys:
            postings.add(key, identity)
        for table, more in added.items():
            self._added[table] = self._added.get(table, 0) + more
        self._n, self._hash, self._next_ids, self._latest = n, checksum, next_ids, None
        self._at = max(self._at, at)

    def _on(self, layers: Layers) -> Image:
        return self._before.on(
            layers,
            n=self._n,
            line_hash=self._hash,
            at=self._at,
            next_ids=self._next_ids,
            counts=self._before.counts_with(self._added),
        )
