from __future__ import annotations

from store.refused_messages import keep
from tests.makers import Shop, refused_message
from tests.tui.cli.terminal import CommandLine


def test_the_inbox_tells_reason_and_the_attempt_that_was_named(at_shop: CommandLine, shop: Shop) -> None:
    shop.unmatched("r1")
    [listed] = at_shop.process("answer", "list", "--json").json
    assert (listed["id"], listed["reason"], listed["attempt_id"]) == ("A1", "unmatched", "unknown")
    assert (listed["amount"], listed["currency"], listed["payment_id"]) == ("129.00", "EUR", None)
    assert "unmatched" in at_shop("answer", "list").out


def test_an_empty_inbox_is_said(gatewatch: CommandLine) -> None:
    assert gatewatch("answer", "list").out == "The inbox is empty.\n"
    assert gatewatch("answer", "list", "--json").json == []


def test_an_answer_is_found_by_its_code_or_its_number(at_shop: CommandLine, shop: Shop) -> None:
    shop.unmatched()
    for written in ("A1", "a1", "1"):
        assert at_shop("answer", "show", written, "--json").json["id"] == "A1"
    ended = at_shop("answer", "show", "A2")
    assert (ended.code, ended.err) == (1, "There is no answer with ID A2.\n")


def test_an_attached_success_completes_its_payment(at_shop: CommandLine, shop: Shop) -> None:
    payment_id = shop.payment()
    attempt_id = shop.overdue(payment_id)
    shop.unmatched()
    attached = at_shop.process("answer", "attach", "A1", attempt_id, "--json").json
    assert (attached["rule"], attached["status"], attached["in_inbox"]) == ("late-success", "completed", False)
    assert attached["place"] == "completed"
    again = at_shop("answer", "attach", "A1", attempt_id)
    assert again.code == 1
    assert "not in the inbox" in again.err


def test_a_held_charge_is_returned_to_the_account(at_shop: CommandLine, shop: Shop) -> None:
    shop.success(shop.pay(shop.payment()), amount="5.00")
    returned = at_shop("answer", "return", "A1", "--json").json
    assert (returned["place"], returned["in_inbox"], returned["transaction_id"]) == ("returned", False, 1)
    assert at_shop("account", "show", shop.account.id, "--json").json["balance"] == "5.00"


def test_an_unmatched_charge_is_not_returned(at_shop: CommandLine, shop: Shop) -> None:
    shop.unmatched()
    ended = at_shop("answer", "return", "A1")
    assert ended.code == 1
    assert "attach it to an attempt first" in ended.err


def test_dismissing_needs_a_reason(at_shop: CommandLine, shop: Shop) -> None:
    shop.unmatched()
    assert at_shop("answer", "dismiss", "A1").code == 2
    assert at_shop("answer", "dismiss", "A1", "--reason", " ").code == 1
    dismissed = at_shop("answer", "dismiss", "A1", "--reason", "A test payment.", "--json").json
    assert (dismissed["place"], dismissed["closed_reason"]) == ("dismissed", "A test payment.")
    assert dismissed["closed_by"].startswith("unix user ")


def test_a_recorded_answer_is_judged_like_any_other_and_marked_as_the_operators(
    at_shop: CommandLine, shop: Shop
) -> None:
    payment_id = shop.payment()
    attempt_id = shop.overdue(payment_id)
    record = ("answer", "record", attempt_id, "--result", "success", "--reason", "By telephone.")
    without_reference = at_shop(*record)
    assert without_reference.code == 1
    assert "Gateway reference" in without_reference.err
    recorded = at_shop(*record, "--reference", "r7", "--json").json
    assert (recorded["rule"], recorded["status"], recorded["origin"]) == ("late-success", "completed", "operator")
    assert recorded["recorded_reason"] == "By telephone."
    assert at_shop("answer", "record", attempt_id, "--result", "unknown", "--reason", "x").code == 2


def test_messages_that_were_not_believed_are_listed_the_newest_first(at_shop: CommandLine, shop: Shop) -> None:
    assert at_shop("answer", "refused").out == "No message was refused.\n"
    messages = [refused_message(1), refused_message(2, status=None, reason="Signed \x1b[2J wrongly.")]
    shop.do(lambda tx: keep(tx, shop.connector.id, messages, count=7))

    listed = at_shop("answer", "refused", "--connector", shop.connector.id, "--json").json
    assert [(each["origin"], each["status"], each["peer"]) for each in listed] == [
        ("reply", None, None),
        ("callback", 401, "192.0.2.7"),
    ]
    text = at_shop("answer", "refused").out
    assert "message 1" in text
    assert "\x1b" not in text
    assert "7; gatewatch answer refused shows" in at_shop("connector", "show", shop.connector.id).out
    ended = at_shop("answer", "refused", "--connector", 9)
    assert (ended.code, ended.err) == (1, "There is no connector with ID 9.\n")
