"""What is said of how connectors answer: rates, times, lateness, silence; and the screen that shows it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from store.money import Money
from store.payments import Attempt, HistoryLine, Payment
from store.states import AttemptState, PaymentStatus
from store.store import Store
from tests.makers import START
from tests.tui.cast import TOMAS_EMAIL, panel
from tests.tui.conftest import Picture, press, settle
from tests.tui.test_payments import is_on, lines
from tui.connector_health import BARS, ConnectorHealth, HealthBook, Window
from tui.screens.connector_health import ConnectorHealthPage
from tui.sparkline import sparkline

NOW = START + timedelta(days=2)


def payment(
    identity: int, state: AttemptState, *, ago: float, took: float = 2.0, period: float = 900, by: str = ""
) -> Payment:
    """Return a payment whose one attempt was sent some seconds ago and, if it was answered, took so long.

    `by` is the operator who entered the answer, empty if it came from the gateway.
    """
    sent = NOW - timedelta(seconds=ago)
    answered = sent + timedelta(seconds=took) if state in (AttemptState.SUCCEEDED, AttemptState.FAILED) else None
    attempt = Attempt(
        id=f"{identity:032x}",
        method_id=1,
        connector_id=1,
        state=state,
        started_at=sent,
        started_by="test",
        deadline=sent + timedelta(seconds=period),
        sent_at=sent,
        answered_at=answered,
    )
    return Payment(
        id=identity,
        number=str(identity),
        account_id=1,
        total=Money(Decimal(1), "EUR"),
        status=PaymentStatus.WAITING,
        created_at=sent,
        created_by="test",
        attempts=(attempt,),
        history=() if answered is None else (said(attempt, answered, by=by),),
    )


def said(attempt: Attempt, at: datetime, *, by: str = "") -> HistoryLine:
    """Return what an answer of an attempt leaves in the history; `by` is the operator who entered it."""
    return HistoryLine(at=at, rule="r", status=PaymentStatus.WAITING, attempt_id=attempt.id, answer_id="A1", by=by)


def health(*payments: Payment, now: datetime = NOW) -> ConnectorHealth:
    book = HealthBook()
    for each in payments:
        book.note(each, NOW)
    [found] = book.at(now, [1])
    return found


def test_rates_and_times_are_those_of_the_window() -> None:
    old = payment(1, AttemptState.FAILED, ago=3000)
    recent = [payment(each, AttemptState.SUCCEEDED, ago=100, took=each) for each in range(2, 22)]
    found = health(old, *recent, payment(30, AttemptState.FAILED, ago=60))

    quarter, hour = (found.trends[each].whole for each in (Window.QUARTER, Window.HOUR))
    assert (quarter.count, hour.count) == (21, 22)
    assert quarter.success_rate == pytest.approx(20 / 21)
    assert (quarter.p50_seconds, quarter.p95_seconds) == (11, 20)
    assert quarter.is_judged
    assert not health(old).trends[Window.HOUR].whole.is_judged


def test_late_is_what_was_answered_after_its_period_or_not_at_all() -> None:
    found = health(
        payment(1, AttemptState.SUCCEEDED, ago=100, took=50, period=50),
        payment(2, AttemptState.SUCCEEDED, ago=100, took=49.9, period=50),
        payment(3, AttemptState.OVERDUE, ago=100, period=50),
        payment(4, AttemptState.UNDELIVERED, ago=100),
        payment(5, AttemptState.QUEUED, ago=100),
    )
    assert found.trends[Window.DAY].whole.count == 4
    assert found.trends[Window.DAY].whole.late_share == 0.5


def test_a_connector_is_silent_when_an_attempt_waits_much_longer_than_usual() -> None:
    answered = [payment(each, AttemptState.SUCCEEDED, ago=7000, took=40) for each in range(20)]

    assert health(*answered).silent_for is None
    assert health(*answered, payment(50, AttemptState.SENT, ago=120)).silent_for is None
    assert health(*answered, payment(50, AttemptState.SENT, ago=121)).silent_for == timedelta(seconds=121)
    assert health(payment(50, AttemptState.SENT, ago=121)).silent_for is None
    assert health(payment(50, AttemptState.SENT, ago=301)).silent_for == timedelta(seconds=301)
    heard = payment(60, AttemptState.FAILED, ago=60, took=10)
    assert health(*answered, payment(50, AttemptState.SENT, ago=500), heard).silent_for is None


def test_a_connector_with_a_short_period_that_has_gone_is_silent_for_as_long_as_it_has_gone() -> None:
    answered = [payment(each, AttemptState.SUCCEEDED, ago=7000, took=1) for each in range(20)]
    tried = [payment(100 + each, AttemptState.OVERDUE, ago=each * 10, period=12) for each in range(2, 300)]
    assert health(*answered, *tried).silent_for == timedelta(seconds=2990)


def test_a_connector_that_was_heard_after_the_last_attempt_was_sent_is_not_silent() -> None:
    lost = payment(50, AttemptState.SENT, ago=6000)
    assert health(lost).silent_for == timedelta(seconds=6000)
    assert health(lost, payment(60, AttemptState.SUCCEEDED, ago=5990)).silent_for is None


def test_pending_is_heard_and_what_an_operator_records_is_not() -> None:
    sent = payment(50, AttemptState.SENT, ago=1000)
    assert health(sent).silent_for == timedelta(seconds=1000)
    noted = replace(sent, history=(said(sent.attempts[0], NOW - timedelta(seconds=900)),))
    assert health(noted).silent_for is None
    assert health(noted).last_heard_at == NOW - timedelta(seconds=900)

    recorded = payment(60, AttemptState.SUCCEEDED, ago=900, took=600, by="anna@example.com")
    found = health(sent, recorded)
    assert (found.silent_for, found.last_heard_at) == (timedelta(seconds=1000), None)
    day = found.trends[Window.DAY].whole
    assert (day.count, day.success_rate, day.p95_seconds) == (1, 1, None)


def test_what_is_noted_for_days_and_never_asked_for_is_let_go_too() -> None:
    book = HealthBook()
    for hours in range(100):
        each = payment(hours, AttemptState.SUCCEEDED, ago=-3600 * hours)
        book.note(each, each.created_at)
        book.let_go(each.id)
    assert len(book._minutes[1]) <= 25


def test_what_is_older_than_a_day_is_let_go() -> None:
    book = HealthBook()
    book.note(payment(1, AttemptState.SUCCEEDED, ago=3600), NOW)
    [found] = book.at(NOW + timedelta(days=1), [1])

    assert found.trends[Window.DAY].whole.count == 0
    assert book._samples == {}

    book = HealthBook()
    book.note(payment(2, AttemptState.OVERDUE, ago=3000), NOW)
    assert book.at(NOW, [1])[0].silent_for is not None
    assert book.at(NOW + timedelta(days=1), [1])[0].silent_for is None


def test_very_many_attempts_are_summed_up_once_a_minute_and_few_each_time() -> None:
    book = HealthBook(summed_often_up_to=2)
    counts = []
    for identity in range(1, 6):
        book.note(payment(identity, AttemptState.SUCCEEDED, ago=60), NOW)
        counts.append(book.at(NOW, [1])[0].trends[Window.DAY].whole.count)
    assert counts == [1, 2, 3, 3, 3]
    assert book.at(NOW + timedelta(minutes=1), [1])[0].trends[Window.DAY].whole.count == 5


STATES = st.sampled_from([AttemptState.SUCCEEDED, AttemptState.FAILED, AttemptState.OVERDUE, AttemptState.SENT])


def test_what_has_aged_out_still_counts_and_is_not_remembered() -> None:
    book = HealthBook()
    book.note(payment(1, AttemptState.SUCCEEDED, ago=60), NOW)
    book.note(payment(2, AttemptState.SENT, ago=60), NOW)
    before = book.at(NOW, [1])[0]
    for identity in (1, 2):
        book.let_go(identity)
    after = book.at(NOW, [1])[0]
    assert (after.trends, after.last_heard_at) == (before.trends, before.last_heard_at)
    assert (before.waiting, after.waiting) == (1, 0)
    assert book._samples == {}


@given(
    changes=st.lists(st.tuples(st.integers(1, 4), STATES, st.integers(10, 90_000), st.integers(1, 9)), max_size=30),
    forgotten=st.sets(st.integers(1, 4)),
)
def test_what_is_kept_up_is_what_is_summed_anew(
    changes: list[tuple[int, AttemptState, int, int]], forgotten: set[int]
) -> None:
    book = HealthBook()
    latest: dict[int, Payment] = {}
    for identity, state, ago, took in changes:
        latest[identity] = payment(identity, state, ago=ago, took=took)
        book.note(latest[identity], NOW)
    for identity in forgotten:
        book.forget(identity)
        latest.pop(identity, None)
    [kept] = book.at(NOW, [1])
    anew = health(*latest.values())

    assert (kept.waiting, kept.trends) == (anew.waiting, anew.trends)
    assert len(kept.trends[Window.HOUR].parts) == BARS


@pytest.mark.parametrize(
    ("values", "top", "bars"),
    [([None, 0.0, 0.5, 1.0], 1.0, "·▁▅█"), ([1.0, 2.0], None, "▅█"), ([0.0, 0.0], None, "▁▁"), ([], None, "")],
)
def test_a_trend_is_a_bar_for_each_part(values: list[float | None], top: float | None, bars: str) -> None:
    assert sparkline(values, top=top) == bars


def test_picture_connector_health(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["t"])


async def test_the_silent_counter_opens_the_connectors_and_esc_goes_back(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pilot.click("#counter-silent")
        await settle(pilot)
        assert is_on(app, ConnectorHealthPage)
        assert any("Giro Transfer" in each for each in lines(app))
        await press(pilot, "escape")
        assert not is_on(app, ConnectorHealthPage)


async def test_connectors_are_for_the_root_reseller_only(cast: Store) -> None:
    app = panel(cast, TOMAS_EMAIL)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "t")
        assert not is_on(app, ConnectorHealthPage)
        assert not app.screen.query("#counter-silent")
