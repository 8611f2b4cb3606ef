"""The one door: `with store.transaction() as tx:` to write, `store.view()` to read.

A transaction holds the lock from its read to its commit and is all or nothing: leaving the body commits, an error in it
leaves the store as it was. Its time is read under the lock and never runs behind the last commit. A view is one
consistent moment and takes no lock. Both give a Payment as it is at their time: the stored status is never shown.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar, cast

import msgspec
from tinydb.queries import QueryLike
from tinydb.table import Table

from store import lock
from store.action_log import LogLine
from store.actors import ROOT_RESELLER_ID, Actor
from store.database import EMPTY, Image, Records, read_image, table_of, write_image
from store.errors import NotFound, StaleEdit, StoreNotUsable
from store.judging import as_of
from store.outside import Clock, Ids, SystemIds, system_clock
from store.payments import Payment
from store.records import R, Record, from_json, next_version, to_json
from store.resellers import Reseller

FILE_NAME = "gatewatch.json"
LOCK_NAME = "gatewatch.lock"
LOCK_WAIT_SECONDS = 10.0

T = TypeVar("T")


class View:
    """The whole store at one moment, to read. `now` is its time, `revision` counts the transactions it has seen."""

    def __init__(self, path: Path, image: Image, now: datetime) -> None:
        self._path = path
        self._image = image
        self.now = now

    @property
    def revision(self) -> int:
        """How many transactions have been committed before this moment."""
        return self._image.header.revision

    def find(self, kind: type[R], identity: int) -> R | None:
        """Return the record of this id, a Payment as of now; None if there is none."""
        line = self._records(kind).get(identity)
        return None if line is None else self._now(self._decoded(kind, line))

    def get(self, kind: type[R], identity: int) -> R:
        """Return the record of this id, a Payment as of now. Raises NotFound."""
        found = self.find(kind, identity)
        if found is None:
            raise NotFound(kind.WORD, identity)
        return found

    def all(self, kind: type[R]) -> Iterator[R]:
        """Yield every record of a kind in the order of ids, Payments as of now."""
        return (self._now(each) for each in self.all_stored(kind))

    def all_stored(self, kind: type[R]) -> Iterator[R]:
        """Yield every record as it was last written; for a Payment, whoever shows it must ask `as_of` first."""
        return (self._decoded(kind, line) for line in tuple(self._records(kind).values()))

    def search(self, kind: type[R], query: QueryLike) -> list[R]:
        """Return the records that fit a TinyDB query on their stored fields, Payments as of now.

        A Payment's status must not be asked for in the query: what is stored is the status of its last change.
        """
        records = self._records(kind)
        found = table_of({kind.TABLE: records}, kind.TABLE).search(query)
        return [self._now(self._decoded(kind, records[each.doc_id])) for each in found]

    def ids(self, kind: type[Record]) -> AbstractSet[int]:
        """Return the ids of all records of a kind, without reading any of them."""
        return self._records(kind).keys()

    def count(self, kind: type[Record]) -> int:
        """Return how many records of a kind there are."""
        return len(self._records(kind))

    def table(self, kind: type[Record]) -> Table:
        """Return TinyDB's own table of a kind, to query (as stored); writing through it is refused."""
        return table_of({kind.TABLE: self._records(kind)}, kind.TABLE)

    def _records(self, kind: type[Record]) -> Records:
        return self._image.records(kind.TABLE)

    def _decoded(self, kind: type[R], line: bytes) -> R:
        try:
            return from_json(kind, line)
        except msgspec.MsgspecError as error:
            raise StoreNotUsable(
                self._path, f"table {kind.TABLE} holds a record that is not a {kind.WORD}: {error}."
            ) from error

    def _now(self, record: R) -> R:
        return cast("R", as_of(record, self.now)) if isinstance(record, Payment) else record


