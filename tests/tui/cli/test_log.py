from __future__ import annotations

from tests.makers import Shop
from tests.tui.cli.terminal import CommandLine


def test_the_log_names_the_unix_user_and_what_was_done(gatewatch: CommandLine) -> None:
    gatewatch("account", "create", "--name", "Ada", "--currency", "EUR")
    [line] = gatewatch.process("log", "--json").json
    assert (line["action"], line["subject"], line["text"]) == ("account created", "account 1", "Ada, EUR")
    assert line["by"].startswith("unix user ")


def test_the_log_is_narrowed_to_one_object_and_to_the_last_lines(at_shop: CommandLine, shop: Shop) -> None:
    payment_id = shop.payment()
    shop.cancel(payment_id)
    actions = [each["action"] for each in at_shop("log", "--subject", f"payment {payment_id}", "--json").json]
    assert actions == ["payment created", "payment cancelled"]
    assert [each["action"] for each in at_shop("log", "--last", 1, "--json").json] == ["payment cancelled"]
    assert at_shop("log", "--last", 0).code == 2
    assert "payment cancelled" in at_shop("log").out
