"""One test for each rule that an answer can find, through the real door, written from design section 2."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from store import accounts, connectors, methods
from store.answers import Answer, ChargePlace, Verdict
from store.audit import money_problems
from store.money import Money
from store.payments import Payment
from store.states import AttemptState, PaymentStatus
from tests.makers import ANNA, MICROSECOND, START, Shop, make_connector, make_method

TOTAL = Decimal("129.00")


def judged(shop: Shop, verdict: Verdict, rule: str, *, place: ChargePlace | None, in_inbox: bool = False) -> None:
    """Hold what was decided of an answer: the rule, the charge's place, the inbox, and money that adds up."""
    answer = shop.stored_answer(verdict.answer.code)
    assert verdict.rule.name == rule
    assert (answer.rule, answer.place, answer.in_inbox) == (rule, place, in_inbox)
    assert answer.received_at == shop.clock.now
    assert (shop.inbox() == [answer.code]) is in_inbox
    assert money_problems(shop.store.view()) == []


def stands(shop: Shop, payment_id: int, status: PaymentStatus, message: str, rules: str) -> None:
    """Hold what a payment shows: its status, the customer's message, and its history's rules, the oldest first."""
    payment = shop.now(payment_id)
    assert (payment.status, payment.customer_message) == (status, message)
    assert shop.rules(payment_id) == rules.split()
    assert payment.history[-1].status is status


def test_unmatched_holds_a_success_that_names_no_attempt(shop: Shop) -> None:
    verdict = shop.success("nobody")
    judged(shop, verdict, "unmatched", place=ChargePlace.HELD, in_inbox=True)
    assert verdict.payment is None
    assert shop.book() == []


def test_unmatched_keeps_a_failure_in_the_inbox_with_no_charge(shop: Shop) -> None:
    judged(shop, shop.failure("nobody"), "unmatched", place=None, in_inbox=True)


def test_unmatched_is_an_answer_through_another_connector_than_the_attempts(shop: Shop) -> None:
    other = shop.do(lambda tx: make_connector(tx, name="Other"))
    payment = shop.payment()
    attempt = shop.pay(payment)
    verdict = shop.success(attempt, connector_id=other.id)
    judged(shop, verdict, "unmatched", place=ChargePlace.HELD, in_inbox=True)
    stands(shop, payment, PaymentStatus.PROCESSING, "", "attempt-started")
    assert shop.attempt(payment, attempt).state is AttemptState.SENT


def test_the_same_unmatched_answer_again_is_counted_and_charged_once(shop: Shop) -> None:
    first = shop.success("nobody")
    again = shop.success("nobody")
    assert again.rule.name == "unmatched"
    assert again.answer.code == first.answer.code
    assert shop.stored_answer(first.answer.code).repeats == 1
    assert shop.inbox() == [first.answer.code]
    assert money_problems(shop.store.view()) == []


def test_repeated_answer_changes_nothing_and_is_counted_on_the_first(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment)
    first = shop.success(attempt)
    before = shop.now(payment)
    shop.clock.advance(hours=1)
    again = shop.success(attempt, amount="129.0000")
    assert again.rule.name == "repeated-answer"
    assert again.answer.code == first.answer.code
    answer = shop.stored_answer(first.answer.code)
    assert (answer.repeats, answer.last_repeated_at) == (1, shop.clock.now)
    assert (answer.rule, answer.received_at) == ("answered-success", START)
    assert shop.now(payment) == before
    assert shop.store.view().count(Answer) == 1


def test_answer_id_message_and_timestamp_are_not_part_of_the_same_answer(shop: Shop) -> None:
    attempt = shop.pay(shop.payment())
    first = shop.failure(attempt, "Card declined.")
    assert shop.failure(attempt, "Another text.").answer.code == first.answer.code


