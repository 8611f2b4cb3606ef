"""The checkpoint: `gatewatch.json`, a plain TinyDB file, one record a line, that stock `TinyDB(path)` opens.

It is written whole beside the old one and put in its place by a rename; records stay on the disk and are read one by
one, at the places that the index beside it says. The index keeps a check sum of all of it, too: what a disk has changed
is found before it is copied into the next one.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from zlib import crc32

import msgspec

from store.disk import Disk, File
from store.errors import StoreNotUsable
from store.index import Fit, Index, Places, SortedColumn, read_index, sorted_column, whole_check, write_index
from store.journal import NO_HASH

FORMAT = 3
"""The version of the store's form; a newer one is refused.

1 had no journal and 2 had secrets in clear: both are upgraded when they are opened.
"""
HEADER_TABLE = "_store"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HEADER_BYTES = 16_384
"""The header stands within this many bytes from the start."""
BLOCK_BYTES = 16_384
"""Records are read by blocks: the next one is likely to be there, and a read costs more than what it copies."""
BLOCKS_KEPT = 32
_HEADER_LINE = re.compile(rb'\{\n"_store": \{"1": (\{.*\})\}')
_TABLE_LINE = re.compile(rb'"([a-z_]+)": \{')
_RECORD_LINE = re.compile(rb'"(\d+)": (\{.*\})(,?)')

KeysOf = Callable[[str, bytes], "list[tuple[str, int]]"]
"""Gives a record's (column, key) pairs, from its table and its JSON."""


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The store's own record: its form, the last transaction that the file holds, when that was, and each next id."""

    format: int = FORMAT
    revision: int = 0
    hash: str = NO_HASH
    last_commit_at: datetime = EPOCH
    next_ids: dict[str, int] = {}


_HEADER = msgspec.json.Decoder(Header)
"""Made here, where no other thread is at it (`store.records`)."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One checkpoint, open; it stays readable when a newer one takes its path."""

    header: Header
    file: File
    index: Index
    _blocks: dict[int, bytes] = field(default_factory=dict, repr=False)
    """What was read last. What happens at a time is about records beside each other: payments of the same hour."""

    def get(self, table: str, identity: int) -> bytes | None:
        """Return a record's JSON, None if it has none of this id. Safe to use from several threads."""
        places = self.index.places.get(table)
        place = None if places is None else places.find(identity)
        if place is None:
            return None
        offset, length = place
        number, start = divmod(offset, BLOCK_BYTES)
        if start + length > BLOCK_BYTES:
            return self.file.pread(length, offset)
        block = self._blocks.get(number)
        if block is None:
            block = self.file.pread(BLOCK_BYTES, number * BLOCK_BYTES)
            while len(self._blocks) >= BLOCKS_KEPT:
                # Another thread may be at the same.
                self._blocks.pop(next(iter(tuple(self._blocks)), 0), None)
            self._blocks[number] = block
        return block[start : start + length]

    def forget_what_was_read(self) -> None:
        """Read from the file again, for whoever looks at what is on the disk now."""
        self._blocks.clear()

    def tables(self) -> tuple[str, ...]:
        """Return the names of its tables."""
        return tuple(self.index.places)


def read_checkpoint(disk: Disk, path: Path, index_path: Path, keys_of: KeysOf, columns: str = "") -> Checkpoint:
    """Open a checkpoint, with the index beside it or one made anew from it.

    `columns` is the signature of the columns that `keys_of` gives.
    Raises FileNotFoundError, and StoreNotUsable for a file that is damaged or of a newer form; it is left as it is.
    """
    file = disk.open_to_read(path)
    header = _header(path, file)
    fit = _fit(header, file, columns)
    index = read_index(disk, index_path, fit)
    return Checkpoint(header, file, make_index(path, file, keys_of) if index is None else index)


def write_checkpoint(
    disk: Disk,
    path: Path,
    header: Header,
    tables: Mapping[str, Callable[[], Iterator[tuple[int, bytes]]]],
    columns: str = "",
) -> tuple[dict[str, Places], Fit]:
    """Write a checkpoint to `path` and sync it (the caller puts it in its place).

    `tables` gives for each table its records in the order of ids. Returns where they stand, and what an index must fit.
    """
    file = disk.create(path)
    try:
        out = _Writer(file)
        out.write(b'{\n"_store": {"1": ' + msgspec.json.encode(header) + b"}")
        places: dict[str, Places] = {}
        for table, records in tables.items():
            ids, offsets, lengths = array("q"), array("q"), array("q")
            out.write(b',\n"' + table.encode() + b'": {')
            between = b"\n"
            for identity, record in records():
                name = between + b'"%d": ' % identity
                ids.append(identity)
                offsets.append(out.offset + len(name))
                lengths.append(len(record))
                out.write(name + record)
                between = b",\n"
            out.write(b"\n}")
            places[table] = Places(ids, offsets, lengths)
        out.write(b"\n}\n")
        out.flush()
        file.sync()
        return places, replace(_fit(header, file, columns), whole=f"{out.check:08x}")
    finally:
        file.close()


