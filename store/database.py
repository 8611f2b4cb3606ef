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
from store.checkpoint import FORMAT, Checkpoint, Header, read_checkpoint, write_checkpoint
from store.columns import keys_of
from store.disk import Disk
from store.errors import NotWritten, StoreNotUsable
from store.image import Image, Key
from store.index import Index, SortedColumn, sorted_column, write_index
from store.journal import Base, Entry, Journal, Line, Torn
from store.kinds import KINDS
from store.records import from_json

CHECKPOINT_NAME = "gatewatch.json"
JOURNAL_NAME = "gatewatch.journal"
INDEX_NAME = "gatewatch.index"
LOCK_NAME = "gatewatch.lock"
CHECKPOINT_LOCK_NAME = "gatewatch.checkpoint-lock"
STOPPED_NAME = "gatewatch.stopped"
MOST_FOLDS_IN_ONE_LOOK = 100
"""How often a reader starts again because others fold the journal while it opens the files."""
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
        self._image = Image(next_ids={}, counts={}, keys_of=self._keys_of_json)
        self._changes: deque[tuple[int, tuple[Key, ...]]] = deque(maxlen=REMEMBERED_CHANGES)
        self._safe_n = 0
        self._named: Journal | None = None
        self._unmarked = ""

    def image(self) -> Image:
        """Return the store as it is now, after reading what others have appended since the last look.

        Raises StoreNotUsable for a file that is damaged or cannot be read.
        """
        with self._mutex:
            with suppress(Torn):
                self._follow()
            return self._image

    def changes_since(self, n: int) -> frozenset[Key] | None:
        """Return which records were written after transaction `n`, None if that is too long ago to tell."""
        with self._mutex:
            if n == self._image.n:
                return frozenset()
            # A later one than the last is from a store whose files were put back since.
            if n > self._image.n or not self._changes or self._changes[0][0] > n + 1:
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
    def locked(self, *, wait_seconds: float, stopped_too: bool = False) -> Iterator[Image]:
        """Hold the store's lock in the body, with the image as it is now; a torn end of the journal is cut off.

        All that the body has read is on the disk when this returns, also if it has written nothing itself. Raises
        StoreBusy, StoreNotUsable (damaged, not readable, or stopped after a failed sync, unless `stopped_too`).
        """
        with self._lock.held(wait_seconds=wait_seconds):
            if not stopped_too:
                self._refuse_stopped()
            image = self._latest()
            yield image
            if self._safe_n < image.n:
                # A writer that was killed may have left whole lines unsynced, and somebody may decide on them now.
                self._sync(self._open_journal(), image.n)

    def append(self, drafts: Sequence[Draft]) -> None:
        """Append transactions, sync once, and make the last draft's image the store. Only to be called under the lock.

        Raises NotWritten if the disk is full or fails before the sync: it says how many of the drafts are on the disk,
        from the first on; the others changed nothing. Raises StoreNotUsable if the sync itself fails: the store is
        stopped then until it has been checked.
        """
        book = self._open_journal()
        before = drafts[0].line.entry.n - 1
        self._put_name_on_the_disk(book)
        try:
            book.append(b"".join(each.line.content for each in drafts))
        except OSError as error:
            raise self._written_in_part(book, before, error) from error
        self._sync(book, drafts[-1].line.entry.n)
        with self._mutex:
            # A reader of this process may have seen the lines already, and read them as another process's.
            if self._journal is book and book.last_n == before:
                self._image = drafts[-1].image
                for each in drafts:
                    book.accept(each.line)
                    self._changes.append((each.line.entry.n, each.keys))
            else:
                self._latest()

    @property
    def safe_n(self) -> int:
        """The number of the last transaction that is surely on the disk. What follows was read, but may be unsynced."""
        return self._safe_n

    def checkpoint_is_worth_it(self) -> bool:
        """Say whether the journal has grown so much that folding it in pays."""
        with self._mutex:
            size = self._journal.size if self._journal else 0
            folded = self._image.checkpoint.file.size() if self._image.checkpoint else 0
        return size > max(SMALLEST_JOURNAL_WORTH_FOLDING, folded * JOURNAL_PART_WORTH_FOLDING)

    def fold(self, *, wait_seconds: float, stopped_too: bool = False) -> int:
        """Write a checkpoint and shorten the journal; return the number of the last transaction in it.

        Raises StoreBusy if another process is at it, StoreNotUsable if the disk fails: the old files stand then.
        """
        beside, index_beside = _beside(self._checkpoint_path), _beside(self._index_path)
        with lock.ProcessLock(self.folder / CHECKPOINT_LOCK_NAME).held(wait_seconds=wait_seconds):
            with self.locked(wait_seconds=wait_seconds, stopped_too=stopped_too) as image:
                pass
            try:
                places, fit = write_checkpoint(
                    self._disk,
                    beside,
                    image.header(),
                    {table: partial(_records, image, table) for table in image.tables()},
                )
                write_index(self._disk, index_beside, Index(places, _columns(image)), fit)
                with self.locked(wait_seconds=wait_seconds, stopped_too=stopped_too):
                    self._switch(image, beside, index_beside)
            except OSError as error:
                raise StoreNotUsable(
                    self._checkpoint_path, f"the checkpoint cannot be written: {error.strerror}. The old one stands."
                ) from error
            finally:
                # What is not in its place now is of no use, and may be what fills the disk.
                for each in (beside, index_beside, _beside(self._journal_path)):
                    with suppress(OSError):
                        self._disk.remove(each)
            # Follow the new journal before somebody folds that, too: changes are told across one checkpoint only.
            self.image()
            return image.n

    def create(self, first: Callable[[Image], Sequence[Draft]]) -> None:
        """Make the files of a new store with what `first` drafts, unless they are there; upgrade those of form 1.

        Raises StoreNotUsable if they cannot be written or are damaged.
        """
        with self._lock.held(wait_seconds=lock.WAIT_SECONDS):
            self._refuse_stopped()
            try:
                if not self._disk.exists(self._checkpoint_path):
                    self._make()
                elif not self._disk.exists(self._journal_path):
                    self._upgrade(self._read_checkpoint().header)
            except OSError as error:
                raise StoreNotUsable(
                    self._checkpoint_path, f"cannot be written: {error.strerror}. Nothing was changed."
                ) from error
            drafts = first(self._latest())
            if drafts:
                self.append(drafts)

    def is_of_older_form(self) -> bool:
        """Say whether the checkpoint was written by an older version; the next one is of today's form."""
        checkpoint = self.image().checkpoint
        return checkpoint is not None and checkpoint.header.format < FORMAT

    def stopped_because(self) -> str | None:
        """Return why every writer is stopped, None if none is. Raises StoreNotUsable if that cannot be told."""
        try:
            if not self._disk.exists(self._stopped_path):
                return self._unmarked or None
            file = self._disk.open_to_read(self._stopped_path)
            try:
                return file.pread(file.size(), 0).decode(errors="replace").strip() or "a sync failed"
            finally:
                file.close()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreNotUsable(self._stopped_path, f"cannot be read: {error.strerror}.") from error

    def allow_writing(self, *, wait_seconds: float) -> None:
        """Write everything anew, and only when all of it is on the disk let writing go on.

        Raises StoreBusy, StoreNotUsable; the store stays stopped then.
        """
        try:
            with self.locked(wait_seconds=wait_seconds, stopped_too=True):
                # After a failed sync a later one may say that all is well, and not have written what failed.
                book = self._open_journal()
                new = self._write_journal(Base(base=book.base, was=book.base_hash), book.lines_after(book.base))
                self._disk.rename(new, self._journal_path)
                self._sync_folder()
            self.fold(wait_seconds=wait_seconds, stopped_too=True)
            self._disk.remove(self._stopped_path)
            self._disk.sync_folder(self.folder)
        except OSError as error:
            raise StoreNotUsable(self._stopped_path, f"writing cannot go on: {error.strerror}.") from error
        self._unmarked = ""

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
                        self._journal_path, f"its torn end cannot be cut off: {error.strerror}."
                    ) from error
                # Else a crash could leave what was cut off behind the beginning of what is written next.
                self._sync(book, self._image.n)
                self._follow()
            return self._image

    def _follow(self) -> None:
        """Read what has come since the last look. Raises Torn, StoreNotUsable."""
        try:
            for _ in range(MOST_FOLDS_IN_ONE_LOOK):
                if self._is_followed():
                    return
                self._load()
        except OSError as error:
            self._journal = None
            raise StoreNotUsable(self._journal_path, f"cannot be read: {error.strerror}.") from error
        except StoreNotUsable:
            # Read it all again next time: somebody may have put a backup in its place.
            self._journal = None
            raise
        raise StoreNotUsable(self._journal_path, "is replaced faster than it can be read.")

    def _is_followed(self) -> bool:
        """Read the journal that is open to its end; say whether it is still the store's. Raises Torn."""
        book = self._journal
        if book is None:
            return False
        stamp = self._disk.stamp(self._journal_path)
        if stamp is not None and stamp[0] == book.identity:
            if stamp[1] != book.size:
                self._read(book)
            return True
        # Another process has folded the journal: this one gets no more lines; read it out, then follow the new one.
        with suppress(Torn):
            self._read(book)
        return False

    def _load(self) -> None:
        """Open checkpoint and journal anew and read the journal to its end. Raises Torn, StoreNotUsable."""
        while True:
            checkpoint = self._read_checkpoint()
            book = self._read_journal()
            if book.base <= checkpoint.header.revision:
                break
            # The journal is younger than the checkpoint that was read, so there must be a younger checkpoint, too.
            stamp = self._disk.stamp(self._checkpoint_path)
            if stamp is not None and stamp[0] == checkpoint.file.identity():
                raise StoreNotUsable(
                    self._journal_path,
                    f"begins after transaction {book.base}, but the checkpoint ends at {checkpoint.header.revision}: "
                    "a part of the store is missing. Put a backup of both in their place.",
                )
        seen, changes = self._image.n, [*self._changes]
        self._image = Image.of(checkpoint, self._keys_of_json)
        self._journal = book
        self._safe_n = book.base
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

    def _read_checkpoint(self) -> Checkpoint:
        try:
            return read_checkpoint(self._disk, self._checkpoint_path, self._index_path, keys_of_json)
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
        """Read the lines that have come. Raises Torn, StoreNotUsable."""
        torn: Torn | None = None
        try:
            for line in book.read_on():
                if line.entry.n > self._image.n:
                    self._apply(line)
                self._need_same_course(line.entry.n, line.hash)
                self._safe_n = max(self._safe_n, line.entry.safe)
                put = line.entry.put
                self._changes.append((line.entry.n, tuple((table, each) for table in put for each in put[table])))
        except Torn as found:
            torn = found
        if book.last_n < self._image.n:
            raise StoreNotUsable(
                self._journal_path,
                f"ends at transaction {book.last_n}, but the checkpoint holds {self._image.n}: it belongs to an older "
                "one. Put a backup of both in their place.",
            )
        if torn is not None:
            raise torn

    def _need_same_course(self, n: int, line_hash: str) -> None:
        if n == self._image.n and line_hash != self._image.hash:
            raise StoreNotUsable(
                self._journal_path,
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

    def _put_name_on_the_disk(self, book: Journal) -> None:
        """Sync the folder before the first append to a journal: who put it there may have been killed before that."""
        if self._named is not book:
            self._sync_folder()
            self._named = book

    def _written_in_part(self, book: Journal, before: int, error: OSError) -> NotWritten:
        """Cut off what is torn, but leave whole lines: others may have read them. Return how many there are."""
        n = self._latest().n
        if n > before:
            self._sync(book, n)
        return NotWritten(self._journal_path, str(error.strerror), kept=n - before)

    def _sync_folder(self) -> None:
        """Put the names of the files on the disk. Stops the store if that fails."""
        try:
            self._disk.sync_folder(self.folder)
        except OSError as error:
            why = f"a sync of the folder failed: {error.strerror}"
            self._stop(why)
            raise StoreNotUsable(self.folder, _stopped(why)) from error

    def _sync(self, book: Journal, n: int) -> None:
        """Put all lines up to number `n` on the disk. Stops the store if it fails."""
        try:
            book.sync()
        except OSError as error:
            why = f"a sync failed: {error.strerror}"
            self._stop(why)
            raise StoreNotUsable(self._journal_path, _stopped(why)) from error
        self._safe_n = n

    def _stop(self, why: str) -> None:
        """Leave a marker that stops every writer: after a failed sync nobody can tell what is on the disk.

        While even that fails, this process at least is stopped, and tries again whenever it is asked to write.
        """
        self._unmarked = why
        try:
            file = self._disk.create(self._stopped_path)
        except OSError:
            return
        self._unmarked = ""
        # That it is there says enough.
        with suppress(OSError):
            file.append(f"{why}\n".encode(), 0)
            file.sync()
            self._disk.sync_folder(self.folder)
        file.close()

    def _refuse_stopped(self) -> None:
        if self._unmarked:
            self._stop(self._unmarked)
        why = self.stopped_because()
        if why is not None:
            raise StoreNotUsable(self._journal_path, _stopped(why))

    def _open_journal(self) -> Journal:
        if self._journal is None:
            raise StoreNotUsable(self._journal_path, "is not open.")
        return self._journal

    def _switch(self, folded: Image, beside: Path, index_beside: Path) -> None:
        """Put a checkpoint in its place, and a journal with only what came after it; to be called under the lock."""
        new = self._write_journal(Base(base=folded.n, was=folded.hash), self._open_journal().lines_after(folded.n))
        self._disk.rename(beside, self._checkpoint_path)
        # Whoever follows the journal to the new one finds the index there, and need not read all records.
        self._disk.rename(index_beside, self._index_path)
        self._sync_folder()
        self._disk.rename(new, self._journal_path)
        self._sync_folder()

    def _make(self) -> None:
        """Make the files of an empty store; the checkpoint, by which it is one, comes last."""
        if self._disk.exists(self._journal_path) and self._read_journal().holds_any():
            raise StoreNotUsable(
                self._checkpoint_path,
                "is missing, but there is a journal of it; put a backup of both in their place.",
            )
        beside = _beside(self._checkpoint_path)
        write_checkpoint(self._disk, beside, Header(), {})
        self._disk.rename(self._write_journal(Base(base=0, was=journal.NO_HASH), b""), self._journal_path)
        self._disk.sync_folder(self.folder)
        self._disk.rename(beside, self._checkpoint_path)
        try:
            self._disk.sync_folder(self.folder)
        except OSError:
            # A later sync may not save what this one did not: it must be made again.
            self._disk.remove(self._checkpoint_path)
            raise

    def _upgrade(self, header: Header) -> None:
        """Give a store of form 1, which had no journal, an empty one. Raises StoreNotUsable for any other form."""
        if header.format > 1:
            raise StoreNotUsable(
                self._journal_path, "is missing, and with it what was committed since the checkpoint; restore a backup."
            )
        self._disk.rename(self._write_journal(Base(base=header.revision, was=header.hash), b""), self._journal_path)
        self._sync_folder()

    def _write_journal(self, base: Base, lines: bytes) -> Path:
        """Write a journal beside the one that there is, and return its path."""
        new = _beside(self._journal_path)
        journal.create(self._disk, new, base, lines)
        return new

    def _keys_of_json(self, table: str, line: bytes) -> list[tuple[str, int]]:
        try:
            return keys_of_json(table, line)
        except msgspec.MsgspecError as error:
            raise StoreNotUsable(
                self._journal_path, f"holds a record of table {table} that cannot be read: {error}."
            ) from error


def draft(
    image: Image, at: datetime, next_ids: dict[str, int], written: Written, added: Mapping[str, int], *, safe_n: int
) -> Draft:
    """Return a transaction as its line of the journal, and the store after it; nothing is written yet."""
    put: journal.Writes = {}
    for (table, identity), each in written.items():
        put.setdefault(table, {})[identity] = msgspec.Raw(journal.GONE if each is None else each)
    entry = Entry(n=image.n + 1, safe=safe_n, was=image.hash, at=at, ids=next_ids, put=put)
    content, checksum = journal.line_of(entry)
    after = image.with_records(written, added, n=entry.n, line_hash=checksum, at=at, next_ids=next_ids)
    return Draft(Line(entry, checksum, content), after, tuple(written))


def keys_of_json(table: str, line: bytes) -> list[tuple[str, int]]:
    """Return every column's keys of a record. Raises msgspec.MsgspecError if it is none of its kind."""
    kind = KINDS.get(table)
    if kind is None:
        raise msgspec.ValidationError(f"there is no kind of record in a table {table}")
    return keys_of(from_json(kind, line))


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
            for name, key in image.keys_of(table, record):
                pairs.setdefault((table, name), []).append((key, identity))
    return {name: sorted_column(each) for name, each in pairs.items()}


def _beside(path: Path) -> Path:
    """Return where the next form of a file is written before it takes its place."""
    return path.with_name(f"{path.name}.new")


def _stopped(why: str) -> str:
    return (
        f"the store is stopped, since {why}. What was acknowledged before is safe as far as the disk is. "
        "Look at the disk, then run `gatewatch store check`; it reads and rewrites every record before writing goes on."
    )
