"""The inbox: what an operator can do about an answer that could not be applied, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from store import answers, inbox, payment_commands, resellers
from store.accounts import Account
from store.accounts import create as create_account
from store.actors import Actor
from store.answers import AnswerResult, ChargePlace, Origin, Verdict
from store.audit import money_problems
from store.errors import NotFound, NotPermitted, Problems, Refused, StoreError
from store.states import AttemptState, PaymentStatus
from store.store import Transaction
from tests.makers import ANNA, Shop, make_account, make_connector, make_method, make_payment

READER = Actor("rita@example.com", full_control=False)
TOTAL = Decimal("129.00")


def refused(shop: Shop, act: Callable[[Transaction], Any], why: str, error: type[StoreError] = Refused) -> None:
    """Hold that an act is refused with this reason in its text, and that no byte changes."""
    before = shop.content()
    with pytest.raises(error, match=why):
        shop.do(act)
    assert shop.content() == before


def attach(shop: Shop, code: str, attempt_id: str) -> Verdict:
    return shop.do(lambda tx: inbox.attach(tx, ANNA, code, attempt_id))


def record(
    shop: Shop, attempt_id: str, result: AnswerResult, reference: str = "", reason: str = "By phone."
) -> Verdict:
    return shop.do(
        lambda tx: inbox.record(tx, ANNA, attempt_id, result=result, gateway_reference=reference, reason=reason)
    )


def money_adds_up(shop: Shop) -> bool:
    return money_problems(shop.store.view()) == []


def test_attach_judges_now_as_if_the_answer_had_named_the_attempt(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.overdue(payment)
    received_at = shop.clock.now
    code = shop.unmatched().code
    shop.clock.advance(hours=1)
    verdict = attach(shop, code, attempt)
    assert verdict.rule.name == "late-success"
    answer = shop.stored_answer(code)
    assert (answer.rule, answer.place, answer.in_inbox) == ("late-success", ChargePlace.COMPLETED, False)
    assert (answer.attempt_id, answer.payment_id, answer.received_at) == (attempt, payment, received_at)
    assert shop.now(payment).status is PaymentStatus.COMPLETED
    assert shop.now(payment).closed_at == shop.clock.now
    assert shop.attempt(payment, attempt).state is AttemptState.SUCCEEDED
    assert money_adds_up(shop)


def test_attach_makes_a_charge_that_is_there_already_the_same_as_it(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment)
    code = shop.unmatched("r1").code
    there = shop.success(attempt, "r1").answer
    before = shop.now(payment)
    assert attach(shop, code, attempt).rule.name == "repeated-answer"
    answer = shop.stored_answer(code)
    assert (answer.place, answer.same_as, answer.in_inbox) == (ChargePlace.SAME_AS, there.id, False)
    assert shop.now(payment) == before
    assert shop.book() == []
    assert money_adds_up(shop)


def test_a_charge_is_never_the_same_as_one_that_is_itself_the_same_as_another(shop: Shop) -> None:
    attempt = shop.pay(shop.payment())
    first, second = shop.unmatched("r1"), shop.success("unknown too", "r1").answer
    there = shop.success(attempt, "r1").answer
    attach(shop, first.code, attempt)
    attach(shop, second.code, attempt)
    assert [shop.stored_answer(each.code).same_as for each in (first, second)] == [there.id, there.id]


def test_an_answer_that_comes_after_it_was_attached_is_the_same_answer(shop: Shop) -> None:
    attempt = shop.pay(shop.payment())
    code = shop.unmatched("r1").code
    attach(shop, code, attempt)
    again = shop.success(attempt, "r1")
    assert (again.rule.name, again.answer.code) == ("repeated-answer", code)
    assert shop.success("unknown", "r1").answer.code == code
    assert shop.stored_answer(code).repeats == 2
    assert money_adds_up(shop)


def test_attach_may_hold_the_charge_again_and_then_it_can_be_returned(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment)
    code = shop.unmatched("r1", amount="100.00").code
    assert attach(shop, code, attempt).rule.name == "amount-mismatch"
    assert shop.inbox() == [code]
    assert shop.stored_answer(code).place is ChargePlace.HELD
    refused(shop, lambda tx: inbox.attach(tx, ANNA, code, attempt), "Only an unmatched answer")
    shop.do(lambda tx: inbox.return_charge(tx, ANNA, code))
    assert shop.book() == [Decimal("100.00")]
    assert shop.now(payment).status is PaymentStatus.PROCESSING
    assert money_adds_up(shop)


def test_attach_returns_a_charge_for_a_payment_that_is_completed(shop: Shop) -> None:
    payment = shop.payment()
    first = shop.overdue(payment)
    shop.success(shop.pay(payment), "r1")
    code = shop.unmatched("r2").code
    assert attach(shop, code, first).rule.name == "second-success"
    assert shop.book() == [TOTAL]
    assert shop.stored_answer(code).transaction_id is not None
    assert money_adds_up(shop)


def test_attach_judges_a_failure_too(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment)
    code = shop.failure("unknown", "Card declined.").answer.code
    assert attach(shop, code, attempt).rule.name == "answered-failure"
    assert shop.now(payment).customer_message == "Card declined."
    assert shop.inbox() == []


def test_attach_stores_what_time_has_done_even_where_the_answer_changes_nothing(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment)
    code = shop.failure("unknown").answer.code
    shop.failure(attempt)
    second = shop.pay(payment)
    shop.clock.advance(minutes=20)
    attach(shop, code, attempt)
    stored = next(iter(shop.store.view().all_stored(type(shop.now(payment)))))
    assert stored == shop.now(payment)
    assert shop.attempt(payment, second).state is AttemptState.OVERDUE


def test_attach_refuses_another_connectors_attempt(shop: Shop) -> None:
    other = shop.do(lambda tx: make_connector(tx, name="Other"))
    method = shop.do(lambda tx: make_method(tx, other, name="Other card"))
    attempt = shop.pay(shop.payment(), method.id)
    code = shop.unmatched().code
    refused(shop, lambda tx: inbox.attach(tx, ANNA, code, attempt), "through connector 1")


def test_attach_refuses_what_is_matched_and_what_is_not_in_the_inbox(shop: Shop) -> None:
    attempt = shop.pay(shop.payment())
    matched = shop.success(attempt, "r1", amount="1.00").answer.code
    refused(shop, lambda tx: inbox.attach(tx, ANNA, matched, attempt), "Only an unmatched answer")
    applied = shop.success(attempt, "r1").answer.code
    refused(shop, lambda tx: inbox.attach(tx, ANNA, applied, attempt), "not in the inbox: the rule answered-success")


def test_attach_finds_no_attempt_and_no_answer_that_are_not_there(shop: Shop) -> None:
    code = shop.unmatched().code
    attempt = shop.pay(shop.payment())
    refused(shop, lambda tx: inbox.attach(tx, ANNA, code, "nobody"), "no attempt with ID nobody", NotFound)
    for wrong in ("A99", "99", "", "A", "A²", "A" + "9" * 30, "-1"):
        refused(shop, partial(inbox.attach, by=ANNA, code=wrong, attempt_id=attempt), "no answer with ID", NotFound)


def test_return_puts_a_held_charges_own_amount_on_the_account(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment)
    code = shop.success(attempt, amount="100.00").answer.code
    shop.clock.advance(minutes=5)
    returned = shop.do(lambda tx: inbox.return_charge(tx, ANNA, code))
    assert (returned.place, returned.in_inbox) == (ChargePlace.RETURNED, False)
    assert (returned.closed_by, returned.closed_at) == (ANNA.name, shop.clock.now)
    assert shop.book() == [Decimal("100.00")]
    assert shop.now(payment).status is PaymentStatus.PROCESSING
    line = shop.now(payment).history[-1]
    assert (line.rule, line.by, line.answer_id) == ("charge-returned", ANNA.name, code)
    assert money_adds_up(shop)


def test_a_returned_reference_is_used_up_on_other_attempts_of_the_connector(shop: Shop) -> None:
    code = shop.success(shop.pay(shop.payment()), "r1", amount="100.00").answer.code
    shop.do(lambda tx: inbox.return_charge(tx, ANNA, code))
    assert shop.success(shop.pay(shop.payment()), "r1").rule.name == "reference-reused"


def test_return_refuses_another_currency_than_the_accounts(shop: Shop) -> None:
    code = shop.success(shop.pay(shop.payment()), currency="USD").answer.code
    refused(shop, lambda tx: inbox.return_charge(tx, ANNA, code), "129.00 USD, but account 1 is in EUR")


def test_return_refuses_an_unmatched_charge_a_failure_and_what_is_settled(shop: Shop) -> None:
    unmatched = shop.unmatched().code
    refused(shop, lambda tx: inbox.return_charge(tx, ANNA, unmatched), "attach it to an attempt first")
    failure = shop.failure("nobody").answer.code
    refused(shop, lambda tx: inbox.return_charge(tx, ANNA, failure), "holds no charge")
    attempt = shop.pay(shop.payment())
    held = shop.success(attempt, amount="1.00").answer.code
    shop.do(lambda tx: inbox.return_charge(tx, ANNA, held))
    refused(shop, lambda tx: inbox.return_charge(tx, ANNA, held), "anna@example.com has settled it")
    completed = shop.success(attempt).answer.code
    refused(shop, lambda tx: inbox.return_charge(tx, ANNA, completed), "not in the inbox")


def test_dismiss_says_who_and_why_and_moves_no_money(shop: Shop) -> None:
    payment = shop.payment()
    code = shop.success(shop.pay(payment), amount="100.00").answer.code
    dismissed = shop.do(lambda tx: inbox.dismiss(tx, ANNA, code, " Refunded by the gateway. "))
    assert (dismissed.place, dismissed.in_inbox) == (ChargePlace.DISMISSED, False)
    assert (dismissed.closed_by, dismissed.closed_reason) == (ANNA.name, "Refunded by the gateway.")
    assert shop.book() == []
    assert shop.now(payment).history[-1].rule == "answer-dismissed"
    assert money_adds_up(shop)


def test_dismiss_takes_an_unmatched_charge_and_a_contradiction_too(shop: Shop) -> None:
    unmatched = shop.unmatched().code
    assert shop.do(lambda tx: inbox.dismiss(tx, ANNA, unmatched, "Not ours.")).place is ChargePlace.DISMISSED
    attempt = shop.pay(shop.payment())
    shop.success(attempt, "r2")
    contradiction = shop.failure(attempt).answer.code
    assert shop.do(lambda tx: inbox.dismiss(tx, ANNA, contradiction, "A chargeback.")).place is None
    assert shop.inbox() == []
    assert money_adds_up(shop)


def test_dismiss_needs_a_reason_and_something_that_waits(shop: Shop) -> None:
    code = shop.unmatched().code
    refused(shop, lambda tx: inbox.dismiss(tx, ANNA, code, "  "), "Reason: is empty", Problems)
    shop.do(lambda tx: inbox.dismiss(tx, ANNA, code, "Not ours."))
    refused(shop, lambda tx: inbox.dismiss(tx, ANNA, code, "Again."), "anna@example.com has settled it")


def test_record_judges_by_the_same_rules_and_is_marked_as_the_operators(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.overdue(payment)
    verdict = record(shop, attempt, AnswerResult.SUCCESS, " r1 ")
    assert verdict.rule.name == "late-success"
    given = shop.stored_answer(verdict.answer.code).given
    assert (given.origin, given.recorded_by, given.reason) == (Origin.OPERATOR, ANNA.name, "By phone.")
    assert (given.gateway_reference, given.amount, given.currency) == ("r1", TOTAL, "EUR")
    line = shop.now(payment).history[-1]
    assert (line.rule, line.by, line.note) == ("late-success", ANNA.name, "By phone.")
    assert shop.success(attempt, "r1").rule.name == "repeated-answer"
    assert money_adds_up(shop)


def test_record_takes_a_failure_without_a_reference(shop: Shop) -> None:
    payment = shop.payment()
    assert record(shop, shop.pay(payment), AnswerResult.FAILURE).rule.name == "answered-failure"
    assert shop.now(payment).customer_message == "The payment gateway did not accept the payment."


def test_record_needs_a_reason_and_for_a_success_a_reference(shop: Shop) -> None:
    attempt = shop.pay(shop.payment())
    before = shop.content()
    with pytest.raises(Problems) as caught:
        record(shop, attempt, AnswerResult.SUCCESS, " ", "")
    assert [each.field for each in caught.value.items] == ["Reason", "Gateway reference"]
    with pytest.raises(NotFound, match="no attempt with ID nobody"):
        record(shop, "nobody", AnswerResult.FAILURE)
    assert shop.content() == before


def test_a_read_only_manager_settles_nothing(shop: Shop) -> None:
    attempt = shop.pay(shop.payment())
    code = shop.unmatched().code
    failure = AnswerResult.FAILURE
    for act in (
        lambda tx: inbox.attach(tx, READER, code, attempt),
        lambda tx: inbox.return_charge(tx, READER, code),
        lambda tx: inbox.dismiss(tx, READER, code, "Why not."),
        lambda tx: inbox.record(tx, READER, attempt, result=failure, gateway_reference="", reason="By phone."),
    ):
        refused(shop, act, "Read Only", NotPermitted)


def test_a_reseller_sees_the_inbox_of_their_payments_and_what_is_unmatched_is_the_root_resellers(shop: Shop) -> None:
    below = shop.do(lambda tx: resellers.create(tx, ANNA, name="North", parent_id=1))
    bea = Actor("bea@example.com", below.id)
    account = shop.do(lambda tx: create_account(tx, bea, name="Bob", currency="EUR"))
    assert isinstance(account, Account)
    hers = shop.do(lambda tx: make_payment(tx, account.id)).id
    theirs = shop.payment()
    attempts = [shop.pay(each) for each in (hers, theirs)]
    held = [shop.success(each, f"r{each}", amount="1.00").answer.code for each in attempts]
    unmatched = shop.unmatched("r9").code
    view = shop.store.view()
    assert [each.code for each in inbox.visible_to(view, bea)] == held[:1]
    assert [each.code for each in inbox.visible_to(view, ANNA)] == [*held, unmatched]
    assert inbox.get(view, bea, held[0]).code == held[0]
    for code in (held[1], unmatched):
        refused(shop, partial(inbox.dismiss, by=bea, code=code, reason="Mine."), f"no answer with ID {code}", NotFound)
    other = attempts[1]
    failure = AnswerResult.FAILURE
    refused(
        shop,
        lambda tx: inbox.record(tx, bea, other, result=failure, gateway_reference="", reason="By phone."),
        f"no attempt with ID {other}",
        NotFound,
    )


def test_answers_of_a_payment_come_in_the_order_in_which_they_came(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment)
    codes = [shop.pending(attempt).answer.code, shop.failure(attempt).answer.code, shop.success(attempt).answer.code]
    assert [each.code for each in answers.of_payment(shop.store.view(), payment)] == codes


def test_two_accounts_of_two_currencies_add_up_apart(shop: Shop) -> None:
    dollars = shop.do(lambda tx: make_account(tx, currency="USD"))
    payment = shop.payment(account_id=dollars.id)
    attempt = shop.overdue(payment)
    shop.do(lambda tx: payment_commands.cancel(tx, ANNA, payment))
    shop.success(attempt, currency="USD")
    shop.fill_account()
    assert shop.balance() == TOTAL
    assert shop.store.view().get(Account, dollars.id).balance.text == "129.00"
    assert money_adds_up(shop)
