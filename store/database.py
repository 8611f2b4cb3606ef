"""The store's file, and TinyDB on it.

`gatewatch.json` is a plain TinyDB file, one record a line, that stock `TinyDB(path)` opens. It is only ever replaced
as a whole: written beside, synced, renamed, and the folder synced, so that a crash leaves the old file or the new
one. In memory a record is its JSON bytes, decoded when asked for, so nothing that is returned aliases the store.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
from tinydb.storages import Storage
from tinydb.table import Table

from store.errors import StoreNotUsable

FORMAT = 1
"""The version of the file's form; a newer one is refused."""
HEADER_TABLE = "_store"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Records = Mapping[int, bytes]


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The store's own record.

    It says the file's form, how many transactions it has seen, when the last one was, and each table's next id.
    """

    format: int = FORMAT
    revision: int = 0
    last_commit_at: datetime = EPOCH
    next_ids: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class Image:
    """Everything that is stored, at one moment: for each table the JSON bytes of each record by its id."""

    header: Header
    tables: Mapping[str, Records]

    def records(self, table: str) -> Records:
        """Return the records of a table; of an unknown one, none."""
        return self.tables.get(table, _NONE)


_NONE: Records = MappingProxyType({})
EMPTY = Image(Header(), MappingProxyType({}))


def read_image(path: Path) -> Image:
    """Read the file. A file that is not there is an empty store.

    Raises StoreNotUsable for a file that cannot be read, is damaged or of a newer form; the file is left as it is.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return EMPTY
    except OSError as error:
        raise StoreNotUsable(path, f"cannot be read: {error.strerror}.") from error
    try:
        found = msgspec.json.decode(content, type=dict[str, dict[int, msgspec.Raw]])
        header = msgspec.json.decode(found.pop(HEADER_TABLE)[1], type=Header)
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError) as error:
        why = "it has no _store record" if isinstance(error, KeyError) else str(error)
        raise StoreNotUsable(
            path,
            f"is damaged or not a Gatewatch store ({why}). It was left as it is; "
            "put a backup in its place, or name another folder with --data.",
        ) from error
    if header.format > FORMAT:
        raise StoreNotUsable(
            path,
            f"was written by a newer Gatewatch (form {header.format}; this one reads up to {FORMAT}). "
            "It was left as it is; use the newer version.",
        )
    return Image(header, {name: {key: bytes(raw) for key, raw in records.items()} for name, records in found.items()})


def write_image(path: Path, image: Image) -> None:
    """Replace the file by this image, so that a crash at any moment leaves the old one or the new one, whole.

    Returns when the new file is on the disk. Raises StoreNotUsable if it cannot be written; the old one stands then.
    """
    beside = path.with_suffix(".json.new")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(_lines(image))
            file.flush()
            os.fsync(file.fileno())
        beside.rename(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise StoreNotUsable(path, f"cannot be written: {error.strerror}. Nothing was changed.") from error


def _lines(image: Image) -> Iterator[bytes]:
    yield b'{\n"_store": {"1": ' + msgspec.json.encode(image.header) + b"}"
    for name, records in image.tables.items():
        yield b',\n"' + name.encode() + b'": {'
        between = b"\n"
        for key, record in records.items():
            yield between + b'"%d": ' % key + record
            between = b",\n"
        yield b"\n}"
    yield b"\n}\n"


class _Decoded(Mapping[str, Mapping[str, Any]]):
    """One table as TinyDB reads it: ids as text, each record decoded when asked for."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def __getitem__(self, key: str) -> Mapping[str, Any]:
        decoded: Mapping[str, Any] = msgspec.json.decode(self._records[int(key)])
        return decoded

    def __iter__(self) -> Iterator[str]:
        return (str(key) for key in self._records)

    def __len__(self) -> int:
        return len(self._records)


class ImageStorage(Storage):
    """TinyDB's storage on an image: queries read it, writes are refused (a transaction's `put` writes)."""

    def __init__(self, tables: Mapping[str, Records]) -> None:
        self._tables = tables

    def read(self) -> dict[str, dict[str, Any]] | None:
        """Return the tables, decoded record by record as TinyDB asks."""
        # TinyDB's own type says dict; it only ever reads this value, so a mapping that decodes when asked serves.
        return {name: _Decoded(records) for name, records in self._tables.items()}  # type: ignore[misc]

    def write(self, data: dict[str, dict[str, Any]]) -> None:  # noqa: ARG002 - TinyDB's signature; all is refused
        """Refuse: what TinyDB's tables would write outside the door is not stored."""
        raise PermissionError("The store is written through a transaction's put, never through a TinyDB table.")


class UncachedTable(Table):
    """TinyDB's table without its query cache, which would hand out old records that alias each other."""

    def __init__(self, storage: Storage, name: str) -> None:
        super().__init__(storage, name, cache_size=0)


def table_of(tables: Mapping[str, Records], name: str) -> Table:
    """Return TinyDB's table of this name on these records, for queries."""
    return UncachedTable(ImageStorage(tables), name)
