"""Writes into room that a file has already, past the system's cache: what a sync waits for then is the disk alone.

Such writes go by whole blocks. The last block that was written is kept in memory and written again with what comes
next; what it held before does not change by that, so a block that a power cut tears is no other than one that the
system's cache would have written. Whoever reads the file reads what was written, through the cache or not.
"""

from __future__ import annotations

import errno
import mmap
import os

BLOCK_BYTES = 4096
"""Every disk in use takes writes of this size and at multiples of it."""
STAGED_BYTES = 256 << 10
"""What is written at a time at the most."""
NOT_TAKEN = frozenset({errno.EINVAL, errno.EOPNOTSUPP, errno.ENOENT, errno.ENOTDIR, errno.EACCES})
"""How a file system says that it has no such writes, or that there is no way to ask for them."""


class DirectWriter:
    """Writes to one open file, by one thread at a time."""

    def __init__(self, descriptor: int) -> None:
        self._buffered = descriptor
        self._descriptor = _opened_past_the_cache(descriptor)
        # Private, or a fork would share it with its parent.
        self._staged = mmap.mmap(-1, STAGED_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._view = memoryview(self._staged)
        self._end = -1

    def write(self, content: bytes, offset: int) -> bool:
        """Write all of `content` at `offset`, with zeros to the end of its last block; say no if it cannot be.

        Nothing was written then. Raises OSError; any part of it may be written then.
        """
        before = offset % BLOCK_BYTES
        size = before + len(content)
        if self._descriptor < 0 or size > STAGED_BYTES:
            return False
        if self._end != offset:
            self._stage_last_block(offset, before)
        # Should it fail, nobody knows what the block holds.
        self._end = -1
        whole = -(-size // BLOCK_BYTES) * BLOCK_BYTES
        self._staged[before:size] = content
        self._staged[size:whole] = bytes(whole - size)
        try:
            start = offset - before
            done = os.pwrite(self._descriptor, self._view[:whole], start)
            if done < whole:
                self._write_rest(done, whole, start)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            # It was opened, but is not written so after all.
            self.close()
            return False
        last = size // BLOCK_BYTES * BLOCK_BYTES
        if last:
            self._staged[: size - last] = self._staged[last:size]
        self._end = offset + len(content)
        return True

    def close(self) -> None:
        """Close what was opened here; a second time does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _stage_last_block(self, offset: int, before: int) -> None:
        """Read what stands before `offset` in its block."""
        found = os.pread(self._buffered, before, offset - before)
        if len(found) < before:
            raise OSError(errno.EIO, f"the file ends before byte {offset}")
        self._staged[:before] = found

    def _write_rest(self, done: int, size: int, offset: int) -> None:
        while done < size:
            # What a short write has left may begin within a block.
            start = done // BLOCK_BYTES * BLOCK_BYTES
            done = start + os.pwrite(self._descriptor, self._view[start:size], offset + start)
            if done // BLOCK_BYTES * BLOCK_BYTES == start:
                raise OSError(errno.EIO, "the disk takes no whole block")


def _opened_past_the_cache(descriptor: int) -> int:
    """Return another descriptor of an open file that passes the cache, -1 where there is no such thing."""
    flag = getattr(os, "O_DIRECT", 0)
    if not flag:
        return -1
    try:
        return os.open(f"/proc/self/fd/{descriptor}", os.O_RDWR | os.O_CLOEXEC | flag)
    except OSError as error:
        if error.errno in NOT_TAKEN:
            return -1
        raise
