"""The mark that each commit changes, for readers in other processes: one look at it tells them to read the journal.

The journal has room behind its lines, so its size does not tell, and the time of its last change is too coarse for two
commits in a row. The mark is kept in memory by the system and never synced: it tells what has changed while the
machine runs, and nothing about what is on the disk.
"""

from __future__ import annotations

import mmap
import os
import secrets
from pathlib import Path

WRITER_BYTES = 8
COUNT_BYTES = 8
MARK_BYTES = WRITER_BYTES + COUNT_BYTES


class ChangeMark:
    """The mark of one store: changed under the store's lock, read without it, by any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._shared: mmap.mmap | None = None
        self._writer = 0
        self._name = b""
        self._count = 0

    def read(self) -> bytes:
        """Return the mark, empty if none can be read: nothing was committed in this folder yet."""
        if self._shared is None:
            self._shared = _shared(self._path, os.O_RDWR)
        return b"" if self._shared is None else self._shared[:]

    def change(self) -> bytes:
        """Make it what it has never been, after a commit, and return that.

        Where it cannot be written, it is empty or stays, and readers are left with the journal's time of change.
        """
        if self._writer != os.getpid():
            # A forked process counts for itself.
            self._name, self._writer = secrets.token_bytes(WRITER_BYTES), os.getpid()
        self._count += 1
        if self._shared is None:
            self._shared = _shared(self._path, os.O_RDWR | os.O_CREAT)
            if self._shared is None:
                return b""
        mark = self._name + self._count.to_bytes(COUNT_BYTES, "big")
        self._shared[:] = mark
        return mark


def _shared(path: Path, flags: int) -> mmap.mmap | None:
    """Return the mark's file as memory that all processes share, None if it cannot be had."""
    try:
        descriptor = os.open(path, flags | os.O_CLOEXEC, 0o600)
    except OSError:
        return None
    try:
        if os.fstat(descriptor).st_size < MARK_BYTES:
            if not flags & os.O_CREAT:
                return None
            # Written, so that there is room on the disk for what the memory stands for.
            os.pwrite(descriptor, bytes(MARK_BYTES), 0)
        return mmap.mmap(descriptor, MARK_BYTES)
    except OSError:
        return None
    finally:
        os.close(descriptor)
