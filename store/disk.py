"""The few things that the store asks of a file system, in one place, so that tests can fail each of them.

Every operation raises OSError as the system does. Offsets and sizes are bytes. A `File` stays readable after its path
has been replaced: it is the file that was opened, not whatever the path names later.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Protocol

from store.direct_writer import DirectWriter

JOURNAL_ROOM_BYTES = 256 << 10
"""How much room a journal is given at a time: a few hundred transactions, read through in some microseconds."""
ZEROS = bytes(64 << 10)


class File(Protocol):
    """An open file."""

    def pread(self, size: int, offset: int) -> bytes:
        """Return up to `size` bytes from `offset`; fewer only at the end of the file."""

    def append(self, content: bytes, offset: int) -> None:
        """Write all of `content` at `offset`, the end of the file."""

    def make_room(self, size: int) -> None:
        """Make the file at least so large, with zeros behind what it holds."""

    def fill(self, content: bytes, offset: int) -> None:
        """Write all of `content` at `offset`, where room was made: all that the file has from there on is zeros."""

    def sync(self) -> None:
        """Return once everything written is on the disk."""

    def truncate(self, size: int) -> None:
        """Cut the file to `size`."""

    def size(self) -> int:
        """Return the file's size."""

    def mapped(self) -> memoryview:
        """Return the whole file to look into without reading it; it must not be cut while this is in use."""

    def release(self, mapped: memoryview) -> None:
        """Give the system back the memory of what was looked at so far; it can be looked at again at any time."""

    def identity(self) -> int:
        """Return what tells this file from any other one in its folder (the inode)."""

    def close(self) -> None:
        """Close it; a second time does nothing."""


class Disk(Protocol):
    """A file system. A journal in it gets `journal_room_bytes` of room at a time; 0: none, it grows by each line."""

    journal_room_bytes: int

    def open(self, path: Path) -> File:
        """Open a file to read and append. Raises FileNotFoundError."""

    def open_to_read(self, path: Path) -> File:
        """Open a file to read only. Raises FileNotFoundError."""

    def create(self, path: Path) -> File:
        """Make an empty file, readable by its user only, in the place of one that may be there."""

    def rename(self, old: Path, new: Path) -> None:
        """Put a file in the place of another in one step."""

    def remove(self, path: Path) -> None:
        """Remove a file; one that is not there is no error."""

    def sync_folder(self, folder: Path) -> None:
        """Return once the names in a folder are on the disk."""

    def exists(self, path: Path) -> bool:
        """Say whether there is a file."""

    def stamp(self, path: Path) -> tuple[int, int, int] | None:
        """Return identity, size and time of the last change of the file that a path names, None if there is none."""


class RealFile:
    """An open file of the operating system."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._writer: DirectWriter | None = None

    def pread(self, size: int, offset: int) -> bytes:
        """Return up to `size` bytes from `offset`; fewer only at the end of the file."""
        content = os.pread(self._descriptor, size, offset)
        while len(content) < size:
            more = os.pread(self._descriptor, size - len(content), offset + len(content))
            if not more:
                break
            content += more
        return content

    def append(self, content: bytes, offset: int) -> None:
        """Write all of `content` at `offset`."""
        left = memoryview(content)
        while left:
            written = os.pwrite(self._descriptor, left, offset)
            left = left[written:]
            offset += written

    def make_room(self, size: int) -> None:
        """Make the file at least so large, with zeros that are written: only such room costs the next syncs nothing."""
        end = self.size()
        while end < size:
            end += os.pwrite(self._descriptor, ZEROS[: size - end], end)

    def fill(self, content: bytes, offset: int) -> None:
        """Write all of `content` at `offset`, past the system's cache where it can be: a sync is shorter then."""
        if self._writer is None:
            self._writer = DirectWriter(self._descriptor)
        if not self._writer.write(content, offset):
            self.append(content, offset)

    def sync(self) -> None:
        """Return once everything written is on the disk."""
        os.fdatasync(self._descriptor)

    def truncate(self, size: int) -> None:
        """Cut the file to `size`."""
        os.ftruncate(self._descriptor, size)

    def size(self) -> int:
        """Return the file's size."""
        return os.fstat(self._descriptor).st_size

    def mapped(self) -> memoryview:
        """Return the whole file to look into without reading it."""
        size = self.size()
        return memoryview(mmap.mmap(self._descriptor, size, prot=mmap.PROT_READ) if size else b"")

    def release(self, mapped: memoryview) -> None:
        """Give the system back the memory of what was looked at so far."""
        if isinstance(mapped.obj, mmap.mmap):
            mapped.obj.madvise(mmap.MADV_DONTNEED)

    def identity(self) -> int:
        """Return the inode."""
        return os.fstat(self._descriptor).st_ino

    def close(self) -> None:
        """Close it; a second time does nothing."""
        if self._writer is not None:
            self._writer.close()
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __del__(self) -> None:
        self.close()


class RealDisk:
    """The operating system's files."""

    journal_room_bytes = JOURNAL_ROOM_BYTES

    def open(self, path: Path) -> File:
        """Open a file to read and append. Raises FileNotFoundError."""
        return RealFile(os.open(path, os.O_RDWR | os.O_CLOEXEC))

    def open_to_read(self, path: Path) -> File:
        """Open a file to read only. Raises FileNotFoundError."""
        return RealFile(os.open(path, os.O_RDONLY | os.O_CLOEXEC))

    def create(self, path: Path) -> File:
        """Make an empty file, readable by its user only, in the place of one that may be there."""
        return RealFile(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))

    def rename(self, old: Path, new: Path) -> None:
        """Put a file in the place of another in one step."""
        old.rename(new)

    def remove(self, path: Path) -> None:
        """Remove a file; one that is not there is no error."""
        path.unlink(missing_ok=True)

    def sync_folder(self, folder: Path) -> None:
        """Return once the names in a folder are on the disk."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def exists(self, path: Path) -> bool:
        """Say whether there is a file."""
        return os.access(path, os.F_OK)  # asked at every commit, and the shortest way to ask

    def stamp(self, path: Path) -> tuple[int, int, int] | None:
        """Return inode, size and time of the last change, None if there is no file."""
        try:
            found = os.stat(path)  # noqa: PTH116 - asked at every commit; Path.stat takes three times as long
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns
