"""The checkpoint: a plain TinyDB file that stock TinyDB opens, refused where damaged, upgraded where it is old."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import msgspec
import pytest
from tinydb import TinyDB, where

from store.accounts import Account
from store.answers import Answer
from store.checkpoint import FORMAT, Header, make_index, read_checkpoint, write_checkpoint
from store.disk import RealDisk
from store.errors import StoreNotUsable
from store.kinds import keys_of_json
from store.paths import INDEX_NAME, JOURNAL_NAME
from store.payments import Payment
from store.records import to_json
from store.store import FILE_NAME, Store, open_store
from tests.makers import Shop, content_of, make_account


def test_stock_tinydb_opens_the_file_and_has_every_record(shop: Shop) -> None:
    payment = shop.payment()
    shop.success(shop.pay(payment))
    shop.fill_account()
    shop.store.checkpoint()
    before = content_of(shop.store.folder)
    view = shop.store.view()
    with TinyDB(shop.store.folder / FILE_NAME, access_mode="r") as stock:
        assert {"accounts", "answers", "payments", "connectors", "action_log", "resellers", "_store"} <= stock.tables()
        for kind in (Account, Answer, Payment):
            rows = {row.doc_id: dict(row) for row in stock.table(kind.TABLE).all()}
            assert rows == {each.id: json.loads(to_json(each)) for each in view.all_stored(kind)}
        (found,) = stock.table("payments").search(where("status") == "completed")
        assert found["number"] == "P-000001"
    assert content_of(shop.store.folder) == before


def test_a_checkpoint_holds_all_and_the_journal_only_what_comes_after(shop: Shop) -> None:
    assert shop.store.checkpoint() == shop.store.view().revision
    assert (shop.store.folder / JOURNAL_NAME).read_bytes().count(b"\n") == 1
    assert shop.store.checkpoint() == shop.store.view().revision
    shop.payment()
    assert (shop.store.folder / JOURNAL_NAME).read_bytes().count(b"\n") == 2
    assert open_store(shop.store.folder).view().count(Payment) == 1


def test_one_record_stands_on_one_line(shop: Shop) -> None:
    shop.payment()
    shop.store.checkpoint()
    text = (shop.store.folder / FILE_NAME).read_text(encoding="utf-8")
    assert sum(line.startswith('"1": {') for line in text.splitlines()) == 7


def test_nothing_but_the_files_of_a_store_is_left_in_its_folder(shop: Shop) -> None:
    shop.store.checkpoint()
    names = {each.name for each in shop.store.folder.iterdir()}
    assert names == {
        "gatewatch.json",
        "gatewatch.journal",
        "gatewatch.index",
        "gatewatch.lock",
        "gatewatch.changed",
        "gatewatch.checkpoint-lock",
    }
    assert {each.stat().st_mode & 0o777 for each in shop.store.folder.iterdir()} == {0o600}


def test_what_is_written_is_found_by_its_place_and_by_reading_it_all(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    tables = {"accounts": {1: b'{"id":1}', 20: b'{"id":20,"name":"\xc3\xa9"}'}, "empty": {}}
    header = Header(revision=7, hash="a" * 16, next_ids={"accounts": 21})
    records = {name: partial(iter, each.items()) for name, each in tables.items()}
    places, _ = write_checkpoint(RealDisk(), path, header, records)
    found = read_checkpoint(RealDisk(), path, tmp_path / "no index", lambda _table, _line: [])
    assert found.header == header
    assert found.tables() == ("accounts", "empty")
    assert {name: {each: found.get(name, each) for each in found.index.of(name).ids} for name in tables} == tables
    assert [found.get("accounts", 2), found.get("nobody", 1)] == [None, None]
    for name in tables:
        again = found.index.of(name)
        assert [list(each) for each in (again.ids, again.offsets, again.lengths)] == [
            list(each) for each in (places[name].ids, places[name].offsets, places[name].lengths)
        ]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes().isascii() is False


def test_what_a_crash_left_beside_the_files_is_written_over(store: Store) -> None:
    for name in ("gatewatch.json.new", "gatewatch.journal.new", "gatewatch.index.new"):
        (store.folder / name).write_text("half a fi" * 10_000)
    store.checkpoint()
    assert not list(store.folder.glob("*.new"))
    assert open_store(store.folder).view().revision == 1


def test_a_checkpoint_that_cannot_be_written_leaves_the_old_one(store: Store) -> None:
    before = content_of(store.folder)
    (store.folder / "gatewatch.json.new").mkdir()
    with pytest.raises(StoreNotUsable, match=r"the checkpoint cannot be written: Is a directory\. The old one stands"):
        store.checkpoint()
    (store.folder / "gatewatch.json.new").rmdir()
    assert content_of(store.folder) == before


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe",
        b"{",
        b"[]",
        b"null",
        b'{"_store": {}}',
        b'{\n"_store": {"1": {"format": "one"}}\n}\n',
        b'{"accounts": {"1": {}}}',
        b'{\n"_store": {"1": {}},\n"accounts": {\n"one": {}\n}\n}\n',
        b'{\n"_store": {"1": {}},\n"accounts": []\n}\n',
        b'{\n"_store": {"1": {}},\n"strangers": {\n"1": {}\n}\n}\n',
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_said_so_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(StoreNotUsable, match="is damaged or not a Gatewatch store") as caught:
        open_store(tmp_path).view()
    assert caught.value.path == tmp_path / FILE_NAME
    assert (tmp_path / FILE_NAME).read_bytes() == content


@pytest.mark.parametrize("cut", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_short_is_said_to_be_damaged(shop: Shop, cut: float) -> None:
    shop.store.checkpoint()
    path = shop.store.folder / FILE_NAME
    content = path.read_bytes()
    shortened = content[: int(len(content) * cut)]
    path.write_bytes(shortened)
    with pytest.raises(StoreNotUsable, match="damaged"):
        open_store(shop.store.folder)
    assert path.read_bytes() == shortened


def test_a_damaged_record_is_named_when_it_is_read_and_when_all_are(store: Store) -> None:
    with store.transaction() as tx:
        for number in range(1, 61):
            make_account(tx, name=f"number {number} {'of sixty ' * 100}")
    store.checkpoint()
    store.path.write_bytes(store.path.read_bytes().replace(b'"name":"number 30 ', b'"nome":"number 30 '))
    view = open_store(store.folder).view()
    assert view.get(Account, 29).name.startswith("number 29")
    with pytest.raises(StoreNotUsable, match="record 30 of table accounts is not a account"):
        view.get(Account, 30)
    (store.folder / INDEX_NAME).unlink()
    with pytest.raises(StoreNotUsable, match=r"damaged .*line \d+, record 30 of accounts"):
        open_store(store.folder)


def test_a_checkpoint_that_is_missing_beside_its_journal_is_said_so(store: Store) -> None:
    journal = (store.folder / JOURNAL_NAME).read_bytes()
    store.path.unlink()
    with pytest.raises(StoreNotUsable, match="is missing, but there is a journal of it"):
        open_store(store.folder)
    assert (store.folder / JOURNAL_NAME).read_bytes() == journal
    (store.folder / JOURNAL_NAME).write_bytes(journal[:-5])
    with pytest.raises(StoreNotUsable, match="is missing, but there is a journal of it"):
        open_store(store.folder)


def test_a_file_of_a_newer_form_is_said_so_and_left_as_it_is(store: Store) -> None:
    newer = store.path.read_bytes().replace(b'"format":%d' % FORMAT, b'"format":%d' % (FORMAT + 1))
    store.path.write_bytes(newer)
    with pytest.raises(StoreNotUsable, match=rf"written by a newer Gatewatch \(form {FORMAT + 1}.*use the newer"):
        open_store(store.folder)
    assert store.path.read_bytes() == newer


def test_a_store_of_the_first_form_is_upgraded_with_all_its_records(shop: Shop, tmp_path: Path) -> None:
    """Form 1 was the whole store in one file, with no journal and no hash."""
    shop.fill_account()
    shop.store.checkpoint()
    header, rest = shop.store.path.read_bytes().split(b"\n")[1], shop.store.path.read_bytes()
    now = msgspec.json.decode(header.partition(b'{"1": ')[2].rstrip(b",")[:-1])
    old = {
        "format": 1,
        "revision": now["revision"],
        "last_commit_at": now["last_commit_at"],
        "next_ids": now["next_ids"],
    }
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / FILE_NAME).write_bytes(rest.replace(header, b'"_store": {"1": ' + json.dumps(old).encode() + b"},"))
    upgraded = open_store(folder)
    for kind in (Account, Payment, Answer):
        assert list(upgraded.view().all_stored(kind)) == list(shop.store.view().all_stored(kind))
    assert upgraded.view().revision == now["revision"]
    assert b'"format":%d' % FORMAT in upgraded.path.read_bytes(), "an older version would overlook the journal"
    with upgraded.transaction() as tx:
        assert make_account(tx).id == 2
    assert open_store(folder).view().revision == now["revision"] + 1


def test_an_index_is_made_of_the_checkpoint_alone(shop: Shop) -> None:
    shop.success(shop.pay(shop.payment()))
    shop.store.checkpoint()
    kept = open_store(shop.store.folder).database.image().checkpoint
    assert kept is not None
    made = make_index(shop.store.path, kept.file, keys_of_json)
    assert set(made.places) == set(kept.index.places)
    assert set(made.columns) == set(kept.index.columns)
    for name, column in made.columns.items():
        assert list(column.pairs()) == list(kept.index.columns[name].pairs())


def test_each_record_is_read_whole_wherever_it_stands_and_however_long_it_is(tmp_path: Path) -> None:
    """Records are read by blocks: some stand across the end of one, and some are larger than one."""
    disk, path = RealDisk(), tmp_path / "gatewatch.json"
    records = {each: b'{"t":"%s"}' % (b"%d" % (each % 10) * (each * 7919 % 40_000)) for each in range(1, 300)}
    write_checkpoint(disk, path, Header(), {"accounts": lambda: iter(records.items())})

    found = read_checkpoint(disk, path, tmp_path / "none", lambda _table, _line: [])

    order = [each * 37 % 299 + 1 for each in range(299)]
    assert {each: found.get("accounts", each) for each in order} == records
    assert {each: found.get("accounts", each) for each in records} == records
    assert found.get("accounts", 300) is None
