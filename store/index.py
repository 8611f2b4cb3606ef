"""The index beside a checkpoint: where each record stands in it, and the sorted columns that queries ask.

It is made of the checkpoint alone and can always be made again; it is ignored unless it fits the checkpoint. Opening
maps the file and sums it up; nothing of it is copied before it is asked for.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zlib import crc32

import msgspec

from store.disk import Disk, File

INDEX_FORMAT = 1
WORD = 8
"""All numbers in it are signed, 64 bits, in this machine's byte order."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What an index must share with its checkpoint: the number of its last transaction, its size and its check sum.

    And with whoever asks it, the signature of its columns: an index without a column would find nothing by it. `check`
    is that of the checkpoint's ends, which whoever opens it looks at; `whole` that of all of it, empty if not known.
    """

    n: int
    size: int
    check: str
    columns: str = ""
    whole: str = field(default="", compare=False)


class _Section(msgspec.Struct, frozen=True):
    name: str
    start: int
    count: int


class _Contents(msgspec.Struct, frozen=True):
    format: int
    byte_order: str
    n: int
    size: int
    check: str
    columns: str
    sections: list[_Section]
    whole: str = ""


_CONTENTS = msgspec.json.Decoder(_Contents)
"""Made here, where no other thread is at it (`store.records`)."""


class Places:
    """Where the records of one table stand in the checkpoint: ids in rising order, offsets and lengths in bytes."""

    def __init__(self, ids: Sequence[int], offsets: Sequence[int], lengths: Sequence[int]) -> None:
        self.ids = ids
        self.offsets = offsets
        self.lengths = lengths

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, identity: int) -> tuple[int, int] | None:
        """Return offset and length of a record, None if the checkpoint has none of this id."""
        ids = self.ids
        count = len(ids)
        # Where no record was ever removed, a record's place follows from its id.
        place = identity - ids[0] if count else 0
        if not 0 <= place < count or ids[place] != identity:
            place = bisect_left(ids, identity)
            if place == count or ids[place] != identity:
                return None
        return self.offsets[place], self.lengths[place]


class SortedColumn:
    """One column of one table: keys in rising order, and beside each the id of a record that has it."""

    def __init__(self, keys: Sequence[int], ids: Sequence[int]) -> None:
        self.keys = keys
        self.ids = ids

    def equal(self, key: int) -> Sequence[int]:
        """Return the ids of the records with this key."""
        start = bisect_left(self.keys, key)
        if start == len(self.keys) or self.keys[start] != key:
            return self.ids[:0]
        return self.ids[start : bisect_right(self.keys, key, start)]

    def up_to(self, key: int) -> Sequence[int]:
        """Return the ids of the records with a key up to this one, in the order of keys."""
        return self.ids[: bisect_right(self.keys, key)]

    def since(self, key: int) -> Sequence[int]:
        """Return the ids of the records with this key or a larger one, in the order of keys."""
        return self.ids[bisect_left(self.keys, key) :]

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Yield every (key, id), in the order of keys."""
        return zip(self.keys, self.ids, strict=True)

    def changed(self, gone: Iterable[tuple[int, int]], new: Iterable[tuple[int, int]]) -> SortedColumn:
        """Return the column without some (key, id) pairs and with others; what lies between is copied as it is."""
        new = set(new)
        edits = [(place, False, *pair) for pair in new if not self._holds(place := self._place(*pair), *pair)]
        edits += [(place, True, *pair) for pair in set(gone) - new if self._holds(place := self._place(*pair), *pair)]
        # What comes in stands before what it comes in at, so it is first where that goes.
        edits.sort()
        keys, ids, start = array("q"), array("q"), 0
        for place, goes, key, identity in edits:
            _copy(keys, self.keys[start:place])
            _copy(ids, self.ids[start:place])
            start = place
            if goes:
                start += 1
            else:
                keys.append(key)
                ids.append(identity)
        _copy(keys, self.keys[start:])
        _copy(ids, self.ids[start:])
        return SortedColumn(keys, ids)

    def _place(self, key: int, identity: int) -> int:
        start = bisect_left(self.keys, key)
        return bisect_left(self.ids, identity, start, bisect_right(self.keys, key, start))

    def _holds(self, place: int, key: int, identity: int) -> bool:
        return place < len(self.keys) and (self.keys[place], self.ids[place]) == (key, identity)


def _copy(numbers: array[int], more: Sequence[int]) -> None:
    """Add numbers of a file that is mapped, or of an array, without making an object of each."""
    if isinstance(more, memoryview) and len(more):
        numbers.frombytes(more.cast("B"))
    else:
        numbers.extend(more)