def test_repeated_answer_is_a_failure_for_a_failed_attempt_with_another_reference(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment)
    shop.failure(attempt, "Card declined.", reference="f1")
    verdict = shop.failure(attempt, "Another text.", reference="f2")
    assert verdict.rule.name == "repeated-answer"
    assert shop.now(payment).status is PaymentStatus.WAITING
    assert shop.now(payment).customer_message == "Card declined."
    assert shop.attempt(payment, attempt).state is AttemptState.FAILED
    assert shop.inbox() == []


def test_a_repeated_failure_after_a_late_success_changes_nothing(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment)
    shop.failure(attempt)
    shop.success(attempt)
    assert shop.failure(attempt).rule.name == "repeated-answer"
    assert shop.attempt(payment, attempt).state is AttemptState.SUCCEEDED
    assert shop.inbox() == []


def test_pending_noted_moves_neither_status_nor_deadline(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment)
    deadline = shop.now(payment).deadline
    shop.clock.advance(minutes=5)
    judged(shop, shop.pending(attempt), "pending-noted", place=None)
    stands(shop, payment, PaymentStatus.PROCESSING, "", "attempt-started pending-noted")
    assert shop.attempt(payment, attempt).state is AttemptState.SENT
    assert shop.now(payment).deadline == deadline


def test_pending_noted_keeps_the_customers_message(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment)
    shop.failure(attempt, "Card declined.")
    shop.pending(attempt)
    stands(shop, payment, PaymentStatus.WAITING, "Card declined.", "attempt-started answered-failure pending-noted")


@pytest.mark.parametrize(("amount", "currency"), [("128.99", "EUR"), ("129.00", "USD"), ("12900", "EUR")])
def test_amount_mismatch_holds_the_charge_and_leaves_the_payment(shop: Shop, amount: str, currency: str) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment)
    verdict = shop.success(attempt, amount=amount, currency=currency)
    judged(shop, verdict, "amount-mismatch", place=ChargePlace.HELD, in_inbox=True)
    stands(shop, payment, PaymentStatus.PROCESSING, "", "attempt-started amount-mismatch")
    assert shop.attempt(payment, attempt).state is AttemptState.SENT
    assert shop.book() == []


@pytest.mark.parametrize("amount", ["129", "129.0", "129.0000", "000129.00"])
def test_the_amount_is_compared_as_a_number(shop: Shop, amount: str) -> None:
    attempt = shop.pay(shop.payment())
    judged(shop, shop.success(attempt, amount=amount), "answered-success", place=ChargePlace.COMPLETED)


def test_second_charge_holds_another_reference_of_an_attempt_that_succeeded(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment)
    shop.success(attempt, "r1")
    judged(shop, shop.success(attempt, "r2"), "second-charge", place=ChargePlace.HELD, in_inbox=True)
    stands(shop, payment, PaymentStatus.COMPLETED, "", "attempt-started answered-success second-charge")
    assert shop.attempt(payment, attempt).state is AttemptState.SUCCEEDED
    assert shop.book() == []


def test_reference_reused_holds_a_reference_that_completed_another_payment(shop: Shop) -> None:
    shop.success(shop.pay(shop.payment()), "r1")
    payment = shop.payment()
    attempt = shop.pay(payment)
    judged(shop, shop.success(attempt, "r1"), "reference-reused", place=ChargePlace.HELD, in_inbox=True)
    stands(shop, payment, PaymentStatus.PROCESSING, "", "attempt-started reference-reused")
    assert shop.attempt(payment, attempt).state is AttemptState.SENT


def test_reference_reused_holds_a_reference_that_was_returned_on_another_attempt(shop: Shop) -> None:
    shop.fill_account(reference="r1")
    attempt = shop.pay(shop.payment())
    judged(shop, shop.success(attempt, "r1"), "reference-reused", place=ChargePlace.HELD, in_inbox=True)


