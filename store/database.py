"""A folder of checkpoint, journal and index, followed and written by many processes at once.

Readers take no lock: they follow the tail of the journal, across checkpoints. Writers hold one lock around
read-decide-write, append one line for each transaction and sync once. A checkpoint folds the journal into the TinyDB
file in two short locked steps, with the long one between them unlocked.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec

from store import journal, lock
from store.checkpoint import Checkpoint, Header, put_index, read_checkpoint, write_checkpoint
from store.columns import keys_of
from store.disk import Disk
from store.errors import StoreNotUsable
from store.image import Image, Key
from store.index import Index, SortedColumn, sorted_column
from store.journal import Base, Entry, Journal, Line, Torn
from store.kinds import KINDS
from store.records import Record, from_json

CHECKPOINT_NAME = "gatewatch.json"
JOURNAL_NAME = "gatewatch.journal"
INDEX_NAME = "gatewatch.index"
LOCK_NAME = "gatewatch.lock"
CHECKPOINT_LOCK_NAME = "gatewatch.checkpoint-lock"
STOPPED_NAME = "gatewatch.stopped"
REMEMBERED_CHANGES = 10_000
"""How many transactions `changes_since` can look back within one process."""
SMALLEST_JOURNAL_WORTH_FOLDING = 8 << 20
JOURNAL_PART_WORTH_FOLDING = 0.5
"""A checkpoint is worth it once the journal is larger than this part of the last one, and than the bytes above."""

Written = dict[Key, bytes | None]
"""What a transaction writes: each record's JSON, None where it is gone."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One transaction to be appended: its line of the journal, the store after it, and which records it writes."""

    line: Line
    image: Image
    keys: tuple[Key, ...]


