"""Decisions handed in from an event loop: told together, before who waits; given up in time; never lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from gateway.desk import Desk, Ticket
from store.accounts import Account
from store.errors import NotFound
from store.store import Store, Transaction
from tests.makers import make_account


def add(tx: Transaction) -> int:
    return make_account(tx).id


def missing(tx: Transaction) -> Account:
    return tx.get(Account, 999)


async def test_what_is_handed_in_in_one_turn_is_told_at_once_and_before_those_who_wait(store: Store) -> None:
    told: list[list[str]] = []
    waiting: list[asyncio.Future[int]] = []

    def done(tickets: Sequence[Ticket[str]]) -> None:
        assert not any(each.done() for each in waiting)
        told.append([each.about for each in tickets])

    desk: Desk[str] = Desk(store, done=done)
    waiting += [desk.hand_in(add, name) for name in "abc"]
    failing = desk.hand_in(missing, "d")

    assert await asyncio.gather(*waiting) == [1, 2, 3]
    with pytest.raises(NotFound):
        await failing
    assert told == [["a", "b", "c"]]


async def test_who_waits_too_long_is_told_and_the_decision_is_not_run_after_that(store: Store) -> None:
    desk: Desk[None] = Desk(store, wait_seconds=0.05)
    with store.transaction():
        late = [desk.hand_in(add, None) for _ in range(3)]
        for each in late:
            with pytest.raises(TimeoutError):
                await each
    desk.wait_seconds = 30.0
    assert await desk.hand_in(add, None) == 1
    assert store.view().count(Account) == 1


async def test_one_that_is_given_up_before_its_turn_is_not_run_and_the_others_are(store: Store) -> None:
    desk: Desk[None] = Desk(store, wait_seconds=30.0)
    with store.transaction():
        given_up, kept = (desk.hand_in(add, None) for _ in range(2))
        await asyncio.sleep(0)
        given_up.cancel()
    assert await kept == 1
    assert store.view().count(Account) == 1


async def test_more_than_share_one_commit_are_all_told(store: Store) -> None:
    desk: Desk[None] = Desk(store)
    assert await asyncio.gather(*(desk.hand_in(add, None) for _ in range(600))) == list(range(1, 601))


async def test_where_the_system_has_no_thread_for_it_who_waits_is_told_and_nothing_is_stored(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    desk: Desk[None] = Desk(store)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError):
            await desk.hand_in(add, None)
    assert await desk.hand_in(add, None) == 1
    assert store.view().count(Account) == 1