def test_a_reference_of_another_connector_or_of_a_held_charge_is_not_reused(shop: Shop) -> None:
    other = shop.do(lambda tx: make_connector(tx, name="Other"))
    method = shop.do(lambda tx: make_method(tx, other, name="Other card"))
    shop.success(shop.pay(shop.payment()), "r1")
    attempt = shop.pay(shop.payment(), method.id)
    assert shop.success(attempt, "r1", connector_id=other.id).rule.name == "answered-success"
    shop.success(shop.pay(shop.payment()), "r2", amount="1.00")
    assert shop.success(shop.pay(shop.payment()), "r2").rule.name == "answered-success"


def test_failure_after_success_waits_in_the_inbox_without_a_charge(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment)
    shop.success(attempt)
    judged(shop, shop.failure(attempt), "failure-after-success", place=None, in_inbox=True)
    stands(shop, payment, PaymentStatus.COMPLETED, "", "attempt-started answered-success failure-after-success")
    assert shop.attempt(payment, attempt).state is AttemptState.SUCCEEDED


@pytest.mark.parametrize("sent", [True, False])
def test_answered_success_completes_the_payment(shop: Shop, *, sent: bool) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment, sent=sent)
    shop.clock.advance(minutes=3)
    judged(shop, shop.success(attempt), "answered-success", place=ChargePlace.COMPLETED)
    stands(shop, payment, PaymentStatus.COMPLETED, "", "attempt-started answered-success")
    assert shop.attempt(payment, attempt).state is AttemptState.SUCCEEDED
    assert shop.now(payment).closed_at == shop.clock.now
    assert shop.now(payment).in_progress == ""
    assert shop.book() == []


@pytest.mark.parametrize("sent", [True, False])
def test_late_success_during_retry_completes_and_a_queued_retry_is_never_sent(shop: Shop, *, sent: bool) -> None:
    payment = shop.payment()
    first = shop.overdue(payment)
    second = shop.pay(payment, sent=sent)
    judged(shop, shop.success(first), "late-success-during-retry", place=ChargePlace.COMPLETED)
    rules = "attempt-started period-over attempt-started late-success-during-retry"
    stands(shop, payment, PaymentStatus.COMPLETED, "", rules)
    assert shop.attempt(payment, first).state is AttemptState.SUCCEEDED
    assert shop.attempt(payment, second).state is (AttemptState.SENT if sent else AttemptState.UNDELIVERED)


def test_success_after_failure_completes_and_clears_the_message(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment)
    shop.failure(attempt, "Card declined.")
    judged(shop, shop.success(attempt), "success-after-failure", place=ChargePlace.COMPLETED)
    stands(shop, payment, PaymentStatus.COMPLETED, "", "attempt-started answered-failure success-after-failure")
    assert shop.attempt(payment, attempt).state is AttemptState.SUCCEEDED


def test_success_after_failure_completes_an_expired_payment_too(shop: Shop) -> None:
    payment = shop.payment(due_date="2026-03-02")
    attempt = shop.pay(payment)
    shop.failure(attempt)
    shop.clock.advance(days=2)
    judged(shop, shop.success(attempt), "success-after-failure", place=ChargePlace.COMPLETED)
    rules = "attempt-started answered-failure due-date-passed success-after-failure"
    stands(shop, payment, PaymentStatus.COMPLETED, "", rules)


