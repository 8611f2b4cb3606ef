"""What is suggested for an unmatched answer, and what is not."""

from __future__ import annotations

from store.suggestions import suggested_attempts
from tests.makers import ANNA, Shop


def test_attempts_of_the_same_amount_are_suggested_the_unanswered_ones_first(shop: Shop) -> None:
    answered, waiting, other = shop.payment(), shop.payment(), shop.payment("5.00")
    failed = shop.pay(answered)
    shop.failure(failed)
    shop.clock.advance(minutes=1)
    sent = shop.pay(waiting)
    shop.pay(other)
    shop.clock.advance(minutes=1)
    answer = shop.unmatched("r1")
    suggested = suggested_attempts(shop.store.view(), ANNA, answer)
    assert [each.attempt.id for each in suggested] == [sent, failed]
    assert suggested[0].reasons == ("the same amount", "no answer yet", "started not long before")


def test_an_attempt_that_came_after_the_answer_is_not_suggested(shop: Shop) -> None:
    answer = shop.unmatched("r1")
    shop.clock.advance(minutes=1)
    shop.pay(shop.payment())
    assert suggested_attempts(shop.store.view(), ANNA, answer) == []
