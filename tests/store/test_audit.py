"""The money invariant finds what was broken; the stores that the rules make have nothing to find."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from msgspec.structs import replace

from store import inbox
from store.accounts import Account, BalanceTransaction
from store.answers import Answer, ChargePlace
from store.audit import money_problems
from store.money import Money
from store.payments import Payment
from store.states import PaymentStatus
from store.store import Transaction
from tests.makers import ANNA, Shop

ONE = Money(Decimal("1.00"), "EUR")


@pytest.fixture
def settled(shop: Shop) -> Shop:
    """Return a store with a charge in each place: answer 1 completed payment 1, 3 returned, 4 held, 5 dismissed."""
    attempt = shop.pay(shop.payment())
    shop.success(attempt, "r1")
    shop.fill_account()
    shop.success(attempt, "r2")
    code = shop.unmatched("r3").code
    shop.do(lambda tx: inbox.dismiss(tx, ANNA, code, "Not ours."))
    paid = shop.payment("29.00")
    shop.pay_from_balance(paid)
    return shop


def test_a_store_that_the_rules_made_has_nothing_to_find(settled: Shop) -> None:
    places = [each.place for each in settled.store.view().all(Answer) if each.place]
    assert places == [ChargePlace.COMPLETED, ChargePlace.RETURNED, ChargePlace.HELD, ChargePlace.DISMISSED]
    assert money_problems(settled.store.view()) == []


def answer_becomes(number: int, **changes: object) -> Callable[[Transaction], object]:
    return lambda tx: tx.put(replace(tx.get(Answer, number), **changes))


def payment_becomes(number: int, status: PaymentStatus) -> Callable[[Transaction], object]:
    return lambda tx: tx.put(replace(tx.get(Payment, number), status=status))


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (answer_becomes(1, place=ChargePlace.HELD, in_inbox=True), "its completing charges are none"),
        (answer_becomes(3, place=None), "A3 is a charge that is in no place"),
        (answer_becomes(3, place=ChargePlace.HELD, in_inbox=True), "returns A3, which is not returned"),
        (answer_becomes(4, in_inbox=False), "A4 is held, but not in the inbox"),
        (answer_becomes(4, place=ChargePlace.RETURNED), "no line of a book returns"),
        (answer_becomes(5, closed_reason=""), "A5 is dismissed, but not by whom and why"),
        (answer_becomes(4, place=ChargePlace.COMPLETED, payment_id=2), "but A4 completed it"),
        (answer_becomes(4, place=ChargePlace.COMPLETED, payment_id=99), "which is not there"),
        (payment_becomes(1, PaymentStatus.WAITING), "EUR: charges are"),
        (payment_becomes(3, PaymentStatus.CANCELLED), "was taken from the balance"),
        (payment_becomes(2, PaymentStatus.PAID_FROM_BALANCE), "no line of a book takes"),
        (lambda tx: tx.put(replace(tx.get(Account, 1), balance=ONE)), "its book adds up to"),
        (lambda tx: tx.put(replace(tx.get(BalanceTransaction, 1), change=ONE)), "its book adds up to otherwise"),
    ],
)
def test_a_charge_or_sum_in_the_wrong_place_is_found(
    settled: Shop, damage: Callable[[Transaction], object], found: str
) -> None:
    settled.do(damage)
    assert any(found in problem for problem in money_problems(settled.store.view()))
