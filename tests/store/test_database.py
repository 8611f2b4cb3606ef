"""The file: a plain TinyDB file that stock TinyDB opens, replaced only as a whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tinydb import TinyDB, where

from store.accounts import Account
from store.answers import Answer
from store.database import EMPTY, Image, read_image, table_of, write_image
from store.errors import StoreNotUsable
from store.payments import Payment
from store.records import to_json
from store.store import FILE_NAME
from tests.makers import Shop, content_of


def test_stock_tinydb_opens_the_file_and_has_every_record(shop: Shop) -> None:
    payment = shop.payment()
    shop.success(shop.pay(payment))
    shop.fill_account()
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


def test_one_record_stands_on_one_line(shop: Shop) -> None:
    shop.payment()
    text = (shop.store.folder / FILE_NAME).read_text(encoding="utf-8")
    assert sum(line.startswith('"1": {') for line in text.splitlines()) == 6


def test_a_file_that_is_not_there_is_an_empty_store(tmp_path: Path) -> None:
    assert read_image(tmp_path / FILE_NAME) is EMPTY


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    image = Image(EMPTY.header, {"accounts": {1: b'{"id":1}', 20: b'{"id":20,"name":"\xc3\xa9"}'}, "empty": {}})
    write_image(path, image)
    found = read_image(path)
    assert (found.header, {name: dict(records) for name, records in found.tables.items()}) == (
        image.header,
        image.tables,
    )
    assert found.records("nobody") == {}
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [FILE_NAME]


def test_what_a_crash_left_beside_the_file_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "gatewatch.json.new").write_text("half a fi")
    write_image(tmp_path / FILE_NAME, EMPTY)
    assert read_image(tmp_path / FILE_NAME).header == EMPTY.header
    assert [each.name for each in tmp_path.iterdir()] == [FILE_NAME]


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    write_image(path, EMPTY)
    before = path.read_bytes()
    (tmp_path / "gatewatch.json.new").mkdir()
    with pytest.raises(StoreNotUsable, match=r"cannot be written: Is a directory\. Nothing was changed"):
        write_image(path, Image(EMPTY.header, {"accounts": {1: b"{}"}}))
    assert path.read_bytes() == before


def test_queries_are_never_answered_from_a_cache() -> None:
    records = {1: b'{"name":"Ada"}'}
    table = table_of({"accounts": records}, "accounts")
    assert len(table.search(where("name") == "Ada")) == 1
    records[1] = b'{"name":"Bob"}'
    assert table.search(where("name") == "Ada") == []
