"""An image is a plain mapping of records that never changes, however it came about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from store.checkpoint import EPOCH, read_checkpoint, write_checkpoint
from store.disk import Disk
from store.image import Image, Key
from tests.store.fake_disk import FakeDisk

FOLDER = Path("store")
TABLES = ("accounts", "payments")
RECORDS = st.one_of(st.none(), st.integers(0, 5))
TRANSACTIONS = st.dictionaries(st.tuples(st.sampled_from(TABLES), st.integers(1, 8)), RECORDS, min_size=1, max_size=4)


def keys_of(_table: str, record: bytes, column: str | None = None) -> list[tuple[str, int]]:
    """Return two columns of a record `{"k":3}`: its number, which 0 does not have, and whether it is even."""
    number = int(record[5:-1])
    pairs = ([("number", number)] if number else []) + ([("even", 1)] if number % 2 == 0 else [])
    return [each for each in pairs if column in (None, each[0])]


def record_of(number: int | None) -> bytes | None:
    return None if number is None else b'{"k":%d}' % number


def after(image: Image, written: Mapping[Key, bytes | None]) -> Image:
    return image.with_records(
        written,
        image.added_by(written),
        n=image.n + 1,
        line_hash=f"{image.n + 1:016x}",
        at=EPOCH + timedelta(days=-image.n),
        next_ids={"accounts": image.n + 2},
    )


def folded(image: Image, disk: Disk) -> Image:
    """Return the same as a checkpoint, without layers."""
    path = FOLDER / f"{image.n}.json"
    records = {
        table: partial(
            lambda table: ((each, line) for each in image.ids(table) if (line := image.get(table, each)) is not None),
            table,
        )
        for table in image.tables()
    }
    write_checkpoint(disk, path, image.header(), records)
    return Image.of(read_checkpoint(disk, path, FOLDER / "none", keys_of), keys_of)


def assert_is(image: Image, expected: Mapping[Key, bytes]) -> None:
    for table in TABLES:
        records = {identity: each for (name, identity), each in expected.items() if name == table}
        assert list(image.ids(table)) == sorted(records)
        assert image.count(table) == len(records)
        assert {each: image.get(table, each) for each in range(10)} == {each: records.get(each) for each in range(10)}
        for number in range(1, 7):
            having = {each for each, line in records.items() if ("number", number) in keys_of(table, line)}
            upto = {
                each
                for each, line in records.items()
                for name, key in keys_of(table, line)
                if name == "number" and key <= number
            }
            assert having <= set(image.candidates(table, "number", number)) <= set(range(10))
            assert upto <= set(image.candidates_up_to(table, "number", number))
            for found in (image.candidates(table, "number", number), image.candidates_up_to(table, "number", number)):
                assert found == sorted(set(found))


@given(st.lists(st.tuples(TRANSACTIONS, st.sampled_from(["", "", "", "fold", "ask"])), max_size=30))
def test_an_image_is_what_was_written_last_and_every_earlier_one_stays_as_it_was(
    steps: list[tuple[dict[Key, int | None], str]],
) -> None:
    disk = FakeDisk()
    image = Image(next_ids={}, counts={}, keys_of=keys_of)
    records: dict[Key, bytes] = {}
    moments: list[tuple[Image, dict[Key, bytes]]] = []
    for written, then in steps:
        lines = {key: record_of(number) for key, number in written.items()}
        image = after(image, lines)
        records = {key: each for key, each in {**records, **lines}.items() if each is not None}
        if then == "fold":
            image = folded(image, disk)
        elif then == "ask":
            assert_is(image, records)
        moments.append((image, records))
    for each, expected in moments:
        assert_is(each, expected)
    assert image.n == len(steps)


def test_few_layers_are_kept_however_many_transactions_there_are() -> None:
    image = Image(next_ids={}, counts={}, keys_of=keys_of)
    most = 0
    for number in range(1, 3000):
        image = after(image, {("accounts", number): record_of(number % 6)})
        most = max(most, len(image.layers["accounts"]))
    assert most <= 14
    assert image.count("accounts") == 2999
    assert len(image.candidates("accounts", "number", 3)) == 500


def test_what_is_written_to_one_table_costs_the_others_nothing() -> None:
    image = after(Image(next_ids={}, counts={}, keys_of=keys_of), {("accounts", 1): record_of(1)})
    accounts = image.layers["accounts"]
    for number in range(1, 100):
        image = after(image, {("payments", number): record_of(2)})
    assert image.layers["accounts"] is accounts
    assert list(image.ids("accounts")) == [1]


def test_its_header_is_what_a_checkpoint_of_it_says() -> None:
    image = after(
        after(Image(next_ids={}, counts={}, keys_of=keys_of), {("accounts", 1): b'{"k":1}'}), {("accounts", 1): None}
    )
    header = image.header()
    assert (header.revision, header.hash, header.next_ids) == (2, f"{2:016x}", {"accounts": 3})
    assert header.last_commit_at == EPOCH, "time never runs backwards"
    again = folded(image, FakeDisk())
    assert (again.header(), again.tables(), again.count("accounts")) == (header, ("accounts",), 0)
    assert image.changed() == {("accounts", 1): None}
