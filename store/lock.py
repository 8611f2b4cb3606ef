"""One lock between processes around read-decide-write, never held across a network call.

`flock` frees itself when its holder dies and has no time limit of its own, so it is polled. The descriptor stays open,
so a lock of its own keeps the threads of one process apart. The program never renames or removes the file, and sees
when somebody else has. It names its last holder, so whoever takes it finds out whether another one has held it in
between.
"""

from __future__ import annotations

import fcntl
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from store.errors import StoreBusy, StoreNotUsable

WAIT_SECONDS = 10.0
"""How long a wait for the lock lasts unless said otherwise."""
HOLDING_MARK = ", holding "
"""Between a holder's name and what tells it from any other one."""
FIRST_PAUSE_SECONDS = 0.0002
LONGEST_PAUSE_SECONDS = 0.005


class ProcessLock:
    """One lock on one path, for the threads and processes that use it. Not to be taken twice by one thread.

    `signature` is what it has written into the lock; empty while it is held: the next holder will not know of this one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = threading.Lock()
        self._descriptor = -1
        self._opened_by = 0
        self._identity = (0, 0)
        self.signature = b""

    @contextmanager
    def held(self, *, wait_seconds: float) -> Iterator[None]:
        """Hold the lock in the body. Raises StoreBusy, naming the holder, when it is not free within `wait_seconds`."""
        self.take(wait_seconds=wait_seconds)
        try:
            yield
        finally:
            self.give_back()

    def take(self, *, wait_seconds: float) -> bool:
        """Take the lock; say whether surely nobody else has held it since it was last held by this object.

        Raises StoreBusy, naming the holder, when it is not free within `wait_seconds`, StoreNotUsable.
        """
        give_up_at = 0.0
        if not self._threads.acquire(blocking=False):
            give_up_at = time.monotonic() + wait_seconds
            if not self._threads.acquire(timeout=wait_seconds):
                raise self._busy(wait_seconds)
        try:
            if self._opened_by != os.getpid():
                self._open()
            while not self._is_held_in_its_place(give_up_at, wait_seconds):
                self._open()
        except BaseException:
            self._threads.release()
            raise
        signature = self.signature
        self.signature = b""
        # Who cannot be named, on a full disk say, may hold it all the same.
        with suppress(OSError):
            if signature and os.pread(self._descriptor, len(signature) + 1, 0) == signature:
                self.signature = signature
                return True
            self.signature = sign(self._descriptor)
        return False

    def give_back(self) -> None:
        """Free the lock."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        finally:
            self._threads.release()

    def _open(self) -> None:
        """Open the file once for each process: a descriptor that came through a fork is the parent's lock, not ours.

        An old one is closed, or the parent's death would not free the lock.
        """
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            self._opened_by = 0
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreNotUsable(self._path, f"the lock cannot be opened: {error.strerror}.") from error
        opened = os.fstat(self._descriptor)
        self._identity = opened.st_ino, opened.st_dev
        self._opened_by = os.getpid()
        self.signature = b""

    def _is_held_in_its_place(self, give_up_at: float, wait_seconds: float) -> bool:
        """Lock the open file; say whether it is the one that the path names, and so the one that others lock.

        People remove what looks like a stale lock, and put backups in the place of folders.
        """
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._wait(give_up_at or time.monotonic() + wait_seconds, wait_seconds)
        try:
            named = os.stat(self._path)  # noqa: PTH116 - asked at every commit; Path.stat takes three times as long
        except OSError:
            return False
        return (named.st_ino, named.st_dev) == self._identity

    def _wait(self, give_up_at: float, wait_seconds: float) -> None:
        pause_seconds = FIRST_PAUSE_SECONDS
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= give_up_at:
                    raise self._busy(wait_seconds) from None
                time.sleep(pause_seconds)
                pause_seconds = min(pause_seconds * 2, LONGEST_PAUSE_SECONDS)
            else:
                return

    def _busy(self, wait_seconds: float) -> StoreBusy:
        return StoreBusy(
            self._path,
            f"held by {holder_of(self._path)} for more than {wait_seconds:g} s. Nothing was written; try again, "
            "and if it stays so, look at what that process does.",
        )

    def __del__(self) -> None:
        if self._descriptor >= 0 and self._opened_by == os.getpid():
            os.close(self._descriptor)


def holder_of(path: Path) -> str:
    """Return what the last holder wrote into the lock: `process 4711 (gatewatchd serve)`."""
    try:
        written = path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError as error:
        return f"an unknown process ({error.strerror})"
    return written.partition(HOLDING_MARK)[0] or "an unknown process"


def sign(descriptor: int) -> bytes:
    """Write into a lock who holds it; return what was written, which nobody else ever writes."""
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])
    text = f"process {os.getpid()} ({command}){HOLDING_MARK}{os.urandom(8).hex()}\n".encode()
    # In place, since a full disk may have no block for a file that was cut first.
    os.pwrite(descriptor, text, 0)
    os.ftruncate(descriptor, len(text))
    return text