def test_late_success_completes_a_payment_that_waits(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.overdue(payment)
    judged(shop, shop.success(attempt), "late-success", place=ChargePlace.COMPLETED)
    stands(shop, payment, PaymentStatus.COMPLETED, "", "attempt-started period-over late-success")
    assert shop.attempt(payment, attempt).state is AttemptState.SUCCEEDED


def test_late_success_completes_an_expired_payment_and_an_undelivered_attempt(shop: Shop) -> None:
    payment = shop.payment(due_date="2026-03-02")
    attempt = shop.pay(payment, sent=False)
    shop.clock.advance(days=3)
    assert shop.now(payment).status is PaymentStatus.EXPIRED
    assert shop.attempt(payment, attempt).state is AttemptState.UNDELIVERED
    judged(shop, shop.success(attempt), "late-success", place=ChargePlace.COMPLETED)
    stands(shop, payment, PaymentStatus.COMPLETED, "", "attempt-started period-over due-date-passed late-success")


def test_second_success_returns_the_amount_to_the_account_balance(shop: Shop) -> None:
    payment = shop.payment()
    first = shop.overdue(payment)
    second = shop.pay(payment)
    shop.success(second, "r2")
    verdict = shop.success(first, "r1")
    judged(shop, verdict, "second-success", place=ChargePlace.RETURNED)
    rules = "attempt-started period-over attempt-started answered-success second-success"
    stands(shop, payment, PaymentStatus.COMPLETED, "", rules)
    assert shop.attempt(payment, first).state is AttemptState.SUCCEEDED
    assert shop.book() == [TOTAL]
    assert shop.balance() == TOTAL
    (line,) = accounts.book_of(shop.store.view(), shop.account.id)
    assert line.id == verdict.answer.transaction_id
    assert (line.change, line.date) == (Money(TOTAL, "EUR"), shop.clock.now)


def test_success_after_close_returns_the_amount_of_a_cancelled_payment(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.overdue(payment)
    shop.cancel(payment)
    judged(shop, shop.success(attempt), "success-after-close", place=ChargePlace.RETURNED)
    stands(shop, payment, PaymentStatus.CANCELLED, "", "attempt-started period-over cancelled success-after-close")
    assert shop.attempt(payment, attempt).state is AttemptState.SUCCEEDED
    assert shop.book() == [TOTAL]


def test_success_after_close_returns_the_amount_of_a_payment_paid_from_the_balance(shop: Shop) -> None:
    shop.fill_account()
    payment = shop.payment()
    attempt = shop.overdue(payment)
    shop.pay_from_balance(payment)
    judged(shop, shop.success(attempt), "success-after-close", place=ChargePlace.RETURNED)
    assert shop.now(payment).status is PaymentStatus.PAID_FROM_BALANCE
    assert shop.book() == [TOTAL, -TOTAL, TOTAL]


def test_answered_failure_waits_again_and_shows_the_gateways_message(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment)
    judged(shop, shop.failure(attempt, "Card declined."), "answered-failure", place=None)
    stands(shop, payment, PaymentStatus.WAITING, "Card declined.", "attempt-started answered-failure")
    assert shop.attempt(payment, attempt).state is AttemptState.FAILED
    assert shop.now(payment).in_progress == ""


def test_a_failure_without_a_message_shows_that_the_gateway_did_not_accept(shop: Shop) -> None:
    payment = shop.payment()
    shop.failure(shop.pay(payment), "")
    assert shop.now(payment).customer_message == "The payment gateway did not accept the payment."


def test_answered_failure_after_the_due_date_expires_in_the_same_step(shop: Shop) -> None:
    slow = shop.do(lambda tx: make_connector(tx, name="Slow", period_minutes=""))
    method = shop.do(lambda tx: make_method(tx, slow, name="Slow card"))
    payment = shop.payment(due_date="2026-03-02")
    attempt = shop.pay(payment, method.id)
    shop.clock.advance(days=1)
    assert shop.now(payment).status is PaymentStatus.PROCESSING
    assert shop.failure(attempt, "Card declined.", connector_id=slow.id).rule.name == "answered-failure"
    stands(shop, payment, PaymentStatus.EXPIRED, "Card declined.", "attempt-started answered-failure due-date-passed")
    assert {line.at for line in shop.now(payment).history[1:]} == {shop.clock.now}


def test_late_failure_during_retry_tells_the_customer_nothing_also_not_later(shop: Shop) -> None:
    payment = shop.payment()
    first = shop.overdue(payment)
    shop.pay(payment)
    judged(shop, shop.failure(first, "Card declined."), "late-failure-during-retry", place=None)
    rules = "attempt-started period-over attempt-started late-failure-during-retry"
    stands(shop, payment, PaymentStatus.PROCESSING, "", rules)
    assert shop.attempt(payment, first).state is AttemptState.FAILED
    shop.clock.advance(minutes=15)
    assert shop.now(payment).status is PaymentStatus.WAITING
    assert shop.now(payment).customer_message == ""


def test_late_failure_shows_the_gateways_message(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.overdue(payment)
    judged(shop, shop.failure(attempt, "Card declined."), "late-failure", place=None)
    stands(shop, payment, PaymentStatus.WAITING, "Card declined.", "attempt-started period-over late-failure")
    assert shop.attempt(payment, attempt).state is AttemptState.FAILED


def test_late_failure_shows_the_gateways_message_on_an_expired_payment(shop: Shop) -> None:
    payment = shop.payment(due_date="2026-03-02")
    attempt = shop.pay(payment)
    shop.clock.advance(days=2)
    judged(shop, shop.failure(attempt, "Card declined."), "late-failure", place=None)
    rules = "attempt-started period-over due-date-passed late-failure"
    stands(shop, payment, PaymentStatus.EXPIRED, "Card declined.", rules)


def test_second_failure_is_not_displayed(shop: Shop) -> None:
    payment = shop.payment()
    first = shop.overdue(payment)
    shop.success(shop.pay(payment))
    judged(shop, shop.failure(first, "Card declined."), "second-failure", place=None)
    rules = "attempt-started period-over attempt-started answered-success second-failure"
    stands(shop, payment, PaymentStatus.COMPLETED, "", rules)
    assert shop.attempt(payment, first).state is AttemptState.FAILED


def test_failure_after_close_is_not_displayed_on_a_cancelled_payment(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.overdue(payment)
    shop.cancel(payment)
    judged(shop, shop.failure(attempt), "failure-after-close", place=None)
    stands(shop, payment, PaymentStatus.CANCELLED, "", "attempt-started period-over cancelled failure-after-close")
    assert shop.attempt(payment, attempt).state is AttemptState.FAILED


def test_failure_after_close_is_not_displayed_on_a_payment_paid_from_the_balance(shop: Shop) -> None:
    shop.fill_account()
    payment = shop.payment()
    attempt = shop.overdue(payment)
    shop.pay_from_balance(payment)
    judged(shop, shop.failure(attempt), "failure-after-close", place=None)
    assert shop.now(payment).status is PaymentStatus.PAID_FROM_BALANCE


def test_an_answer_at_the_deadline_is_late_and_one_before_it_is_not(shop: Shop) -> None:
    for step, rule in (
        (-MICROSECOND, "answered-success"),
        (0 * MICROSECOND, "late-success"),
        (MICROSECOND, "late-success"),
    ):
        payment = shop.payment()
        attempt = shop.pay(payment)
        deadline = shop.now(payment).deadline
        assert deadline is not None
        shop.clock.now = deadline + step
        assert shop.success(attempt, f"r{payment}").rule.name == rule
        over = [line.at for line in shop.now(payment).history if line.rule == "period-over"]
        assert over == ([] if rule == "answered-success" else [deadline])


def test_an_answer_for_a_deleted_method_and_connector_goes_on(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment)
    shop.do(lambda tx: methods.delete(tx, ANNA, shop.method.id))
    shop.do(lambda tx: connectors.delete(tx, ANNA, shop.connector.id))
    assert shop.success(attempt).rule.name == "answered-success"


def test_a_returned_charge_is_written_in_the_accounts_decimals(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.overdue(payment)
    shop.cancel(payment)
    shop.success(attempt, amount="129.0000")
    (line,) = accounts.book_of(shop.store.view(), shop.account.id)
    assert (line.change.text, line.balance.text) == ("129.00", "129.00")


def test_a_repeated_answer_stores_what_time_has_done_and_nothing_else(shop: Shop) -> None:
    payment = shop.payment()
    first = shop.pay(payment)
    shop.failure(first)
    shop.overdue(payment)
    expected = shop.now(payment)
    assert shop.failure(first).rule.name == "repeated-answer"
    stored = next(shop.store.view().all_stored(Payment))
    assert stored == replace(expected, version=expected.version + 1)
    assert [line.rule for line in stored.history][-1] == "period-over"
