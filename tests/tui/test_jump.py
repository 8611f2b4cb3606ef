"""Jumping to a time in the monitor, by keys: what it finds, in which order, and what it says of a wrong one."""

from __future__ import annotations

from array import array
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot
from textual.widgets import Input, Static

from store.money import Money
from store.states import PaymentStatus
from store.store import Store
from tests.tui.cast import manager_of, panel
from tests.tui.conftest import press, settle
from tests.tui.test_moving import go
from tests.tui.test_payments import is_on, lines, numbers, page_name
from tui.app import GatewatchApp
from tui.payment_glance import Glance
from tui.payment_selection import started_nearest
from tui.screens.go_to import GoTo
from tui.screens.help import Help
from tui.session import Session
from tui.settings import Settings
from tui.settings_file import Loaded
from tui.widgets.record_table import RecordTable

EARLIEST = datetime(2026, 3, 14, tzinfo=UTC)


def table_of(app: GatewatchApp) -> RecordTable[Any]:
    """Return the monitor's table."""
    return app.screen.query_one(RecordTable)


def told(app: GatewatchApp) -> str:
    """Return what the toasts say."""
    return " ".join(each.message for each in app._notifications)


async def jump(pilot: Pilot[Any], time: str) -> None:
    """Jump by the monitor's own key."""
    await press(pilot, "at", *("colon" if each == ":" else "space" if each == " " else each for each in time), "enter")


def started_at(app: GatewatchApp, key: int) -> datetime:
    """Return when a payment of the table was started."""
    row = table_of(app).row_of(key)
    assert row is not None
    assert isinstance(row.started_at, datetime)
    return row.started_at


def glance(identity: int, seconds: int | None) -> Glance:
    """Return a payment whose last attempt was started some seconds after the earliest moment, None: never."""
    return Glance(
        id=identity,
        number="",
        account_id=1,
        status=PaymentStatus.WAITING,
        total=Money(Decimal("1.00"), "EUR"),
        created_at=EARLIEST,
        due_date=None,
        late=False,
        attempts=0,
        method_id=0,
        connector_id=0,
        started_at=None if seconds is None else EARLIEST + timedelta(seconds=seconds),
        deadline=None,
    )


@given(st.lists(st.none() | st.integers(0, 20)), st.integers(-3, 25))
def test_the_nearest_is_what_a_look_at_all_of_them_finds(starts: list[int | None], wanted: int) -> None:
    ordered = sorted(starts, key=lambda each: (each is None, each))
    glances = {number: glance(number, each) for number, each in enumerate(ordered)}

    found = started_nearest(array("q", glances), glances, EARLIEST + timedelta(seconds=wanted))

    known = [each for each in ordered if each is not None]
    best = min(known, key=lambda each: (abs(each - wanted), each), default=None)
    assert (None if found is None else ordered[found]) == best


async def test_at_puts_the_cursor_on_the_payment_that_was_started_nearest_to_it(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(160, 36)) as pilot:
        await settle(pilot)
        rows = [table_of(app).row_of(each) for each in table_of(app).keys]
        starts = {each.payment.id: each.started_at for each in rows if each is not None and each.started_at is not None}
        wanted = sorted(starts.values())[2]
        await jump(pilot, f"{wanted + timedelta(seconds=1):%Y-%m-%d %H:%M:%S}")

        assert page_name(app) == "Payments"
        assert table_of(app).sorted_by == ("started", False)
        key = table_of(app).cursor_key
        assert isinstance(key, int)
        assert starts[key] == wanted
        assert f"started at {wanted:%Y-%m-%d %H:%M:%S} UTC" in told(app)


async def test_a_jump_keeps_filter_lane_and_direction_and_is_found_by_colon_too(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(160, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "v", "v")
        processing = set(numbers(app))
        table_of(app).sort_by("started", reverse=True)
        await settle(pilot)
        await go(pilot, "@2026-03-01")
        assert set(numbers(app)) == processing
        assert table_of(app).sorted_by == ("started", True)
        ordered = [started_at(app, each) for each in table_of(app).keys if isinstance(each, int)]
        assert ordered == sorted(ordered, reverse=True)
        assert table_of(app).cursor_key == table_of(app).keys[-1]
        await go(pilot, "@-1s")
        assert table_of(app).cursor_key == table_of(app).keys[0]


async def test_from_another_page_it_opens_the_monitor(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "1")
        await go(pilot, "@-1s")
        assert page_name(app) == "Payments"
        assert table_of(app).sorted_by == ("started", False)
        key = table_of(app).cursor_key
        latest = max(
            row.started_at
            for row in map(table_of(app).row_of, table_of(app).keys)
            if row is not None and row.started_at
        )
        assert isinstance(key, int)
        assert started_at(app, key) == latest


async def test_while_paused_it_jumps_and_stays_paused(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "space")
        await jump(pilot, "2026-03-01")
        first = table_of(app).cursor_key
        await jump(pilot, "-1s")
        assert table_of(app).cursor_key != first
        assert "paused" in str(app.screen.query_one("Pace", Static).render())


async def test_the_column_that_it_sorts_by_is_shown_though_it_was_not_chosen(cast: Store) -> None:
    settings = Settings(columns={"payments": ("number", "status")})
    app = GatewatchApp(Session(cast, cast.clock), start_signed_in_as=manager_of(cast), loaded=Loaded(settings))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "Started" not in lines(app)[0]
        await jump(pilot, "9:00")
        assert "Started" in lines(app)[0]


async def test_a_wrong_time_is_answered_with_examples_and_nothing_moves(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        before = numbers(app)
        await jump(pilot, "25:00")
        assert is_on(app, GoTo)
        said = str(app.screen.query_one("#nothing", Static).render())
        assert said == (
            "'25:00' is on no clock. Write @14:30, @yesterday 14:30, @2026-11-27 14:30 or @-15m; times are UTC."
        )
        await press(pilot, "escape")
        assert numbers(app) == before


async def test_where_nothing_was_started_it_says_so(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "slash", *"attempts:0", "enter")
        await jump(pilot, "9:00")
        assert "No payment here has been started yet." in told(app)


async def test_the_whole_jump_may_come_in_one_burst(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await go(pilot, "@2026-03-01")
        assert page_name(app) == "Payments"
        assert table_of(app).cursor_key == table_of(app).keys[0]


async def test_help_and_the_palette_know_it(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "question_mark")
        assert is_on(app, Help)
        assert any("Jump to a time" in str(each.render()) for each in app.screen.query(".help-group").results(Static))
        await press(pilot, "escape", "ctrl+p", *"jump", "enter", "enter")
        assert is_on(app, GoTo)
        assert app.screen.query_one(Input).value == "@"
