from __future__ import annotations

from gateway.answer_time import answer_seconds
from tests.makers import Shop


def test_the_answer_that_settles_an_attempt_took_from_sent_to_now(shop: Shop) -> None:
    attempt_id = shop.pay(shop.payment())
    shop.clock.advance(seconds=90)
    assert answer_seconds(shop.failure(attempt_id)) == 90
    shop.clock.advance(minutes=20)
    assert answer_seconds(shop.success(attempt_id)) == 1290


def test_an_answer_that_settles_nothing_took_no_time(shop: Shop) -> None:
    attempt_id = shop.pay(shop.payment())
    shop.clock.advance(seconds=1)
    assert answer_seconds(shop.pending(attempt_id)) is None
    assert answer_seconds(shop.success("nobody")) is None
    assert answer_seconds(shop.success(attempt_id, amount="1.00")) is None
    assert answer_seconds(shop.success(attempt_id, "r2")) == 1
    assert answer_seconds(shop.success(attempt_id, "r2")) is None


def test_an_attempt_that_was_never_sent_has_no_answer_time(shop: Shop) -> None:
    assert answer_seconds(shop.failure(shop.pay(shop.payment(), sent=False))) is None
