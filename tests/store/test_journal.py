"""The journal's lines: what is torn is told from what is damaged, and nothing is guessed over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from store import journal
from store.disk import JOURNAL_ROOM_BYTES, RealDisk, RealFile
from store.errors import StoreNotUsable
from store.journal import NO_HASH, Base, Entry, Journal, Torn, line_of

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Book:
    """A journal's file, and the lines that were written into it, each with what was safe then."""

    path: Path
    lines: list[bytes]

    def write(self, *safe: int) -> None:
        """Write one line for each number: what was surely on the disk when it was appended."""
        path = self.path
        was = NO_HASH
        for n, each in enumerate(safe, start=1):
            put = {"accounts": {n: msgspec.Raw(b'{"name":"number %d"}' % n)}}
            line, was = line_of(Entry(n=n, safe=each, was=was, at=AT, ids={"accounts": n + 1}, put=put))
            self.lines.append(line)
        journal.create(RealDisk(), path, Base(base=0, was=NO_HASH), b"".join(self.lines))

    def replace(self, old: bytes, new: bytes) -> None:
        content = self.path.read_bytes()
        assert content.count(old) == 1
        self.path.write_bytes(content.replace(old, new))

    def end_of(self, n: int) -> int:
        return len(line_of(Base(base=0, was=NO_HASH))[0]) + sum(len(each) for each in self.lines[:n])


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path / "gatewatch.journal", [])


def opened(book: Book) -> Journal:
    return Journal.open(RealDisk(), book.path)


def numbers(found: Journal) -> list[int]:
    return [each.entry.n for each in found.read_on()]


def torn_at(found: Journal) -> tuple[list[int], int]:
    read: list[int] = []
    with pytest.raises(Torn) as caught:
        read.extend(each.entry.n for each in found.read_on())
    return read, caught.value.size


def test_lines_are_read_once_and_again_by_their_numbers(book: Book) -> None:
    book.write(0, 1, 2)
    found = opened(book)
    assert [(each.entry.n, each.content) for each in found.read_on()] == [*enumerate(book.lines, start=1)]
    assert numbers(found) == []
    assert (found.base, found.last_n, found.size) == (0, 3, book.path.stat().st_size)
    assert [found.lines_after(n) for n in range(4)] == [b"".join(book.lines[n:]) for n in range(4)]
    assert found.holds_any()


def test_what_is_appended_is_read_on_from_where_the_last_look_ended(book: Book) -> None:
    book.write(0, 1)
    reader, writer = opened(book), opened(book)
    assert numbers(reader) == numbers(writer) == [1, 2]
    entry = Entry(n=3, safe=2, was=writer.last_hash, at=AT, ids={}, put={})
    content, checksum = line_of(entry)
    writer.append(content)
    writer.sync()
    writer.accept(3, checksum, len(content))
    assert (writer.last_n, writer.last_hash, writer.size) == (3, checksum, len(book.path.read_bytes().rstrip(b"\0")))
    assert [each.entry for each in reader.read_on()] == [entry]
    assert numbers(writer) == []


def test_a_line_counts_as_read_only_when_the_next_is_asked_for(book: Book) -> None:
    """Whoever fails to apply a line finds it again at the next look."""
    book.write(0, 1)
    found = opened(book)
    assert next(found.read_on()).entry.n == 1
    assert numbers(found) == [1, 2]


@pytest.mark.parametrize("left", [1, 10, -2, -1])
def test_an_end_that_is_missing_is_torn_and_can_be_cut_off(book: Book, left: int) -> None:
    book.write(0, 1)
    whole = book.path.read_bytes()
    last = len(book.lines[-1])
    book.path.write_bytes(whole[: len(whole) - last + left % last])
    found = opened(book)
    read, size = torn_at(found)
    assert (read, size) == ([1], len(whole) - last)
    assert torn_at(found) == ([], size)
    found.cut(size)
    assert numbers(found) == []
    assert book.path.read_bytes() == whole[:size]


