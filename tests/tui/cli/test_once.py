from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from store import connectors
from store.connectors import ConnectorForm
from store.payments import Payment
from store.urgency import is_stuck
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
    assert "Silent connectors: none" in text
    assert text.splitlines()[5].split() == [
        *("Left", "Payment", "number", "Status", "Total", "Account", "Connector", "Payment", "method"),
        *("Attempt", "Started", "at", "(UTC)", "ID"),
    ]
    assert re.search(r"Acme Pay +Card +1 of 1 ", text.splitlines()[6])
    assert "No engine runs: nothing is sent or received." in text
    assert "Waiting for payment, answer late" in text


def test_a_payment_without_a_deadline_has_no_countdown(at_shop: CommandLine, shop: Shop) -> None:
    form = ConnectorForm(name="Acme", url=shop.connector.url, schema_text="[]")
    shop.do(lambda tx: connectors.update(tx, ANNA, shop.connector.id, form, version=shop.connector.version))
    shop.pay(shop.payment())
    [payment] = at_shop("--once", "--json").json["payments"]
    assert (payment["status"], payment["deadline"]) == ("processing", None)


def test_a_silent_gateway_is_named_and_its_payment_without_a_period_is_stuck(at_shop: CommandLine, shop: Shop) -> None:
    payment = shop.now(shop.payment())
    shop.pay(payment.id)
    [attempt] = shop.now(payment.id).attempts
    long_ago = datetime.now(UTC) - timedelta(minutes=20, seconds=30)
    silent = replace(attempt, started_at=long_ago, sent_at=long_ago, deadline=None)
    shop.do(lambda tx: tx.put(replace(tx.get(Payment, payment.id), attempts=(silent,))))
    text = at_shop.process("--once").out
    assert "Silent connectors: Acme Pay for 20m" in text
    assert re.search(r"^stuck +P-000001 ", text, re.MULTILINE)


def test_an_attempt_without_a_period_is_stuck_once_its_gateway_was_silent_for_a_quarter_of_an_hour(shop: Shop) -> None:
    form = ConnectorForm(name="Acme", url=shop.connector.url, schema_text="[]")
    shop.do(lambda tx: connectors.update(tx, ANNA, shop.connector.id, form, version=shop.connector.version))
    payment = shop.payment()
    attempt = shop.pay(payment)
    shop.clock.advance(minutes=14, seconds=59)
    assert not is_stuck(shop.now(payment), shop.clock.now)
    shop.clock.advance(seconds=1)
    assert is_stuck(shop.now(payment), shop.clock.now)
    shop.pending(attempt)
    assert not is_stuck(shop.now(payment), shop.clock.now)


def test_an_empty_store_has_nothing_open(gatewatch: CommandLine) -> None:
    assert gatewatch("--once").out.endswith("\nNo payment is open.\n")
    assert gatewatch("--once", "--calm").code == 2
