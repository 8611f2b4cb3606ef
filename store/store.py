"""The one door: `with store.transaction() as tx:` to write, `store.view()` to read, `store.submit` for many writers.

A transaction holds the lock from its read to its commit and is all or nothing: leaving the body commits, an error in it
leaves the store as it was. Its time is read under the lock and never runs behind the last commit. A view is one
consistent moment and takes no lock. Both give a Payment as it is at their time: the stored status is never shown.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from store.actors import ROOT_RESELLER_ID
from store.archives import Archives
from store.committer import Committer, Job
from store.database import SMALLEST_JOURNAL_WORTH_FOLDING, Database
from store.disk import Disk, RealDisk
from store.draft import Batch
from store.errors import NotWritten, StoreBusy, StoreNotUsable
from store.fold_process import fold_apart
from store.follower import Signature
from store.image import Image, Key
from store.key_file import KeyFile
from store.lock import WAIT_SECONDS
from store.outside import Clock, Ids, SystemIds, system_clock
from store.paths import CHECKPOINT_NAME
from store.pending import Pending
from store.resellers import Reseller
from store.sealed_store import have_key, holds_old_text, seal_old_secrets
from store.transaction import Transaction
from store.vault import Vault
from store.view import View

T = TypeVar("T")

FILE_NAME = CHECKPOINT_NAME
"""The TinyDB file of a store's folder."""

__all__ = ["Store", "Transaction", "View", "open_store"]


