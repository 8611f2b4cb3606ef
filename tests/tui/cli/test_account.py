from __future__ import annotations

from tests.makers import Shop
from tests.tui.cli.terminal import CommandLine


def test_an_account_begins_with_nothing_in_its_currency(gatewatch: CommandLine) -> None:
    made = gatewatch.process("account", "create", "--name", "Ada", "--currency", "eur", "--json").json
    assert (made["id"], made["currency"], made["balance"], made["transactions"]) == (1, "EUR", "0.00", [])
    assert gatewatch("account", "create", "--name", "Kei", "--currency", "JPY", "--json").json["balance"] == "0"


def test_an_account_can_be_anothers_resellers(gatewatch: CommandLine) -> None:
    gatewatch("reseller", "create", "--name", "Shop")
    create = ("account", "create", "--name", "Ada", "--currency", "EUR", "--reseller")
    assert gatewatch(*create, 2, "--json").json["reseller_id"] == 2
    assert gatewatch(*create, 9).code == 1


def test_a_currency_that_does_not_exist_is_a_problem_item(gatewatch: CommandLine) -> None:
    ended = gatewatch("account", "create", "--name", "", "--currency", "EURO")
    assert (ended.code, [each.split(":")[0] for each in ended.err.splitlines()]) == (1, ["Name", "Currency"])


def test_the_book_is_shown_the_oldest_line_first(at_shop: CommandLine, shop: Shop) -> None:
    shop.fill_account("129.00")
    payment_id = shop.payment("29.00")
    shop.pay_from_balance(payment_id)
    shown = at_shop("account", "show", shop.account.id, "--json").json
    assert shown["balance"] == "100.00"
    assert [(each["change"], each["balance"]) for each in shown["transactions"]] == [
        ("129.00", "129.00"),
        ("-29.00", "100.00"),
    ]
    assert [each["answer_id"] for each in shown["transactions"]] == ["A2", None]
    assert "-29.00 EUR" in at_shop("account", "show", shop.account.id).out


def test_stored_names_do_not_steer_the_terminal(gatewatch: CommandLine) -> None:
    gatewatch("account", "create", "--name", "Ada\x1b[31m\u202eadA\x9b", "--currency", "EUR")
    for args in (("list",), ("list", "--json"), ("show", 1), ("show", 1, "--json")):
        shown = gatewatch.process("account", *args).out
        assert not any(mark in shown for mark in "\x1b\u202e\x9b")
