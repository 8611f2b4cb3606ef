from __future__ import annotations

from typing import Any

import pytest

from store import idempotency
from store.idempotency import KEPT_FOR, KeptResult, KeyReused, Result, forget_old, once
from store.store import Store
from tests.makers import MICROSECOND, FixedClock


class Acts:
    """Counts how often it was done."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> tuple[int, str]:
        self.count += 1
        return 201, f"result {self.count}"


def ask(store: Store, act: Any, *, caller: str = "shop", key: str = "k1", asked: object = ("create", 1)) -> Result:
    with store.transaction() as tx:
        return once(tx, caller, key, asked, act)


def test_the_same_key_and_request_get_the_first_result_and_nothing_is_done(store: Store) -> None:
    acts = Acts()
    first = ask(store, acts)
    revision = store.view().revision

    assert first == Result(201, "result 1")
    assert ask(store, acts) == Result(201, "result 1", repeated=True)
    assert (acts.count, store.view().revision) == (1, revision)


def test_the_same_key_with_another_request_is_refused(store: Store) -> None:
    acts = Acts()
    ask(store, acts)
    with pytest.raises(KeyReused, match="'k1' was used before"):
        ask(store, acts, asked=("create", 2))
    assert acts.count == 1


def test_keys_are_each_callers_own(store: Store) -> None:
    acts = Acts()
    assert ask(store, acts) != ask(store, acts, caller="other")
    assert ask(store, acts, key="k2").body == "result 3"


def test_what_was_refused_is_not_kept(store: Store) -> None:
    def refuse() -> tuple[int, str]:
        raise KeyError

    with pytest.raises(KeyError):
        ask(store, refuse)
    assert ask(store, Acts()) == Result(201, "result 1")


def test_two_in_one_batch_see_each_other(store: Store) -> None:
    acts = Acts()
    waiting = [store.submit(lambda tx: once(tx, "shop", "k1", 1, acts)) for _ in range(20)]

    results = [each.result(timeout=30) for each in waiting]

    assert acts.count == 1
    assert [each.repeated for each in results].count(False) == 1


def test_a_key_is_new_again_after_its_time_even_if_it_was_not_forgotten_yet(store: Store, clock: FixedClock) -> None:
    acts = Acts()
    ask(store, acts)
    clock.advance(microseconds=KEPT_FOR // MICROSECOND - 1)
    assert ask(store, acts).repeated
    clock.advance(microseconds=1)
    assert not ask(store, acts, asked="another").repeated


def test_only_keys_whose_time_is_over_are_forgotten(store: Store, clock: FixedClock) -> None:
    ask(store, Acts(), key="old")
    store.checkpoint()
    clock.advance(days=1)
    ask(store, Acts(), key="young")
    clock.advance(seconds=(KEPT_FOR.total_seconds() - 24 * 3600))

    with store.transaction() as tx:
        assert forget_old(tx) == 1
    with store.transaction() as tx:
        assert forget_old(tx) == 0
    assert [each.key for each in store.view().all(KeptResult)] == ["young"]


def test_many_old_keys_are_forgotten_in_parts(store: Store, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "FORGOTTEN_AT_ONCE", 3)
    with store.transaction() as tx:
        for number in range(4):
            once(tx, "shop", str(number), number, lambda: (201, ""))
    clock.advance(days=KEPT_FOR.days)

    def forgotten() -> int:
        with store.transaction() as tx:
            return forget_old(tx)

    assert [forgotten(), forgotten(), forgotten()] == [3, 1, 0]
