"""A file system in memory that knows what is surely on the disk and what is not, and that fails when told to.

Every process sees what was written at once. What a power cut leaves is another matter: a write that was not synced may
be there whole, in part or not at all, and so may names that were made or changed since the folder was synced, in any
combination. After a failed sync what it was to save is as good as lost, and no later sync saves it: so it is on Linux.
"""

from __future__ import annotations

import copy
import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, combinations, product
from pathlib import Path
from random import Random

SECTOR_BYTES = 64
"""What a disk writes whole or not at all; small, so that one line of the journal has several."""
MUTATIONS = frozenset({"append", "make_room", "sync", "truncate", "create", "rename", "remove", "sync_folder"})
"""The operations that change what is, or surely stays, on a disk."""
TORN_AT_RANDOM = 6
"""How many random sets of sectors of each write are tried beside the regular ones."""


@dataclass(frozen=True)
class Step:
    """One operation that is about to be done: what, on which file, and for an append the bytes and their offset."""

    operation: str
    name: str
    content: bytes = b""
    offset: int = 0


@dataclass(frozen=True)
class Write:
    """Bytes that were written and not synced."""

    offset: int
    content: bytes


@dataclass(frozen=True)
class Cut:
    """A new size that was not synced."""

    size: int


@dataclass(frozen=True)
class Room:
    """Zeros that were added behind a file's end and not synced."""

    start: int
    size: int


Change = Write | Cut | Room


@dataclass
class Inode:
    """A file: what every process sees of it, what is surely on the disk, and what has come since."""

    number: int
    content: bytearray = field(default_factory=bytearray)
    durable: bytes = b""
    unsynced: list[Change] = field(default_factory=list)
    changes: int = 0

    def change(self, change: Change) -> None:
        """Make a change that every process sees."""
        apply(self.content, change)
        self.unsynced.append(change)
        self.changes += 1

    def sync(self) -> None:
        """Put what has come since the last sync on the disk."""
        content = bytearray(self.durable)
        for each in self.unsynced:
            apply(content, each)
        self.durable = bytes(content)
        self.unsynced.clear()

    def survivals(self) -> list[bytes]:
        """Return what a power cut may leave of it."""
        found: dict[bytes, None] = {}
        for parts in product(*(parts_of(each) for each in self.unsynced)):
            content = bytearray(self.durable)
            for each in chain.from_iterable(parts):
                apply(content, each)
            found[bytes(content)] = None
        return list(found)


@dataclass(frozen=True)
class Named:
    """A name that was given, taken (`inode` None) or moved (`old`), and not synced."""

    name: str
    inode: Inode | None
    old: str = ""

    def apply(self, names: dict[str, Inode]) -> None:
        """Do it."""
        if self.old and names.get(self.old) is self.inode:
            del names[self.old]
        if self.inode is None:
            names.pop(self.name, None)
        else:
            names[self.name] = self.inode


def apply(content: bytearray, change: Change) -> None:
    """Make a change; what lies between the old end and a write behind it is zeros."""
    if isinstance(change, Cut):
        del content[change.size :]
        content.extend(bytes(change.size - len(content)))
    elif isinstance(change, Room):
        content.extend(bytes(max(0, change.size - len(content))))
    else:
        end = change.offset + len(change.content)
        content.extend(bytes(max(0, end - len(content))))
        content[change.offset : end] = change.content


