"""A store as it is now: its files followed without any lock, across the checkpoints of others.

A reader opens checkpoint and journal, then reads what is appended. When the journal's path names another file, somebody
has folded it: the old one, still open, is read to its end, then the new one is followed.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from itertools import takewhile

import msgspec

from store import journal
from store.change_mark import ChangeMark
from store.checkpoint import Checkpoint, read_checkpoint
from store.columns import columns_signature
from store.disk import Disk
from store.draft import Batch, Written
from store.errors import StoreNotUsable
from store.image import Image, Key
from store.journal import Journal, Line, Torn
from store.kinds import keys_of_json
from store.memory import give_back_freed
from store.paths import Paths

MOST_FOLDS_IN_ONE_LOOK = 100
"""How often a reader starts again because others fold the journal while it opens the files."""
REMEMBERED_CHANGES = 10_000
"""How many transactions `changes_since` can look back within one process."""

Signature = tuple[int, int, int, bytes]
"""What changes with every commit: the journal's identity, size and time of change, and the store's mark."""


class Follower:
    """What one process has read of a store. Safe to use from several threads.

    `safe_n` is the number of the last transaction that is surely on the disk: what follows was read, but its writer may
    have been killed before it was synced.
    """

    def __init__(self, disk: Disk, paths: Paths) -> None:
        self._disk = disk
        self._paths = paths
        self._mark = ChangeMark(paths.changed)
        self._mutex = threading.RLock()
        self._journal: Journal | None = None
        self._image = Image(next_ids={}, counts={}, keys_of=self._keys_of)
        self._changes: deque[tuple[int, tuple[Key, ...]]] = deque(maxlen=REMEMBERED_CHANGES)
        self._seen: Signature | None = None
        self.safe_n = 0

    @property
    def book(self) -> Journal:
        """The journal that is followed. Raises StoreNotUsable before the first look."""
        if self._journal is None:
            raise StoreNotUsable(self._paths.journal, "is not open.")
        return self._journal

    def image(self) -> Image:
        """Return the store as it is now; what another process is just writing is waited out.

        Raises StoreNotUsable for a file that is damaged or cannot be read.
        """
        with self._mutex:
            with suppress(Torn):
                self._follow(to_its_end=False)
            return self._image

    def look(self) -> Image:
        """Read all that the journal holds, and return the store. Raises Torn, StoreNotUsable."""
        with self._mutex:
            self._follow(to_its_end=True)
            return self._image

    def still(self) -> Image | None:
        """Return the store as it was read, None if its journal is not what was read; to be called under the lock.

        It must be known that no other process has held the lock since the last look.
        """
        with self._mutex:
            stamp = self._disk.stamp(self._paths.journal)
            is_same = stamp is not None and self._journal is not None and stamp[0] == self._journal.identity
            return self._image if is_same else None

    def signature(self) -> Signature | None:
        """Return what changes with every commit, None while there is no journal. Raises OSError."""
        # The mark first: whoever finds this one again knows that the journal was read after it was made.
        mark = self._mark.read()
        stamp = self._disk.stamp(self._paths.journal)
        return None if stamp is None else (*stamp, mark)

    def journal_bytes(self) -> int:
        """Return the size of the journal, as far as it was read."""
        return self._journal.size if self._journal else 0

    def checkpoint_bytes(self) -> int:
        """Return the size of the checkpoint that was read."""
        checkpoint = self._image.checkpoint
        return checkpoint.file.size() if checkpoint else 0

    def changes_since(self, n: int) -> frozenset[Key] | None:
        """Return which records were written after transaction `n`, None if that is too long ago to tell."""
        with self._mutex:
            if n == self._image.n:
                return frozenset()
            # A later one than the last is from a store whose files were put back since.
            if n > self._image.n or not self._changes or self._changes[0][0] > n + 1:
                return None
            later = takewhile(lambda each: each[0] > n, reversed(self._changes))
            return frozenset(key for _, keys in later for key in keys)

    def took(self, batch: Batch) -> bool:
        """Count what was appended and synced as read, under the lock, and let other processes know of it.

        Say no if it must be read like another process's.
        """
        with self._mutex:
            mark = self._mark.change()
            # A reader of this process may have seen the lines already.
            if self._journal is None or self._journal.last_n != batch.drafts[0].n - 1:
                return False
            self._image = batch.after()
            for each in batch.drafts:
                self._journal.accept(each.n, each.hash, len(each.content))
                self._changes.append((each.n, each.keys))
            if mark:
                # Nobody else can have written yet. Whoever does it later is seen by the file's time of change, too,
                # should they be killed before they make their mark.
                with suppress(OSError):
                    self._seen = self.signature()
            return True

    def read_checkpoint(self) -> Checkpoint:
        """Open the checkpoint that is in its place now. Raises StoreNotUsable."""
        try:
            return read_checkpoint(
                self._disk, self._paths.checkpoint, self._paths.index, keys_of_json, columns_signature()
            )
        except FileNotFoundError:
            raise StoreNotUsable(self._paths.checkpoint, "is missing; put a backup in its place.") from None
        except OSError as error:
            raise StoreNotUsable(self._paths.checkpoint, f"cannot be read: {error.strerror}.") from error

    def _follow(self, *, to_its_end: bool) -> None:
        """Read what has come since the last look. Raises Torn, StoreNotUsable."""
        try:
            for _ in range(MOST_FOLDS_IN_ONE_LOOK):
                if self._is_followed(to_its_end=to_its_end):
                    return
                self._load()
        except OSError as error:
            self._journal = None
            raise StoreNotUsable(self._paths.journal, f"cannot be read: {error.strerror}.") from error
        except StoreNotUsable:
            # Read it all again next time: somebody may have put a backup in its place.
            self._journal = None
            raise
        raise StoreNotUsable(self._paths.journal, "is replaced faster than it can be read.")

    def _is_followed(self, *, to_its_end: bool) -> bool:
        """Read what has come in the journal that is open; say whether it is still the store's. Raises Torn."""
        book = self._journal
        if book is None:
            return False
        signature = self.signature()
        if signature is not None and signature[0] == book.identity:
            if to_its_end or signature != self._seen:
                self._read(book, to_its_end=to_its_end)
            self._seen = signature
            return True
        # Another process has folded the journal: this one gets no more lines; read it out, then follow the new one.
        with suppress(Torn):
            self._read(book)
        return False

    def _load(self) -> None:
        """Open checkpoint and journal anew and read the journal to its end. Raises Torn, StoreNotUsable."""
        while True:
            checkpoint = self.read_checkpoint()
            book = self._read_journal()
            if book.base <= checkpoint.header.revision:
                break
            # The journal is younger than the checkpoint that was read, so there must be a younger checkpoint, too.
            stamp = self._disk.stamp(self._paths.checkpoint)
            if stamp is not None and stamp[0] == checkpoint.file.identity():
                raise StoreNotUsable(
                    self._paths.journal,
                    f"begins after transaction {book.base}, but the checkpoint ends at {checkpoint.header.revision}: "
                    "a part of the store is missing. Put a backup of both in their place.",
                )
        seen, changes = self._image.n, [*self._changes]
        self._image = Image.of(checkpoint, self._keys_of)
        self._journal = book
        self.safe_n = book.base
        self._changes.clear()
        self._need_same_course(book.base, book.last_hash)
        try:
            self._read(book)
        finally:
            # What was written before is still known, unless the journal does not reach back so far.
            if book.base <= seen <= self._image.n:
                later = [each for each in self._changes if each[0] > seen]
                self._changes.clear()
                self._changes.extend([*changes, *later])
        if seen:
            # What the journal before held is not needed any more, but by views of that time.
            give_back_freed()

    def _read_journal(self) -> Journal:
        try:
            return Journal.open(self._disk, self._paths.journal)
        except FileNotFoundError:
            raise StoreNotUsable(
                self._paths.journal,
                "is missing, and with it what was committed since the checkpoint; restore a backup.",
            ) from None
        except OSError as error:
            raise StoreNotUsable(self._paths.journal, f"cannot be opened: {error.strerror}.") from error

    def _read(self, book: Journal, *, to_its_end: bool = True) -> None:
        """Read the lines that have come. Raises Torn, StoreNotUsable."""
        torn: Torn | None = None
        try:
            for line in book.read_on(to_its_end=to_its_end):
                if line.entry.n > self._image.n:
                    self._apply(line)
                self._need_same_course(line.entry.n, line.hash)
                self.safe_n = max(self.safe_n, line.entry.safe)
                put = line.entry.put
                self._changes.append((line.entry.n, tuple((table, each) for table in put for each in put[table])))
        except Torn as found:
            torn = found
        if book.last_n < self._image.n:
            raise StoreNotUsable(
                self._paths.journal,
                f"ends at transaction {book.last_n}, but the checkpoint holds {self._image.n}: it belongs to an older "
                "one. Put a backup of both in their place.",
            )
        if torn is not None:
            raise torn

    def _need_same_course(self, n: int, line_hash: str) -> None:
        if n == self._image.n and line_hash != self._image.hash:
            raise StoreNotUsable(
                self._paths.journal,
                f"is not of the same course as the checkpoint: transaction {n} is another one there. "
                "Put a backup of both in their place.",
            )

    def _apply(self, line: Line) -> None:
        written: Written = {}
        for table, records in line.entry.put.items():
            for identity, raw in records.items():
                content = bytes(raw)
                written[(table, identity)] = None if content == journal.GONE else content
        self._image = self._image.with_records(
            written,
            self._image.added_by(written),
            n=line.entry.n,
            line_hash=line.hash,
            at=line.entry.at,
            next_ids=line.entry.ids,
        )

    def _keys_of(self, table: str, line: bytes, column: str | None = None) -> list[tuple[str, int]]:
        try:
            return keys_of_json(table, line, column)
        except msgspec.MsgspecError as error:
            raise StoreNotUsable(
                self._paths.journal, f"holds a record of table {table} that cannot be read: {error}."
            ) from error
