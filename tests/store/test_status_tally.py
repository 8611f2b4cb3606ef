"""The counts of payments by status against a count of every payment."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.archive import age_out
from store.payments import Payment
from store.states import PaymentStatus
from store.status_tally import StatusTally
from store.store import open_store
from tests.makers import Shop, open_shop


def counted(tally: StatusTally) -> dict[PaymentStatus, int]:
    return {status: count for status, count in tally.counts_now()[1].items() if count}


def true_counts(shop: Shop) -> dict[PaymentStatus, int]:
    return dict(Counter(each.status for each in shop.store.view().all(Payment)))


def test_a_new_store_counts_nothing(shop: Shop) -> None:
    assert set(StatusTally(shop.store).counts_now()[1].values()) == {0}


def test_a_passed_deadline_counts_before_anybody_has_written_it_down(shop: Shop) -> None:
    tally = StatusTally(shop.store)
    payment_id = shop.payment()
    shop.pay(payment_id)
    assert counted(tally) == {PaymentStatus.PROCESSING: 1}

    shop.clock.advance(minutes=15)

    _, _, fallen = tally.counts_now()
    assert counted(tally) == {PaymentStatus.WAITING: 1}
    assert [each.id for each in fallen] == [payment_id]


@pytest.mark.parametrize("folded", [False, True])
def test_a_tally_that_begins_late_takes_the_statuses_from_the_index(shop: Shop, *, folded: bool) -> None:
    for number in range(30):
        payment_id = shop.payment()
        if number % 3:
            shop.success(shop.pay(payment_id), f"r{number}")
        elif number % 2:
            shop.cancel(payment_id)
    if folded:
        shop.store.checkpoint()
    shop.cancel(shop.payment())

    assert counted(StatusTally(open_store(shop.store.folder, clock=shop.clock))) == true_counts(shop)


def test_archived_payments_are_not_counted_and_come_back_when_they_do(shop: Shop) -> None:
    payment_id = shop.payment()
    attempt_id = shop.pay(payment_id)
    shop.success(attempt_id, "r1")
    tally = StatusTally(shop.store)
    assert counted(tally) == {PaymentStatus.COMPLETED: 1}

    shop.clock.advance(days=4000)
    age_out(shop.store, after=timedelta(days=1))
    assert counted(tally) == {} == counted(StatusTally(shop.store))

    shop.success(attempt_id, "r2")
    assert counted(tally) == {PaymentStatus.COMPLETED: 1}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["create", "pay", "success", "failure", "cancel", "wait", "fold", "look"]), st.integers(0, 3)
    ),
    max_size=25,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_the_tally_is_the_count_of_every_payment(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    shop = open_shop(Path(tmp_path_factory.mktemp("tally")))
    tally = StatusTally(shop.store)
    payments = [shop.payment(due_date="2026-03-02") for _ in range(4)]
    for number, (step, chosen) in enumerate(steps):
        act(shop, step, payments[chosen], number)
        if step == "look":
            assert counted(tally) == true_counts(shop)
    assert counted(tally) == true_counts(shop) == counted(StatusTally(shop.store))


def act(shop: Shop, step: str, payment_id: int, number: int) -> None:
    payment = shop.now(payment_id)
    match step:
        case "create":
            shop.payment()
        case "pay" if payment.status in (PaymentStatus.WAITING, PaymentStatus.EXPIRED):
            shop.pay(payment_id)
        case "success" | "failure" if payment.in_progress:
            if step == "success":
                shop.success(payment.in_progress, f"r{number}")
            else:
                shop.failure(payment.in_progress)
        case "cancel" if payment.status is PaymentStatus.WAITING:
            shop.cancel(payment_id)
        case "wait":
            shop.clock.advance(hours=5)
        case "fold":
            shop.store.checkpoint()
        case _:
            return
