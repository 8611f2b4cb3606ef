"""The index beside a checkpoint: believed only where it fits, made again where it does not, and never missed."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinydb import where

from store.accounts import Account
from store.action_log import LogLine
from store.columns import COLUMNS, Column
from store.disk import RealDisk
from store.index import Fit, Index, Places, SortedColumn, read_index, sorted_column, write_index
from store.paths import INDEX_NAME
from store.store import Store, open_store
from tests.makers import Shop, content_of, make_account
from tests.store.fake_disk import FakeDisk

FIT = Fit(5, 1000, "0badcafe")
WORDS = st.integers(-(2**63), 2**63 - 1)


@given(st.lists(st.tuples(WORDS, WORDS)), WORDS)
def test_a_column_gives_the_ids_that_have_a_key_and_those_up_to_one(pairs: list[tuple[int, int]], key: int) -> None:
    column = sorted_column(pairs)
    for each in (key, *(found for found, _ in pairs[:3])):
        assert sorted(column.equal(each)) == sorted(identity for found, identity in pairs if found == each)
        assert sorted(column.up_to(each)) == sorted(identity for found, identity in pairs if found <= each)
    assert list(column.pairs()) == sorted(pairs)


SMALL = st.sets(st.tuples(st.integers(-3, 3), st.integers(1, 8)))


@given(SMALL, SMALL, SMALL, st.booleans())
def test_a_changed_column_is_the_one_that_would_be_made_anew(
    before: set[tuple[int, int]],
    gone: set[tuple[int, int]],
    new: set[tuple[int, int]],
    mapped: bool,  # noqa: FBT001 - Hypothesis gives it by position
) -> None:
    column = sorted_column(before)
    if mapped:
        column = SortedColumn(*(memoryview(array("q", each).tobytes()).cast("q") for each in (column.keys, column.ids)))
    assert list(column.changed(gone, new).pairs()) == sorted((before - gone) | new)


def test_a_large_index_that_was_opened_takes_hardly_any_memory(tmp_path: Path) -> None:
    """Opening sums all of it up; what was looked at for that is given back to the system."""
    numbers = array("q", range(2_000_000))
    path = tmp_path / INDEX_NAME
    write_index(RealDisk(), path, Index({}, {("accounts", "reseller_id"): SortedColumn(numbers, numbers)}), FIT)
    size = path.stat().st_size

    def of_files_in_memory() -> int:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.partition("RssFile:")[2].split()[0]) << 10

    before = of_files_in_memory()
    found = read_index(RealDisk(), path, FIT)
    grown = of_files_in_memory() - before
    assert found is not None
    assert grown < size / 4
    assert list(found.column("accounts", "reseller_id").equal(1_999_999)) == [1_999_999]


def small_index() -> Index:
    places = {"accounts": Places([1, 5], [10, 90], [70, 60]), "empty": Places([], [], [])}
    return Index(places, {("accounts", "reseller_id"): sorted_column([(3, 5), (3, 1)])})


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / INDEX_NAME
    write_index(RealDisk(), path, small_index(), FIT)
    found = read_index(RealDisk(), path, FIT)
    assert found is not None
    assert [found.of("accounts").find(each) for each in (0, 1, 2, 5, 6)] == [None, (10, 70), None, (90, 60), None]
    assert list(found.column("accounts", "reseller_id").equal(3)) == [1, 5]
    assert list(found.column("accounts", "nothing").equal(3)) == []
    assert (len(found.of("accounts")), len(found.of("empty")), len(found.of("nobody"))) == (2, 0, 0)


@pytest.mark.parametrize(
    "other",
    [Fit(6, 1000, "0badcafe"), Fit(5, 1001, "0badcafe"), Fit(5, 1000, "0badcaff"), Fit(5, 1000, "0badcafe", "other")],
)
def test_an_index_of_another_checkpoint_is_not_believed(tmp_path: Path, other: Fit) -> None:
    write_index(RealDisk(), tmp_path / INDEX_NAME, small_index(), FIT)
    assert read_index(RealDisk(), tmp_path / INDEX_NAME, other) is None
    assert read_index(RealDisk(), tmp_path / "none", FIT) is None


def test_an_index_with_any_byte_changed_or_missing_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / INDEX_NAME
    disk = FakeDisk()
    write_index(disk, path, small_index(), FIT)
    whole = disk.content()[INDEX_NAME]

    def is_believed(content: bytes) -> bool:
        return read_index(FakeDisk({INDEX_NAME: content}), path, FIT) is not None

    assert is_believed(whole)
    for place in range(len(whole)):
        assert not is_believed(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert not is_believed(whole[:place])
    assert not is_believed(whole + b"\0" * 8)


def damage_the_middle(path: Path) -> None:
    content = path.read_bytes()
    middle = len(content) * 3 // 4
    path.write_bytes(content[:middle] + b"\xff" * 8 + content[middle + 8 :])


@pytest.mark.parametrize(
    "damage",
    [
        Path.unlink,
        damage_the_middle,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"\xff" * 100),
        lambda path: path.write_bytes(path.read_bytes()[:-8]),
    ],
)
def test_a_missing_or_damaged_index_is_made_again_silently(shop: Shop, damage: Callable[[Path], object]) -> None:
    shop.store.checkpoint()
    damage(shop.store.folder / INDEX_NAME)
    before = content_of(shop.store.folder)
    store = open_store(shop.store.folder)
    assert [each.id for each in store.view().search(LogLine, where("subject") == "account 1")]
    assert store.view().get(Account, 1) == shop.account
    assert content_of(shop.store.folder) == before
    store.checkpoint()
    assert (shop.store.folder / INDEX_NAME).stat().st_size > 100


def test_a_version_with_other_columns_makes_its_own_index(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index that lacks a column would find nothing by it."""
    shop.store.checkpoint()
    by_action: Column[LogLine] = Column("action", ("action",), lambda each: (each.action,))
    monkeypatch.setattr("store.columns.COLUMNS", COLUMNS | {LogLine: (*COLUMNS[LogLine], by_action)})
    for _ in range(2):
        store = open_store(shop.store.folder)
        assert len(store.view().search(LogLine, where("action") == "account created")) == 1
        store.checkpoint()
    image = open_store(shop.store.folder).database.image()
    assert image.index is not None
    assert isinstance(image.index.column(LogLine.TABLE, "action").keys, memoryview), "it was kept in the new index"


def test_a_view_keeps_its_index_while_others_put_new_ones_in_its_place(store: Store) -> None:
    with store.transaction() as tx:
        make_account(tx, name="Ada")
    store.checkpoint()
    old = open_store(store.folder).view()
    for _ in range(3):
        with store.transaction() as tx:
            make_account(tx, name="Bob")
        store.checkpoint()
    (store.folder / INDEX_NAME).unlink()
    assert [each.name for each in old.all(Account)] == ["Ada"]
    assert len(old.search(LogLine, where("subject") == "account 1")) == 1
    assert old.search(LogLine, where("subject") == "account 2") == []
