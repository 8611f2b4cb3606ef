"""The journal: one checksummed, numbered line for each committed transaction, each carrying the hash of the one before.

The first line names its base, the number of the last transaction that the checkpoint beside it holds. A line that is
not whole can only be the last one, torn by a crash before anybody was told that it was committed: it is cut off,
under the lock. Anything else that does not fit is damage, and is never guessed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

import msgspec

from store.disk import Disk, File
from store.errors import StoreNotUsable

HASH_BYTES = 8
HASH_LETTERS = HASH_BYTES * 2
NO_HASH = "0" * HASH_LETTERS
"""What the line before the first one would have had."""

GONE = b"null"
"""What stands in the place of a record that was removed."""

Writes = dict[str, dict[int, msgspec.Raw]]
"""What a transaction wrote: for each table, by id, the record's JSON, or GONE."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One committed transaction: its number, the hash of the line before, its time, and what it wrote."""

    n: int
    was: str
    at: datetime
    ids: dict[str, int]
    put: Writes


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """The journal's first line: the number and the hash of the last transaction before the journal."""

    base: int
    was: str


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as it stands in the journal, with its hash and its bytes."""

    entry: Entry
    hash: str
    content: bytes


class Torn(Exception):
    """The last line is not whole: the journal is good up to `size` bytes."""

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(f"The journal is whole up to byte {size}.")


_ENCODER = msgspec.json.Encoder()
_ENTRY = msgspec.json.Decoder(Entry)
_BASE = msgspec.json.Decoder(Base)


def line_of(entry: Entry | Base) -> tuple[bytes, str]:
    """Return an entry as a line of the journal, and its hash."""
    payload = _ENCODER.encode(entry)
    checksum = blake2b(payload, digest_size=HASH_BYTES).hexdigest()
    return b"%s\t%s\n" % (payload, checksum.encode()), checksum


def create(disk: Disk, path: Path, base: Base, lines: bytes = b"") -> None:
    """Write a journal with this base and these lines to `path` and sync it (the caller puts it in its place)."""
    file = disk.create(path)
    try:
        file.append(line_of(base)[0] + lines, 0)
        file.sync()
    finally:
        file.close()


class Journal:
    """A journal followed from its start: what has been read of it, and where the next line goes."""

    def __init__(self, path: Path, file: File) -> None:
        self._path = path
        self._file = file
        self.identity = file.identity()
        first, size = self._first_line()
        self._starts: list[int] = []
        self.base = first.base
        self.last_n = first.base
        self.last_hash = first.was
        self.size = size

    @classmethod
    def open(cls, disk: Disk, path: Path, *, to_write: bool = True) -> Journal:
        """Open a journal and read its first line. Raises FileNotFoundError, StoreNotUsable if that is damaged."""
        file = disk.open(path) if to_write else disk.open_to_read(path)
        return cls(path, file)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def read_on(self) -> Iterator[Line]:
        """Yield the lines that have come since the last look.

        Raises Torn at a last line that is not whole, StoreNotUsable at anything that does not follow from the line
        before.
        """
        end = self._file.size()
        content = self._file.pread(end - self.size, self.size)
        start = 0
        while start < len(content):
            stop = content.find(b"\n", start)
            if stop < 0:
                raise Torn(self.size)
            line = self._line(content[start : stop + 1], is_last=stop + 1 == len(content))
            self._starts.append(self.size)
            self.size += stop + 1 - start
            self.last_n = line.entry.n
            self.last_hash = line.hash
            start = stop + 1
            yield line

    def cut(self, size: int) -> None:
        """Cut off a torn last line; only to be called under the lock."""
        self._file.truncate(size)

    def append(self, lines: bytes) -> None:
        """Write lines at the end, without syncing; `accept` tells that they are there to stay."""
        self._file.append(lines, self.size)

    def sync(self) -> None:
        """Return once everything written is on the disk."""
        self._file.sync()

    def accept(self, line: Line) -> None:
        """Count a line that was written by `append` and synced as read."""
        self._starts.append(self.size)
        self.size += len(line.content)
        self.last_n = line.entry.n
        self.last_hash = line.hash

    def lines_after(self, n: int) -> bytes:
        """Return the lines of the transactions after number `n`, as they stand."""
        place = n - self.base
        if place >= len(self._starts):
            return b""
        start = self._starts[place]
        return self._file.pread(self.size - start, start)

    def _first_line(self) -> tuple[Base, int]:
        content = self._file.pread(4096, 0)
        line, found, _ = content.partition(b"\n")
        payload, _, checksum = line.partition(b"\t")
        if found and blake2b(payload, digest_size=HASH_BYTES).hexdigest().encode() == checksum:
            try:
                return _BASE.decode(payload), len(line) + 1
            except msgspec.MsgspecError as error:
                raise self._damaged(0, str(error)) from error
        raise self._damaged(0, "its first line is not whole")

    def _line(self, content: bytes, *, is_last: bool) -> Line:
        payload, _, checksum = content[:-1].rpartition(b"\t")
        expected = blake2b(payload, digest_size=HASH_BYTES).hexdigest()
        if expected.encode() != checksum:
            if is_last:
                raise Torn(self.size)
            raise self._damaged(self.last_n + 1, "its checksum does not fit, and whole lines follow it")
        try:
            entry = _ENTRY.decode(payload)
        except msgspec.MsgspecError as error:
            raise self._damaged(self.last_n + 1, str(error)) from error
        if entry.n != self.last_n + 1 or entry.was != self.last_hash:
            raise self._damaged(self.last_n + 1, f"it is line {entry.n} of another course of the journal")
        return Line(entry, expected, content)

    def _damaged(self, n: int, why: str) -> StoreNotUsable:
        return StoreNotUsable(
            self._path,
            f"is damaged at line {n} (byte {getattr(self, 'size', 0)}): {why}. Nothing was changed; "
            "copy the folder away, then put a backup in its place.",
        )
