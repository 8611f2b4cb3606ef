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


def test_what_is_shown_has_the_raw_message_the_verdict_and_attempts_that_may_be_meant(
    at_shop: CommandLine, shop: Shop
) -> None:
    meant, _ = shop.overdue(shop.payment()), shop.overdue(shop.payment("5.00"))
    shop.unmatched("r1")
    shown = at_shop("answer", "show", "A1", "--json").json
    assert shown["raw"]["attempt_id"] == "unknown"
    assert (shown["raw"]["amount"], shown["raw"]["gateway_reference"]) == ("129.00", "r1")
    assert [(each["attempt_id"], each["attempt_state"]) for each in shown["suggested"]] == [(meant, "overdue")]
    assert "the same amount" in shown["suggested"][0]["reasons"]
    said = at_shop("answer", "show", "A1").out
    assert "answer attach A1 ATTEMPT):\nAttempt" in said
    assert meant in said


def test_what_a_gateway_wrote_cannot_steer_the_terminal_and_is_kept_as_it_came(
    at_shop: CommandLine, shop: Shop
) -> None:
    shop.failure(shop.pay(shop.payment()), "\x1b[2Jgone\u202e")
    shown = at_shop("answer", "show", "A1")
    assert "\x1b" not in shown.out
    assert "\u202e" not in shown.out
    assert r"\u001b[2Jgone\u202e" in shown.out
    assert at_shop("answer", "show", "A1", "--json").json["raw"]["message"] == "\x1b[2Jgone\u202e"


def test_nothing_is_suggested_for_an_answer_that_is_matched_or_settled(at_shop: CommandLine, shop: Shop) -> None:
    shop.success(shop.pay(shop.payment()), amount="5.00")
    shop.unmatched()
    at_shop("answer", "dismiss", "A2", "--reason", "A test payment.")
    for code in ("A1", "A2"):
        assert at_shop("answer", "show", code, "--json").json["suggested"] == []
        assert "may be meant" not in at_shop("answer", "show", code).out


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


def test_all_that_is_done_in_the_inbox_stands_in_the_action_log_and_the_money_adds_up(
    at_shop: CommandLine, shop: Shop
) -> None:
    attempt_id = shop.overdue(shop.payment())
    shop.unmatched("r1")
    shop.success(shop.pay(shop.payment()), "r2", amount="5.00")
    shop.unmatched("r3")
    for command in (
        ("attach", "A1", attempt_id),
        ("return", "A2"),
        ("dismiss", "A3", "--reason", "A test."),
        ("record", attempt_id, "--result", "failure", "--reason", "By letter."),
    ):
        assert at_shop("answer", *command).code == 0
    logged = [(each["action"], each["subject"]) for each in at_shop("log", "--json").json][-4:]
    assert sorted(logged) == [
        ("answer attached", "answer A1"),
        ("answer dismissed", "answer A3"),
        ("answer recorded", f"attempt {attempt_id}"),
        ("charge returned", "answer A2"),
    ]
    assert at_shop("store", "check").code == 0


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
    shown = at_shop("answer", "show", recorded["id"])
    assert "By telephone." in shown.out
    assert "The gateway sent" not in shown.out
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
