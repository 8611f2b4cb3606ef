"""Alerts in the panel: seen on every page, rung, acknowledged by key, run, and all in the action log."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import time
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from store import action_log, payment_commands
from store.engine_presence import held_by_this_engine
from store.store import Store
from tests.makers import ANNA
from tests.tui.cast import INES_EMAIL, TOMAS_EMAIL, manager_of
from tests.tui.conftest import Picture, press, settle
from tui.alert_rules import AlertRule, Measure, QuietHours
from tui.app import GatewatchApp
from tui.monitor import Monitor
from tui.payment_selection import Choice, Lane
from tui.screens.alerts import AlertsDialog
from tui.screens.page import Page
from tui.session import Session
from tui.settings import Settings
from tui.settings_file import Loaded
from tui.widgets.top_bar import TopBar

LATE = AlertRule(measure=Measure.LATE, limit=0, above=True)
INBOX = AlertRule(measure=Measure.INBOX, limit=1, above=True)
SILENT = AlertRule(measure=Measure.SILENT, limit=600, above=True)
AWAY = AlertRule(measure=Measure.ENGINE_AWAY, limit=60, above=True)
QUIET_NOW = QuietHours(time(9, 0), time(9, 30))


def watching(store: Store, email: str = INES_EMAIL, **rules: AlertRule) -> GatewatchApp:
    """Return the panel with alert rules, signed in; by default as one who may only read."""
    loaded = Loaded(Settings(alerts=rules))
    return GatewatchApp(Session(store, store.clock), start_signed_in_as=manager_of(store, email), loaded=loaded)


def told(app: GatewatchApp) -> str:
    """Return what the top bar says of alerts."""
    page = next(each for each in reversed(app.screen_stack) if isinstance(each, Page))
    return page.query_one(TopBar).facts.alert


def logged(store: Store) -> list[tuple[str, str, str]]:
    """Return who did what to which alert, the oldest first."""
    lines = action_log.latest(store.view(), 20)
    return [(each.by, each.action, each.subject) for each in lines if each.action.startswith("alert ")]


async def look_again(pilot: Pilot[Any]) -> None:
    """Look for alerts now, as the panel does each few seconds."""
    app = pilot.app
    assert isinstance(app, GatewatchApp)
    assert app.presence.alert_watch is not None
    app.presence.alert_watch.look_soon()
    await settle(pilot)


def cancel_what_is_late(store: Store) -> None:
    """Cancel the payments that are late."""
    for each in Monitor(store, ANNA).look(Choice(lane=Lane.LATE)).ids:
        with store.transaction() as tx:
            payment_commands.cancel(tx, ANNA, each)


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what is written to the terminal besides frames."""
    written: list[str] = []
    monkeypatch.setattr(GatewatchApp, "write_to_terminal", lambda _, sequence: written.append(sequence))
    return written


def test_picture_alert(picture: Picture, cast: Store) -> None:
    assert picture(watching(cast, late=LATE, inbox=INBOX))


def test_picture_alerts(picture: Picture, cast: Store) -> None:
    declines = AlertRule(measure=Measure.SUCCESS_RATE, limit=80, above=False, connector="nordbank", quiet=QUIET_NOW)
    app = watching(cast, late=LATE, inbox=INBOX, declines=declines)
    assert picture(app, press=["exclamation_mark", "enter"])


async def test_an_alert_is_told_on_every_page_acknowledged_by_key_and_logged(cast: Store, rung: list[str]) -> None:
    app = watching(cast, late=LATE)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert told(app) == "Alert late: Late payments 1 (above 0) · ! opens"
        assert rung == ["\a\x1b]9;Gatewatch: late: Late payments 1 (above 0)\a"]
        await press(pilot, "1")
        assert told(app) == "Alert late: Late payments 1 (above 0) · ! opens"

        await press(pilot, "exclamation_mark")
        assert isinstance(app.screen, AlertsDialog)
        await press(pilot, "enter")
        assert told(app) == ""
        assert "acknowledged" in str(app.screen.query_one(OptionList).get_option_at_index(0).prompt)
        await press(pilot, "enter", "escape")
    name = manager_of(cast, INES_EMAIL).actor.name
    assert logged(cast) == [(name, "alert fired", "alert late"), (name, "alert acknowledged", "alert late")]


