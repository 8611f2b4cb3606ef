from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from gateway.agenda import Agenda
from store.archive import age_out
from store.payments import Payment
from store.states import AWAITED
from store.store import open_store
from tests.makers import Shop


def known(agenda: Agenda) -> list[Payment]:
    """Return what the agenda follows."""
    return [agenda._payments[each] for each in sorted(agenda._payments)]


def awaited(shop: Shop) -> list[Payment]:
    """Return what it must follow, found by reading every payment."""
    every = shop.store.view().all_stored(Payment)
    return [each for each in every if any(attempt.state in AWAITED for attempt in each.attempts)]


@pytest.mark.parametrize("seed", range(5))
def test_what_it_follows_is_what_the_store_awaits_whatever_happens(shop: Shop, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - chooses what to do, keeps no secret
    followed = open_store(shop.store.folder, clock=shop.clock)
    agenda = Agenda(followed)
    open_attempts: dict[str, int] = {}
    for number in range(60):
        match random.choice(["pay", "pay", "success", "failure", "time", "fold", "age out", "look"]):
            case "pay":
                payment = shop.payment()
                open_attempts[shop.pay(payment, sent=random.random() < 0.7)] = payment
            case "success" if open_attempts:
                shop.success(random.choice(list(open_attempts)), f"r{number}")
            case "failure" if open_attempts:
                shop.failure(random.choice(list(open_attempts)))
            case "time":
                shop.clock.advance(minutes=5)
            case "fold":
                shop.store.checkpoint()
            case "age out":
                age_out(shop.store, after=timedelta(0))
            case _:
                agenda.follow()
                assert known(agenda) == awaited(shop)
    agenda.follow()
    assert known(agenda) == awaited(shop)


def test_it_says_which_attempts_are_settled(shop: Shop) -> None:
    agenda = Agenda(shop.store)
    payment = shop.payment()
    attempt = shop.pay(payment)
    assert (agenda.follow(), attempt in agenda) == (set(), True)
    shop.success(attempt)
    assert (agenda.follow(), attempt in agenda) == ({attempt}, False)
    assert agenda.follow() == set()


def test_a_payment_is_looked_at_when_it_has_changed_when_its_moment_comes_and_when_a_request_has_ended(
    shop: Shop,
) -> None:
    agenda = Agenda(shop.store)
    payment = shop.payment()
    attempt = shop.pay(payment)
    agenda.follow()
    now = shop.clock.now

    def looked_at(seconds: float = 0) -> list[int]:
        return [each.id for each in agenda.ready(now + timedelta(seconds=seconds))]

    assert looked_at() == [payment]
    assert (looked_at(), agenda.next_moment()) == ([], None)
    agenda.set_moment(payment, now + timedelta(seconds=5))
    agenda.set_moment(payment, now + timedelta(seconds=9))
    assert looked_at(8) == []
    assert agenda.next_moment() == now + timedelta(seconds=9)
    assert looked_at(9) == [payment]
    agenda.look_again(attempt)
    assert looked_at() == [payment]
    shop.pending(attempt)
    agenda.follow()
    assert (looked_at(), agenda.next_moment()) == ([payment], None)
    agenda.look_again("unknown")
    assert looked_at() == []


def test_a_look_reads_only_what_was_written_since(shop: Shop) -> None:
    agenda = Agenda(shop.store)
    first = shop.payment()
    shop.pay(first)
    agenda.follow()
    before = agenda._payments[first]
    second = shop.payment()
    shop.pay(second)
    agenda.follow()
    assert agenda._payments[first] is before
    assert second in agenda._payments
