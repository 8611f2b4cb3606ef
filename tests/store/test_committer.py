from __future__ import annotations

import threading
from concurrent.futures import CancelledError

import pytest

from store.accounts import Account
from store.errors import StoreBusy
from store.store import Store, Transaction
from tests.makers import Shop, make_account


def add_account(tx: Transaction) -> int:
    return make_account(tx).id


def test_a_decision_that_is_given_up_before_its_turn_is_not_run_and_the_others_are(shop: Shop) -> None:
    with shop.store.transaction():
        given_up = shop.store.submit(add_account)
        kept = shop.store.submit(add_account)
        assert given_up.cancel()
    assert kept.result(timeout=30) == 2
    with pytest.raises(CancelledError):
        given_up.result(timeout=30)
    assert shop.store.submit(add_account).result(timeout=30) == 3
    assert shop.store.view().count(Account) == 3


def test_a_decision_that_fails_leaves_those_around_it_whole(store: Store) -> None:
    def put_and_fail(tx: Transaction) -> int:
        add_account(tx)
        raise ZeroDivisionError

    with store.transaction():
        futures = [store.submit(each) for each in (add_account, put_and_fail, add_account)]
    assert [futures[0].result(timeout=30), futures[2].result(timeout=30)] == [1, 2]
    assert isinstance(futures[1].exception(timeout=30), ZeroDivisionError)
    assert [each.id for each in store.view().all(Account)] == [1, 2]


def test_those_who_wait_in_vain_for_the_lock_are_told_and_the_next_are_served(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store._committer, "_wait_seconds", 0.05)
    with store.transaction():
        refused = [store.submit(add_account) for _ in range(2)]
        assert [type(each.exception(timeout=30)) for each in refused] == [StoreBusy, StoreBusy]
    assert store.submit(add_account).result(timeout=30) == 1


def test_many_threads_lose_nothing_and_get_their_own_results(store: Store) -> None:
    results: list[int] = []

    def ask() -> None:
        results.extend([store.submit(add_account).result(timeout=30) for _ in range(20)])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(results) == list(range(1, 161))
    assert store.view().count(Account) == 160
