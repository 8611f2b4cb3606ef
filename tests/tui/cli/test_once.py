from __future__ import annotations

from store import connectors
from store.connectors import ConnectorForm
from tests.makers import ANNA, Shop
from tests.tui.cli.terminal import CommandLine


def test_the_monitor_is_printed_the_most_urgent_first(at_shop: CommandLine, shop: Shop) -> None:
    waiting = shop.payment()
    shop.cancel(shop.payment())
    overdue = shop.payment()
    shop.overdue(overdue)
    slow, soon = shop.payment(), shop.payment()
    at_shop("payment", "pay", slow, "--method", shop.method.id)
    at_shop("connector", "update", shop.connector.id, "--period", "5")
    at_shop("payment", "pay", soon, "--method", shop.method.id)
    printed = at_shop("--once", "--json").json
    assert [each["id"] for each in printed["payments"]] == [soon, slow, overdue, waiting]
    assert printed["counters"] == {
        "waiting_for_payment": 2,
        "processing": 2,
        "ending_within_a_minute": 0,
        "late": 1,
        "late_answers_today": 0,
        "returned_today": 0,
        "in_the_inbox": 0,
    }
    text = at_shop.process("--once").out
    assert "No engine runs: nothing is sent or received." in text
    assert "Waiting for payment, answer late" in text


def test_a_payment_without_a_deadline_has_no_countdown(at_shop: CommandLine, shop: Shop) -> None:
    form = ConnectorForm(name="Acme", url=shop.connector.url, schema_text="[]")
    shop.do(lambda tx: connectors.update(tx, ANNA, shop.connector.id, form, version=shop.connector.version))
    shop.pay(shop.payment())
    [payment] = at_shop("--once", "--json").json["payments"]
    assert (payment["status"], payment["deadline"]) == ("processing", None)


def test_an_empty_store_has_nothing_open(gatewatch: CommandLine) -> None:
    assert gatewatch("--once").out.endswith("\nNo payment is open.\n")
    assert gatewatch("--once", "--calm").code == 2