class Transaction(View):
    """The store under the lock, to read, decide and write; what it has put, it reads."""

    def __init__(self, path: Path, image: Image, now: datetime, ids: Ids) -> None:
        super().__init__(path, image, now)
        self.ids = ids
        self._written: dict[str, dict[int, bytes]] = {}
        self._next_ids = dict(image.header.next_ids)

    def next_id(self, kind: type[Record]) -> int:
        """Return an id that no record of this kind has had. It is used up only if the transaction commits."""
        identity = self._next_ids.get(kind.TABLE, 1)
        self._next_ids[kind.TABLE] = identity + 1
        return identity

    def put(self, record: R) -> R:
        """Write a record, new or changed, and return it with its new version.

        Raises StaleEdit if the record's version is not the one stored: it was read before somebody else changed it.
        """
        line = self._records(type(record)).get(record.id)
        current = 0 if line is None else from_json(type(record), line).version
        if current != record.version:
            raise StaleEdit(
                type(record).WORD,
                record.id,
                seen=record.version,
                current=current,
                changed_by=self.last_change_by(record),
            )
        written = next_version(record)
        self._written.setdefault(type(record).TABLE, {})[record.id] = to_json(written)
        return written

    def keep(self, payment: Payment) -> Payment:
        """Write a payment that was read as of now, if its deadline or due date has passed since it was written."""
        line = self._records(Payment)[payment.id]
        return payment if line == to_json(payment) else self.put(payment)

    def log(self, by: Actor, action: str, subject: str, text: str = "") -> None:
        """Add a line to the action log: who did what to which object."""
        self.put(LogLine(id=self.next_id(LogLine), at=self.now, by=by.name, action=action, subject=subject, text=text))

    @property
    def has_writes(self) -> bool:
        """Whether anything was put."""
        return bool(self._written)

    def committed_image(self) -> Image:
        """Return the store with this transaction applied."""
        tables: dict[str, Records] = dict(self._image.tables)
        for name, records in self._written.items():
            tables[name] = {**self._image.records(name), **records}
        header = msgspec.structs.replace(
            self._image.header,
            revision=self._image.header.revision + 1,
            last_commit_at=self.now,
            next_ids=self._next_ids,
        )
        return Image(header, tables)

    def _records(self, kind: type[Record]) -> Records:
        written = self._written.get(kind.TABLE)
        stored = self._image.records(kind.TABLE)
        return stored if not written else _Overlay(written, stored)

    def last_change_by(self, record: Record) -> str:
        """Return who changed a record last, by the action log."""
        subject = subject_of(record)
        lines = [each for each in self.all(LogLine) if each.subject == subject]
        return lines[-1].by if lines else "another process"


class _Overlay(Mapping[int, bytes]):
    """What a transaction has written over what is stored, without copying the table."""

    def __init__(self, written: Records, stored: Records) -> None:
        self._written = written
        self._stored = stored

    def __getitem__(self, key: int) -> bytes:
        return self._written[key] if key in self._written else self._stored[key]

    def __iter__(self) -> Iterator[int]:
        yield from self._stored
        yield from (key for key in self._written if key not in self._stored)

    def __len__(self) -> int:
        return len(self._stored) + sum(key not in self._stored for key in self._written)


class Store:
    """One folder of records. Safe to use from several threads and processes at once."""

    def __init__(self, folder: Path, *, clock: Clock = system_clock, ids: Ids | None = None) -> None:
        self.folder = folder
        self.path = folder / FILE_NAME
        self.clock = clock
        self.ids = ids or SystemIds()
        self._cached: tuple[tuple[int, int, int], Image] | None = None

    def view(self) -> View:
        """Return the store as it is now. Raises StoreNotUsable if its file cannot be read or is damaged."""
        image = self._image()
        return View(self.path, image, self._now(image))

    @contextmanager
    def transaction(self, *, wait_seconds: float = LOCK_WAIT_SECONDS) -> Iterator[Transaction]:
        """Read, decide and write under the lock; commit when the body ends, change nothing if it raises.

        When it returns, what was put is on the disk. Raises StoreBusy if the lock is not free within `wait_seconds`,
        and StoreNotUsable if the store cannot be read or written; nothing was changed then.
        """
        with lock.held(self.folder / LOCK_NAME, wait_seconds=wait_seconds):
            image = self._image()
            tx = Transaction(self.path, image, self._now(image), self.ids)
            yield tx
            if tx.has_writes:
                committed = tx.committed_image()
                write_image(self.path, committed)
                self._cached = (_signature(self.path), committed)

    def signature(self) -> tuple[int, int, int] | None:
        """Return what tells one state of the file from the next without reading it, None while there is no file.

        Raises StoreNotUsable if the file cannot be looked at.
        """
        try:
            return _signature(self.path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreNotUsable(self.path, f"cannot be read: {error.strerror}.") from error

    def _now(self, image: Image) -> datetime:
        return max(self.clock(), image.header.last_commit_at)

    def _image(self) -> Image:
        signature = self.signature()
        if signature is None:
            return EMPTY
        cached = self._cached
        if cached is None or cached[0] != signature:
            cached = (signature, read_image(self.path))
            self._cached = cached
        return cached[1]


def open_store(folder: Path, *, clock: Clock = system_clock, ids: Ids | None = None) -> Store:
    """Open the store in a folder; one that is not there is made, with the root reseller in it.

    Raises StoreNotUsable if the folder cannot be made, read or written, or if its file is damaged or too new.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreNotUsable(
            folder, f"the folder cannot be made: {error.strerror}. Name another one with --data or GATEWATCH_DATA."
        ) from error
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise StoreNotUsable(
            folder, "the folder is not readable and writable for you. Name another one with --data or GATEWATCH_DATA."
        )
    store = Store(folder, clock=clock, ids=ids)
    if store.view().find(Reseller, ROOT_RESELLER_ID) is None:
        with store.transaction() as tx:
            if tx.find(Reseller, ROOT_RESELLER_ID) is None:
                tx.put(Reseller(id=tx.next_id(Reseller), name="Root reseller", parent_id=None))
    return store


def subject_of(record: Record) -> str:
    """Return how the action log names a record: `connector 3`."""
    return f"{record.WORD} {record.id}"


def _signature(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return (found.st_ino, found.st_mtime_ns, found.st_size)