class Database:
    """One folder. Safe to use from several threads and processes."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self.folder = folder
        self._disk = disk
        self._checkpoint_path = folder / CHECKPOINT_NAME
        self._journal_path = folder / JOURNAL_NAME
        self._index_path = folder / INDEX_NAME
        self._mutex = threading.RLock()
        self._lock = lock.ProcessLock(folder / LOCK_NAME)
        self._stopped_path = folder / STOPPED_NAME
        self._journal: Journal | None = None
        self._image = Image(next_ids={}, counts={}, keys_of=_keys_of_json)
        self._changes: deque[tuple[int, tuple[Key, ...]]] = deque(maxlen=REMEMBERED_CHANGES)

    def image(self) -> Image:
        """Return the store as it is now, after reading what others have appended since the last look.

        Raises StoreNotUsable for a damaged file.
        """
        with self._mutex:
            with suppress(Torn):
                self._follow()
            return self._image

    def changes_since(self, n: int) -> frozenset[Key] | None:
        """Return which records were written after transaction `n`, None if that is too long ago to tell."""
        with self._mutex:
            if n >= self._image.n:
                return frozenset()
            if not self._changes or self._changes[0][0] > n + 1:
                return None
            return frozenset(key for number, keys in self._changes if number > n for key in keys)

    def is_there(self) -> bool:
        """Say whether the folder holds a store with a journal."""
        return all(self._disk.exists(each) for each in (self._checkpoint_path, self._journal_path))

    def stamp(self) -> tuple[int, int, int] | None:
        """Return what tells one state of the journal from the next without reading it, None while there is none."""
        return self._disk.stamp(self._journal_path)

    def journal_bytes(self) -> int:
        """Return the journal's size as far as it was read."""
        with self._mutex:
            return self._journal.size if self._journal else 0

    @contextmanager
    def locked(self, *, wait_seconds: float) -> Iterator[Image]:
        """Hold the store's lock in the body, with the image as it is now; a torn last line is cut off.

        Raises StoreBusy, StoreNotUsable (damaged, or stopped after a failed sync).
        """
        with self._lock.held(wait_seconds=wait_seconds):
            self._refuse_stopped()
            yield self._latest()

    def append(self, drafts: Sequence[Draft]) -> None:
        """Append transactions, sync once, and make the last draft's image the store. Only to be called under the lock.

        Raises StoreNotUsable: if the disk is full or fails before the sync, nothing was changed; if the sync itself
        fails, the store is stopped until it has been checked.
        """
        book = self._open_journal()
        self._write_durably(book, b"".join(each.line.content for each in drafts))
        with self._mutex:
            # A reader of this process may have seen the lines already, and read them as another process's.
            if self._journal is book and book.last_n < drafts[0].line.entry.n:
                for each in drafts:
                    book.accept(each.line)
                    self._changes.append((each.line.entry.n, each.keys))
                self._image = drafts[-1].image
            else:
                self._latest()

    def checkpoint_is_worth_it(self) -> bool:
        """Say whether the journal has grown so much that folding it in pays."""
        with self._mutex:
            size = self._journal.size if self._journal else 0
            folded = self._image.checkpoint.file.size() if self._image.checkpoint else 0
        return size > max(SMALLEST_JOURNAL_WORTH_FOLDING, folded * JOURNAL_PART_WORTH_FOLDING)

    def fold(self, *, wait_seconds: float) -> int:
        """Write a checkpoint and shorten the journal; return the number of the last transaction in it.

        Raises StoreBusy if another process is at it, StoreNotUsable if the disk fails: the old files stand then.
        """
        with lock.ProcessLock(self.folder / CHECKPOINT_LOCK_NAME).held(wait_seconds=wait_seconds):
            with self.locked(wait_seconds=wait_seconds) as image:
                pass
            beside = self._checkpoint_path.with_suffix(".json.new")
            try:
                places, fit = write_checkpoint(
                    self._disk,
                    beside,
                    image.header(),
                    {table: partial(_records, image, table) for table in image.tables()},
                )
                index = Index(places, _columns(image))
                with self.locked(wait_seconds=wait_seconds):
                    self._switch(image, beside)
                put_index(self._disk, self._index_path, index, fit)
            except OSError as error:
                raise StoreNotUsable(
                    self._checkpoint_path, f"the checkpoint cannot be written: {error.strerror}. The old one stands."
                ) from error
            return image.n

    def create(self, first: Callable[[Image], Sequence[Draft]]) -> None:
        """Make the files of a new store with what `first` drafts, unless they are there; upgrade those of form 1.

        Raises StoreNotUsable if they cannot be written or are damaged.
        """
        with self._lock.held(wait_seconds=lock.WAIT_SECONDS):
            try:
                if not self._disk.exists(self._checkpoint_path):
                    beside = self._checkpoint_path.with_suffix(".json.new")
                    write_checkpoint(self._disk, beside, Header(), {})
                    self._put_journal(Base(base=0, was=journal.NO_HASH), b"")
                    self._disk.rename(beside, self._checkpoint_path)
                    self._disk.sync_folder(self.folder)
                elif not self._disk.exists(self._journal_path):
                    self._upgrade(self._read_checkpoint().header)
            except OSError as error:
                raise StoreNotUsable(
                    self._checkpoint_path, f"cannot be written: {error.strerror}. Nothing was changed."
                ) from error
            drafts = first(self._latest())
            if drafts:
                self.append(drafts)

    def stopped_because(self) -> str | None:
        """Return why every writer is stopped, None if none is."""
        if not self._disk.exists(self._stopped_path):
            return None
        file = self._disk.open_to_read(self._stopped_path)
        try:
            return file.pread(file.size(), 0).decode(errors="replace").strip() or "a sync failed"
        finally:
            file.close()

    def allow_writing(self) -> None:
        """Take the marker of a failed sync away; only after every record has been read and written anew."""
        self._disk.remove(self._stopped_path)
        self._disk.sync_folder(self.folder)

    def _latest(self) -> Image:
        with self._mutex:
            try:
                self._follow()
            except Torn as torn:
                book = self._open_journal()
                try:
                    book.cut(torn.size)
                except OSError as error:
                    raise StoreNotUsable(
                        self._journal_path, f"its torn last line cannot be cut off: {error.strerror}."
                    ) from error
                self._follow()
            return self._image

    def _follow(self) -> None:
        """Read what has come since the last look. Raises Torn, StoreNotUsable."""
        for _ in range(2):
            book = self._journal
            if book is None:
                self._load()
                book = self._open_journal()
            stamp = self._disk.stamp(self._journal_path)
            if stamp is not None and stamp[0] == book.identity:
                if stamp[1] > book.size:
                    self._read(book)
                return
            # Another process has folded the journal: this one gets no more lines; read it out, then follow the new one.
            with suppress(Torn):
                self._read(book)
            if not self._move_on():
                self._journal = None
        raise StoreNotUsable(
            self._journal_path,
            "does not begin where the checkpoint ends, also when read again: a part of the store is missing. "
            "Put a backup in its place.",
        )

    def _move_on(self) -> bool:
        """Follow the new journal from where the old one was read to; say whether it reaches back so far."""
        seen, changes = self._image.n, list(self._changes)
        self._load()
        if self._open_journal().base > seen:
            self._changes.clear()
            return False
        after = [each for each in self._changes if each[0] > seen]
        self._changes.clear()
        self._changes.extend([*changes, *after])
        return True

    def _load(self) -> None:
        """Open checkpoint and journal anew and read the journal to its end."""
        for _ in range(2):
            image = Image.of(self._read_checkpoint(), _keys_of_json)
            book = self._read_journal()
            if book.base <= image.n:
                self._image = image
                self._journal = book
                self._changes.clear()
                self._read(book)
                return
        raise StoreNotUsable(
            self._journal_path,
            f"begins after transaction {book.base}, but the checkpoint ends at {image.n}: a part is missing. "
            "Put a backup in its place.",
        )

    def _read_checkpoint(self) -> Checkpoint:
        try:
            return read_checkpoint(self._disk, self._checkpoint_path, self._index_path, _keys_of_json)
        except FileNotFoundError:
            raise StoreNotUsable(self._checkpoint_path, "is missing; put a backup in its place.") from None
        except OSError as error:
            raise StoreNotUsable(self._checkpoint_path, f"cannot be read: {error.strerror}.") from error

    def _read_journal(self) -> Journal:
        try:
            return Journal.open(self._disk, self._journal_path)
        except FileNotFoundError:
            raise StoreNotUsable(
                self._journal_path, "is missing, and with it what was committed since the checkpoint; restore a backup."
            ) from None
        except OSError as error:
            raise StoreNotUsable(self._journal_path, f"cannot be opened: {error.strerror}.") from error

    def _read(self, book: Journal) -> None:
        for line in book.read_on():
            if line.entry.n > self._image.n:
                self._apply(line)
            elif line.entry.n == self._image.n and line.hash != self._image.hash:
                raise StoreNotUsable(
                    self._journal_path, f"line {line.entry.n} is not the one that the checkpoint was made of."
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
        self._changes.append((line.entry.n, tuple(written)))

    def _write_durably(self, book: Journal, content: bytes) -> None:
        size = book.size
        try:
            book.append(content)
        except OSError as error:
            try:
                book.cut(size)
            except OSError as second:
                self._stop(f"a line could be neither written nor cut off: {second.strerror}")
            raise StoreNotUsable(
                self._journal_path, f"cannot be written: {error.strerror}. Nothing was changed."
            ) from error
        try:
            book.sync()
        except OSError as error:
            why = f"a sync failed: {error.strerror}"
            self._stop(why)
            raise StoreNotUsable(self._journal_path, _stopped(why)) from error

    def _stop(self, why: str) -> None:
        """Leave a marker that stops every writer: after a failed sync nobody can tell what is on the disk."""
        with suppress(OSError):
            file = self._disk.create(self._stopped_path)
            file.append(f"{why}\n".encode(), 0)
            file.sync()
            file.close()
            self._disk.sync_folder(self.folder)

    def _refuse_stopped(self) -> None:
        why = self.stopped_because()
        if why is not None:
            raise StoreNotUsable(self._journal_path, _stopped(why))

    def _open_journal(self) -> Journal:
        if self._journal is None:
            raise StoreNotUsable(self._journal_path, "is not open.")
        return self._journal

    def _switch(self, folded: Image, beside: Path) -> None:
        """Put a checkpoint in its place, and a journal with only what came after it; to be called under the lock."""
        lines = self._open_journal().lines_after(folded.n)
        new = self._journal_path.with_suffix(".journal.new")
        journal.create(self._disk, new, Base(base=folded.n, was=folded.hash), lines)
        self._disk.rename(beside, self._checkpoint_path)
        self._disk.sync_folder(self.folder)
        self._disk.rename(new, self._journal_path)
        self._disk.sync_folder(self.folder)

    def _upgrade(self, header: Header) -> None:
        """Give a store of form 1, which had no journal, an empty one. Raises StoreNotUsable for any other form."""
        if header.format > 1:
            raise StoreNotUsable(
                self._journal_path, "is missing, and with it what was committed since the checkpoint; restore a backup."
            )
        self._put_journal(Base(base=header.revision, was=header.hash), b"")
        self._disk.sync_folder(self.folder)

    def _put_journal(self, base: Base, lines: bytes) -> None:
        new = self._journal_path.with_suffix(".journal.new")
        journal.create(self._disk, new, base, lines)
        self._disk.rename(new, self._journal_path)


def draft(image: Image, at: datetime, next_ids: dict[str, int], written: Written, added: Mapping[str, int]) -> Draft:
    """Return a transaction as its line of the journal, and the store after it; nothing is written yet."""
    put: journal.Writes = {}
    for (table, identity), each in written.items():
        put.setdefault(table, {})[identity] = msgspec.Raw(journal.GONE if each is None else each)
    entry = Entry(n=image.n + 1, was=image.hash, at=at, ids=next_ids, put=put)
    content, checksum = journal.line_of(entry)
    after = image.with_records(written, added, n=entry.n, line_hash=checksum, at=at, next_ids=next_ids)
    return Draft(Line(entry, checksum, content), after, tuple(written))


def _record(table: str, line: bytes) -> Record:
    kind = KINDS.get(table)
    if kind is None:
        raise msgspec.ValidationError(f"there is no kind of record in a table {table}")
    return from_json(kind, line)


def _keys_of_json(table: str, line: bytes) -> list[tuple[str, int]]:
    return keys_of(_record(table, line))


def _records(image: Image, table: str) -> Iterator[tuple[int, bytes]]:
    for identity in image.ids(table):
        record = image.get(table, identity)
        if record is not None:
            yield identity, record


def _columns(image: Image) -> dict[tuple[str, str], SortedColumn]:
    """Return the columns of everything stored: those of the last checkpoint, with what was written since."""
    written = image.changed()
    pairs: dict[tuple[str, str], list[tuple[int, int]]] = {}
    if image.index is not None:
        for (table, name), column in image.index.columns.items():
            pairs[(table, name)] = [each for each in column.pairs() if (table, each[1]) not in written]
    for (table, identity), record in written.items():
        if record is not None:
            for name, key in _keys_of_json(table, record):
                pairs.setdefault((table, name), []).append((key, identity))
    return {name: sorted_column(each) for name, each in pairs.items()}


def _stopped(why: str) -> str:
    return (
        f"the store is stopped, since {why}. What was acknowledged before is safe as far as the disk is. "
        "Look at the disk, then run `gatewatch store check`; it reads and rewrites every record before writing goes on."
    )
