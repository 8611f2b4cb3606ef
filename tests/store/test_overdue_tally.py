from __future__ import annotations

import random
from collections import Counter

import pytest

from store.overdue_tally import OverdueTally
from store.payment_commands import apply_time, note_delivery
from store.payments import Delivery, Payment
from store.states import AttemptState
from tests.makers import Shop


def counted(tally: OverdueTally, shop: Shop) -> dict[int, int]:
    view = shop.store.view()
    return {key: count for key, count in tally.counts(view, view.due_by(view.now)).items() if count}


def scanned(shop: Shop) -> dict[int, int]:
    attempts = (attempt for each in shop.store.view().all(Payment) for attempt in each.attempts)
    return dict(Counter(each.connector_id for each in attempts if each.state is AttemptState.OVERDUE))


def test_what_is_not_asked_about_any_more_is_not_counted(shop: Shop) -> None:
    tally = OverdueTally(shop.store)
    attempt_id = shop.overdue(shop.payment())
    shop.do(apply_time)
    assert counted(tally, shop) == {1: 1}

    shop.clock.advance(days=7)
    asked = Delivery(may_have_arrived=True, last_request_at=shop.clock.now)
    shop.do(lambda tx: note_delivery(tx, attempt_id, asked))

    assert counted(tally, shop) == {}
    assert counted(OverdueTally(shop.store), shop) == {}


@pytest.mark.parametrize("seed", range(3))
def test_what_is_counted_is_what_a_scan_finds_whatever_happens(shop: Shop, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    tally = OverdueTally(shop.store)
    payments = [shop.payment() for _ in range(4)]
    for _ in range(40):
        chosen = shop.now(chance.choice(payments))
        match chance.randrange(5):
            case 0 if not chosen.in_progress and not chosen.status.closed:
                shop.pay(chosen.id)
            case 1 if chosen.attempts:
                shop.success(chance.choice(chosen.attempts).id, f"r{chance.randrange(10**9)}")
            case 2 if chosen.attempts:
                shop.failure(chance.choice(chosen.attempts).id)
            case 3:
                shop.clock.advance(minutes=16)
            case _:
                shop.do(apply_time)
        assert counted(tally, shop) == scanned(shop)
