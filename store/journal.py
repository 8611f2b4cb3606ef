"""The journal: one checksummed, numbered line for each committed transaction, each carrying the hash of the one before.

The first line names its base, the number of the last transaction that the checkpoint beside it holds. Each line says up
to which transaction all was surely on the disk when it was appended. So a line that is not whole was torn by a crash,
before anybody was told that it was committed, unless a line behind it says otherwise: what is torn is cut off, under
the lock. Anything else that does not fit is damage, and is never guessed over. A whole line is never taken away:
whoever has read one can go on from it.

Behind the last line there is room, of zeros: a sync of what is written into it need not wait for the file to grow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
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

READ_AT_ONCE_BYTES = 16 << 10
"""What a look reads of a journal that was read before: as much as a few commits write."""

GONE = b"null"
"""What stands in the place of a record that was removed."""

Writes = dict[str, dict[int, msgspec.Raw]]
"""What a transaction wrote: for each table, by id, the record's JSON, or GONE."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One committed transaction: its number, the hash of the line before, its time, and what it wrote.

    `safe` is the number of the last one that was surely on the disk when this one was appended.
    """

    n: int
    safe: int
    was: str
    at: datetime
    ids: Mapping[str, int]
    put: Writes


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """The journal's first line: the number and the hash of the last transaction before the journal."""

    base: int
    was: str


class Line(msgspec.Struct, frozen=True):
    """An entry as it stands in the journal, with its hash and its bytes."""

    entry: Entry
    hash: str
    content: bytes


class Torn(Exception):
    """The end is not whole: the journal is good up to `size` bytes."""

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


def payload_of(line: bytes) -> bytes | None:
    """Return what a line says, None if it is not whole: its end or a part of it is missing."""
    payload, _, checksum = line[:-1].rpartition(b"\t")
    fits = line.endswith(b"\n") and blake2b(payload, digest_size=HASH_BYTES).hexdigest().encode() == checksum
    return payload if fits else None


def whole_entry(line: bytes) -> Entry | None:
    """Return the entry that a line is, None if it is not a whole one."""
    payload = payload_of(line)
    try:
        return None if payload is None else _ENTRY.decode(payload)
    except msgspec.MsgspecError:
        return None


def is_room(content: bytes) -> bool:
    """Say whether this is all zeros."""
    return content == bytes(len(content))


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

    def __init__(self, path: Path, file: File, room_bytes: int) -> None:
        self._path = path
        self._file = file
        self._room_bytes = room_bytes
        self._end_of_room = 0
        self.identity = file.identity()
        first, size = self._first_line()
        self._starts: list[int] = []
        self.base = first.base
        self.last_n = first.base
        self.base_hash = first.was
        self.last_hash = first.was
        self.size = size

    @classmethod
    def open(cls, disk: Disk, path: Path) -> Journal:
        """Open a journal and read its first line. Raises FileNotFoundError, StoreNotUsable if that is damaged."""
        return cls(path, disk.open(path), disk.journal_room_bytes)

    def read_on(self, *, to_its_end: bool = True) -> Iterator[Line]:
        """Yield the lines that have come since the last look; one counts as read when the next is asked for.

        Unless asked to read it to its end, it may stop at the first room that it sees: whoever only follows what others
        write need not read all the room each time. Raises Torn at an end that is not whole, StoreNotUsable at anything
        that does not follow from the line before.
        """
        end = self._file.size()
        if end < self.size:
            raise self._damaged(self.last_n, "it is shorter than it was when it was read")
        content = b"" if to_its_end else self._file.pread(READ_AT_ONCE_BYTES, self.size)
        if to_its_end or (len(content) == READ_AT_ONCE_BYTES and content[-1] != 0):
            content = self._file.pread(end - self.size, self.size)
            # Another process may have cut it off since room was made.
            self._end_of_room = 0
        start = 0
        while start < len(content):
            if content[start] == 0 and is_room(content[start:]):
                return
            stop = content.find(b"\n", start) + 1
            line = self._line(content[start:stop])
            if line is None:
                later = (whole_entry(each.lstrip(b"\0") + b"\n") for each in content[start:].split(b"\n"))
                if any(each is not None and each.safe > self.last_n for each in later):
                    if self._file.pread(len(content) - start, self.size) != content[start:]:
                        # Read without the lock: one part before a commit, and the next one after it.
                        yield from self.read_on(to_its_end=to_its_end)
                        return
                    raise self._damaged(
                        self.last_n + 1, "its checksum does not fit, though it was on the disk before later lines were"
                    )
                raise Torn(self.size)
            yield line
            self.accept(line.entry.n, line.hash, len(line.content))
            start = stop

    def holds_any(self) -> bool:
        """Say whether it is, or was, the journal of any transaction."""
        rest = self._file.pread(self._file.size() - self.size, self.size)
        return self.last_n > 0 or not is_room(rest)

    def cut(self, size: int) -> None:
        """Cut off a torn end, without syncing; only to be called under the lock."""
        self._file.truncate(size)
        self._end_of_room = size

    def append(self, lines: bytes) -> None:
        """Write lines at the end, without syncing; `accept` tells that they are there to stay."""
        end = self.size + len(lines)
        if end <= self._end_of_room or self._has_room_to(end):
            self._file.fill(lines, self.size)
        else:
            self._file.append(lines, self.size)

    def sync(self) -> None:
        """Return once everything written is on the disk."""
        self._file.sync()

    def accept(self, n: int, line_hash: str, size: int) -> None:
        """Count the line at the end of what was read, of transaction `n` and so many bytes, as read."""
        self._starts.append(self.size)
        self.size += size
        self.last_n = n
        self.last_hash = line_hash

    def lines_after(self, n: int) -> bytes:
        """Return the lines of the transactions after number `n`, as they stand."""
        place = n - self.base
        if place >= len(self._starts):
            return b""
        start = self._starts[place]
        return self._file.pread(self.size - start, start)

    def _has_room_to(self, end: int) -> bool:
        """Make room up to there and more, if there is none; say whether there is."""
        size = self._file.size()
        if self._room_bytes and size < end:
            try:
                self._file.make_room(end + self._room_bytes)
            except OSError:
                # The disk may have room for the lines alone.
                with suppress(OSError):
                    self._file.truncate(size)
            size = self._file.size()
        self._end_of_room = size
        return self._room_bytes > 0 and size >= end

    def _first_line(self) -> tuple[Base, int]:
        line, end, _ = self._file.pread(4096, 0).partition(b"\n")
        payload = payload_of(line + end)
        if payload is None:
            raise self._damaged(0, "its first line is not whole")
        try:
            return _BASE.decode(payload), len(line) + 1
        except msgspec.MsgspecError as error:
            raise self._damaged(0, str(error)) from error

    def _line(self, content: bytes) -> Line | None:
        """Return the next line, None if it is not whole. Raises StoreNotUsable if it does not follow."""
        payload = payload_of(content)
        if payload is None:
            return None
        try:
            entry = _ENTRY.decode(payload)
        except msgspec.MsgspecError as error:
            raise self._damaged(self.last_n + 1, str(error)) from error
        if entry.n != self.last_n + 1 or entry.was != self.last_hash:
            raise self._damaged(self.last_n + 1, f"it is line {entry.n} of another course of the journal")
        return Line(entry, content[-HASH_LETTERS - 1 : -1].decode(), content)

    def _damaged(self, n: int, why: str) -> StoreNotUsable:
        return StoreNotUsable(
            self._path,
            f"is damaged at line {n} (byte {getattr(self, 'size', 0)}): {why}. Nothing was changed; "
            "copy the folder away, then put a backup in its place.",
        )
