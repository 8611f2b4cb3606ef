"""The demo's operators: nothing stays open that the rules leave to people, and the money adds up."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from store.answers import ChargePlace
from store.archive import age_out
from store.archived_payment import ArchivedPayment
from store.audit import money_problems
from store.states import AttemptState
from tests.makers import Shop
from tui.settling import DISMISSED, SETTLED_AFTER, settle


def test_a_held_charge_goes_back_to_its_account_after_a_while(shop: Shop) -> None:
    payment_id = shop.payment()
    attempt_id = shop.pay(payment_id)
    shop.success(attempt_id)
    held = shop.success(attempt_id, "r2").answer
    shop.clock.advance(seconds=SETTLED_AFTER.total_seconds() - 1)
    settle(shop.store)
    assert shop.inbox() == [held.code]
    shop.clock.advance(seconds=1)
    settle(shop.store)
    assert shop.inbox() == []
    assert shop.stored_answer(held.code).place is ChargePlace.RETURNED
    assert shop.book() == [Decimal("129.00")]
    assert money_problems(shop.store.view()) == []


def test_what_holds_no_charge_of_an_account_is_dismissed_with_a_reason(shop: Shop) -> None:
    unmatched = shop.unmatched()
    attempt_id = shop.pay(shop.payment())
    shop.success(attempt_id, "r2")
    contradiction = shop.failure(attempt_id).answer
    shop.clock.advance(minutes=2)
    settle(shop.store)
    assert shop.inbox() == []
    assert {shop.stored_answer(each.code).closed_reason for each in (unmatched, contradiction)} == {DISMISSED}
    assert money_problems(shop.store.view()) == []


def test_an_attempt_that_its_gateway_never_answers_is_recorded_as_failed_and_its_payment_ages_out(shop: Shop) -> None:
    payment_id = shop.payment()
    attempt_id = shop.overdue(payment_id)
    shop.cancel(payment_id)
    settle(shop.store)
    assert shop.attempt(payment_id, attempt_id).state is AttemptState.OVERDUE
    shop.clock.advance(minutes=2)
    settle(shop.store)
    assert shop.attempt(payment_id, attempt_id).state is AttemptState.FAILED
    shop.clock.advance(minutes=5)
    assert age_out(shop.store, after=timedelta(minutes=5)) == 1
    assert shop.store.view().count(ArchivedPayment) == 1
