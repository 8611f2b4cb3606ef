"""What the engine still has to do with which payments, held against the whole store and against what it reads."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from gateway.agenda import STALE_MOMENTS_LET_BE, Agenda, Look
from store.late_asks import is_awaited
from store.payments import Payment
from tests.makers import Shop


def look(agenda: Agenda, shop: Shop, seconds: float = 0, most: int = 1000) -> Look:
    return agenda.ready(agenda.follow(), shop.clock.now + timedelta(seconds=seconds), most)


def seen(agenda: Agenda, shop: Shop, seconds: float = 0) -> list[int]:
    return sorted(each.id for each in look(agenda, shop, seconds).payments)


def awaited(shop: Shop) -> set[int]:
    stored = shop.store.view().all_stored(Payment)
    return {each.id for each in stored if any(map(is_awaited, each.attempts))}


@pytest.mark.parametrize("seed", range(5))
def test_what_it_follows_is_what_the_store_awaits_whatever_happens(shop: Shop, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    agenda = Agenda(shop.store)
    known: set[int] = set()
    payments = [shop.payment() for _ in range(5)]
    for _ in range(40):
        chosen = shop.now(chance.choice(payments))
        match chance.randrange(5):
            case 0 if not chosen.in_progress and not chosen.status.closed:
                shop.pay(chosen.id, sent=chance.random() < 0.5)
            case 1 if chosen.attempts:
                shop.success(chance.choice(chosen.attempts).id, f"r{chance.random()}".replace(".", ""))
            case 2 if chosen.attempts:
                shop.failure(chance.choice(chosen.attempts).id)
            case 3:
                shop.clock.advance(minutes=chance.choice([1, 16]))
            case _:
                payments.append(shop.payment())
        if chance.random() < 0.6:
            found = look(agenda, shop)
            known = (known | {each.id for each in found.payments}) - set(found.left)
            assert known == awaited(shop)


def test_it_says_which_payments_are_settled(shop: Shop) -> None:
    agenda = Agenda(shop.store)
    payment_id = shop.payment()
    attempt_id = shop.pay(payment_id)
    look(agenda, shop)
    shop.success(attempt_id)

    assert look(agenda, shop) == Look((), (payment_id,), more=False)
    assert look(agenda, shop) == Look((), (), more=False)


def test_a_payment_is_looked_at_when_it_has_changed_when_its_moment_comes_and_when_it_is_named(shop: Shop) -> None:
    agenda = Agenda(shop.store)
    payment_id = shop.payment()
    shop.pay(payment_id)

    assert seen(agenda, shop) == [payment_id]
    assert seen(agenda, shop) == []
    agenda.set_moment(payment_id, shop.clock.now + timedelta(seconds=5))
    assert agenda.next_moment() == shop.clock.now + timedelta(seconds=5)
    assert seen(agenda, shop, seconds=4) == []
    assert seen(agenda, shop, seconds=5) == [payment_id]
    agenda.look_again(payment_id)
    assert seen(agenda, shop) == [payment_id]
    shop.pending(shop.now(payment_id).in_progress)
    assert seen(agenda, shop) == [payment_id]


def test_a_moment_that_was_moved_does_not_come_twice(shop: Shop) -> None:
    agenda = Agenda(shop.store)
    payment_id = shop.payment()
    shop.pay(payment_id)
    look(agenda, shop)
    for seconds in (5, 9):
        agenda.set_moment(payment_id, shop.clock.now + timedelta(seconds=seconds))

    assert seen(agenda, shop, seconds=5) == []
    assert seen(agenda, shop, seconds=9) == [payment_id]
    agenda.set_moment(payment_id, None)
    assert agenda.next_moment() is None


@pytest.mark.parametrize("how", ["answered", "moved", "dropped"])
def test_moments_that_hold_no_more_take_no_room_behind_one_that_does(shop: Shop, how: str) -> None:
    agenda = Agenda(shop.store)
    first, *others = [shop.payment() for _ in range(2 * STALE_MOMENTS_LET_BE)]
    attempts = {each: shop.pay(each) for each in (first, *others)}
    look(agenda, shop)
    week = shop.clock.now + timedelta(days=7)
    agenda.set_moment(first, shop.clock.now + timedelta(minutes=5))
    for each in others:
        agenda.set_moment(each, week)
    if how == "answered":
        for each in others:
            shop.failure(attempts[each])
        look(agenda, shop)
    elif how == "dropped":
        for each in others:
            agenda.set_moment(each, None)
    else:
        for seconds in range(1, 4):
            for each in others:
                agenda.set_moment(each, week + timedelta(seconds=seconds))

    held = len(others) + 1 if how == "moved" else 1
    assert len(agenda._moments) <= 2 * held + STALE_MOMENTS_LET_BE
    assert agenda.next_moment() == shop.clock.now + timedelta(minutes=5)
    assert seen(agenda, shop, seconds=300) == [first]
    assert len(seen(agenda, shop, seconds=7 * 86400 + 3)) == held - 1


def test_many_are_looked_at_in_parts_and_none_is_forgotten(shop: Shop) -> None:
    agenda = Agenda(shop.store)
    payments = [shop.payment() for _ in range(5)]
    for each in payments:
        shop.pay(each)

    parts = [look(agenda, shop, most=2) for _ in range(3)]

    assert [len(each.payments) for each in parts] == [2, 2, 1]
    assert [each.more for each in parts] == [True, True, False]
    assert sorted(payment.id for each in parts for payment in each.payments) == payments


def test_a_look_reads_only_what_was_written_since(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    agenda = Agenda(shop.store)
    for _ in range(3):
        shop.pay(shop.payment())
    look(agenda, shop)
    read: list[int] = []
    view = agenda.follow()
    original = type(view).stored

    def noted(self: object, kind: type[Payment], identity: int) -> Payment | None:
        read.append(identity)
        return original(self, kind, identity)  # type: ignore[arg-type]  # the view itself

    monkeypatch.setattr(type(view), "stored", noted)
    changed = shop.payment()
    look(agenda, shop)

    assert read == [changed]


def test_after_more_changes_than_are_remembered_everything_is_looked_at_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    agenda = Agenda(shop.store)
    payment_id = shop.payment()
    shop.pay(payment_id)
    look(agenda, shop)
    monkeypatch.setattr(shop.store, "changes_since", lambda _: None)

    assert seen(agenda, shop) == [payment_id]
