"""The archive files: plain TinyDB files for each month, with the payments that were closed in it and have aged out.

A file is written whole beside the old one, synced and put in its place by a rename; a small index beside it says where
each payment stands, and is made anew where it does not fit. Nothing is ever taken out of a file: a payment that came
back is stale there, and its stub is gone from the main store. A month begins another file once its last one is full,
so that what ageing out writes follows what ages out, not what the month holds.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path

from store.checkpoint import Checkpoint, Header, need_as_written, put_index, read_checkpoint, write_checkpoint
from store.disk import Disk
from store.errors import StoreNotUsable
from store.index import Index
from store.payments import Payment

LOCK_NAME = "gatewatch.archive-lock"
"""Held by whoever writes or copies archive files; nobody who commits a payment waits for it."""
OPEN_AT_ONCE = 12
"""How many archive files stay open for look-ups."""
MOST_IN_A_FILE = 10_000
"""How many payments an archive file takes before its month begins another one."""

Stamp = tuple[int, int, int]


class Archives:
    """The archive files of one folder. Safe to use from several threads; written under the lock of LOCK_NAME."""

    def __init__(self, folder: Path, disk: Disk, *, most_in_a_file: int = MOST_IN_A_FILE) -> None:
        self._folder = folder
        self._disk = disk
        self._most = most_in_a_file
        self._mutex = threading.Lock()
        self._open: dict[str, tuple[Stamp, Checkpoint]] = {}

    def path(self, name: str) -> Path:
        """Return the file of an archive (`2026-03`, or `2026-03-2` for the second one of that month)."""
        return self._folder / f"archive-{name}.json"

    def payment(self, name: str, payment_id: int) -> bytes | None:
        """Return a payment's JSON, None if the archive has none of this id. Raises StoreNotUsable."""
        return self.read(name).get(Payment.TABLE, payment_id)

    def room_in(self, month: str) -> tuple[str, int]:
        """Return the month's archive that takes payments now, and how many more. Raises StoreNotUsable."""
        number, name = 1, month
        while self._disk.exists(self.path(following := f"{month}-{number + 1}")):
            number, name = number + 1, following
        held = len(self.read(name).index.of(Payment.TABLE)) if self._disk.exists(self.path(name)) else 0
        return (name, self._most - held) if held < self._most else (f"{month}-{number + 1}", self._most)

    def read(self, name: str) -> Checkpoint:
        """Return an archive file, open. Raises StoreNotUsable if it is missing or damaged."""
        path = self.path(name)
        with self._mutex:
            try:
                stamp = self._disk.stamp(path)
                known = self._open.get(name)
                if known is not None and known[0] == stamp:
                    return known[1]
                found = read_checkpoint(self._disk, path, self._index_path(name), _no_keys)
            except FileNotFoundError:
                raise StoreNotUsable(
                    path, "is missing, and with it payments that have aged out; put a backup of this file in its place."
                ) from None
            except OSError as error:
                raise StoreNotUsable(path, f"cannot be read: {error.strerror}.") from error
            if stamp is not None:
                self._open.pop(name, None)
                self._open[name] = (stamp, found)
                if len(self._open) > OPEN_AT_ONCE:
                    del self._open[next(iter(self._open))]
            return found

    def need_as_written(self, name: str) -> None:
        """Read all of an archive file. Raises StoreNotUsable if it is not what was written, as far as is known."""
        need_as_written(self._disk, self.path(name), self._index_path(name), self.read(name))

    def add(self, name: str, payments: Mapping[int, bytes], at: datetime) -> None:
        """Put payments, as JSON by id, into an archive file; on return they are on the disk.

        Raises StoreNotUsable if it is damaged or cannot be written; the old file stands then.
        """
        path = self.path(name)
        beside = path.with_name(f"{path.name}.new")
        try:
            before = self.read(name) if self._disk.exists(path) else None
            if before is not None:
                self.need_as_written(name)
            ids = {*payments, *(before.index.of(Payment.TABLE).ids if before else ())}
            header = Header(revision=before.header.revision + 1 if before else 1, last_commit_at=at)
            records = partial(_records, sorted(ids), payments, before)
            places, fit = write_checkpoint(self._disk, beside, header, {Payment.TABLE: records})
            self._disk.rename(beside, path)
            self._disk.sync_folder(self._folder)
            put_index(self._disk, self._index_path(name), Index(places, {}), fit)
        except OSError as error:
            with suppress(OSError):
                self._disk.remove(beside)
            raise StoreNotUsable(
                path, f"the archive cannot be written: {error.strerror}. No payment was taken out of the store."
            ) from error

    def _index_path(self, name: str) -> Path:
        return self.path(name).with_suffix(".index")


def _records(ids: list[int], payments: Mapping[int, bytes], before: Checkpoint | None) -> Iterator[tuple[int, bytes]]:
    for identity in ids:
        line = payments.get(identity)
        if line is None and before is not None:
            line = before.get(Payment.TABLE, identity)
        if line is not None:
            yield identity, line


def _no_keys(_table: str, _line: bytes) -> list[tuple[str, int]]:
    return []
