"""What can be pressed comes from the rules, and each action says what it will do."""

from __future__ import annotations

from store import methods, payment_commands
from store.actors import Actor
from store.store import Store
from tests.makers import ANNA, Shop
from tests.tui.cast import INES_EMAIL
from tui import wording
from tui.payment_actions import NO_METHOD, actions_of


def test_a_payment_that_waits_can_be_paid_or_cancelled(shop: Shop) -> None:
    payment_id = shop.payment("129.00")
    shop.failure(shop.pay(payment_id), "Card declined.")

    actions = actions_of(shop.store.view(), ANNA, payment_id)

    assert actions.pay.allowed
    assert [each.method.name for each in actions.methods] == ["Card"]
    assert actions.pay.says.splitlines() == [
        "Payment P-000001 (129.00 EUR) becomes Processing; it is Waiting for payment now.",
        "The gateway has until 09:15:00 UTC (15m) to answer; then it can be paid again.",
        "The customer sees Processing, and the message shown now is gone.",
        "Until the attempt has ended, the payment can be neither cancelled nor paid in another way.",
    ]
    assert actions.cancel.says.splitlines() == [
        "Payment P-000001 (129.00 EUR) becomes Cancelled; it is Waiting for payment now.",
        "The customer sees Cancelled, and the message shown now is gone.",
        "No money moves; the account's balance stays 0.00 EUR.",
    ]
    assert not actions.pay_from_balance.allowed
    assert "balance is less" in actions.pay_from_balance.refused


def test_paying_from_the_balance_tells_both_balances(shop: Shop) -> None:
    shop.fill_account("129.00")
    payment_id = shop.payment("29.00")

    says = actions_of(shop.store.view(), ANNA, payment_id).pay_from_balance.says

    assert "becomes Paid from balance" in says
    assert "The account's balance goes from 129.00 EUR to 100.00 EUR." in says


def test_in_processing_nothing_can_be_done(shop: Shop) -> None:
    payment_id = shop.payment()
    shop.pay(payment_id)

    actions = actions_of(shop.store.view(), ANNA, payment_id)

    assert not any(each.allowed for each in (actions.pay, actions.pay_from_balance, actions.cancel))
    assert "Processing" in actions.cancel.refused


def test_without_an_enabled_method_it_cannot_be_paid(shop: Shop) -> None:
    payment_id = shop.payment()
    shop.do(lambda tx: methods.delete(tx, ANNA, shop.method.id))

    assert actions_of(shop.store.view(), ANNA, payment_id).pay.refused == NO_METHOD


def test_a_read_only_manager_can_do_nothing(cast: Store) -> None:
    reader = Actor(INES_EMAIL, full_control=False)

    actions = actions_of(cast.view(), reader, 8)

    assert "Read Only" in actions.pay.refused
    assert "Read Only" in actions.cancel.refused


def test_a_connector_without_a_period_sets_no_limit(cast: Store) -> None:
    transfer = next(each for each in actions_of(cast.view(), ANNA, 8).methods if each.method.name == "Bank transfer")

    assert "no period" in transfer.outlook.says


def test_a_new_message_of_the_customer_is_told(shop: Shop) -> None:
    payment_id = shop.payment()
    before = shop.now(payment_id)
    attempt_id = shop.pay(payment_id)
    after = shop.failure(attempt_id, "Card\x1b[31m declined.").payment
    assert after is not None

    assert "with the message: Card\ufffd[31m declined." in "\n".join(wording.what_becomes(before, after))
    assert payment_commands.get(shop.store.view(), ANNA, payment_id).customer_message == after.customer_message