def need_as_written(disk: Disk, path: Path, index_path: Path, checkpoint: Checkpoint) -> None:
    """Read all of a checkpoint, and raise StoreNotUsable if it is not what was written, as far as its index knows."""
    content = checkpoint.file.mapped()
    wanted = whole_check(disk, index_path, checkpoint.header.revision, len(content))
    is_as_written = not wanted or f"{crc32(content):08x}" == wanted
    checkpoint.file.release(content)
    if not is_as_written:
        raise _damaged(path, "its check sum is not the one that it was written with")


def put_index(disk: Disk, path: Path, index: Index, fit: Fit) -> None:
    """Put an index in its place."""
    beside = path.with_name(f"{path.name}.new")
    write_index(disk, beside, index, fit)
    disk.rename(beside, path)


def make_index(path: Path, file: File, keys_of: KeysOf) -> Index:
    """Return the index of a checkpoint, made by reading all of it. Raises StoreNotUsable where it is damaged."""
    content = file.pread(file.size(), 0)
    places: dict[str, list[tuple[int, int, int]]] = {}
    pairs: dict[tuple[str, str], list[tuple[int, int]]] = {}
    table = ""
    offset = 0
    for number, line in enumerate(content.split(b"\n"), start=1):
        heading = _TABLE_LINE.fullmatch(line)
        if heading:
            table = heading.group(1).decode()
            places[table] = []
        else:
            record = _RECORD_LINE.fullmatch(line)
            if record and table:
                identity = int(record.group(1))
                places[table].append((identity, offset + record.start(2), len(record.group(2))))
                try:
                    keys = keys_of(table, record.group(2))
                except msgspec.MsgspecError as error:
                    raise _damaged(path, f"line {number}, record {identity} of {table}: {error}") from error
                for column, key in keys:
                    pairs.setdefault((table, column), []).append((key, identity))
            elif line not in (b"{", b"}", b"},", b"") and not line.startswith(b'"_store": '):
                raise _damaged(path, f"line {number} is not a record of its own")
        offset += len(line) + 1
    if not content.endswith(b"\n}\n}\n" if places else b"}}\n}\n"):
        raise _damaged(path, "its end is missing")
    columns: dict[tuple[str, str], SortedColumn] = {name: sorted_column(each) for name, each in pairs.items()}
    return Index({name: _places(each) for name, each in places.items()}, columns)


def _places(found: list[tuple[int, int, int]]) -> Places:
    found.sort()
    ids, offsets, lengths = (array("q", [each[part] for each in found]) for part in range(3))
    return Places(ids, offsets, lengths)


def _header(path: Path, file: File) -> Header:
    start = file.pread(HEADER_BYTES, 0)
    found = _HEADER_LINE.match(start)
    if found is None:
        raise _damaged(path, "it does not begin with the store's own record on a line of its own")
    text = found.group(1)
    try:
        header = _HEADER.decode(text)
    except msgspec.MsgspecError as error:
        raise _damaged(path, str(error)) from error
    if header.format > FORMAT:
        raise StoreNotUsable(
            path,
            f"was written by a newer Gatewatch (form {header.format}; this one reads up to {FORMAT}). "
            "It was left as it is; use the newer version.",
        )
    return header


def _fit(header: Header, file: File, columns: str) -> Fit:
    """Return what an index must share; the check is a sum over the first and the last part of the file."""
    size = file.size()
    ends = file.pread(HEADER_BYTES, 0) + file.pread(HEADER_BYTES, max(0, size - HEADER_BYTES))
    return Fit(header.revision, size, f"{crc32(ends):08x}", columns)


def _damaged(path: Path, why: str) -> StoreNotUsable:
    return StoreNotUsable(
        path,
        f"is damaged or not a Gatewatch store ({why}). It was left as it is; "
        "put a backup in its place, or name another folder with --data.",
    )


class _Writer:
    """Gathers small writes into large ones and knows the offset.

    It syncs now and then: were all of a large file left to one sync, the syncs of writers would wait for that.
    """

    GATHERED_BYTES = 1 << 20
    SYNCED_BYTES = 4 << 20

    def __init__(self, file: File) -> None:
        self._file = file
        self._parts: list[bytes] = []
        self._gathered = 0
        self._unsynced = 0
        self.offset = 0
        self.check = 0

    def write(self, content: bytes) -> None:
        self._parts.append(content)
        self._gathered += len(content)
        self.offset += len(content)
        if self._gathered >= self.GATHERED_BYTES:
            self.flush()

    def flush(self) -> None:
        if self._parts:
            content = b"".join(self._parts)
            self._file.append(content, self.offset - self._gathered)
            self.check = crc32(content, self.check)
            self._unsynced += self._gathered
            if self._unsynced >= self.SYNCED_BYTES:
                self._file.sync()
                self._unsynced = 0
            self._parts = []
            self._gathered = 0
