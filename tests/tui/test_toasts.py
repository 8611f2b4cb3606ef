"""Toasts: they stay until somebody has had time to read them and goes on, and never cover what is asked."""

from __future__ import annotations

from textual.widgets._toast import ToastRack

from store.store import Store
from tests.makers import FixedClock
from tests.tui.cast import panel
from tests.tui.conftest import press
from tests.tui.test_payments import is_on
from tui.app import GatewatchApp
from tui.terminal.app import READ_AFTER
from tui.widgets.confirm import Confirm


def told(app: GatewatchApp) -> list[str]:
    """Return what the toasts say."""
    return [each.message for each in app._notifications]


async def test_a_key_takes_a_toast_away_once_it_could_be_read(cast: Store) -> None:
    clock = cast.clock
    assert isinstance(clock, FixedClock)
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "6")
        app.notify("Somebody is to read this.")
        await press(pilot, "j")
        assert told(app) == ["Somebody is to read this."]
        clock.advance(seconds=READ_AFTER.total_seconds())
        await press(pilot, "j")
        assert told(app) == []


async def test_what_a_key_says_itself_is_not_taken_away_by_it(cast: Store) -> None:
    clock = cast.clock
    assert isinstance(clock, FixedClock)
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "6", "D")
        clock.advance(minutes=1)
        await press(pilot, "D")
        assert len(told(app)) == 1
        assert told(app)[0].startswith("The connector has Instances 2")


async def test_no_toast_stands_over_the_buttons_of_a_dialog(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await press(pilot, "6", "G")
        app.notify("Said just now.")
        await press(pilot, "D")
        assert is_on(app, Confirm)
        assert told(app) == []
        app.notify("Said while the question is open, at some length, so that it takes two lines.")
        await pilot.pause(0.2)
        rack = app.screen.query_one(ToastRack)
        buttons = app.screen.query_one(".buttons")
        assert rack.display
        assert rack.region.bottom <= buttons.region.y
