"""One test for each rule of commands, deliveries and time, and one for each refusal, through the real door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from store import connectors, methods, payment_commands
from store.action_log import LogLine
from store.actors import Actor
from store.audit import money_problems
from store.connectors import ConnectorForm
from store.errors import NotFound, NotPermitted, Problems, Refused, StoreError
from store.methods import MethodForm
from store.payments import Delivery, Payment
from store.states import AttemptState, PaymentStatus
from store.store import Transaction
from tests.makers import ANNA, MICROSECOND, START, Shop, make_account, make_connector, make_method

READER = Actor("rita@example.com", full_control=False)
TOTAL = Decimal("129.00")


def stands(shop: Shop, payment_id: int, status: PaymentStatus, message: str, rules: str) -> None:
    """Hold what a payment shows: its status, the customer's message, and its history's rules, the oldest first."""
    payment = shop.now(payment_id)
    assert (payment.status, payment.customer_message) == (status, message)
    assert shop.rules(payment_id) == rules.split()
    assert money_problems(shop.store.view()) == []


def refused(shop: Shop, act: Callable[[Transaction], Any], why: str, error: type[StoreError] = Refused) -> None:
    """Hold that a command is refused with this reason in its text, and that the file keeps every byte."""
    before = shop.content()
    with pytest.raises(error, match=why):
        shop.do(act)
    assert shop.content() == before


def start(shop: Shop, payment_id: int) -> Callable[[Transaction], Payment]:
    return lambda tx: payment_commands.start_attempt(tx, ANNA, payment_id, shop.method.id)


def test_attempt_started_puts_the_payment_in_processing_and_clears_the_message(shop: Shop) -> None:
    payment = shop.payment()
    shop.failure(shop.pay(payment), "Card declined.")
    shop.clock.advance(minutes=1)
    attempt = shop.pay(payment, sent=False)
    stands(shop, payment, PaymentStatus.PROCESSING, "", "attempt-started answered-failure attempt-started")
    assert shop.now(payment).in_progress == attempt
    found = shop.attempt(payment, attempt)
    assert (found.state, found.started_at, found.started_by) == (AttemptState.QUEUED, shop.clock.now, ANNA.name)
    assert found.deadline == shop.clock.now + timedelta(minutes=15)


def test_attempt_started_takes_an_expired_payment_too_and_it_expires_again(shop: Shop) -> None:
    payment = shop.payment(due_date="2026-03-02")
    shop.clock.advance(days=1)
    assert shop.now(payment).status is PaymentStatus.EXPIRED
    shop.pay(payment)
    assert shop.now(payment).status is PaymentStatus.PROCESSING
    shop.clock.advance(minutes=15)
    rules = "due-date-passed attempt-started period-over due-date-passed"
    stands(shop, payment, PaymentStatus.EXPIRED, "", rules)


def test_a_deadline_stands_when_the_connectors_period_changes_later(shop: Shop) -> None:
    payment = shop.payment()
    shop.pay(payment)

    def lengthen(tx: Transaction) -> None:
        form = ConnectorForm(name="Acme Pay", url=shop.connector.url, period_minutes="0.1", schema_text="[]")
        connectors.update(tx, ANNA, shop.connector.id, form, version=shop.connector.version)

    shop.do(lengthen)
    assert shop.now(payment).deadline == START + timedelta(minutes=15)
    shop.failure(shop.now(payment).in_progress)
    shop.pay(payment)
    assert shop.now(payment).deadline == START + timedelta(seconds=6)


def test_without_a_period_there_is_no_deadline(shop: Shop) -> None:
    connector = shop.do(lambda tx: make_connector(tx, name="Slow", period_minutes=""))
    method = shop.do(lambda tx: make_method(tx, connector, name="Slow card"))
    payment = shop.payment()
    shop.pay(payment, method.id)
    shop.clock.advance(days=4000)
    assert shop.now(payment).status is PaymentStatus.PROCESSING
    assert shop.now(payment).deadline is None


def test_in_processing_every_command_is_refused(shop: Shop) -> None:
    shop.fill_account()
    payment = shop.payment()
    shop.pay(payment)
    refused(shop, start(shop, payment), "Processing")
    refused(shop, lambda tx: payment_commands.cancel(tx, ANNA, payment), "Processing")
    refused(shop, lambda tx: payment_commands.pay_from_balance(tx, ANNA, payment), "Processing")


@pytest.mark.parametrize("ending", ["completed", "cancelled", "paid from balance"])
def test_a_closed_payment_refuses_every_command(shop: Shop, ending: str) -> None:
    shop.fill_account("500")
    payment = shop.payment()
    if ending == "completed":
        shop.success(shop.pay(payment))
    elif ending == "cancelled":
        shop.cancel(payment)
    else:
        shop.pay_from_balance(payment)
    assert shop.now(payment).status.closed
    refused(shop, start(shop, payment), "closed")
    refused(shop, lambda tx: payment_commands.cancel(tx, ANNA, payment), "closed")
    refused(shop, lambda tx: payment_commands.pay_from_balance(tx, ANNA, payment), "closed")


def test_a_method_that_is_not_enabled_starts_nothing(shop: Shop) -> None:
    payment = shop.payment()
    form = MethodForm(name="Card", connector_id=shop.connector.id, enabled=False)
    shop.do(lambda tx: methods.update(tx, ANNA, shop.method.id, form, version=shop.method.version))
    refused(shop, start(shop, payment), "not Enabled")
    assert payment_commands.methods_for(shop.store.view(), ANNA, payment) == []


def test_a_deleted_method_or_connector_starts_nothing(shop: Shop) -> None:
    payment = shop.payment()
    shop.do(lambda tx: methods.delete(tx, ANNA, shop.method.id))
    refused(shop, start(shop, payment), "deleted")
    shop.do(lambda tx: connectors.delete(tx, ANNA, shop.connector.id))
    refused(shop, start(shop, payment), "deleted")


def test_a_method_that_is_not_there_is_not_found(shop: Shop) -> None:
    payment = shop.payment()
    refused(
        shop, lambda tx: payment_commands.start_attempt(tx, ANNA, payment, 99), "payment method with ID 99", NotFound
    )


def test_period_over_is_shown_at_the_deadline_and_stamped_with_it_whoever_writes_it_later(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment)
    shop.clock.advance(minutes=15)
    stands(shop, payment, PaymentStatus.WAITING, "", "attempt-started period-over")
    assert shop.attempt(payment, attempt).state is AttemptState.OVERDUE
    unwritten = shop.content()
    shop.clock.advance(hours=5)
    assert shop.content() == unwritten
    (written,) = shop.do(payment_commands.apply_time)
    assert written.history[-1].at == START + timedelta(minutes=15)
    assert shop.now(payment) == written
    assert shop.do(payment_commands.apply_time) == []


def test_period_over_leaves_a_queued_attempt_undelivered(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment, sent=False)
    shop.clock.advance(minutes=15)
    assert shop.attempt(payment, attempt).state is AttemptState.UNDELIVERED


def test_period_over_ignored_leaves_a_completed_payment_and_makes_the_sent_attempt_overdue(shop: Shop) -> None:
    payment = shop.payment()
    first = shop.overdue(payment)
    second = shop.pay(payment)
    shop.success(first)
    shop.clock.advance(minutes=15)
    rules = "attempt-started period-over attempt-started late-success-during-retry period-over-ignored"
    stands(shop, payment, PaymentStatus.COMPLETED, "", rules)
    assert shop.attempt(payment, second).state is AttemptState.OVERDUE
    assert shop.now(payment).history[-1].at == shop.clock.now


def test_due_date_passed_expires_a_payment_that_waits_at_the_end_of_that_day(shop: Shop) -> None:
    payment = shop.payment(due_date="2026-03-02")
    shop.failure(shop.pay(payment), "Card declined.")
    shop.clock.now = START.replace(hour=23, minute=59, second=59, microsecond=999_999)
    assert shop.now(payment).status is PaymentStatus.WAITING
    shop.clock.now += MICROSECOND
    rules = "attempt-started answered-failure due-date-passed"
    stands(shop, payment, PaymentStatus.EXPIRED, "Card declined.", rules)
    assert shop.now(payment).history[-1].at == shop.clock.now


@pytest.mark.parametrize("sent", [True, False])
def test_undelivered_tells_the_customer_that_the_gateway_could_not_be_reached(shop: Shop, *, sent: bool) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment, sent=sent)
    shop.do(lambda tx: payment_commands.not_reached(tx, attempt, "connection refused"))
    message = "The payment gateway could not be reached."
    stands(shop, payment, PaymentStatus.WAITING, message, "attempt-started undelivered")
    assert shop.attempt(payment, attempt).state is AttemptState.UNDELIVERED
    assert shop.now(payment).history[-1].note == "connection refused"


def test_refused_by_gateway_tells_the_customer_that_the_gateway_refused(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment)
    shop.do(lambda tx: payment_commands.refused_by_gateway(tx, attempt, "400 Bad Request"))
    message = "The payment gateway refused the request."
    stands(shop, payment, PaymentStatus.WAITING, message, "attempt-started refused-by-gateway")
    assert shop.attempt(payment, attempt).state is AttemptState.UNDELIVERED


def test_undelivered_after_the_due_date_expires_the_payment_in_the_same_step(shop: Shop) -> None:
    payment = shop.payment(due_date="2026-03-02")
    shop.clock.now = START.replace(hour=23, minute=50)
    attempt = shop.pay(payment)
    shop.clock.advance(minutes=11)
    shop.do(lambda tx: payment_commands.not_reached(tx, attempt, ""))
    message = "The payment gateway could not be reached."
    stands(shop, payment, PaymentStatus.EXPIRED, message, "attempt-started undelivered due-date-passed")


def test_an_attempt_that_is_not_in_progress_can_neither_be_unreached_nor_refused_nor_sent(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.overdue(payment)
    shop.pay(payment)
    refused(shop, lambda tx: payment_commands.not_reached(tx, attempt, ""), "not in progress")
    refused(shop, lambda tx: payment_commands.refused_by_gateway(tx, attempt, ""), "not in progress")
    refused(shop, lambda tx: payment_commands.mark_sent(tx, attempt), "not queued and in progress")


def test_an_attempt_is_sent_once_and_only_before_its_deadline(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment, sent=False)
    shop.clock.advance(minutes=1)
    shop.do(lambda tx: payment_commands.mark_sent(tx, attempt))
    assert shop.attempt(payment, attempt).sent_at == shop.clock.now
    refused(shop, lambda tx: payment_commands.mark_sent(tx, attempt), "not queued")
    late = shop.pay(shop.payment(), sent=False)
    shop.clock.advance(minutes=15)
    refused(shop, lambda tx: payment_commands.mark_sent(tx, late), "not queued")


def test_what_the_engine_knows_of_a_delivery_is_kept_with_the_attempt(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.pay(payment)
    shop.do(lambda tx: payment_commands.note_delivery(tx, attempt, Delivery(pays=2, outcome="timed out")))
    assert shop.attempt(payment, attempt).delivery == Delivery(pays=2, outcome="timed out")
    assert shop.rules(payment) == ["attempt-started"]


@pytest.mark.parametrize(
    "act",
    [
        lambda tx: payment_commands.not_reached(tx, "nobody", ""),
        lambda tx: payment_commands.refused_by_gateway(tx, "nobody", ""),
        lambda tx: payment_commands.mark_sent(tx, "nobody"),
        lambda tx: payment_commands.note_delivery(tx, "nobody", Delivery()),
    ],
)
def test_an_attempt_that_is_not_there_is_not_found(shop: Shop, act: Callable[[Transaction], Any]) -> None:
    refused(shop, act, "no attempt with ID nobody", NotFound)


def test_cancelled_clears_the_message_and_closes(shop: Shop) -> None:
    payment = shop.payment()
    shop.failure(shop.pay(payment), "Card declined.")
    shop.cancel(payment)
    stands(shop, payment, PaymentStatus.CANCELLED, "", "attempt-started answered-failure cancelled")
    assert shop.now(payment).closed_at == shop.clock.now


def test_an_expired_payment_is_not_cancelled(shop: Shop) -> None:
    payment = shop.payment(due_date="2026-03-02")
    shop.clock.advance(days=1)
    refused(shop, lambda tx: payment_commands.cancel(tx, ANNA, payment), "Only a payment that is Waiting")


def test_paid_from_balance_debits_the_total(shop: Shop) -> None:
    shop.fill_account("200.00")
    payment = shop.payment()
    shop.failure(shop.pay(payment), "Card declined.")
    shop.pay_from_balance(payment)
    stands(shop, payment, PaymentStatus.PAID_FROM_BALANCE, "", "attempt-started answered-failure paid-from-balance")
    assert shop.book() == [Decimal(200), -TOTAL]
    assert shop.balance() == Decimal("71.00")
    assert shop.now(payment).closed_at == shop.clock.now


def test_paid_from_balance_takes_an_expired_payment_and_a_balance_that_is_just_enough(shop: Shop) -> None:
    shop.fill_account("129.00")
    payment = shop.payment(due_date="2026-03-02")
    shop.clock.advance(days=1)
    shop.pay_from_balance(payment)
    stands(shop, payment, PaymentStatus.PAID_FROM_BALANCE, "", "due-date-passed paid-from-balance")
    assert shop.balance() == 0


def test_a_balance_below_the_total_pays_nothing(shop: Shop) -> None:
    shop.fill_account("128.99")
    payment = shop.payment()
    refused(shop, lambda tx: payment_commands.pay_from_balance(tx, ANNA, payment), "less than the payment's Total")


def test_a_preview_shows_what_a_command_would_do_and_changes_nothing(shop: Shop) -> None:
    shop.fill_account()
    payment = shop.payment()
    before = shop.content()
    view = shop.store.view()
    started = payment_commands.preview_start(view, ANNA, payment, shop.method.id)
    assert (started.status, started.deadline) == (PaymentStatus.PROCESSING, START + timedelta(minutes=15))
    assert payment_commands.preview_cancel(view, ANNA, payment).status is PaymentStatus.CANCELLED
    paid = payment_commands.preview_pay_from_balance(view, ANNA, payment)
    assert paid.status is PaymentStatus.PAID_FROM_BALANCE
    assert shop.content() == before


def test_a_preview_is_refused_as_the_command_would_be(shop: Shop) -> None:
    payment = shop.payment()
    view = shop.store.view()
    with pytest.raises(Refused, match="balance is less"):
        payment_commands.preview_pay_from_balance(view, ANNA, payment)
    with pytest.raises(NotFound):
        payment_commands.preview_start(view, ANNA, payment, 99)
    with pytest.raises(NotPermitted):
        payment_commands.preview_cancel(view, READER, payment)


def test_a_new_payment_waits_in_its_accounts_currency_and_decimals(shop: Shop) -> None:
    payment = shop.now(shop.payment("129", due_date="2026-03-02"))
    assert (payment.number, payment.status) == ("P-000001", PaymentStatus.WAITING)
    assert (payment.total.text, payment.total.currency) == ("129.00", "EUR")
    assert (payment.created_at, payment.created_by, payment.history) == (START, ANNA.name, ())


def test_all_problem_items_of_a_new_payment_come_at_once(shop: Shop) -> None:
    before = shop.content()
    with pytest.raises(Problems) as caught:
        shop.payment("0", due_date="2026-03-01")
    assert [each.field for each in caught.value.items] == ["Total", "Due date"]
    assert shop.content() == before


@pytest.mark.parametrize("total", ["", "12x", "0"])
def test_an_amount_is_looked_at_also_while_no_account_is_chosen(total: str) -> None:
    problems = payment_commands.check(None, total=total, due_date="", today=START.date())
    assert [each.field for each in problems] == ["Account", "Total"]
    assert "129.00 for example" in problems[1].message
    assert [each.field for each in payment_commands.check(None, total="1.005", due_date="", today=START.date())] == [
        "Account"
    ]


@pytest.mark.parametrize("total", ["", "-1", "1e3", "1,00", "129.001", "٣", "0.00", "NaN"])
def test_a_total_that_is_not_an_amount_is_a_problem(shop: Shop, total: str) -> None:
    with pytest.raises(Problems, match="Total"):
        shop.payment(total)


def test_a_yen_has_no_decimals(shop: Shop) -> None:
    account = shop.do(lambda tx: make_account(tx, currency="JPY"))
    with pytest.raises(Problems, match="Total"):
        shop.payment("129.50", account_id=account.id)
    assert shop.now(shop.payment("129", account_id=account.id)).total.text == "129"


def test_a_due_date_that_is_none_is_a_problem(shop: Shop) -> None:
    with pytest.raises(Problems, match="Due date"):
        shop.payment(due_date="tomorrow")


def test_a_read_only_manager_changes_no_payment(shop: Shop) -> None:
    payment = shop.payment()
    for act in (
        lambda tx: payment_commands.create(tx, READER, account_id=shop.account.id, total="1"),
        lambda tx: payment_commands.start_attempt(tx, READER, payment, shop.method.id),
        lambda tx: payment_commands.cancel(tx, READER, payment),
        lambda tx: payment_commands.pay_from_balance(tx, READER, payment),
    ):
        refused(shop, act, "Read Only", NotPermitted)


def test_every_command_stands_in_the_action_log(shop: Shop) -> None:
    shop.fill_account()
    shop.pay_from_balance(shop.payment())
    logged = [each.action for each in shop.store.view().all(LogLine) if "payment" in each.subject]
    assert logged[1:] == [
        "payment created",
        "attempt started",
        "payment cancelled",
        "payment created",
        "payment paid from balance",
    ]
