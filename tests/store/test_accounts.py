"""Accounts and their books: a balance is the sum of its book."""

from __future__ import annotations

from decimal import Decimal

import pytest

from store import accounts
from store.actors import Actor
from store.errors import NotFound, NotPermitted, Problems
from store.money import Money
from tests.makers import ANNA, START, Shop


def test_a_new_account_has_nothing_in_its_currencys_decimals(shop: Shop) -> None:
    made = shop.do(lambda tx: accounts.create(tx, ANNA, name=" Bob ", currency="kwd"))
    assert (made.name, made.currency, made.balance.text, made.created_at) == ("Bob", "KWD", "0.000", START)


def test_all_problem_items_of_a_new_account_come_at_once(shop: Shop) -> None:
    before = shop.content()
    with pytest.raises(Problems) as caught:
        shop.do(lambda tx: accounts.create(tx, ANNA, name=" ", currency="EURO"))
    assert [each.field for each in caught.value.items] == ["Name", "Currency"]
    assert shop.content() == before


def test_a_currency_that_is_missing_is_told_otherwise_than_one_that_does_not_exist() -> None:
    [missing] = accounts.check(name="Bob", currency=" ")
    [unknown] = accounts.check(name="Bob", currency="EURO")
    assert missing.message == "is empty; write three letters, EUR for example."
    assert unknown.message == "'EURO' is not in ISO 4217; write three letters, EUR for example."


def test_an_account_is_opened_at_a_reseller_in_reach(shop: Shop) -> None:
    with pytest.raises(NotFound, match="no reseller with ID 99"):
        shop.do(lambda tx: accounts.create(tx, ANNA, name="Bob", currency="EUR", reseller_id=99))
    with pytest.raises(NotPermitted):
        shop.do(lambda tx: accounts.create(tx, Actor("rita", full_control=False), name="Bob", currency="EUR"))


def test_each_line_of_a_book_has_the_balance_after_it(shop: Shop) -> None:
    shop.fill_account("50.00", "r1")
    shop.clock.advance(days=1)
    shop.fill_account("30.00", "r2")
    payment = shop.payment("60.00")
    shop.pay_from_balance(payment)
    lines = accounts.book_of(shop.store.view(), shop.account.id)
    assert [(line.change.text, line.balance.text) for line in lines] == [
        ("50.00", "50.00"),
        ("30.00", "80.00"),
        ("-60.00", "20.00"),
    ]
    assert [line.date for line in lines] == [START, shop.clock.now, shop.clock.now]
    assert lines[2].payment_id == payment
    assert (lines[2].answer_id, lines[0].answer_id) == (None, 2)
    assert "P-000003" in lines[2].description
    assert "r1" in lines[0].description


def test_no_book_is_overdrawn_or_takes_another_currency(shop: Shop) -> None:
    before = shop.content()
    with pytest.raises(ValueError, match="overdraw"):
        shop.do(lambda tx: accounts.enter(tx, 1, Money(Decimal(-1), "EUR"), description="x", payment_id=1))
    with pytest.raises(ValueError, match="two currencies"):
        shop.do(lambda tx: accounts.enter(tx, 1, Money(Decimal(1), "USD"), description="x", payment_id=1))
    assert shop.content() == before
