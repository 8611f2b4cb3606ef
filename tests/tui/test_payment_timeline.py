"""The timeline of a payment: everything in the order of time, with its gaps."""

from __future__ import annotations

from datetime import timedelta

import pytest

from store import answers
from tests.makers import Shop
from tui import look
from tui.payment_timeline import timeline


def test_rules_requests_and_repeated_answers_stand_in_the_order_of_time(shop: Shop) -> None:
    payment_id = shop.payment()
    shop.clock.advance(seconds=1)
    attempt = shop.pay(payment_id)
    shop.clock.advance(minutes=15)
    shop.clock.advance(seconds=2.5)
    shop.success(attempt)
    shop.clock.advance(hours=1)
    shop.success(attempt)
    view = shop.store.view()
    found = timeline(shop.now(payment_id), answers.of_payment(view, payment_id))

    assert [(each.happened, each.attempt_number) for each in found] == [
        ("created", 0),
        ("attempt-started", 1),
        ("sent: it may have reached the gateway", 1),
        ("period-over", 1),
        ("late-success", 1),
        ("the same answer again, 1 in all", 1),
    ]
    seconds = [None if each.gap is None else each.gap.total_seconds() for each in found]
    assert seconds == [None, 1, 0, 900, 2.5, 3600]
    assert [each.answer.code if each.answer else "" for each in found] == ["", "", "", "", "A1", "A1"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.12, "+0.120s"), (42, "+42.0s"), (900, "+15m00s"), (11_100, "+3h05m"), (200_000, "+2d")],
)
def test_a_gap_is_told_as_exactly_as_it_matters(seconds: float, text: str) -> None:
    assert look.gap_text(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(-1, "0s"), (42, "42s"), (240, "4 min"), (7500, "2h05"), (260_000, "3d")]
)
def test_a_duration_is_told_in_minutes_from_one_minute_on(seconds: float, text: str) -> None:
    assert look.duration_text(timedelta(seconds=seconds)) == text
