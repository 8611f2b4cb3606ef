"""What may leave now, from a real store and lanes: no network."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.dispatch import arrive, depart
from gateway.lanes import Lanes
from gateway.outcomes import NeverLeft, NotSent
from gateway.planner import Due, Planner
from gateway.requests import NotSendable
from gateway.sending import StepKind
from store.connectors import Connector
from tests.makers import Shop, open_shop

NEVER_LEFT = NeverLeft(NotSent.CONNECT, "Nobody took the connection.")


def planned(planner: Planner, *, under_way: frozenset[str] = frozenset(), ended: tuple[Due, ...] = ()) -> list[Due]:
    return list(planner.plan(under_way, ended).dues)


def never_left(shop: Shop, planner: Planner, due: Due) -> None:
    """Let a request end before it left."""
    departure = depart(shop.store, due.attempt_id, due.step.kind, public_url="https://panel.example.com", own_url="")
    assert departure is not None
    planner.note_request(due)
    arrive(shop.store, due.attempt_id, due.step.kind, departure, NEVER_LEFT)


def test_what_is_under_way_is_planned_again_only_after_it_has_ended(shop: Shop) -> None:
    planner = Planner(shop.store, Lanes())
    attempt_id = shop.pay(shop.payment(), sent=False)
    [due] = planned(planner)
    assert (due.attempt_id, due.step.kind) == (attempt_id, StepKind.PAY)

    never_left(shop, planner, due)
    shop.clock.advance(seconds=2)
    assert planned(planner, under_way=frozenset({attempt_id})) == []
    assert [each.step.kind for each in planned(planner, ended=(due,))] == [StepKind.PAY]


def test_an_attempt_that_waits_for_a_gateway_that_is_down_is_given_up_just_before_its_limit(shop: Shop) -> None:
    lanes = Lanes()
    planner = Planner(shop.store, lanes)
    shop.pay(shop.payment(), sent=False)
    [due] = planned(planner)
    never_left(shop, planner, due)
    for _ in range(9):  # by now it is tried every 30 s only
        lanes.note_down(1, shop.clock.now + timedelta(minutes=15), 0)
    shop.clock.advance(minutes=14, seconds=45)
    [ask] = planned(planner, ended=(due,))
    assert ask.step.kind is StepKind.STATUS, "the last status goes out whatever was before"
    never_left(shop, planner, ask)

    shop.clock.advance(seconds=13.9)
    assert planned(planner, ended=(ask,)) == []
    shop.clock.advance(seconds=0.1)
    assert [each.step.kind for each in planned(planner)] == [StepKind.GIVE_UP]


def cannot_be_made(shop: Shop) -> None:
    """Let the connector's Static JSON be one that no request can be made with."""
    shop.do(lambda tx: tx.put(replace(tx.get(Connector, shop.connector.id), static_text="{")))


def tried(shop: Shop, planner: Planner, seconds: int) -> list[tuple[StepKind, float]]:
    """Let time pass, second by second, and carry out what is due; return what was, and after how many seconds."""
    began = shop.clock.now
    done: list[tuple[StepKind, float]] = []
    ended: list[Due] = []
    for _ in range(seconds):
        dues = planned(planner, ended=tuple(ended))
        ended = dues
        for due in dues:
            done.append((due.step.kind, (shop.clock.now - began).total_seconds()))
            with pytest.raises(NotSendable):
                depart(shop.store, due.attempt_id, due.step.kind, public_url="https://panel.example.com", own_url="")
            planner.note_unmade(due)
        shop.clock.advance(seconds=1)
    return done


def test_a_status_that_cannot_be_made_after_a_restart_is_tried_with_growing_pauses_and_once_before_the_deadline(
    shop: Shop,
) -> None:
    shop.pay(shop.payment())
    shop.clock.advance(minutes=1)
    cannot_be_made(shop)

    done = tried(shop, Planner(shop.store, Lanes()), seconds=14 * 60)

    assert {kind for kind, _ in done} == {StepKind.STATUS}
    at = [seconds for _, seconds in done]
    assert at[0] == 0
    pauses = [later - earlier for earlier, later in pairwise(at)]
    # Up to half longer, and up to a second later since this looks once a second; the last one is for the deadline.
    assert all(2**tries <= pause <= 1.5 * 2**tries + 1 for tries, pause in enumerate(pauses[:7]))
    assert 14 * 60 - 15 in at
    assert len(done) <= 15


def test_without_a_deadline_it_is_tried_by_the_slow_schedule_in_the_end(tmp_path: Path) -> None:
    shop = open_shop(tmp_path / "no-period", period_minutes="")
    shop.pay(shop.payment())
    shop.clock.advance(hours=1)
    cannot_be_made(shop)

    assert [seconds for _, seconds in tried(shop, Planner(shop.store, Lanes()), seconds=3601)] == [0, 3600]


def test_a_pay_that_cannot_be_made_any_more_is_repeated_with_growing_pauses(shop: Shop) -> None:
    planner = Planner(shop.store, Lanes())
    shop.pay(shop.payment(), sent=False)
    [due] = planned(planner)
    never_left(shop, planner, due)
    cannot_be_made(shop)
    planned(planner, ended=(due,))

    assert len(tried(shop, planner, seconds=13 * 60)) <= 13


def test_an_attempt_that_is_not_in_progress_any_more_is_never_given_up(tmp_path: Path) -> None:
    shop = open_shop(tmp_path / "no-period", period_minutes="")
    lanes = Lanes()
    planner = Planner(shop.store, lanes)
    payment_id = shop.payment()
    first = shop.pay(payment_id)
    shop.failure(first)
    shop.pay(payment_id, sent=False)
    [due] = planned(planner)
    never_left(shop, planner, due)
    shop.success(first)
    shop.clock.advance(hours=2)
    lanes.note_down(1, shop.clock.now, 0)

    assert planned(planner, ended=(due,)) == []
    shop.clock.advance(seconds=1)
    assert [each.step.kind for each in planned(planner)] == [StepKind.STATUS]