NO_PLACES = Places((), (), ())
NO_COLUMN = SortedColumn((), ())


class Index:
    """All places and columns of one checkpoint."""

    def __init__(self, places: dict[str, Places], columns: dict[tuple[str, str], SortedColumn]) -> None:
        self.places = places
        self.columns = columns

    def of(self, table: str) -> Places:
        """Return where a table's records stand."""
        return self.places.get(table, NO_PLACES)

    def column(self, table: str, name: str) -> SortedColumn:
        """Return one column."""
        return self.columns.get((table, name), NO_COLUMN)


def sorted_column(pairs: Iterable[tuple[int, int]]) -> SortedColumn:
    """Return a column of these (key, id) pairs."""
    ordered = sorted(pairs)
    return SortedColumn(array("q", [key for key, _ in ordered]), array("q", [identity for _, identity in ordered]))


def write_index(disk: Disk, path: Path, index: Index, fit: Fit) -> None:
    """Write an index file to `path` and sync it, so that it need not be made again after a crash."""
    arrays: list[tuple[str, Sequence[int]]] = []
    for table, places in index.places.items():
        arrays += [
            (f"{table}/ids", places.ids),
            (f"{table}/offsets", places.offsets),
            (f"{table}/lengths", places.lengths),
        ]
    for (table, name), column in index.columns.items():
        arrays += [(f"{table}.{name}/keys", column.keys), (f"{table}.{name}/ids", column.ids)]
    parts: list[bytes] = []
    sections: list[_Section] = []
    start = 0
    for name, numbers in arrays:
        sections.append(_Section(name, start, len(numbers)))
        parts.append(array("q", numbers).tobytes() if not isinstance(numbers, array) else numbers.tobytes())
        start += len(numbers)
    contents = msgspec.json.encode(
        _Contents(INDEX_FORMAT, _byte_order(), fit.n, fit.size, fit.check, fit.columns, sections, fit.whole)
    )
    padded = contents + b" " * (-len(contents) % WORD)
    body = len(padded).to_bytes(WORD, "little") + padded + b"".join(parts)
    file = disk.create(path)
    try:
        file.append(crc32(body).to_bytes(WORD, "little") + body, 0)
        file.sync()
    finally:
        file.close()


def whole_check(disk: Disk, path: Path, n: int, size: int) -> str:
    """Return the check sum that a checkpoint of this number and size was written with, empty if no index tells."""
    try:
        file = disk.open_to_read(path)
    except OSError:
        return ""
    try:
        found = _contents(file)
        return found[0].whole if found is not None and (found[0].n, found[0].size) == (n, size) else ""
    except (OSError, msgspec.MsgspecError):
        return ""
    finally:
        file.close()


def read_index(disk: Disk, path: Path, fit: Fit) -> Index | None:
    """Return the index if there is one that is whole and fits the checkpoint, None otherwise: it can be made again."""
    try:
        file = disk.open_to_read(path)
    except OSError:
        return None
    try:
        return _read(file, fit)
    except (OSError, msgspec.MsgspecError):
        return None
    finally:
        file.close()


def _read(file: File, fit: Fit) -> Index | None:
    read = _contents(file)
    if read is None:
        return None
    contents, numbers = read
    written = (contents.format, contents.byte_order, Fit(contents.n, contents.size, contents.check, contents.columns))
    if written != (INDEX_FORMAT, _byte_order(), fit):
        return None
    found = {each.name: numbers[each.start : each.start + each.count] for each in contents.sections}
    places: dict[str, Places] = {}
    columns: dict[tuple[str, str], SortedColumn] = {}
    for name, section in found.items():
        owner, _, part = name.rpartition("/")
        if part == "offsets":
            places[owner] = Places(found[f"{owner}/ids"], section, found[f"{owner}/lengths"])
        elif part == "keys":
            table, _, column = owner.partition(".")
            columns[(table, column)] = SortedColumn(section, found[f"{owner}/ids"])
    return Index(places, columns)


def _contents(file: File) -> tuple[_Contents, memoryview] | None:
    """Return what an index says of itself, and its numbers; None if it is not whole."""
    whole = file.mapped()
    is_whole = len(whole) >= 2 * WORD and crc32(whole[WORD:]) == int.from_bytes(whole[:WORD], "little")
    # All of it was summed up, and little of it will be asked for.
    file.release(whole)
    if not is_whole:
        return None
    start = 2 * WORD + int.from_bytes(whole[WORD : 2 * WORD], "little")
    return _CONTENTS.decode(whole[2 * WORD : start]), whole[start:].cast("q")


def _byte_order() -> str:
    return "little" if array("H", [1]).tobytes()[0] else "big"
