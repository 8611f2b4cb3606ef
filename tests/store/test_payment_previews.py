"""Previews say what a command would do, and refuse what it would refuse, without writing anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from store import payment_commands
from store.actors import Actor
from store.errors import NotFound, NotPermitted, Refused
from store.payments import Payment
from store.states import PaymentStatus
from store.store import View
from tests.makers import ANNA, Shop

Preview = Callable[[View, Shop, int], Payment]

PREVIEWS: dict[str, Preview] = {
    "start": lambda view, shop, key: payment_commands.preview_start(view, ANNA, key, shop.method.id),
    "cancel": lambda view, _, key: payment_commands.preview_cancel(view, ANNA, key),
    "balance": lambda view, _, key: payment_commands.preview_pay_from_balance(view, ANNA, key),
}
COMMANDS: dict[str, Callable[[Any, Shop, int], Payment]] = {
    "start": lambda tx, shop, key: payment_commands.start_attempt(tx, ANNA, key, shop.method.id),
    "cancel": lambda tx, _, key: payment_commands.cancel(tx, ANNA, key),
    "balance": lambda tx, _, key: payment_commands.pay_from_balance(tx, ANNA, key),
}


@pytest.mark.parametrize("name", PREVIEWS)
def test_a_preview_is_what_the_command_then_does_and_writes_nothing(shop: Shop, name: str) -> None:
    shop.fill_account("129.00")
    payment_id = shop.payment("129.00")
    before = shop.content()

    foreseen = PREVIEWS[name](shop.store.view(), shop, payment_id)

    assert shop.content() == before
    done = shop.do(lambda tx: COMMANDS[name](tx, shop, payment_id))
    assert (foreseen.status, foreseen.customer_message) == (done.status, done.customer_message)
    assert [line.rule for line in foreseen.history] == [line.rule for line in done.history]
    assert [replace(each, id="") for each in foreseen.attempts] == [replace(each, id="") for each in done.attempts]


@pytest.mark.parametrize("name", PREVIEWS)
def test_a_preview_refuses_in_the_words_of_the_command(shop: Shop, name: str) -> None:
    payment_id = shop.payment("129.00")
    shop.pay(payment_id)

    with pytest.raises(Refused) as foreseen:
        PREVIEWS[name](shop.store.view(), shop, payment_id)
    with pytest.raises(Refused) as refused:
        shop.do(lambda tx: COMMANDS[name](tx, shop, payment_id))

    assert str(foreseen.value) == str(refused.value)


def test_a_preview_needs_what_the_command_needs(shop: Shop) -> None:
    payment_id = shop.payment()
    reader = Actor("ines@example.com", full_control=False)
    elsewhere = Actor("tomas@example.com", reseller_id=99)
    view = shop.store.view()

    with pytest.raises(NotPermitted):
        payment_commands.preview_cancel(view, reader, payment_id)
    with pytest.raises(NotFound):
        payment_commands.preview_pay_from_balance(view, elsewhere, payment_id)
    with pytest.raises(NotFound):
        payment_commands.preview_start(view, ANNA, payment_id, 99)


def test_a_preview_counts_the_period_from_now(shop: Shop) -> None:
    payment_id = shop.payment()

    foreseen = payment_commands.preview_start(shop.store.view(), ANNA, payment_id, shop.method.id)

    assert foreseen.status is PaymentStatus.PROCESSING
    assert foreseen.deadline is not None
    assert (foreseen.deadline - shop.clock.now).total_seconds() == 15 * 60
