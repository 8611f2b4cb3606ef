"""The figures that alerts watch, taken from what the monitor counts at one moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from store.connectors import Connector
from tui import connector_health
from tui.alert_rules import Measure
from tui.alerts import Figure
from tui.connector_health import ConnectorHealth, Window
from tui.monitor import Overview
from tui.payment_selection import Lane

NOTHING = Figure(None)
_WINDOWS: Mapping[str, Window] = MappingProxyType({each.label: each for each in Window})
_LANES: Mapping[Measure, Lane] = MappingProxyType(
    {Measure.LATE: Lane.LATE, Measure.ENDING: Lane.ENDING, Measure.RETURNED_TODAY: Lane.RETURNED}
)


def _percent(share: float | None) -> float | None:
    return None if share is None else share * 100


_RATES: Mapping[Measure, Callable[[connector_health.Figures], float | None]] = MappingProxyType(
    {
        Measure.SUCCESS_RATE: lambda of: _percent(of.success_rate),
        Measure.LATE_SHARE: lambda of: _percent(of.late_share),
        Measure.ANSWER_TIME: lambda of: of.p95_seconds,
    }
)


class MonitorFigures:
    """What the monitor counts, as rules ask for it. `engine_away_since` is None while an engine runs."""

    def __init__(self, overview: Overview, *, engine_away_since: datetime | None) -> None:
        self._overview = overview
        self._engine_away_since = engine_away_since
        self._health: dict[int, ConnectorHealth] = {each.connector_id: each for each in overview.health}
        self._names = [(each, overview.view.get(Connector, each).name) for each in self._health]

    def of_store(self, measure: Measure) -> Figure:
        """Return a figure of all payments that the person may see."""
        if measure is Measure.ENGINE_AWAY:
            since = self._engine_away_since
            return Figure(0.0 if since is None else (self._overview.view.now - since).total_seconds())
        if measure is Measure.INBOX:
            return Figure(self._overview.in_inbox)
        return Figure(self._overview.counts[_LANES[measure]])

    def of_connector(self, measure: Measure, connector_id: int, window: str) -> Figure:
        """Return a figure of one connector; one that is not silent has been silent for 0 seconds."""
        health = self._health.get(connector_id)
        if health is None:
            return NOTHING
        if measure is Measure.SILENT:
            return Figure(0.0 if health.silent_for is None else health.silent_for.total_seconds())
        whole = health.trends[_WINDOWS[window]].whole
        return Figure(_RATES[measure](whole), whole.count)

    def connectors(self) -> Sequence[tuple[int, str]]:
        """Return ID and name of each connector; none to who may not see them."""
        return self._names