class Store:
    """One folder of records. Safe to use from several threads and processes at once."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock = system_clock,
        ids: Ids | None = None,
        disk: Disk | None = None,
        key_file: KeyFile | None = None,
    ) -> None:
        self.folder = folder
        self.path = folder / FILE_NAME
        self.clock = clock
        self.ids = ids or SystemIds()
        self.disk = disk or RealDisk()
        # A disk of the caller's own is not another process's.
        self._folds = partial(fold_apart, folder) if isinstance(self.disk, RealDisk) else self._fold_here
        self.database = Database(folder, self.disk)
        self.archives = Archives(folder, self.disk)
        self.vault = Vault(folder, key_file)
        self.fold_problem = ""
        self.sealed_just_now = False
        self._committer = Committer(self.database, self.transaction_on, self.fold_in_the_background, WAIT_SECONDS)
        self._folding = threading.Lock()
        self._fold_from_bytes = 0

    def view(self) -> View:
        """Return the store as it is now. Raises StoreNotUsable if its files cannot be read or are damaged."""
        return self.view_of(self.database.image())

    def view_of(self, image: Image) -> View:
        """Return the store as it is in an image of it."""
        return View(self.folder, image, self._now(image), self.archives, self.vault)

    def transaction(self, *, wait_seconds: float = WAIT_SECONDS) -> AbstractContextManager[Transaction]:
        """Read, decide and write under the lock; commit when the body ends, change nothing if it raises.

        When it returns, what was put is on the disk. Raises StoreBusy if the lock is not free within `wait_seconds`,
        and StoreNotUsable if the store cannot be read or written; nothing was changed then.
        """
        return _Writing(self, wait_seconds)

    def submit(self, decide: Callable[[Transaction], T]) -> Pending[T]:
        """Queue a decision to be run in a transaction of its own; its `result` is there when it is on the disk.

        Whoever waits at the same time shares one lock and one sync; each decision sees those before it, and is all or
        nothing by itself. It runs in another thread. `result` raises what `decide` raises, StoreBusy, StoreNotUsable.
        """
        return self._committer.submit(decide)

    def hand_in(self, jobs: Iterable[Job], all_told: Callable[[], None]) -> None:
        """Queue decisions like `submit`; each one's `Told` is told in another thread, then `all_told` is called there.

        It is called once for those that share a commit, and at the latest when all of these have been told.
        """
        self._committer.queue(jobs, all_told)

    def preview(self, decide: Callable[[Transaction], T]) -> T:
        """Return what a decision would come to now, and write nothing; it reads what it would have written.

        No lock is taken: by the time it is done in earnest, it may come to something else. Raises what `decide` raises,
        StoreNotUsable.
        """
        return decide(self.transaction_on(self.database.image()))

    def changes_since(self, revision: int) -> frozenset[Key] | None:
        """Return the (table, id) of each record written after a view's `revision`.

        None: it is too long ago to tell, and everything may have changed.
        """
        self.database.image()
        return self.database.changes_since(revision)

    def signature(self) -> Signature | None:
        """Return what changes whenever the store does, without reading it; None while there is no store.

        Raises StoreNotUsable if the file cannot be looked at.
        """
        try:
            return self.database.signature()
        except OSError as error:
            raise StoreNotUsable(self.folder, f"cannot be read: {error.strerror}.") from error

    def checkpoint(self, *, wait_seconds: float = WAIT_SECONDS) -> int:
        """Fold the journal into the TinyDB file; return the number of the last transaction in it.

        Raises StoreBusy, StoreNotUsable; the old files stand then.
        """
        return self.database.fold(wait_seconds=wait_seconds)

    def transaction_on(self, image: Image) -> Transaction:
        """Return a transaction on an image of the store, at the time that it is now."""
        return Transaction(self.folder, image, self._now(image), self.archives, self.vault, self.ids)

    def _now(self, image: Image) -> datetime:
        return max(self.clock(), image.last_commit_at)

    def fold_in_the_background(self) -> None:
        """Fold the journal, unless somebody is at it; `fold_problem` keeps what went wrong."""
        if self.database.journal_bytes() >= self._fold_from_bytes and self._folding.acquire(blocking=False):
            threading.Thread(target=self._fold, name="checkpoint").start()

    def _fold(self) -> None:
        try:
            self._folds()
            # Follow the new journal before somebody folds that, too: changes are told across one checkpoint only.
            self.database.image()
            self.fold_problem = ""
            self._fold_from_bytes = 0
        except StoreNotUsable as error:
            self.fold_problem = str(error)
            # Not again at each commit: on a full disk every try fills it to the last byte for a while.
            self._fold_from_bytes = self.database.journal_bytes() + SMALLEST_JOURNAL_WORTH_FOLDING
        finally:
            self._folding.release()

    def _fold_here(self) -> None:
        with suppress(StoreBusy):
            # Not if another process is at it; but once begun, busy writers are waited for.
            self.database.fold(wait_seconds=WAIT_SECONDS, turn_seconds=0)


class _Writing(AbstractContextManager[Transaction]):
    """One transaction, from the lock to the commit: a class, since a generator costs each commit more than the lock."""

    __slots__ = ("_store", "_tx", "_wait_seconds")

    def __init__(self, store: Store, wait_seconds: float) -> None:
        self._store = store
        self._wait_seconds = wait_seconds
        self._tx: Transaction | None = None

    def __enter__(self) -> Transaction:
        store = self._store
        image = store.database.take(wait_seconds=self._wait_seconds)
        try:
            self._tx = tx = store.transaction_on(image)
        except BaseException:
            store.database.give_back(is_decided=False)
            raise
        return tx

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        database, tx = self._store.database, self._tx
        is_decided = False
        try:
            if kind is None and tx is not None:
                if tx.has_writes:
                    _append(database, tx)
                is_decided = True
        finally:
            database.give_back(is_decided=is_decided)
        if is_decided and database.checkpoint_is_worth_it():
            self._store.fold_in_the_background()


def _append(database: Database, tx: Transaction) -> None:
    batch = database.batch(tx.image)
    tx.go_into(batch)
    try:
        database.append(batch)
    except NotWritten as error:
        # What failed came behind it: it stands, and who is told otherwise does it once more.
        if not error.kept:
            raise


def open_store(
    folder: Path,
    *,
    clock: Clock = system_clock,
    ids: Ids | None = None,
    disk: Disk | None = None,
    key_file: KeyFile | None = None,
) -> Store:
    """Open the store in a folder; one that is not there is made, with the root reseller in it.

    Secrets that an older version wrote in clear are encrypted, and `sealed_just_now` of the store says so.
    Raises StoreNotUsable if the folder cannot be made, read or written, or if its files are damaged or too new;
    KeyNotUsable if the key of its secrets is not there.
    """
    disk = disk or RealDisk()
    try:
        made = [each for each in (folder, *folder.parents) if not each.exists()]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for each in made:
            # One that may be written, but not read, cannot be synced by anybody.
            with suppress(PermissionError):
                disk.sync_folder(each.parent)
    except OSError as error:
        raise StoreNotUsable(
            folder, f"the folder cannot be made: {error.strerror}. Name another one with --data or GATEWATCH_DATA."
        ) from error
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise StoreNotUsable(
            folder, "the folder is not readable and writable for you. Name another one with --data or GATEWATCH_DATA."
        )
    store = Store(folder, clock=clock, ids=ids, disk=disk, key_file=key_file)
    if not store.database.is_there() or store.view().find(Reseller, ROOT_RESELLER_ID) is None:
        store.database.create(partial(_first, store))
    store.sealed_just_now = seal_old_secrets(store)
    have_key(store)
    outdated = store.database.is_of_older_form() or holds_old_text(store.database)
    if outdated and store.database.stopped_because() is None:
        store.checkpoint()
    return store


def _first(store: Store, batch: Batch) -> None:
    tx = store.transaction_on(batch.image)
    if tx.find(Reseller, ROOT_RESELLER_ID) is None:
        tx.put(Reseller(id=tx.next_id(Reseller), name="Root reseller", parent_id=None))
        tx.go_into(batch)
