"""A folder of checkpoint, journal and index, written by many processes at once.

Writers hold one lock around read-decide-write, append one line for each transaction and sync once. A checkpoint folds
the journal into the TinyDB file in two short locked steps, with the long one between them unlocked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from store import journal
from store.checkpoint import FORMAT, Header, write_checkpoint
from store.disk import Disk
from store.draft import Batch
from store.errors import NotWritten, StoreNotUsable
from store.folding import write_beside
from store.follower import Follower, Signature
from store.image import Image, Key
from store.journal import Base, Journal, Torn
from store.lock import WAIT_SECONDS, ProcessLock
from store.paths import Paths, beside
from store.stop_marker import StopMarker

SMALLEST_JOURNAL_WORTH_FOLDING = 8 << 20
JOURNAL_PART_WORTH_FOLDING = 0.5
LARGEST_JOURNAL_NOT_FOLDED = 32 << 20
"""A checkpoint is worth it once the journal is larger than this part of the last one, within these bytes.

Every process holds in memory what the journal holds: without the upper bound that would grow with the store.
"""


class Database:
    """One folder. Safe to use from several threads and processes."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._disk = disk
        self._paths = Paths(folder)
        self._follower = Follower(disk, self._paths)
        self._lock = ProcessLock(self._paths.lock)
        self._stop = StopMarker(disk, self._paths)
        self._named: Journal | None = None
        self._is_settled = False
        self._taken_at_n = 0

    def image(self) -> Image:
        """Return the store as it is now, after reading what others have appended since the last look.

        Raises StoreNotUsable for a file that is damaged or cannot be read.
        """
        return self._follower.image()

    def changes_since(self, n: int) -> frozenset[Key] | None:
        """Return which records were written after transaction `n`, None if that is too long ago to tell."""
        return self._follower.changes_since(n)

    def is_there(self) -> bool:
        """Say whether the folder holds a store with a journal."""
        return all(self._disk.exists(each) for each in (self._paths.checkpoint, self._paths.journal))

    def signature(self) -> Signature | None:
        """Return what tells one state of the store from the next without reading it, None while there is none."""
        return self._follower.signature()

    def journal_bytes(self) -> int:
        """Return the journal's size as far as it was read."""
        return self._follower.journal_bytes()

    @contextmanager
    def locked(self, *, wait_seconds: float, stopped_too: bool = False) -> Iterator[Image]:
        """Hold the store's lock in the body, with the image as it is now: `take` and `give_back`."""
        image = self.take(wait_seconds=wait_seconds, stopped_too=stopped_too)
        is_decided = False
        try:
            yield image
            is_decided = True
        finally:
            self.give_back(is_decided=is_decided)

    def take(self, *, wait_seconds: float, stopped_too: bool = False) -> Image:
        """Take the store's lock and return the store as it is now; a torn end of the journal is cut off.

        Whoever takes it must give it back. Raises StoreBusy, StoreNotUsable (damaged, not readable, or stopped after a
        failed sync, unless `stopped_too`); it is not taken then.
        """
        is_undisturbed = self._lock.take(wait_seconds=wait_seconds)
        # Once and for all: whoever is refused below has signed the lock all the same.
        self._is_settled = self._is_settled and is_undisturbed
        try:
            if not stopped_too:
                self._stop.refuse()
            # Whoever writes the store signs the lock, so its files are as this process left them, unless somebody has
            # put others in their place by hand.
            image = self._follower.still() if self._is_settled else None
            if image is None:
                self._is_settled = False
                image = self._latest()
                self._is_settled = True
            self._taken_at_n = image.n
        except BaseException:
            self._lock.give_back()
            raise
        return image

    def give_back(self, *, is_decided: bool) -> None:
        """Free the lock. If something was decided, all that was read for it is on the disk when this returns.

        Raises StoreNotUsable if that fails.
        """
        is_as_left = False
        try:
            if is_decided and self._follower.safe_n < self._taken_at_n:
                # A writer that was killed may have left whole lines unsynced, and somebody may decide on them now.
                self._sync(self._follower.book, self._taken_at_n)
            is_as_left = is_decided
        finally:
            # After any failure all is looked at anew.
            self._is_settled = self._is_settled and is_as_left
            self._lock.give_back()

    def append(self, batch: Batch) -> None:
        """Append transactions, at least one, sync once, and make them the store. Only to be called under the lock.

        Raises NotWritten if the disk is full or fails before the sync: it says how many of them are on the disk,
        from the first on; the others changed nothing. Raises StoreNotUsable if the sync itself fails: the store is
        stopped then until it has been checked.
        """
        follower = self._follower
        book = follower.book
        if not self._lock.signature:
            # Whoever held it before would not know that the journal has grown.
            raise NotWritten(self._paths.lock, "its holder cannot be written into it", kept=0)
        self._is_settled = False
        if self._named is not book:
            self._put_name_on_the_disk(book)
        try:
            book.append(batch.content)
        except OSError as error:
            raise self._written_in_part(book, batch.drafts[0].n - 1, error) from error
        self._sync(book, batch.drafts[-1].n)
        if not follower.took(batch):
            self._latest()
        self._is_settled = True

    def batch(self, image: Image) -> Batch:
        """Return room for transactions on an image that `take` gave."""
        return Batch(image, self._follower.safe_n)

    def checkpoint_is_worth_it(self) -> bool:
        """Say whether the journal has grown so much that folding it in pays."""
        size = self._follower.journal_bytes()
        if size <= SMALLEST_JOURNAL_WORTH_FOLDING:
            return False
        part = self._follower.checkpoint_bytes() * JOURNAL_PART_WORTH_FOLDING
        return size > min(part, LARGEST_JOURNAL_NOT_FOLDED)

    def fold(
        self,
        *,
        wait_seconds: float,
        turn_seconds: float | None = None,
        stopped_too: bool = False,
    ) -> int:
        """Write a checkpoint and shorten the journal; return the number of the last transaction in it.

        `turn_seconds` is how long another process's checkpoint is waited for, if not as long as writers are.
        Raises StoreBusy if another process is at it, StoreNotUsable if the disk fails: the old files stand then.
        """
        turn = wait_seconds if turn_seconds is None else turn_seconds
        with ProcessLock(self._paths.checkpoint_lock).held(wait_seconds=turn):
            with self.locked(wait_seconds=wait_seconds, stopped_too=stopped_too) as image:
                pass
            try:
                write_beside(self._disk, self._paths, image)
                with self.locked(wait_seconds=wait_seconds, stopped_too=stopped_too):
                    self._switch(image)
            except OSError as error:
                raise StoreNotUsable(
                    self._paths.checkpoint, f"the checkpoint cannot be written: {error.strerror}. The old one stands."
                ) from error
            finally:
                # What is not in its place now is of no use, and may be what fills the disk.
                for each in (self._paths.checkpoint, self._paths.index, self._paths.journal):
                    with suppress(OSError):
                        self._disk.remove(beside(each))
            # Follow the new journal before somebody folds that, too: changes are told across one checkpoint only.
            self.image()
            return image.n

    def create(self, first: Callable[[Batch], None]) -> None:
        """Make the files of a new store with what `first` adds, unless they are there; upgrade those of form 1.

        Raises StoreNotUsable if they cannot be written or are damaged.
        """
        with self._lock.held(wait_seconds=WAIT_SECONDS):
            self._is_settled = False
            self._stop.refuse()
            try:
                if not self._disk.exists(self._paths.checkpoint):
                    self._make()
                elif not self._disk.exists(self._paths.journal):
                    self._upgrade(self._follower.read_checkpoint().header)
            except OSError as error:
                raise StoreNotUsable(
                    self._paths.checkpoint, f"cannot be written: {error.strerror}. Nothing was changed."
                ) from error
            batch = self.batch(self._latest())
            first(batch)
            if batch.drafts:
                self.append(batch)

    def is_of_older_form(self) -> bool:
        """Say whether the checkpoint was written by an older version; the next one is of today's form."""
        checkpoint = self.image().checkpoint
        return checkpoint is not None and checkpoint.header.format < FORMAT

    def is_half_folded(self) -> bool:
        """Say whether the journal still holds what the checkpoint holds: who folded it was killed in the middle."""
        checkpoint = self.image().checkpoint
        return checkpoint is not None and self._follower.book.base < checkpoint.header.revision

    def stopped_because(self) -> str | None:
        """Return why every writer is stopped, None if none is. Raises StoreNotUsable if that cannot be told."""
        return self._stop.reason()

    def allow_writing(self, *, wait_seconds: float) -> None:
        """Write everything anew, and only when all of it is on the disk let writing go on.

        Raises StoreBusy, StoreNotUsable; the store stays stopped then.
        """
        try:
            with self.locked(wait_seconds=wait_seconds, stopped_too=True):
                # After a failed sync a later one may say that all is well, and not have written what failed.
                book = self._follower.book
                new = self._write_journal(Base(base=book.base, was=book.base_hash), book.lines_after(book.base))
                self._disk.rename(new, self._paths.journal)
                self._sync_folder()
            self.fold(wait_seconds=wait_seconds, stopped_too=True)
            self._stop.take_away()
        except OSError as error:
            raise StoreNotUsable(self._paths.stopped, f"writing cannot go on: {error.strerror}.") from error

    def _latest(self) -> Image:
        """Return the store as it is now, with a torn end of the journal cut off. Only to be called under the lock."""
        try:
            return self._follower.look()
        except Torn as torn:
            book = self._follower.book
            try:
                book.cut(torn.size)
            except OSError as error:
                raise StoreNotUsable(
                    self._paths.journal, f"its torn end cannot be cut off: {error.strerror}."
                ) from error
            # Else a crash could leave what was cut off behind the beginning of what is written next.
            self._sync(book, book.last_n)
            return self._follower.look()

    def _put_name_on_the_disk(self, book: Journal) -> None:
        """Sync the folder before the first append to a journal: who put it there may have been killed before that."""
        self._sync_folder()
        self._named = book

    def _written_in_part(self, book: Journal, before: int, error: OSError) -> NotWritten:
        """Cut off what is torn, but leave whole lines: others may have read them. Return how many there are."""
        n = self._latest().n
        if n > before:
            self._sync(book, n)
        return NotWritten(self._paths.journal, str(error.strerror), kept=n - before)

    def _sync_folder(self) -> None:
        """Put the names of the files on the disk. Stops the store if that fails."""
        try:
            self._disk.sync_folder(self._paths.folder)
        except OSError as error:
            raise self._stop.put(f"a sync of the folder failed: {error.strerror}") from error

    def _sync(self, book: Journal, n: int) -> None:
        """Put all lines up to number `n` on the disk. Stops the store if it fails."""
        try:
            book.sync()
        except OSError as error:
            raise self._stop.put(f"a sync failed: {error.strerror}") from error
        self._follower.safe_n = n

    def _switch(self, folded: Image) -> None:
        """Put a checkpoint in its place, and a journal with only what came after it; to be called under the lock."""
        new = self._write_journal(Base(base=folded.n, was=folded.hash), self._follower.book.lines_after(folded.n))
        self._disk.rename(beside(self._paths.checkpoint), self._paths.checkpoint)
        # Whoever follows the journal to the new one finds the index there, and need not read all records.
        self._disk.rename(beside(self._paths.index), self._paths.index)
        self._sync_folder()
        self._disk.rename(new, self._paths.journal)
        self._sync_folder()

    def _make(self) -> None:
        """Make the files of an empty store; the checkpoint, by which it is one, comes last."""
        if self._disk.exists(self._paths.journal) and Journal.open(self._disk, self._paths.journal).holds_any():
            raise StoreNotUsable(
                self._paths.checkpoint,
                "is missing, but there is a journal of it; put a backup of both in their place.",
            )
        write_checkpoint(self._disk, beside(self._paths.checkpoint), Header(), {})
        self._disk.rename(self._write_journal(Base(base=0, was=journal.NO_HASH), b""), self._paths.journal)
        self._disk.sync_folder(self._paths.folder)
        self._disk.rename(beside(self._paths.checkpoint), self._paths.checkpoint)
        try:
            self._disk.sync_folder(self._paths.folder)
        except OSError:
            # A later sync may not save what this one did not: it must be made again.
            self._disk.remove(self._paths.checkpoint)
            raise

    def _upgrade(self, header: Header) -> None:
        """Give a store of form 1, which had no journal, an empty one. Raises StoreNotUsable for any other form."""
        if header.format > 1:
            raise StoreNotUsable(
                self._paths.journal,
                "is missing, and with it what was committed since the checkpoint; restore a backup.",
            )
        self._disk.rename(self._write_journal(Base(base=header.revision, was=header.hash), b""), self._paths.journal)
        self._sync_folder()

    def _write_journal(self, base: Base, lines: bytes) -> Path:
        """Write a journal beside the one that there is, and return its path."""
        new = beside(self._paths.journal)
        journal.create(self._disk, new, base, lines)
        return new
