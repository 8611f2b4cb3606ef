from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import replace

from store.record_audit import record_problems
from store.store import open_store
from tests.makers import Shop


def test_a_store_with_one_of_each_is_sound(shop: Shop) -> None:
    shop.fill_account()
    shop.overdue(shop.payment())
    shop.unmatched()
    assert record_problems(shop.store.view()) == []


def test_a_record_that_names_what_is_not_there_is_told(shop: Shop) -> None:
    shop.do(lambda tx: tx.put(replace(shop.account, reseller_id=9)))
    assert record_problems(shop.store.view()) == ["Account 1 names reseller 9, which is not there."]


def rewritten(shop: Shop, change: Callable[[dict[str, Any]], None]) -> None:
    """Write the store's TinyDB file as another program might have changed it, one record a line."""
    shop.store.checkpoint()
    stored = msgspec.json.decode(shop.store.path.read_bytes())
    change(stored)
    tables = [
        f'"{table}": {{\n' + ",\n".join(f'"{number}": {json.dumps(each)}' for number, each in records.items()) + "\n}"
        for table, records in stored.items()
        if table != "_store"
    ]
    header = f'"_store": {{"1": {json.dumps(stored["_store"]["1"])}}}'
    shop.store.path.write_text("{\n" + ",\n".join([header, *tables]) + "\n}\n")
    (shop.store.folder / "gatewatch.index").unlink()


def test_a_record_that_cannot_be_read_is_told_with_its_id(shop: Shop) -> None:
    shop.store.checkpoint()
    view = open_store(shop.store.folder).view()
    content = shop.store.path.read_bytes()
    shop.store.path.write_bytes(content.replace(b'"name":"Ada', b'"nome":"Ada'))
    [problem] = record_problems(view)
    assert problem.startswith("Account 1 cannot be read: ")


def test_a_record_under_another_id_is_told(shop: Shop) -> None:
    def copy_account(stored: dict[str, Any]) -> None:
        stored["accounts"]["2"] = stored["accounts"]["1"]

    rewritten(shop, copy_account)
    assert record_problems(open_store(shop.store.folder).view()) == ["Account 2 says that its ID is 1."]
