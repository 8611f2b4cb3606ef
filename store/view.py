"""The store at one moment, to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from tinydb.queries import QueryLike
from tinydb.table import Table

from store.archived_payment import ArchivedPayment
from store.archives import Archives
from store.columns import column_asked, column_named, key_of
from store.errors import NotFound, StoreNotUsable
from store.image import Image
from store.index import SortedColumn
from store.judging import as_of
from store.late_asks import is_awaited
from store.payments import Payment
from store.records import R, Record, from_json, version_of
from store.sealing import opened
from store.tables import RecordTable
from store.vault import Vault

AWAITED_KEY = 1


class View:
    """The whole store at one moment. `now` is its time, `revision` counts the transactions before it.

    A payment that has aged out is found by its id like any other; what goes through all payments, or searches them,
    leaves the archived ones out.
    """

    def __init__(self, folder: Path, image: Image, now: datetime, archives: Archives, vault: Vault) -> None:
        self._folder = folder
        self._image = image
        self._archives = archives
        self._vault = vault
        self.now = now

    @property
    def revision(self) -> int:
        """How many transactions have been committed before this moment."""
        return self._image.n

    @property
    def image(self) -> Image:
        """What the store's files held at this moment, for its upkeep."""
        return self._image

    def find(self, kind: type[R], identity: int) -> R | None:
        """Return the record of this id, a Payment as of now, wherever it is; None if there is none."""
        found = self.as_written(kind, identity)
        return None if found is None else self._now(found)

    def as_written(self, kind: type[R], identity: int) -> R | None:
        """Return the record of this id as it was last written, wherever it is; None if there is none."""
        found = self._stored(kind, identity)
        return self._archived(kind, identity) if found is None else found

    def get(self, kind: type[R], identity: int) -> R:
        """Return the record of this id, a Payment as of now. Raises NotFound."""
        found = self.find(kind, identity)
        if found is None:
            raise NotFound(kind.WORD, identity)
        return found

    def stored(self, kind: type[R], identity: int) -> R | None:
        """Return a record of the main store as it was last written; None if there is none of this id."""
        return self._stored(kind, identity)

    def stored_version(self, kind: type[Record], identity: int) -> int | None:
        """Return the version of a record of the main store, without decoding it; None if there is none of this id."""
        line = self._line(kind, identity)
        try:
            return None if line is None else version_of(line)
        except msgspec.MsgspecError as error:
            raise self._unreadable(kind, identity, error) from error

    def all(self, kind: type[R]) -> Iterator[R]:
        """Yield every record of a kind in the order of ids, Payments as of now."""
        return (self._now(each) for each in self.all_stored(kind))

    def all_stored(self, kind: type[R]) -> Iterator[R]:
        """Yield every record as it was last written; for a Payment, whoever shows it must ask `as_of` first."""
        return self._each_stored(kind, self._ids(kind))

    def search(self, kind: type[R], query: QueryLike) -> list[R]:
        """Return the records that fit a TinyDB query on their stored fields, Payments as of now.

        It costs what it finds if the query asks for an indexed field (`store.columns`), else it reads the whole
        table. A Payment's status must not be asked for: what is stored is the status of its last change.
        """
        found: list[R] = []
        for identity in self._candidates(kind, query):
            line = self._line(kind, identity)
            if line is not None and query(msgspec.json.decode(line)):
                record = self._stored(kind, identity)
                if record is not None:
                    found.append(self._now(record))
        return found

    def due_by(self, moment: datetime) -> list[Payment]:
        """Return, as stored, the payments whose deadline or due date passes up to a moment."""
        found = self._each_stored(Payment, self._up_to(Payment, "next_change_at", moment))
        return [each for each in found if as_of(each, moment) is not each]

    def awaited(self) -> list[Payment]:
        """Return, as stored, the payments with an attempt that the engine still sends or asks about."""
        found = self._each_stored(Payment, self._having(Payment, "awaited", AWAITED_KEY))
        return [each for each in found if any(map(is_awaited, each.attempts))]

    def closed_by(self, moment: datetime) -> Iterator[Payment]:
        """Yield the payments that were closed up to a moment, in the order of ids."""
        for each in self._each_stored(Payment, self._up_to(Payment, "closed_at", moment)):
            if each.closed_at is not None and each.closed_at <= moment:
                yield each

    def up_to(self, kind: type[R], column: str, moment: datetime) -> Iterator[R]:
        """Yield, as stored and by id, the records whose column has a moment up to this one, or had it: look at each."""
        return self._each_stored(kind, self._up_to(kind, column, moment))

    def ids_that_may_have(self, kind: type[Record], column: str, value: object) -> Iterable[int]:
        """Return the ids of all records that have this value in a column, or had it, without reading any of them."""
        return self._having(kind, column, key_of(value))

    def that_may_have(self, kind: type[R], column: str, value: object) -> Iterator[R]:
        """Yield, as stored and by id, the records that have this value in a column, or had it: look at each.

        What a search finds, without making a query and testing documents by it: for what each answer asks.
        """
        return self._each_stored(kind, self.ids_that_may_have(kind, column, value))

    def sorted_column(self, kind: type[Record], column: str) -> tuple[SortedColumn, frozenset[int]]:
        """Return (key, id) of all records in the order of a column's keys, without reading any of them.

        It does not tell of the records whose ids come with it, written or gone since the checkpoint: look at those.
        """
        return self._image.sorted_column(kind.TABLE, column)

    def since(self, kind: type[R], column: str, moment: datetime) -> Iterator[R]:
        """Yield, as stored, the records whose column has this moment or a later one."""
        stored, written = self.sorted_column(kind, column)
        asked = column_named(kind, column)
        later = {*stored.since(key_of(moment))} - written
        for each in self._each_stored(kind, sorted(later | written)):
            if any(key_of(one) >= key_of(moment) for one in asked.keys(each)):
                yield each

    def every_id(self, kind: type[Record]) -> tuple[int, ...]:
        """Return the ids of all records of a kind in rising order, without reading any of them."""
        return tuple(self._ids(kind))

    def holds(self, kind: type[Record], identity: int) -> bool:
        """Say whether there is a record of this id, without decoding it."""
        return self._line(kind, identity) is not None

    def count(self, kind: type[Record]) -> int:
        """Return how many records of a kind there are."""
        return self._image.count(kind.TABLE)

    def table(self, kind: type[Record]) -> Table:
        """Return TinyDB's table of a kind, as stored, secrets sealed; writing works in a transaction only."""
        return RecordTable(_Documents(self, kind), kind.TABLE)

    def _line(self, kind: type[Record], identity: int) -> bytes | None:
        try:
            return self._image.get(kind.TABLE, identity)
        except OSError as error:
            raise StoreNotUsable(
                self._folder, f"record {identity} of table {kind.TABLE} cannot be read: {error.strerror}."
            ) from error

    def _ids(self, kind: type[Record]) -> Iterable[int]:
        return self._image.ids(kind.TABLE)

    def _having(self, kind: type[Record], column: str, key: int) -> Iterable[int]:
        return self._image.candidates(kind.TABLE, column, key)

    def _up_to(self, kind: type[Record], column: str, moment: datetime) -> Iterable[int]:
        return self._image.candidates_up_to(kind.TABLE, column, key_of(moment))

    def _candidates(self, kind: type[Record], query: object) -> Iterable[int]:
        asked = column_asked(kind, query)
        return self._ids(kind) if asked is None else self._having(kind, *asked)

    def _stored(self, kind: type[R], identity: int) -> R | None:
        line = self._line(kind, identity)
        return None if line is None else self._decoded(kind, identity, line)

    def _archived(self, kind: type[R], identity: int) -> R | None:
        """Return a payment that has aged out, from its archive file; None for any other record."""
        stub = self._stored(ArchivedPayment, identity) if kind is Payment else None
        if stub is None:
            return None
        line = self._archives.payment(stub.month, identity)
        found = None if line is None else self._decoded(kind, identity, line)
        # An older view may find a later copy, of a payment that has come back and aged out again since.
        if found is None or found.version < stub.payment_version:
            raise StoreNotUsable(
                self._archives.path(stub.month),
                f"does not hold payment {identity} as it was archived; put a backup of this file in its place.",
            )
        return found

    def _each_stored(self, kind: type[R], ids: Iterable[int]) -> Iterator[R]:
        for identity in ids:
            found = self._stored(kind, identity)
            if found is not None:
                yield found

    def _decoded(self, kind: type[R], identity: int, line: bytes) -> R:
        try:
            found = from_json(kind, line)
            return opened(found, self._vault.open) if kind.SECRETS else found
        except msgspec.MsgspecError as error:
            raise self._unreadable(kind, identity, error) from error

    def _unreadable(self, kind: type[Record], identity: int, error: msgspec.MsgspecError) -> StoreNotUsable:
        return StoreNotUsable(self._folder, f"record {identity} of table {kind.TABLE} is not a {kind.WORD}: {error}.")

    def _now(self, record: R) -> R:
        # No `cast`: every read comes through here, and it would be a call.
        return as_of(record, self.now) if isinstance(record, Payment) else record  # type: ignore[return-value]

    def _next_document_id(self, kind: type[Record]) -> int:
        raise PermissionError(f"A {kind.WORD} is added in a transaction only.")

    def _write_documents(self, kind: type[Record], changed: Mapping[int, dict[str, Any] | None]) -> None:
        if changed:
            raise PermissionError(f"A {kind.WORD} is written in a transaction only; nothing was changed.")


class _Documents:
    """One kind of record of a view, as TinyDB's table asks for documents."""

    def __init__(self, view: View, kind: type[Record]) -> None:
        self._view = view
        self._kind = kind

    def ids(self) -> Iterable[int]:
        return self._view._ids(self._kind)  # noqa: SLF001 - one idea in two classes: the view under TinyDB's names

    def line(self, identity: int) -> bytes | None:
        return self._view._line(self._kind, identity)  # noqa: SLF001 - the same

    def count(self) -> int:
        return self._view.count(self._kind)

    def candidates(self, query: object) -> Iterable[int]:
        return self._view._candidates(self._kind, query)  # noqa: SLF001 - the same

    def next_id(self) -> int:
        return self._view._next_document_id(self._kind)  # noqa: SLF001 - the same

    def write(self, changed: Mapping[int, dict[str, Any] | None]) -> None:
        self._view._write_documents(self._kind, changed)  # noqa: SLF001 - the same
