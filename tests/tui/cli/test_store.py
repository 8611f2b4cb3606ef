from __future__ import annotations

import json

from tests.makers import Shop
from tests.tui.cli.terminal import CommandLine


def test_a_sound_store_is_said_to_be_sound(at_shop: CommandLine, shop: Shop) -> None:
    shop.fill_account()
    ended = at_shop.process("store", "check")
    assert ended.code == 0
    assert "every sum adds up" in ended.out
    checked = at_shop("store", "check", "--json").json
    assert (checked["sound"], checked["wrong"], checked["records"]["accounts"]) == (True, [], 1)


def test_checking_changes_nothing_and_makes_no_store(gatewatch: CommandLine) -> None:
    ended = gatewatch.process("store", "check")
    assert (ended.code, ended.out) == (3, "")
    assert not gatewatch.folder.exists()


def test_money_that_does_not_add_up_is_told_in_sentences(at_shop: CommandLine, shop: Shop) -> None:
    shop.fill_account("129.00")
    content = shop.content().replace(b'"change":{"amount":"129.00"', b'"change":{"amount":"130.00"')
    shop.store.path.write_bytes(content)
    ended = at_shop.process("store", "check", "--json")
    assert ended.code == 1
    wrong = json.loads(ended.out)["wrong"]
    assert wrong == ended.err.splitlines()
    assert any("book" in each for each in wrong)


def test_a_record_that_cannot_be_read_is_told_and_money_is_not_judged(at_shop: CommandLine, shop: Shop) -> None:
    content = shop.content()
    broken = content.replace(b'"currency":"EUR"', b'"currency":7', 1)
    assert broken != content
    shop.store.path.write_bytes(broken)
    ended = at_shop("store", "check")
    assert ended.code == 1
    assert "Account 1 cannot be read" in ended.err
    assert "The money was not checked" in ended.err
