from __future__ import annotations

import pytest

from tests.makers import Shop
from tests.tui.cli.terminal import CommandLine


def test_a_payment_is_created_paid_and_shown(at_shop: CommandLine, shop: Shop) -> None:
    create = ("payment", "create", "--account", shop.account.id, "--total", "129.00", "--json")
    made = at_shop.process(*create).json
    assert (made["status"], made["total"], made["currency"]) == ("waiting_for_payment", "129.00", "EUR")
    assert (made["attempts"], made["history"]) == ([], [])
    paid = at_shop.process("payment", "pay", made["id"], "--method", shop.method.id, "--json").json
    assert (paid["status"], paid["customer"]) == ("processing", {"status": "processing", "message": ""})
    [attempt] = paid["attempts"]
    assert (attempt["state"], attempt["method_id"], attempt["id"]) == ("queued", shop.method.id, paid["in_progress"])
    assert attempt["deadline"] == paid["deadline"] is not None
    assert [(each["rule"], each["status"]) for each in paid["history"]] == [("attempt-started", "processing")]
    assert paid["history"][0]["by"].startswith("unix user ")
    assert at_shop("payment", "show", made["id"], "--json").json == paid


def test_a_payment_is_shown_as_it_is_now_though_nobody_wrote_it(at_shop: CommandLine, shop: Shop) -> None:
    payment_id = shop.payment()
    shop.pay(payment_id)  # at a time long ago: its period is over by now
    shown = at_shop("payment", "show", payment_id, "--json").json
    assert (shown["status"], shown["attempts"][0]["state"]) == ("waiting_for_payment", "overdue")
    assert shown["history"][-1]["at"] == shown["attempts"][0]["deadline"]


def test_the_customers_message_is_the_gateways(at_shop: CommandLine, shop: Shop) -> None:
    payment_id = shop.payment()
    shop.failure(shop.pay(payment_id), "Card declined.")
    shown = at_shop("payment", "show", payment_id, "--json").json
    assert shown["customer"] == {"status": "waiting_for_payment", "message": "Card declined."}


def test_all_that_is_wrong_with_a_new_payment_is_told_at_once(at_shop: CommandLine, shop: Shop) -> None:
    create = ("payment", "create", "--account", shop.account.id, "--total", "1.234", "--due", "soon")
    ended = at_shop(*create)
    assert (ended.code, [each.split(":")[0] for each in ended.err.splitlines()]) == (1, ["Total", "Due date"])


@pytest.mark.parametrize("options", [(), ("--method", 1, "--from-balance")])
def test_paying_needs_one_way_to_pay(at_shop: CommandLine, shop: Shop, options: tuple[object, ...]) -> None:
    assert at_shop("payment", "pay", shop.payment(), *options).code == 2


def test_a_payment_is_paid_from_the_balance_only_if_it_covers_it(at_shop: CommandLine, shop: Shop) -> None:
    payment_id = shop.payment("129.00")
    refused = at_shop("payment", "pay", payment_id, "--from-balance")
    assert (refused.code, refused.err) == (1, "The account's balance is less than the payment's Total.\n")
    shop.fill_account("129.00")
    assert at_shop("payment", "pay", payment_id, "--from-balance", "--json").json["status"] == "paid_from_balance"


def test_only_a_payment_that_waits_is_cancelled(at_shop: CommandLine, shop: Shop) -> None:
    payment_id = shop.payment()
    assert at_shop("payment", "cancel", payment_id, "--json").json["status"] == "cancelled"
    assert at_shop("payment", "cancel", payment_id).code == 1


def test_lists_are_narrowed_by_status_and_account(at_shop: CommandLine, shop: Shop) -> None:
    waiting, cancelled = shop.payment(), shop.payment()
    shop.cancel(cancelled)
    listed = at_shop("payment", "list", "--status", "cancelled", "--json").json
    assert [each["id"] for each in listed] == [cancelled]
    assert [each["id"] for each in at_shop("payment", "list", "--json").json] == [waiting, cancelled]
    assert at_shop("payment", "list", "--account", 9, "--json").json == []
    assert at_shop("payment", "list", "--status", "paid").code == 2
    filtered = at_shop("payment", "list", "--filter", "-status:cancelled total>100 account:ada older:0s", "--json").json
    assert [each["id"] for each in filtered] == [waiting]


def test_why_gives_each_change_its_rule_and_what_the_rule_says(at_shop: CommandLine, shop: Shop) -> None:
    payment_id = shop.payment()
    shop.success(shop.overdue(payment_id))
    told = at_shop("payment", "why", payment_id, "--json").json
    assert [each["rule"] for each in told["history"]] == ["attempt-started", "period-over", "late-success"]
    assert told["history"][-1]["says"] == "A success came after the period was over; the payment is Completed."
    text = at_shop.process("payment", "why", payment_id).out
    assert "late-success: Completed" in text
    assert told["history"][-1]["says"] in text


def test_why_tells_operators_acts_too(at_shop: CommandLine, shop: Shop) -> None:
    payment_id = shop.payment()
    attempt_id = shop.pay(payment_id)
    shop.success(attempt_id, amount="1.00")
    at_shop("answer", "dismiss", "A1", "--reason", "A test of the gateway's.")
    told = at_shop("payment", "why", payment_id).out
    assert "An operator dismissed an answer from the inbox, for a reason." in told
    assert "A test of the gateway's." in told
