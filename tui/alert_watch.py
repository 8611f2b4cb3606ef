"""The alerts of one panel, while somebody is signed in: looked for every few seconds, on whichever page is on top.

What begins to fire rings, runs its command and is logged; in its quiet hours it only shows and is logged, and rings at
their end if nobody has acknowledged it by then. Nothing here draws: the panel is told, and asks what stands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from store import alert_log
from store.actors import Actor
from store.alert_log import Happening
from store.errors import StoreError
from tui.alert_figures import MonitorFigures
from tui.alert_signals import rings, run_command
from tui.alerts import Alert, Alerts, Key, Standing
from tui.learning import learn_all
from tui.plain_text import safe

if TYPE_CHECKING:
    from tui.app import GatewatchApp
    from tui.monitor import Monitor

LOOK_SECONDS = 5.0
GROUP = "alerts"


class AlertWatch:
    """The alerts of who is signed in, by the rules of the settings that were in force when they did so."""

    def __init__(self, app: GatewatchApp) -> None:
        self._app = app
        self._alerts = Alerts(app.settings.alerts)
        self._of_connectors = any(each.measure.of_connector for each in app.settings.alerts.values())
        self._engine_away_since: datetime | None = None
        self._held_back: set[Key] = set()
        self._ended = False
        self._timer = app.set_interval(LOOK_SECONDS, self.look_soon)
        self.look_soon()

    @property
    def standing(self) -> list[Alert]:
        """The alerts that stand, those that nobody has acknowledged first."""
        return self._alerts.standing()

    @property
    def says(self) -> str:
        """What the top bar tells: how many alerts nobody has acknowledged, and the newest; empty if there is none."""
        firing = [each for each in self.standing if each.standing is Standing.FIRING]
        if not firing:
            return ""
        count = "Alert" if len(firing) == 1 else f"{len(firing)} alerts, the newest"
        return f"{count} {safe(firing[0].text)} · ! opens"

    def look_soon(self) -> None:
        """Look in a worker, unless one is at it."""
        if not any(each.group == GROUP and not each.is_finished for each in self._app.workers):
            self._app.run_worker(self._look(), group=GROUP)

    def acknowledge(self, keys: Iterable[Key]) -> None:
        """Note that who is signed in has seen these alerts; those that do not fire any more stay as they are."""
        seen = [each for each in map(self._alerts.acknowledge, keys) if each is not None]
        if seen:
            self._app.alerts_changed()
            self._app.run_worker(self._log(self._app.session.by, Happening.ACKNOWLEDGED, seen), group="alert-log")

    def end(self) -> None:
        """Let all alerts go: their person has signed out."""
        self._ended = True
        self._timer.stop()

    async def _look(self) -> None:
        if self._ended:
            return
        monitor, by = self._app.session.monitor, self._app.session.by
        try:
            if self._of_connectors and by.at_root:
                await asyncio.to_thread(monitor.overview)
                await learn_all(monitor)
            figures = await asyncio.to_thread(self._read, monitor)
        except StoreError as error:
            self._app.store_trouble = str(error)
            return
        if figures is None or self._ended:
            return
        now, before = self._app.now(), self.standing
        turned = self._alerts.look(figures, now)
        self._signal(turned.begun, by, now)
        if self.standing != before:
            self._app.alerts_changed()
        await self._log(by, Happening.FIRED, turned.begun)
        await self._log(by, Happening.ENDED, turned.ended)

    def _read(self, monitor: Monitor) -> MonitorFigures | None:
        """Return the figures of now, None if the connectors' are missing; in a thread."""
        overview = monitor.overview()
        if self._of_connectors and not overview.is_whole:
            return None
        if self._app.session.engine() is not None:
            self._engine_away_since = None
        elif self._engine_away_since is None:
            self._engine_away_since = overview.view.now
        return MonitorFigures(overview, engine_away_since=self._engine_away_since)

    def _signal(self, begun: Iterable[Alert], by: Actor, now: datetime) -> None:
        """Ring for what has begun, and for what has begun in quiet hours that are over."""
        firing = {each.key: each for each in self.standing if each.standing is Standing.FIRING}
        wanted = {each.key for each in begun} | (self._held_back & firing.keys())
        self._held_back = {each for each in wanted if firing[each].is_quiet_at(now)}
        for key in sorted(wanted - self._held_back):
            alert = firing[key]
            bell = self._app.settings.bell
            self._app.write_to_terminal(rings(alert, bell=bell, environment=self._app.environment))
            if alert.rule.command:
                self._app.run_worker(self._run(alert, by), group="alert-command")

    async def _run(self, alert: Alert, by: Actor) -> None:
        problem = await run_command(alert, self._app.environment)
        if problem:
            self._app.notify(problem, title="Alerts", severity="error", markup=False)
            await self._log(by, Happening.COMMAND_FAILED, [alert], problem)

    async def _log(self, by: Actor, happening: Happening, alerts: Iterable[Alert], says: str = "") -> None:
        for each in alerts:
            note = partial(alert_log.note, by=by, happening=happening, name=each.name, text=safe(says or each.text))
            try:
                await asyncio.to_thread(self._app.session.write, note)
            except StoreError as error:
                told = f"{happening.value} could not be written to the action log: {error}"
                self._app.notify(told, title="Alerts", severity="error", markup=False)