def parts_of(change: Change) -> list[list[Change]]:
    """Return what may be left of a change: nothing, all, a beginning, all sectors but one, one sector, some sectors.

    Room may also have come to a part of its size, or hold what was there before the file had it.
    """
    if isinstance(change, Cut):
        return [[], [change]]
    if isinstance(change, Room):
        part = (change.start + change.size) // 2
        return [[], [change], [Room(change.start, part)], [Write(change.start, b"\xff" * (part - change.start))]]
    whole = change.content
    ends = {1, len(whole) // 2, len(whole) - 1, len(whole)}
    ends |= {place + more for place, byte in enumerate(whole) if byte == ord("\n") for more in (0, 1)}
    beginnings: list[list[Change]] = [[Write(change.offset, whole[:end])] for end in sorted(ends) if end > 0]
    sectors = sectors_of(change)
    random = Random(len(whole))  # noqa: S311 - chooses sectors, keeps no secret
    chosen: list[list[Change]] = [
        *([each for each in sectors if each is not lost] for lost in sectors),
        *([each] for each in sectors),
        *([each for each in sectors if random.random() < 0.5] for _ in range(TORN_AT_RANDOM)),
    ]
    return [[], *beginnings, *chosen]


def sectors_of(write: Write) -> list[Change]:
    """Return a write as one write for each sector that it touches."""
    found: list[Change] = []
    start, end = write.offset, write.offset + len(write.content)
    while start < end:
        stop = min(end, (start // SECTOR_BYTES + 1) * SECTOR_BYTES)
        found.append(Write(start, write.content[start - write.offset : stop - write.offset]))
        start = stop
    return found


class FakeFile:
    """An open file of a fake disk."""

    def __init__(self, disk: FakeDisk, inode: Inode, name: str, *, to_write: bool) -> None:
        self._disk = disk
        self._inode = inode
        self._name = name
        self._to_write = to_write

    def pread(self, size: int, offset: int) -> bytes:
        self._disk.about_to("pread", self._name)
        return bytes(self._inode.content[offset : offset + size])

    def append(self, content: bytes, offset: int) -> None:
        self._need_to_write()
        room = self._disk.room
        fits = len(content) if room is None else max(0, min(len(content), room))
        if fits:
            self._disk.about_to("append", self._name, content, offset)
            self._inode.change(Write(offset, bytes(content[:fits])))
        if room is not None:
            self._disk.room = room - fits
        if fits < len(content):
            raise OSError(errno.ENOSPC, "No space left on device")

    def make_room(self, size: int) -> None:
        self._need_to_write()
        end = len(self._inode.content)
        more = max(0, size - end)
        fits = more if self._disk.room is None else max(0, min(more, self._disk.room))
        if fits:
            self._disk.about_to("make_room", self._name)
            self._inode.change(Room(end, end + fits))
        if self._disk.room is not None:
            self._disk.room -= fits
        if fits < more:
            raise OSError(errno.ENOSPC, "No space left on device")

    def fill(self, content: bytes, offset: int) -> None:
        self._need_to_write()
        end = offset + len(content)
        assert end <= len(self._inode.content), "there is no room"
        assert not any(self._inode.content[offset:]), "something stands there"
        self._disk.about_to("append", self._name, content, offset)
        self._inode.change(Write(offset, bytes(content)))

    def sync(self) -> None:
        try:
            self._disk.about_to("sync", self._name)
        except OSError:
            self._inode.unsynced.clear()
            raise
        self._inode.sync()

    def truncate(self, size: int) -> None:
        self._need_to_write()
        self._disk.about_to("truncate", self._name)
        self._inode.change(Cut(size))

    def size(self) -> int:
        return len(self._inode.content)

    def mapped(self) -> memoryview:
        return memoryview(bytes(self._inode.content))

    def release(self, mapped: memoryview) -> None:
        pass

    def identity(self) -> int:
        return self._inode.number

    def close(self) -> None:
        """Nothing is to be closed."""

    def _need_to_write(self) -> None:
        if not self._to_write:
            raise OSError(errno.EBADF, "Bad file descriptor")


class FakeDisk:
    """A folder of files in memory. `before` is told each operation and may raise OSError; `room` is what is left."""

    def __init__(self, content: dict[str, bytes] | None = None, *, journal_room_bytes: int = 0) -> None:
        self.journal_room_bytes = journal_room_bytes
        self.names: dict[str, Inode] = {}
        self.durable_names: dict[str, Inode] = {}
        self.unsynced: list[Named] = []
        self.before: Callable[[Step], None] | None = None
        self.room: int | None = None
        self._inodes = 0
        for name, each in (content or {}).items():
            self.names[name] = self.durable_names[name] = Inode(self._next_inode(), bytearray(each), each)

    def about_to(self, operation: str, name: str, content: bytes = b"", offset: int = 0) -> None:
        """Tell what is about to be done."""
        if self.before is not None:
            self.before(Step(operation, name, bytes(content), offset))

    def open(self, path: Path) -> FakeFile:
        return FakeFile(self, self._found(path), path.name, to_write=True)

    def open_to_read(self, path: Path) -> FakeFile:
        return FakeFile(self, self._found(path), path.name, to_write=False)

    def create(self, path: Path) -> FakeFile:
        self.about_to("create", path.name)
        found = self.names.get(path.name)
        if found is None:
            found = Inode(self._next_inode())
            self._name(Named(path.name, found))
        else:
            found.change(Cut(0))
        return FakeFile(self, found, path.name, to_write=True)

    def rename(self, old: Path, new: Path) -> None:
        self.about_to("rename", new.name)
        self._name(Named(new.name, self._found(old), old.name))

    def remove(self, path: Path) -> None:
        if path.name in self.names:
            self.about_to("remove", path.name)
            self._name(Named(path.name, None))

    def sync_folder(self, folder: Path) -> None:
        try:
            self.about_to("sync_folder", folder.name)
        except OSError:
            self.unsynced.clear()
            raise
        for each in self.unsynced:
            each.apply(self.durable_names)
        self.unsynced.clear()

    def exists(self, path: Path) -> bool:
        return path.name in self.names

    def stamp(self, path: Path) -> tuple[int, int, int] | None:
        found = self.names.get(path.name)
        return None if found is None else (found.number, len(found.content), found.changes)

    def content(self) -> dict[str, bytes]:
        """Return what every process sees now."""
        return {name: bytes(inode.content) for name, inode in self.names.items()}

    def copied(self) -> FakeDisk:
        """Return the disk as it is now, with what is not synced: what others find when a process was killed."""
        before, self.before = self.before, None
        try:
            return copy.deepcopy(self)
        finally:
            self.before = before

    def survivals(self) -> Iterator[dict[str, bytes]]:
        """Yield what a power cut may leave now: each name with its content."""
        seen: set[tuple[tuple[str, bytes], ...]] = set()
        for steps in subsets(self.unsynced):
            names = dict(self.durable_names)
            for each in steps:
                each.apply(names)
            # What is written beside a file is never read again, so one of its forms stands for all.
            forms = [
                [(name, bytes(inode.content))] if name.endswith(".new") else [(name, one) for one in inode.survivals()]
                for name, inode in sorted(names.items())
            ]
            for chosen in product(*forms):
                if chosen not in seen:
                    seen.add(chosen)
                    yield dict(chosen)

    def _found(self, path: Path) -> Inode:
        found = self.names.get(path.name)
        if found is None:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(path))
        return found

    def _name(self, step: Named) -> None:
        step.apply(self.names)
        self.unsynced.append(step)

    def _next_inode(self) -> int:
        self._inodes += 1
        return self._inodes


def subsets(steps: list[Named]) -> Iterator[tuple[Named, ...]]:
    """Yield every choice of steps, each in its order."""
    return chain.from_iterable(combinations(steps, count) for count in range(len(steps) + 1))