async def test_an_alert_that_has_ended_is_gone_with_its_key_and_may_begin_again(cast: Store, rung: list[str]) -> None:
    app = watching(cast, late=LATE)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert "exclamation_mark" in app.screen.active_bindings
        cancel_what_is_late(cast)
        await look_again(pilot)
        assert told(app) == ""
        assert "exclamation_mark" not in app.screen.active_bindings
        cast.clock.advance(minutes=5)  # type: ignore[attr-defined]
        await look_again(pilot)
        assert told(app) != ""
    assert [action for _, action, _ in logged(cast)] == ["alert fired", "alert ended", "alert fired"]
    assert len(rung) == 2


async def test_in_quiet_hours_it_shows_but_rings_only_when_they_are_over(cast: Store, rung: list[str]) -> None:
    app = watching(cast, late=replace(LATE, quiet=QUIET_NOW), inbox=replace(INBOX, quiet=QUIET_NOW))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert told(app).startswith("2 alerts, the newest late: ")
        await press(pilot, "exclamation_mark", "enter", "escape")  # who has seen it need not hear it
        assert rung == []
        cast.clock.advance(minutes=4)  # type: ignore[attr-defined]
        await look_again(pilot)
        await look_again(pilot)
    assert len(rung) == 1
    assert "inbox" in rung[0]


async def test_a_failing_command_is_told_and_logged(cast: Store, rung: list[str], tmp_path: Path) -> None:
    script = f"open({str(tmp_path / 'ran')!r}, 'w'); raise SystemExit(3)"
    app = watching(cast, late=replace(LATE, command=(sys.executable, "-c", script)))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert [each.message for each in app._notifications] == ["the command of alert late ended with 3"]
    assert (tmp_path / "ran").exists()
    assert [action for _, action, _ in logged(cast)] == ["alert fired", "alert command failed"]
    assert len(rung) == 1


async def test_connectors_are_watched_from_the_root_reseller_only(cast: Store, rung: list[str]) -> None:
    app = watching(cast, silence=SILENT)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert told(app).startswith("2 alerts, the newest silence: ")
    below = watching(cast, TOMAS_EMAIL, silence=SILENT)
    async with below.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert told(below) == ""
    assert [each.partition("silence: ")[2].partition(":")[0] for each in rung] == ["Nordbank Cards", "Giro Transfer"]


async def test_an_engine_that_is_away_is_told_after_the_time_of_the_rule(cast: Store, rung: list[str]) -> None:
    app = watching(cast, away=AWAY)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        cast.clock.advance(seconds=60)  # type: ignore[attr-defined]
        await look_again(pilot)
        assert told(app) == ""
        cast.clock.advance(seconds=1)  # type: ignore[attr-defined]
        await look_again(pilot)
        assert told(app) == "Alert away: Seconds without an engine 61 (above 60) · ! opens"
        with held_by_this_engine(cast.folder):
            await look_again(pilot)
            assert told(app) == ""
    assert len(rung) == 1


async def test_who_signs_out_hears_no_more_and_colon_opens_the_alerts(cast: Store, rung: list[str]) -> None:
    app = watching(cast, late=replace(LATE, limit=1))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        for each in (*["colon", "a", "l", "e", "r", "t", "s"], "enter"):
            await press(pilot, each)
        assert isinstance(app.screen, AlertsDialog)
        await press(pilot, "escape")
        watch = app.presence.alert_watch
        assert watch is not None
        app.presence.sign_out_now("30 minutes without a key")
        await settle(pilot)
        cast.clock.advance(minutes=5)  # type: ignore[attr-defined]
        watch.look_soon()
        await settle(pilot)
    assert rung == []
    assert logged(cast) == []
