"""When time passes on the screen, when it does not, and how that is told."""

from __future__ import annotations

from datetime import datetime

import pytest
from textual.events import AppBlur, AppFocus

from store.store import Store
from tests.tui.cast import manager_of, panel
from tests.tui.conftest import press, settle
from tests.tui.form_driver import shown
from tests.tui.test_payments import lines, pass_time
from tui.app import GatewatchApp
from tui.bar_facts import facts_of
from tui.screens.page import Page
from tui.session import Session
from tui.widgets.top_bar import TopBar


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Return the moments at which the page on top was told the time."""
    told: list[datetime] = []
    monkeypatch.setattr("tui.screens.payments.PaymentsPage.tick", lambda _, now: told.append(now))
    return told


def pass_seconds(app: GatewatchApp, seconds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the panel's own clock tick so often, a second apart."""
    at = [app.passing_time._ticked_at]
    monkeypatch.setattr("tui.passing_time.monotonic", lambda: at[0])
    for _ in range(seconds):
        at[0] += 1.0
        app.passing_time.tick()


async def test_a_page_on_top_ticks_each_second_and_not_behind_a_dialog(
    cast: Store, ticks: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        before = len(ticks)
        pass_seconds(app, 3, monkeypatch)
        assert len(ticks) == before + 3

        await pilot.press("ctrl+p")
        await settle(pilot)
        pass_seconds(app, 3, monkeypatch)
        assert len(ticks) == before + 3


async def test_without_the_focus_it_ticks_each_ten_seconds_and_says_so(
    cast: Store, ticks: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.post_message(AppBlur())
        await settle(pilot)
        before = len(ticks)
        pass_seconds(app, 30, monkeypatch)
        assert len(ticks) == before + 3
        assert isinstance(app.screen, Page)
        assert app.screen.query_one(TopBar).facts.pace == "each 10 s"
        app.post_message(AppFocus())
        await settle(pilot)
        assert len(ticks) == before + 4
        assert app.screen.query_one(TopBar).facts.pace == ""


async def test_a_calm_panel_never_ticks_and_says_so(cast: Store) -> None:
    app = GatewatchApp(Session(cast, cast.clock), start_signed_in_as=manager_of(cast), calm=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)

        assert facts_of(app).pace == "calm"
        before = lines(app)
        await pass_time(pilot, cast, seconds=2)
        assert lines(app) == before


async def test_a_calm_panel_shows_what_time_alone_has_changed(cast: Store) -> None:
    app = GatewatchApp(Session(cast, cast.clock), start_signed_in_as=manager_of(cast), calm=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        first = lines(app)[1]
        assert "Processing" in first
        await pass_time(pilot, cast, minutes=1)
        assert lines(app)[1] != first
        assert not any("P-000010" in each and "Processing" in each for each in lines(app))

        assert isinstance(app.screen, Page)
        await press(pilot, "G", "g", "enter")
        shown_before = shown(app)
        assert "Processing" in shown_before
        await pass_time(pilot, cast, days=1)
        assert "Waiting for payment" in shown(app)
