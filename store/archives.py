"""The archive files: a plain TinyDB file for each month, with the payments that were closed in it and have aged out.

A file is written whole beside the old one, synced and put in its place by a rename; a small index beside it says where
each payment stands, and is made anew where it does not fit. Nothing is ever taken out of a file: a payment that came
back is stale there, and its stub is gone from the main store.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path

from store.checkpoint import Checkpoint, Header, put_index, read_checkpoint, write_checkpoint
from store.disk import Disk
from store.errors import StoreNotUsable
from store.index import Index
from store.payments import Payment

LOCK_NAME = "gatewatch.archive-lock"
"""Held by whoever writes or copies archive files; nobody who commits a payment waits for it."""
OPEN_AT_ONCE = 12
"""How many months stay open for look-ups."""

Stamp = tuple[int, int, int]


class Archives:
    """The archive files of one folder. Safe to use from several threads; written under the lock of LOCK_NAME."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk
        self._mutex = threading.Lock()
        self._open: dict[str, tuple[Stamp, Checkpoint]] = {}

    def path(self, month: str) -> Path:
        """Return the archive file of a month (`2026-03`)."""
        return self._folder / f"archive-{month}.json"

    def payment(self, month: str, payment_id: int) -> bytes | None:
        """Return a payment's JSON, None if the month's file has none of this id. Raises StoreNotUsable."""
        return self.read(month).get(Payment.TABLE, payment_id)

    def read(self, month: str) -> Checkpoint:
        """Return a month's file, open. Raises StoreNotUsable if it is missing or damaged."""
        path = self.path(month)
        with self._mutex:
            try:
                stamp = self._disk.stamp(path)
                known = self._open.get(month)
                if known is not None and known[0] == stamp:
                    return known[1]
                found = read_checkpoint(self._disk, path, self._index_path(month), _no_keys)
            except FileNotFoundError:
                raise StoreNotUsable(
                    path, "is missing, and with it payments that have aged out; put a backup of this file in its place."
                ) from None
            except OSError as error:
                raise StoreNotUsable(path, f"cannot be read: {error.strerror}.") from error
            if stamp is not None:
                self._open.pop(month, None)
                self._open[month] = (stamp, found)
                if len(self._open) > OPEN_AT_ONCE:
                    del self._open[next(iter(self._open))]
            return found

    def add(self, month: str, payments: Mapping[int, bytes], at: datetime) -> None:
        """Put payments, as JSON by id, into a month's file; on return they are on the disk.

        Raises StoreNotUsable if it is damaged or cannot be written; the old file stands then.
        """
        path = self.path(month)
        beside = path.with_name(f"{path.name}.new")
        try:
            before = self.read(month) if self._disk.exists(path) else None
            ids = {*payments, *(before.index.of(Payment.TABLE).ids if before else ())}
            header = Header(revision=before.header.revision + 1 if before else 1, last_commit_at=at)
            records = partial(_records, sorted(ids), payments, before)
            places, fit = write_checkpoint(self._disk, beside, header, {Payment.TABLE: records})
            self._disk.rename(beside, path)
            self._disk.sync_folder(self._folder)
            put_index(self._disk, self._index_path(month), Index(places, {}), fit)
        except OSError as error:
            with suppress(OSError):
                self._disk.remove(beside)
            raise StoreNotUsable(
                path, f"the archive cannot be written: {error.strerror}. No payment was taken out of the store."
            ) from error

    def _index_path(self, month: str) -> Path:
        return self.path(month).with_suffix(".index")


def _records(ids: list[int], payments: Mapping[int, bytes], before: Checkpoint | None) -> Iterator[tuple[int, bytes]]:
    for identity in ids:
        line = payments.get(identity)
        if line is None and before is not None:
            line = before.get(Payment.TABLE, identity)
        if line is not None:
            yield identity, line


def _no_keys(_table: str, _line: bytes) -> list[tuple[str, int]]:
    return []
