from __future__ import annotations

from dataclasses import replace

import msgspec

from store.record_audit import record_problems
from tests.makers import Shop


def test_a_store_with_one_of_each_is_sound(shop: Shop) -> None:
    shop.fill_account()
    shop.overdue(shop.payment())
    shop.unmatched()
    assert record_problems(shop.store.view()) == []


def test_a_record_that_names_what_is_not_there_is_told(shop: Shop) -> None:
    shop.do(lambda tx: tx.put(replace(shop.account, reseller_id=9)))
    assert record_problems(shop.store.view()) == ["Account 1 names reseller 9, which is not there."]


def test_a_record_that_cannot_be_read_is_told_with_its_id(shop: Shop) -> None:
    stored = msgspec.json.decode(shop.content())
    stored["accounts"]["1"]["name"] = 7
    shop.store.path.write_bytes(msgspec.json.encode(stored))
    [problem] = record_problems(shop.store.view())
    assert problem.startswith("Account 1 cannot be read: ")


def test_a_record_under_another_id_is_told(shop: Shop) -> None:
    stored = msgspec.json.decode(shop.content())
    stored["accounts"]["2"] = stored["accounts"]["1"]
    shop.store.path.write_bytes(msgspec.json.encode(stored))
    assert record_problems(shop.store.view()) == ["Account 2 says that its ID is 1."]
