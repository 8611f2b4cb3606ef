"""One request of one attempt, through a real store: what is committed before it leaves, and what its end means."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.dispatch import Departure, arrive, depart, give_up
from gateway.messages import GatewayAnswer, PayRequest, Result, StatusRequest
from gateway.outcomes import (
    Accepted,
    Answered,
    BadReply,
    NeverLeft,
    NoAnswer,
    NotSent,
    Outcome,
    RefusedByGateway,
    ReplyFault,
    Unanswered,
)
from gateway.requests import NotSendable
from gateway.sending import StepKind
from store import shared_keys
from store.answers import of_payment
from store.archive import age_out
from store.audit import money_problems
from store.connectors import Connector
from store.gateway_watch import watch_of
from store.old_key_use import old_key_last_used_at
from store.payments import Payment
from store.states import AttemptState, PaymentStatus
from store.store import Store
from tests.makers import ANNA, Shop, open_shop

PAY, STATUS = StepKind.PAY, StepKind.STATUS
PUBLIC_URL = "https://panel.example.com"
NEVER_LEFT = NeverLeft(NotSent.CONNECT, "The gateway did not take the connection: refused.")
NO_ANSWER = NoAnswer(Unanswered.TIME_OUT, "The gateway did not reply in time.")
REFUSED = RefusedByGateway(400)
ACCEPTED = Accepted(202)
BAD_REPLY = BadReply(ReplyFault.SIGNATURE, "The signature is wrong.", 200)


def answered(attempt_id: str, result: Result, *, reference: str = "g-1", key_place: int = 0) -> Answered:
    """Return a verified answer as the client hands it over."""
    success = result == "success"
    return Answered(
        GatewayAnswer(
            answer_id="a-1",
            attempt_id=attempt_id,
            result=result,
            gateway_reference=reference if success else "",
            amount="129.00" if success else "",
            currency="EUR" if success else "",
            message="Card declined." if result == "failure" else "",
            timestamp="2026-03-02T09:00:00Z",
        ),
        key_place,
    )


def leave(shop: Shop, attempt_id: str, kind: StepKind = PAY) -> Departure:
    """Let a request leave that may leave."""
    departure = depart(shop.store, attempt_id, kind, public_url=PUBLIC_URL, own_url="")
    assert departure is not None
    return departure


def may_leave(shop: Shop, attempt_id: str, kind: StepKind = PAY) -> bool:
    return depart(shop.store, attempt_id, kind, public_url=PUBLIC_URL, own_url="") is not None


def sent_and_ended(shop: Shop, attempt_id: str, outcome: Outcome, kind: StepKind = PAY) -> str:
    """Let a request leave and end."""
    return arrive(shop.store, attempt_id, kind, leave(shop, attempt_id, kind), outcome).told


def queued(shop: Shop) -> tuple[int, str]:
    """Return a payment and its attempt that is recorded, not sent."""
    payment_id = shop.payment()
    return payment_id, shop.pay(payment_id, sent=False)


ANSWERS: dict[str, tuple[str, AttemptState, PaymentStatus]] = {
    "success": ("answered-success", AttemptState.SUCCEEDED, PaymentStatus.COMPLETED),
    "failure": ("answered-failure", AttemptState.FAILED, PaymentStatus.WAITING),
    "pending": ("pending-noted", AttemptState.SENT, PaymentStatus.PROCESSING),
}

WITHOUT_ANSWER: list[tuple[str, StepKind, Outcome, dict[str, Any]]] = [
    ("a pay that never left", PAY, NEVER_LEFT, {"may_have_arrived": False, "pay_stopped": False, "ask_soon": False}),
    ("a pay without an answer", PAY, NO_ANSWER, {"may_have_arrived": True, "pay_stopped": False, "ask_soon": False}),
    ("a pay that was taken", PAY, ACCEPTED, {"may_have_arrived": True, "pay_stopped": True, "ask_soon": False}),
    ("a bad reply to pay", PAY, BAD_REPLY, {"may_have_arrived": True, "pay_stopped": True, "ask_soon": True}),
    ("a status that never left", STATUS, NEVER_LEFT, {"may_have_arrived": True, "ask_soon": True}),
    ("a status without an answer", STATUS, NO_ANSWER, {"pay_stopped": False, "ask_soon": True}),
    ("a status that was refused", STATUS, REFUSED, {"pay_stopped": False, "ask_soon": False}),
    ("a status that was taken", STATUS, ACCEPTED, {"pay_stopped": True, "ask_soon": False}),
    ("a bad reply to status", STATUS, BAD_REPLY, {"pay_stopped": True, "ask_soon": True}),
]


@pytest.mark.parametrize(
    ("kind", "outcome", "told"), [row[1:] for row in WITHOUT_ANSWER], ids=[row[0] for row in WITHOUT_ANSWER]
)
def test_an_outcome_without_an_answer_leaves_the_payment_processing_and_is_kept(
    shop: Shop, kind: StepKind, outcome: Outcome, told: dict[str, Any]
) -> None:
    payment_id, attempt_id = queued(shop)
    if kind is STATUS:
        sent_and_ended(shop, attempt_id, NO_ANSWER)
    shop.clock.advance(seconds=1)
    departure = leave(shop, attempt_id, kind)
    shop.clock.advance(seconds=30)

    words = arrive(shop.store, attempt_id, kind, departure, outcome).told

    attempt = shop.attempt(payment_id, attempt_id)
    assert {name: getattr(attempt.delivery, name) for name in told} == told
    assert attempt.delivery.outcome == words
    assert words.startswith(f"{kind.value}: ")
    assert attempt.delivery.last_request_at == shop.clock.now
    assert attempt.state is AttemptState.SENT
    assert shop.now(payment_id).status is PaymentStatus.PROCESSING
    assert shop.rules(payment_id) == ["attempt-started"]


@pytest.mark.parametrize("kind", [PAY, STATUS])
@pytest.mark.parametrize("result", ["success", "failure", "pending"])
def test_an_answer_in_a_reply_is_judged_by_its_rule(shop: Shop, kind: StepKind, result: Result) -> None:
    payment_id, attempt_id = queued(shop)
    if kind is STATUS:
        sent_and_ended(shop, attempt_id, NO_ANSWER)
    rule, state, status = ANSWERS[result]

    assert sent_and_ended(shop, attempt_id, answered(attempt_id, result), kind) == rule

    attempt = shop.attempt(payment_id, attempt_id)
    assert (attempt.state, shop.now(payment_id).status) == (state, status)
    assert shop.rules(payment_id) == ["attempt-started", rule]
    assert attempt.delivery.pay_stopped
    assert attempt.delivery.outcome == f"{kind.value}: answered {result}"
    assert not may_leave(shop, attempt_id)


def test_a_refused_pay_ends_the_attempt_and_tells_the_customer(shop: Shop) -> None:
    payment_id, attempt_id = queued(shop)

    assert sent_and_ended(shop, attempt_id, REFUSED) == "refused-by-gateway"

    payment = shop.now(payment_id)
    assert payment.status is PaymentStatus.WAITING
    assert payment.customer_message == "The payment gateway refused the request."
    assert shop.attempt(payment_id, attempt_id).state is AttemptState.UNDELIVERED
    assert payment.history[-1].note == "pay: The gateway refused the request (400)."


def test_a_refusal_after_a_pay_of_which_nothing_is_known_ends_the_attempt_and_has_it_asked_about(shop: Shop) -> None:
    payment_id, attempt_id = queued(shop)
    sent_and_ended(shop, attempt_id, NO_ANSWER)

    assert sent_and_ended(shop, attempt_id, REFUSED) == "refused-by-gateway"

    assert shop.now(payment_id).status is PaymentStatus.WAITING
    attempt = shop.attempt(payment_id, attempt_id)
    assert attempt.state is AttemptState.UNDELIVERED
    assert attempt.delivery.in_doubt
    assert attempt.delivery.ask_soon
    assert [each.id for each in shop.store.view().awaited()] == [payment_id]
    assert not may_leave(shop, attempt_id)
    assert sent_and_ended(shop, attempt_id, answered(attempt_id, "pending"), STATUS) == "pending-noted"
    assert sent_and_ended(shop, attempt_id, answered(attempt_id, "success"), STATUS) == "late-success"
    assert shop.now(payment_id).status is PaymentStatus.COMPLETED
    assert shop.store.view().awaited() == []


def test_a_charge_by_the_pay_before_a_refusal_is_returned_if_the_customer_has_paid_again(shop: Shop) -> None:
    payment_id, first = queued(shop)
    sent_and_ended(shop, first, NO_ANSWER)
    sent_and_ended(shop, first, REFUSED)
    second = shop.pay(payment_id, sent=False)
    sent_and_ended(shop, second, answered(second, "success"))

    assert sent_and_ended(shop, first, answered(first, "success", reference="g-2"), STATUS) == "second-success"
    assert [str(each) for each in shop.book()] == ["129.00"]
    assert money_problems(shop.store.view()) == []


@pytest.mark.parametrize("before", [[], [NEVER_LEFT], [NO_ANSWER, "unknown"], [NO_ANSWER, "unknown", NEVER_LEFT]])
def test_a_refusal_leaves_no_doubt_if_no_pay_before_it_may_have_been_seen(
    shop: Shop, before: list[Outcome | str]
) -> None:
    payment_id, attempt_id = queued(shop)
    for each in before:
        if isinstance(each, str):
            sent_and_ended(shop, attempt_id, answered(attempt_id, "unknown"), STATUS)
        else:
            sent_and_ended(shop, attempt_id, each)
    sent_and_ended(shop, attempt_id, REFUSED)

    assert not shop.attempt(payment_id, attempt_id).delivery.in_doubt
    assert not may_leave(shop, attempt_id, STATUS)
    assert shop.store.view().awaited() == []


def test_a_doubt_ends_when_the_gateway_says_that_it_never_saw_the_attempt(shop: Shop) -> None:
    payment_id, attempt_id = queued(shop)
    sent_and_ended(shop, attempt_id, NO_ANSWER)
    sent_and_ended(shop, attempt_id, REFUSED)
    for outcome in (NO_ANSWER, REFUSED, ACCEPTED):
        sent_and_ended(shop, attempt_id, outcome, STATUS)
        assert shop.attempt(payment_id, attempt_id).delivery.in_doubt

    sent_and_ended(shop, attempt_id, answered(attempt_id, "unknown"), STATUS)

    assert shop.rules(payment_id) == ["attempt-started", "refused-by-gateway"]
    assert shop.store.view().awaited() == []


def test_a_pay_is_handed_out_with_the_moment_that_it_must_have_left_by(shop: Shop, tmp_path: Path) -> None:
    _, attempt_id = queued(shop)
    deadline = shop.clock.now + timedelta(minutes=15)

    assert leave(shop, attempt_id).leave_by == deadline
    assert leave(shop, attempt_id, STATUS).leave_by is None
    without = _without_period(tmp_path)
    _, attempt_id = queued(without)
    assert leave(without, attempt_id).leave_by is None
    assert leave(without, attempt_id).leave_by == without.clock.now + timedelta(minutes=15)


def test_whether_the_gateway_is_reached_is_noted_with_each_outcome(shop: Shop) -> None:
    _, attempt_id = queued(shop)
    started = shop.clock.now
    try_at = started + timedelta(seconds=7)
    arrive(shop.store, attempt_id, PAY, leave(shop, attempt_id), NEVER_LEFT, next_try_at=try_at)
    shop.clock.advance(seconds=1)

    watch = watch_of(shop.store.view(), shop.connector.id)
    assert (watch.failing_since, watch.failures, watch.next_try_at) == (started, 1, try_at)
    assert watch.failure == NEVER_LEFT.reason
    sent_and_ended(shop, attempt_id, NO_ANSWER)
    watch = watch_of(shop.store.view(), shop.connector.id)
    assert (watch.failing_since, watch.failures, watch.next_try_at) == (started, 2, None)
    for reached in (BAD_REPLY, ACCEPTED):
        sent_and_ended(shop, attempt_id, reached, STATUS)
        assert watch_of(shop.store.view(), shop.connector.id).failing_since is None


def test_the_skew_of_a_reply_is_counted(shop: Shop) -> None:
    _, attempt_id = queued(shop)
    shop.clock.advance(minutes=6)

    sent_and_ended(shop, attempt_id, answered(attempt_id, "success"))

    watch = watch_of(shop.store.view(), shop.connector.id)
    assert (watch.skews, watch.last_skew_seconds) == (1, 360)


def test_that_an_attempt_may_have_reached_the_gateway_is_on_the_disk_before_the_request_is_handed_out(
    shop: Shop,
) -> None:
    payment_id, attempt_id = queued(shop)

    departure = leave(shop, attempt_id)

    on_disk = Store(shop.store.folder, clock=shop.clock).view().get(Payment, payment_id).attempts[0]
    assert on_disk.state is AttemptState.SENT
    assert on_disk.sent_at == shop.clock.now
    assert on_disk.delivery.may_have_arrived
    assert on_disk.delivery.pays == 1
    assert not departure.before.may_have_arrived


def test_the_request_that_leaves_is_the_attempts(shop: Shop) -> None:
    payment_id, attempt_id = queued(shop)

    departure = leave(shop, attempt_id)

    request = departure.addressed.request
    assert isinstance(request, PayRequest)
    assert departure.addressed.url == shop.connector.url
    assert (request.attempt_id, request.payment_id, request.amount, request.currency) == (
        attempt_id,
        str(payment_id),
        "129.00",
        "EUR",
    )
    assert request.callback_url == f"{PUBLIC_URL}/connectors/{shop.connector.id}/answers"


def test_a_crash_while_a_request_is_under_way_leaves_that_it_may_have_arrived_whatever_comes_later(shop: Shop) -> None:
    payment_id, attempt_id = queued(shop)
    leave(shop, attempt_id)  # and nothing is ever heard of it

    sent_and_ended(shop, attempt_id, NEVER_LEFT, STATUS)
    sent_and_ended(shop, attempt_id, NEVER_LEFT)

    assert shop.attempt(payment_id, attempt_id).delivery.may_have_arrived
    assert not give_up(shop.store, attempt_id)
    assert shop.now(payment_id).status is PaymentStatus.PROCESSING


def test_one_try_that_may_have_arrived_is_not_undone_by_those_that_never_left(shop: Shop) -> None:
    payment_id, attempt_id = queued(shop)
    for outcome in (NEVER_LEFT, NO_ANSWER, NEVER_LEFT):
        sent_and_ended(shop, attempt_id, outcome)

    assert shop.attempt(payment_id, attempt_id).delivery.may_have_arrived
    assert shop.attempt(payment_id, attempt_id).delivery.pays == 3


def test_a_payment_that_ages_out_while_its_last_request_is_under_way_is_brought_back_by_the_reply(shop: Shop) -> None:
    payment_id, attempt_id = queued(shop)
    sent_and_ended(shop, attempt_id, NO_ANSWER)
    shop.clock.advance(minutes=15)
    shop.cancel(payment_id)
    shop.clock.advance(days=7)
    departure = leave(shop, attempt_id, STATUS)
    assert age_out(shop.store, after=timedelta(days=1)) == 1

    arrival = arrive(shop.store, attempt_id, STATUS, departure, answered(attempt_id, "success"))

    assert arrival.told == "success-after-close"
    assert shop.store.view().holds(Payment, payment_id)
    assert money_problems(shop.store.view()) == []


def test_an_attempt_whose_every_try_never_left_is_given_up_as_undelivered(shop: Shop) -> None:
    payment_id, attempt_id = queued(shop)
    for _ in range(3):
        sent_and_ended(shop, attempt_id, NEVER_LEFT)
    sent_and_ended(shop, attempt_id, NEVER_LEFT, STATUS)

    assert not shop.attempt(payment_id, attempt_id).delivery.ask_soon
    assert give_up(shop.store, attempt_id)
    assert shop.rules(payment_id) == ["attempt-started", "undelivered"]
    assert shop.attempt(payment_id, attempt_id).state is AttemptState.UNDELIVERED
    assert shop.now(payment_id).customer_message == "The payment gateway could not be reached."


def test_an_attempt_that_is_not_in_progress_any_more_is_not_given_up(shop: Shop) -> None:
    payment_id, attempt_id = queued(shop)
    sent_and_ended(shop, attempt_id, NEVER_LEFT)
    shop.clock.advance(minutes=15)

    assert not give_up(shop.store, attempt_id)
    assert shop.rules(payment_id) == ["attempt-started", "period-over"]


def test_unknown_before_the_limit_lets_pay_go_on(shop: Shop) -> None:
    payment_id, attempt_id = queued(shop)
    sent_and_ended(shop, attempt_id, BAD_REPLY)
    assert not may_leave(shop, attempt_id)

    assert sent_and_ended(shop, attempt_id, answered(attempt_id, "unknown"), STATUS) == "status: answered unknown"

    assert shop.rules(payment_id) == ["attempt-started"]
    assert of_payment(shop.store.view(), payment_id) == []
    assert may_leave(shop, attempt_id)


def test_unknown_after_the_limit_ends_an_attempt_that_is_still_in_progress(tmp_path: Path) -> None:
    shop = _without_period(tmp_path)
    payment_id, attempt_id = queued(shop)
    sent_and_ended(shop, attempt_id, NO_ANSWER)
    shop.clock.advance(minutes=15)

    assert sent_and_ended(shop, attempt_id, answered(attempt_id, "unknown"), STATUS) == "undelivered"

    assert shop.rules(payment_id) == ["attempt-started", "undelivered"]
    assert shop.attempt(payment_id, attempt_id).state is AttemptState.UNDELIVERED


def test_unknown_for_an_overdue_attempt_changes_nothing_and_it_is_never_paid_again(shop: Shop) -> None:
    payment_id, attempt_id = queued(shop)
    sent_and_ended(shop, attempt_id, NO_ANSWER)
    shop.clock.advance(minutes=20)

    sent_and_ended(shop, attempt_id, answered(attempt_id, "unknown"), STATUS)

    attempt = shop.attempt(payment_id, attempt_id)
    assert attempt.state is AttemptState.OVERDUE
    assert attempt.delivery.pay_stopped
    assert not may_leave(shop, attempt_id)


def test_the_outcome_and_the_answer_in_it_are_one_transaction(shop: Shop) -> None:
    payment_id, attempt_id = queued(shop)
    departure = leave(shop, attempt_id)
    before = shop.store.view().revision

    arrive(shop.store, attempt_id, PAY, departure, answered(attempt_id, "success"))

    view = shop.store.view()
    assert view.revision == before + 1
    assert [each.rule for each in of_payment(view, payment_id)] == ["answered-success"]
    assert money_problems(view) == []


def test_a_success_that_arrives_after_the_deadline_is_judged_as_late(shop: Shop) -> None:
    payment_id, attempt_id = queued(shop)
    departure = leave(shop, attempt_id)
    shop.clock.advance(minutes=15)

    assert arrive(shop.store, attempt_id, PAY, departure, answered(attempt_id, "success")).told == "late-success"
    assert shop.rules(payment_id) == ["attempt-started", "period-over", "late-success"]


def test_a_refusal_that_arrives_after_the_deadline_ends_nothing(shop: Shop) -> None:
    payment_id, attempt_id = queued(shop)
    departure = leave(shop, attempt_id)
    shop.clock.advance(minutes=15)

    arrive(shop.store, attempt_id, PAY, departure, REFUSED)

    assert shop.rules(payment_id) == ["attempt-started", "period-over"]
    assert shop.attempt(payment_id, attempt_id).state is AttemptState.OVERDUE


def test_a_success_in_a_reply_after_another_attempt_has_completed_the_payment_is_returned(shop: Shop) -> None:
    payment_id, first = queued(shop)
    slow = leave(shop, first)
    shop.clock.advance(minutes=15)
    second = shop.pay(payment_id, sent=False)
    sent_and_ended(shop, second, answered(second, "success"))

    rule = arrive(shop.store, first, PAY, slow, answered(first, "success", reference="g-2")).told

    assert rule == "second-success"
    assert [str(each) for each in shop.book()] == ["129.00"]
    assert money_problems(shop.store.view()) == []


@pytest.mark.parametrize("minutes", [15, 16])
def test_a_queued_attempt_never_leaves_from_its_deadline_on(shop: Shop, minutes: int) -> None:
    payment_id, attempt_id = queued(shop)
    shop.clock.advance(minutes=minutes)

    assert not may_leave(shop, attempt_id)
    assert shop.attempt(payment_id, attempt_id).state is AttemptState.UNDELIVERED


def test_before_the_deadline_a_pay_may_leave_again_and_at_it_only_status(shop: Shop) -> None:
    _, attempt_id = queued(shop)
    sent_and_ended(shop, attempt_id, NO_ANSWER)
    shop.clock.advance(minutes=14, seconds=59)
    assert may_leave(shop, attempt_id)
    shop.clock.advance(seconds=1)

    assert not may_leave(shop, attempt_id)
    assert may_leave(shop, attempt_id, STATUS)


def test_without_a_deadline_a_first_pay_may_leave_late_but_is_not_repeated_after_fifteen_minutes(
    tmp_path: Path,
) -> None:
    shop = _without_period(tmp_path)
    _, attempt_id = queued(shop)
    shop.clock.advance(hours=2)

    sent_and_ended(shop, attempt_id, NO_ANSWER)

    assert not may_leave(shop, attempt_id)
    assert may_leave(shop, attempt_id, STATUS)


def test_a_settled_attempt_is_not_asked_any_more(shop: Shop) -> None:
    _, attempt_id = queued(shop)
    assert not may_leave(shop, attempt_id, STATUS)
    sent_and_ended(shop, attempt_id, answered(attempt_id, "success"))

    assert not may_leave(shop, attempt_id, STATUS)


def test_the_status_that_leaves_in_the_last_fifteen_seconds_is_the_last_one(shop: Shop) -> None:
    payment_id, attempt_id = queued(shop)
    sent_and_ended(shop, attempt_id, ACCEPTED)
    shop.clock.advance(minutes=14)
    sent_and_ended(shop, attempt_id, answered(attempt_id, "pending"), STATUS)
    assert not shop.attempt(payment_id, attempt_id).delivery.asked_last
    shop.clock.advance(seconds=45)

    sent_and_ended(shop, attempt_id, NO_ANSWER, STATUS)

    delivery = shop.attempt(payment_id, attempt_id).delivery
    assert delivery.asked_last
    assert delivery.asks == 2


def test_a_status_tells_the_reference_that_was_heard_last(shop: Shop) -> None:
    _, attempt_id = queued(shop)
    pending = answered(attempt_id, "pending")
    sent_and_ended(shop, attempt_id, Answered(replace(pending.answer, gateway_reference="g-7"), pending.key_place), PAY)

    request = leave(shop, attempt_id, STATUS).addressed.request

    assert isinstance(request, StatusRequest)
    assert request.gateway_reference == "g-7"


def test_a_request_that_cannot_be_made_is_kept_as_the_outcome_and_nothing_is_marked_sent(shop: Shop) -> None:
    payment_id, attempt_id = queued(shop)

    with pytest.raises(NotSendable, match="no public URL"):
        depart(shop.store, attempt_id, PAY, public_url="", own_url="http://127.0.0.1:8480")

    attempt = shop.attempt(payment_id, attempt_id)
    assert attempt.state is AttemptState.QUEUED
    assert not attempt.delivery.may_have_arrived
    assert "--public-url" in attempt.delivery.outcome
    assert attempt.delivery.last_request_at == shop.clock.now


def test_an_attempt_that_could_never_be_sent_is_given_up_as_undelivered(tmp_path: Path) -> None:
    shop = _without_period(tmp_path)
    payment_id, attempt_id = queued(shop)
    with pytest.raises(NotSendable):
        depart(shop.store, attempt_id, PAY, public_url="", own_url="")

    assert give_up(shop.store, attempt_id)
    assert shop.rules(payment_id) == ["attempt-started", "undelivered"]


def rotate(shop: Shop) -> None:
    shop.do(lambda tx: shared_keys.rotate_key(tx, ANNA, shop.connector.id, grace_seconds=3600))


def old_key_used_at(shop: Shop) -> datetime | None:
    view = shop.store.view()
    return old_key_last_used_at(view, view.get(Connector, shop.connector.id))


def test_the_key_that_signed_a_reply_is_noted_with_the_answer(shop: Shop) -> None:
    """The request is signed with the old key, so that is the first."""
    rotate(shop)
    noted = []
    for key_place in (0, 1):
        payment_id, attempt_id = queued(shop)
        reference = f"g-{key_place}"
        sent_and_ended(shop, attempt_id, answered(attempt_id, "success", reference=reference, key_place=key_place))
        noted += [each.given.key for each in of_payment(shop.store.view(), payment_id)]

    assert noted == ["previous", "current"]
    assert old_key_used_at(shop) == shop.clock()


def test_a_reply_that_knows_nothing_of_the_attempt_is_a_use_of_the_old_key_too(shop: Shop) -> None:
    rotate(shop)
    _, attempt_id = queued(shop)
    sent_and_ended(shop, attempt_id, NO_ANSWER)
    assert old_key_used_at(shop) is None
    shop.clock.advance(minutes=1)
    sent_and_ended(shop, attempt_id, answered(attempt_id, "unknown"), STATUS)
    assert old_key_used_at(shop) == shop.clock()


def test_a_key_that_was_rotated_while_a_request_was_under_way_is_the_old_one_by_then(shop: Shop) -> None:
    payment_id, attempt_id = queued(shop)
    departure = leave(shop, attempt_id)
    rotate(shop)
    arrive(shop.store, attempt_id, PAY, departure, answered(attempt_id, "success"))
    assert [each.given.key for each in of_payment(shop.store.view(), payment_id)] == ["previous"]


def test_a_reply_signed_with_a_key_that_was_retired_meanwhile_is_no_answer(shop: Shop) -> None:
    rotate(shop)
    payment_id, attempt_id = queued(shop)
    departure = leave(shop, attempt_id)
    shop.do(lambda tx: shared_keys.retire_old_key(tx, ANNA, shop.connector.id))
    arrival = arrive(shop.store, attempt_id, PAY, departure, answered(attempt_id, "success"))
    assert "does not any more" in arrival.told
    assert of_payment(shop.store.view(), payment_id) == []
    assert shop.now(payment_id).status is PaymentStatus.PROCESSING
    assert may_leave(shop, attempt_id, STATUS), "the gateway is asked again, and replies with the new key"
    assert not may_leave(shop, attempt_id, PAY)


def test_two_payments_do_not_touch_each_other(shop: Shop) -> None:
    first, one = queued(shop)
    second, other = queued(shop)
    sent_and_ended(shop, one, REFUSED)

    assert shop.now(first).status is PaymentStatus.WAITING
    assert shop.now(second).status is PaymentStatus.PROCESSING
    assert shop.attempt(second, other).state is AttemptState.QUEUED


def _without_period(folder: Path) -> Shop:
    return open_shop(folder / "no-period", period_minutes="")