@pytest.mark.parametrize("lost", [b"number 2", b"number 2"[:1] + b'"', b"\n"])
def test_sectors_that_are_missing_in_the_last_line_are_torn(book: Book, lost: bytes) -> None:
    book.write(0, 1)
    line = book.lines[1].replace(b"number 2", b"\0" * 8)
    book.replace(book.lines[1], line)
    assert torn_at(opened(book)) == ([1], book.end_of(1))
    assert lost


def test_lines_that_were_appended_together_are_torn_together(book: Book) -> None:
    """Of a batch that a crash has torn, any part may be there: the whole lines before the first hole stay."""
    book.write(0, 1, 1, 1)
    book.replace(b"number 3", b"\0" * 8)
    assert torn_at(opened(book)) == ([1, 2], book.end_of(2))


def test_a_line_that_was_on_the_disk_before_a_later_one_is_damaged_not_torn(book: Book) -> None:
    book.write(0, 1, 2, 3)
    book.replace(b"number 2", b"number 9")
    before = book.path.read_bytes()
    with pytest.raises(
        StoreNotUsable, match=r"is damaged at line 2 \(byte .*its checksum does not fit.*put a backup in its place"
    ):
        numbers(opened(book))
    assert book.path.read_bytes() == before


def test_a_later_line_that_is_whole_proves_it_though_the_newline_between_them_is_lost(book: Book) -> None:
    book.write(0, 1, 2, 3)
    book.replace(book.lines[1], book.lines[1][:-1] + b" ")
    with pytest.raises(StoreNotUsable, match="damaged at line 2"):
        numbers(opened(book))


@pytest.mark.parametrize("place", [0, 1])
def test_a_line_of_another_course_is_damage_wherever_it_stands(book: Book, place: int) -> None:
    book.write(0, 1, 2)
    other = line_of(Entry(n=place + 2, safe=place + 1, was="f" * 16, at=AT, ids={}, put={}))[0]
    book.replace(book.lines[place + 1], other)
    with pytest.raises(StoreNotUsable, match=f"damaged at line {place + 2} .*another course"):
        numbers(opened(book))


def test_a_line_that_is_missing_is_damage(book: Book) -> None:
    book.write(0, 1, 2)
    book.replace(book.lines[1], b"")
    with pytest.raises(StoreNotUsable, match="it is line 3 of another course"):
        numbers(opened(book))


def test_a_whole_line_that_says_nothing_known_is_damage(book: Book) -> None:
    book.write(0)
    line = line_of(Base(base=7, was=NO_HASH))[0]
    book.path.write_bytes(book.path.read_bytes() + line)
    with pytest.raises(StoreNotUsable, match="damaged at line 2"):
        numbers(opened(book))


def test_a_journal_that_got_shorter_is_damaged(book: Book) -> None:
    book.write(0, 1)
    found = opened(book)
    assert numbers(found) == [1, 2]
    book.path.write_bytes(book.path.read_bytes()[:-10])
    with pytest.raises(StoreNotUsable, match="shorter than it was"):
        numbers(found)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"not a journal\n",
        line_of(Base(base=0, was=NO_HASH))[0][:-1],
        line_of(Base(base=0, was=NO_HASH))[0].replace(b"0", b"1", 1),
        line_of(Entry(n=1, safe=0, was=NO_HASH, at=AT, ids={}, put={}))[0],
    ],
)
def test_a_first_line_that_is_none_is_damage(book: Book, content: bytes) -> None:
    book.path.write_bytes(content)
    with pytest.raises(StoreNotUsable, match="is damaged at line 0"):
        opened(book)
    assert book.path.read_bytes() == content


def test_an_empty_journal_holds_no_transaction(book: Book) -> None:
    book.write()
    assert not opened(book).holds_any()
    journal.create(RealDisk(), book.path, Base(base=4, was="a" * 16))
    found = opened(book)
    assert (found.holds_any(), found.last_n, found.last_hash, found.lines_after(4)) == (True, 4, "a" * 16, b"")


