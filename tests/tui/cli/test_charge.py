from __future__ import annotations

import csv
from datetime import timedelta

import pytest

from tests.makers import START, Shop
from tests.tui.cli.terminal import CommandLine
from tui.cli.shapes import CHARGE_COLUMNS


@pytest.fixture
def charged(at_shop: CommandLine, shop: Shop) -> CommandLine:
    """Return the command line on a shop with a failure, a completing charge and, an hour later, an unmatched one."""
    payment_id = shop.payment()
    shop.failure(shop.pay(payment_id))
    shop.success(shop.pay(payment_id), "r1")
    shop.clock.advance(hours=1)
    shop.unmatched("r2")
    return at_shop


def test_charges_are_the_answers_that_are_successes(charged: CommandLine) -> None:
    listed = charged.process("charge", "list", "--json").json
    assert [(each["gateway_reference"], each["place"], each["payment_number"]) for each in listed] == [
        ("r1", "completed", "P-000001"),
        ("r2", "held", None),
    ]


def test_charges_are_chosen_by_time_and_connector(charged: CommandLine) -> None:
    hour = (START + timedelta(hours=1)).isoformat()

    def references(*options: object) -> list[str]:
        return [each["gateway_reference"] for each in charged("charge", "list", "--json", *options).json]

    assert references("--since", hour) == ["r2"]
    assert references("--before", hour) == ["r1"]
    assert references("--since", "2026-03-02", "--before", "2026-03-03") == ["r1", "r2"]
    assert references("--connector", 1) == ["r1", "r2"]
    assert charged("charge", "list", "--connector", 9).code == 1
    assert charged("charge", "list", "--since", "yesterday").code == 2


def test_the_sums_are_told_by_currency_and_place_and_no_charge_counts_twice(at_shop: CommandLine, shop: Shop) -> None:
    attempt_id = shop.pay(shop.payment())
    shop.unmatched("r1")
    shop.success(attempt_id, "r1")
    at_shop("answer", "attach", "A1", attempt_id)
    shop.unmatched("r2", amount="1.00")
    shop.unmatched("r3", amount="2.50")
    shop.unmatched("r4", amount="7.00", currency="USD")
    sums = at_shop("charge", "list").out.partition("\n\n")[2].splitlines()
    assert [line.split() for line in sums[1:]] == [
        ["completed", "1", "129.00", "EUR"],
        ["held", "2", "3.50", "EUR"],
        ["held", "1", "7.00", "USD"],
    ]


def test_charges_are_written_as_csv(charged: CommandLine) -> None:
    rows = list(csv.DictReader(charged("charge", "list", "--csv").out.splitlines()))
    assert list(rows[0]) == list(CHARGE_COLUMNS)
    assert [(each["id"], each["amount"], each["payment_id"]) for each in rows] == [
        ("A2", "129.00", "1"),
        ("A3", "129.00", ""),
    ]
    assert charged("charge", "list", "--csv", "--json").code == 2


def test_no_text_in_csv_runs_in_a_spreadsheet(at_shop: CommandLine, shop: Shop) -> None:
    shop.success(shop.pay(shop.payment()), "=1+1")
    [row] = csv.DictReader(at_shop("charge", "list", "--csv").out.splitlines())
    assert row["gateway_reference"] == "'=1+1"


def test_without_charges_the_list_says_so(gatewatch: CommandLine) -> None:
    assert gatewatch("charge", "list").out == "There is no such charge.\n"
    assert gatewatch("charge", "list", "--csv").out == ",".join(CHARGE_COLUMNS) + "\n"
