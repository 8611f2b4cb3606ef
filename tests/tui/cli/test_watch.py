from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest

from store.archive import age_out
from store.payments import HistoryLine, Payment
from store.store import View, open_store
from tests.makers import Shop
from tests.tui.cli.terminal import CommandLine
from tui.cli.watch import _changes


def test_changes_come_as_lines_until_the_status_is_reached(at_shop: CommandLine, shop: Shop) -> None:
    payment_id = shop.payment()
    watch = at_shop.start("payment", "watch", payment_id, "--until", "processing", "--timeout", 60, "--json")
    assert watch.stdout is not None
    first = json.loads(watch.stdout.readline())
    assert (first["id"], first["rule"], first["status"]) == (payment_id, None, "waiting_for_payment")
    at_shop.process("payment", "pay", payment_id, "--method", shop.method.id)
    out, err = watch.communicate(timeout=60)
    [line] = [json.loads(each) for each in out.splitlines()]
    assert (watch.returncode, err) == (0, "")
    assert (line["rule"], line["status"], line["total"]) == ("attempt-started", "processing", "129.00")


def test_a_deadline_that_passes_is_a_change_though_nobody_writes_it(at_shop: CommandLine, shop: Shop) -> None:
    at_shop("connector", "update", shop.connector.id, "--period", "0.1")
    payment_id = shop.payment()
    at_shop("payment", "pay", payment_id, "--method", shop.method.id)
    ended = at_shop.process("payment", "watch", payment_id, "--until", "waiting_for_payment", "--timeout", 60, "--json")
    assert ended.code == 0
    assert [json.loads(each)["rule"] for each in ended.out.splitlines()] == [None, "period-over"]


def test_a_status_that_the_payment_has_ends_the_watch_at_once(at_shop: CommandLine, shop: Shop) -> None:
    ended = at_shop("payment", "watch", shop.payment(), "--until", "waiting_for_payment")
    assert ended.code == 0
    assert "Waiting for payment" in ended.out


def test_a_status_that_is_not_reached_in_time_is_refused(at_shop: CommandLine, shop: Shop) -> None:
    ended = at_shop("payment", "watch", shop.payment(), "--until", "completed", "--timeout", 0)
    assert ended.code == 1
    assert "not Completed within 0 seconds" in ended.err


def test_without_a_status_the_time_limit_is_a_normal_end(at_shop: CommandLine, shop: Shop) -> None:
    assert at_shop("payment", "watch", shop.payment(), "--timeout", 0).code == 0


def test_all_payments_are_watched_and_new_ones_too(at_shop: CommandLine, shop: Shop) -> None:
    shop.payment()
    watch = at_shop.start("payment", "watch", "--json")
    assert watch.stdout is not None
    try:
        # until the watch has begun nothing tells so: change payments until it tells of one
        reported = None
        for _ in range(50):
            made = at_shop.process("payment", "create", "--account", shop.account.id, "--total", "1.00", "--json").json
            at_shop.process("payment", "cancel", made["id"])
            if made["id"] == 4:
                reported = json.loads(watch.stdout.readline())
                break
        assert reported is not None
        assert (reported["rule"], reported["status"]) == ("cancelled", "cancelled")
    finally:
        watch.kill()
        watch.communicate()


def test_a_status_needs_a_payment(gatewatch: CommandLine) -> None:
    assert gatewatch("payment", "watch", "--until", "completed").code == 2


def test_a_payment_that_is_not_there_is_refused(gatewatch: CommandLine) -> None:
    open_store(gatewatch.folder)
    assert gatewatch("payment", "watch", 7, "--timeout", 0).code == 1


def test_of_a_payment_that_comes_back_from_the_archive_only_what_is_new_is_told(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment)
    shop.success(attempt)
    shop.clock.advance(days=91)
    age_out(shop.store, after=timedelta(days=90))
    looked = threading.Event()
    look = shop.store.view

    def view() -> View:
        found = look()
        looked.set()
        return found

    monkeypatch.setattr(shop.store, "view", view)
    told: list[tuple[Payment, HistoryLine | None]] = []
    changes = _changes(shop.store, None, None)
    watching = threading.Thread(target=lambda: told.append(next(changes)))
    watching.start()
    assert looked.wait(60)
    shop.pending(attempt)
    watching.join(60)
    [(back, line)] = told
    assert (back.id, line.rule if line else None) == (payment, "pending-noted")