ROOM = bytes(5_000)


@pytest.mark.parametrize("to_its_end", [True, False])
def test_room_behind_the_lines_is_the_end_of_them(book: Book, *, to_its_end: bool) -> None:
    book.write(0, 1)
    book.path.write_bytes(book.path.read_bytes() + ROOM)
    found = opened(book)
    assert [each.entry.n for each in found.read_on(to_its_end=to_its_end)] == [1, 2]
    assert [each.entry.n for each in found.read_on(to_its_end=to_its_end)] == []
    assert found.size == book.end_of(2)


def test_an_empty_journal_with_room_holds_no_transaction_and_one_with_anything_in_it_may(book: Book) -> None:
    book.write()
    book.path.write_bytes(book.path.read_bytes() + ROOM)
    assert not opened(book).holds_any()
    book.path.write_bytes(book.path.read_bytes() + b"x")
    assert opened(book).holds_any()


@pytest.mark.parametrize(
    "torn",
    [b"\0" * 40 + b"the end of a line\n", b'{"n":3,"safe":2', b"\0" * 4_999 + b"x"],
    ids=["its end", "its beginning", "far behind"],
)
def test_what_is_torn_within_the_room_is_cut_off_with_it(book: Book, torn: bytes) -> None:
    book.write(0, 1)
    book.path.write_bytes(book.path.read_bytes() + torn + ROOM)
    found = opened(book)
    assert torn_at(found) == ([1, 2], book.end_of(2))
    found.cut(book.end_of(2))
    assert numbers(found) == []


def test_a_line_that_became_zeros_is_damage_when_a_later_one_proves_that_it_was_there(book: Book) -> None:
    book.write(0, 1, 2, 3)
    book.replace(book.lines[1], bytes(len(book.lines[1])))
    book.path.write_bytes(book.path.read_bytes() + ROOM)
    with pytest.raises(StoreNotUsable, match="damaged at line 2"):
        numbers(opened(book))


def test_lines_longer_than_what_a_look_reads_at_once_are_read_whole(book: Book) -> None:
    book.write(0)
    reader = opened(book)
    assert numbers(reader) == [1]
    book.lines.clear()
    book.write(*range(400))
    book.path.write_bytes(book.path.read_bytes() + ROOM)
    assert book.end_of(400) > 2 * journal.READ_AT_ONCE_BYTES
    assert [each.entry.n for each in reader.read_on(to_its_end=False)] == list(range(2, 401))


def test_a_journal_gets_room_ahead_once_for_many_lines(book: Book) -> None:
    book.write(0)
    writer = opened(book)
    assert numbers(writer) == [1]
    sizes: set[int] = set()
    for n in range(2, 300):
        entry = Entry(n=n, safe=n - 1, was=writer.last_hash, at=AT, ids={}, put={})
        content, checksum = line_of(entry)
        writer.append(content)
        writer.accept(n, checksum, len(content))
        sizes.add(book.path.stat().st_size)
    assert len(sizes) == 1
    assert max(sizes) > writer.size + JOURNAL_ROOM_BYTES / 2
    assert numbers(opened(book)) == list(range(1, 300))


def test_who_reads_while_others_write_takes_a_later_part_for_no_damage(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the lock a read may see one part before a commit and the next one after it."""
    book.write(0)
    reader = opened(book)
    assert numbers(reader) == [1]
    book.lines.clear()
    book.write(0, 1, 2)
    now = book.path.read_bytes()
    early = now[: book.end_of(1)] + bytes(book.end_of(2) - book.end_of(1)) + now[book.end_of(2) :]
    reads: list[bytes] = [early]

    def read(_file: RealFile, size: int, offset: int) -> bytes:
        return (reads.pop() if reads else now)[offset : offset + size]

    monkeypatch.setattr(RealFile, "pread", read)
    assert [each.entry.n for each in reader.read_on(to_its_end=False)] == [2, 3]
