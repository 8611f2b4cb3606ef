from __future__ import annotations

import json
from datetime import timedelta

from store import payment_commands
from store.archive import age_out
from store.store import open_store
from tests.makers import ANNA, Shop
from tests.tui.cli.terminal import CommandLine
from tui.payment_changes import PaymentChanges


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


def test_a_watch_names_either_a_payment_or_a_filter(gatewatch: CommandLine) -> None:
    assert gatewatch("payment", "watch", 1, "--filter", "late:yes").code == 2


def test_a_filter_that_cannot_be_read_is_wrong_usage_and_says_where(gatewatch: CommandLine) -> None:
    for command in ("watch", "list"):
        ended = gatewatch("payment", command, "--filter", "total>much")
        assert ended.code == 2
        assert "at character 7" in ended.err


def test_without_a_payment_it_is_told_that_none_reached_the_status(at_shop: CommandLine, shop: Shop) -> None:
    shop.payment()
    ended = at_shop("payment", "watch", "--until", "completed", "--timeout", 0)
    assert (ended.code, ended.out) == (1, "")
    assert "No payment became Completed within 0 seconds" in ended.err


def test_changes_are_told_of_payments_that_fit_before_or_after_them(shop: Shop) -> None:
    small, large, other = shop.payment("10.00"), shop.payment("200.00"), shop.payment("300.00")
    changes = PaymentChanges(shop.store, ANNA, text="total>100 status:waiting")
    assert [*changes.look()] == []
    shop.cancel(small)
    attempt = shop.pay(large)
    assert [(payment.id, line.rule) for payment, line in changes.look()] == [(large, "attempt-started")]
    shop.clock.advance(minutes=15)
    assert [(payment.id, line.rule) for payment, line in changes.look()] == [(large, "period-over")]
    shop.success(attempt, amount="200.00")
    shop.cancel(other)
    assert {(payment.id, line.rule) for payment, line in changes.look()} == {
        (large, "late-success"),
        (other, "cancelled"),
    }
    assert [*changes.look()] == []


def test_a_payment_that_is_not_there_is_refused(gatewatch: CommandLine) -> None:
    open_store(gatewatch.folder)
    assert gatewatch("payment", "watch", 7, "--timeout", 0).code == 1


def test_of_a_payment_that_comes_back_from_the_archive_only_what_is_new_is_told(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment)
    shop.success(attempt)
    shop.clock.advance(days=91)
    age_out(shop.store, after=timedelta(days=90))
    changes = PaymentChanges(shop.store, ANNA)
    assert [*changes.look()] == []
    shop.pending(attempt)
    assert [(back.id, line.rule) for back, line in changes.look()] == [(payment, "pending-noted")]


def test_what_time_does_to_a_closed_payment_is_told_when_it_is_written(shop: Shop) -> None:
    payment = shop.payment()
    first = shop.pay(payment)
    shop.clock.advance(minutes=16)
    shop.pay(payment)
    shop.success(first)
    changes = PaymentChanges(shop.store, ANNA)
    shop.clock.advance(minutes=16)
    assert [*changes.look()] == []
    with shop.store.transaction() as tx:
        payment_commands.apply_time(tx, [payment])
    assert [line.rule for _, line in changes.look()] == ["period-over-ignored"]
    assert [*changes.look()] == []


def test_an_answer_that_was_a_moment_before_the_deadline_that_was_told_is_told_too(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment)
    changes = PaymentChanges(shop.store, ANNA)
    shop.clock.advance(minutes=16)
    assert [line.rule for _, line in changes.look()] == ["period-over"]
    shop.clock.advance(minutes=-2)  # it was judged then, and is seen only now
    shop.success(attempt)
    shop.clock.advance(minutes=2)
    assert [line.rule for _, line in changes.look()] == ["answered-success"]


def test_a_payment_that_ages_out_and_comes_back_while_it_is_watched_is_told_from_where_it_was(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment)
    changes = PaymentChanges(shop.store, ANNA)
    shop.success(attempt)
    assert [line.rule for _, line in changes.look()] == ["answered-success"]
    shop.clock.advance(days=91)
    age_out(shop.store, after=timedelta(days=90))
    assert [*changes.look()] == []
    shop.pending(attempt)
    assert [line.rule for _, line in changes.look()] == ["pending-noted"]
