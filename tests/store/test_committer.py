from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from functools import partial

import pytest

from store import answers
from store.accounts import Account
from store.answers import Answer, Verdict
from store.audit import money_problems
from store.errors import StoreBusy
from store.store import Store, Transaction
from tests.makers import Shop, make_account, success_of


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


def test_a_decision_finds_what_those_before_it_in_the_same_commit_have_written_and_nothing_of_one_that_failed(
    shop: Shop,
) -> None:
    first, second = (shop.pay(shop.payment()) for _ in range(2))
    given = [
        success_of(1, first, "r1", "129.00", "EUR"),
        success_of(1, first, "r1", "129.00", "EUR"),
        success_of(1, second, "r1", "129.00", "EUR"),
        success_of(1, second, "r2", "129.00", "EUR"),
        success_of(1, second, "r2", "129.00", "EUR"),
    ]

    def fail_after(tx: Transaction) -> None:
        answers.receive(tx, given[3])
        raise ZeroDivisionError

    decisions: list[Callable[[Transaction], object]] = [
        *(partial(answers.receive, given=each) for each in given[:3]),
        fail_after,
        *(partial(answers.receive, given=each) for each in given[3:]),
        lambda tx: [each.rule for each in answers.of_payment(tx, 2)],
        lambda tx: (tx.count(Answer), len(list(tx.all(Answer)))),
    ]
    with shop.store.transaction():
        pending = [shop.store.submit(each) for each in decisions]
    told = [each.exception(timeout=30) or each.result(timeout=30) for each in pending]

    rules = [each.rule.name for each in told if isinstance(each, Verdict)]
    assert rules == [
        "answered-success",
        "repeated-answer",
        "reference-reused",
        "answered-success",
        "repeated-answer",
    ]
    assert isinstance(told[3], ZeroDivisionError)
    assert told[6:] == [["reference-reused", "answered-success"], (3, 3)]
    assert [each.rule for each in Store(shop.store.folder).view().all(Answer)] == [
        "answered-success",
        "reference-reused",
        "answered-success",
    ]
    assert money_problems(shop.store.view()) == []


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
