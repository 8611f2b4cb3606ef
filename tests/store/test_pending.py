"""Who waits for a decision is told once, whatever comes first: the waiting, the telling or the giving up."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError

import pytest

from store.pending import Pending


def test_all_who_wait_are_told_and_so_is_whoever_asks_later() -> None:
    pending: Pending[int] = Pending()
    told: list[int] = []
    threads = [threading.Thread(target=lambda: told.append(pending.result(timeout=30))) for _ in range(3)]
    for each in threads:
        each.start()
    assert pending.set_running_or_notify_cancel()
    assert (pending.running(), pending.done()) == (True, False)

    pending.set_result(7)

    for each in threads:
        each.join()
    assert told == [7, 7, 7]
    assert (pending.result(timeout=0), pending.exception(), pending.done(), pending.running()) == (7, None, True, False)


def test_what_was_raised_is_raised_where_the_result_is_asked_for() -> None:
    pending: Pending[int] = Pending()
    pending.set_running_or_notify_cancel()
    pending.set_exception(ZeroDivisionError("by zero"))
    assert isinstance(pending.exception(timeout=0), ZeroDivisionError)
    with pytest.raises(ZeroDivisionError, match="by zero"):
        pending.result(timeout=0)


def test_one_that_is_given_up_is_not_begun_and_who_waits_is_told() -> None:
    pending: Pending[int] = Pending()
    assert pending.cancel()
    assert pending.cancel()
    assert (pending.cancelled(), pending.done(), pending.running()) == (True, True, False)
    assert not pending.set_running_or_notify_cancel()
    with pytest.raises(CancelledError):
        pending.result(timeout=0)


def test_one_that_has_begun_cannot_be_given_up() -> None:
    pending: Pending[int] = Pending()
    assert pending.set_running_or_notify_cancel()
    assert not pending.cancel()
    pending.set_result(1)
    assert pending.result(timeout=0) == 1


def test_a_wait_that_is_too_short_says_so_and_changes_nothing() -> None:
    pending: Pending[int] = Pending()
    with pytest.raises(TimeoutError):
        pending.result(timeout=0)
    pending.set_running_or_notify_cancel()
    pending.set_result(2)
    assert pending.result(timeout=0) == 2
