"""Which alerts stand: each rule, and each connector that it watches, goes through one small table of states.

Pure: it is given figures and a moment, and says what has begun and what has ended. Ringing, logging and drawing are
others' work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Protocol

from tui.alert_rules import AlertRule, Measure


class Standing(Enum):
    """Where an alert stands."""

    QUIET = "quiet"
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"


class Turn(Enum):
    """What can happen to an alert: its figure is beyond the limit or not, or a person has seen it."""

    BROKEN = "broken"
    KEPT = "kept"
    ACKNOWLEDGE = "acknowledge"


TABLE: Mapping[tuple[Standing, Turn], Standing] = {
    (Standing.QUIET, Turn.BROKEN): Standing.FIRING,
    (Standing.QUIET, Turn.KEPT): Standing.QUIET,
    (Standing.QUIET, Turn.ACKNOWLEDGE): Standing.QUIET,
    (Standing.FIRING, Turn.BROKEN): Standing.FIRING,
    (Standing.FIRING, Turn.KEPT): Standing.QUIET,
    (Standing.FIRING, Turn.ACKNOWLEDGE): Standing.ACKNOWLEDGED,
    (Standing.ACKNOWLEDGED, Turn.BROKEN): Standing.ACKNOWLEDGED,
    (Standing.ACKNOWLEDGED, Turn.KEPT): Standing.QUIET,
    (Standing.ACKNOWLEDGED, Turn.ACKNOWLEDGE): Standing.ACKNOWLEDGED,
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and how many answers it is taken from; None: there is nothing to say."""

    value: float | None
    sample: int = 0


class Figures(Protocol):
    """Where figures come from: the monitor, at one moment."""

    def of_store(self, measure: Measure) -> Figure:
        """Return a figure of the whole store."""

    def of_connector(self, measure: Measure, connector_id: int, window: str) -> Figure:
        """Return a figure of one connector, over one of `alert_rules.WINDOWS`."""

    def connectors(self) -> Sequence[tuple[int, str]]:
        """Return ID and name of each connector."""


Key = tuple[str, int]
"""A rule's name and a connector's ID, 0 for the whole store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert that stands: of which rule and connector, since when, and what its figure is now."""

    name: str
    rule: AlertRule
    connector_id: int
    connector: str
    standing: Standing
    since: datetime
    value: float

    @property
    def key(self) -> Key:
        """By what it is told from others."""
        return (self.name, self.connector_id)

    @property
    def text(self) -> str:
        """What is said of it: `declines: Nordbank Cards: success rate, per cent 61 (below 80)`."""
        whose = f"{self.connector}: " if self.connector else ""
        beyond = f"{'above' if self.rule.above else 'below'} {self.rule.limit:g}"
        return f"{self.name}: {whose}{self.rule.measure.meaning} {self.value:.4g} ({beyond})"

    def is_quiet_at(self, now: datetime) -> bool:
        """Say whether nothing rings for it at a moment."""
        return self.rule.quiet is not None and self.rule.quiet.hold_at(now)


@dataclass(frozen=True, slots=True)
class Turned:
    """What one look has changed."""

    begun: tuple[Alert, ...] = ()
    ended: tuple[Alert, ...] = ()


class Alerts:
    """The alerts of one panel, by the rules of its settings."""

    def __init__(self, rules: Mapping[str, AlertRule]) -> None:
        self._rules = rules
        self._standing: dict[Key, Alert] = {}

    def standing(self) -> list[Alert]:
        """Return the alerts that fire, the newest first, then those that somebody has acknowledged."""
        newest = sorted(self._standing.values(), key=lambda each: each.since, reverse=True)
        return sorted(newest, key=lambda each: each.standing is Standing.ACKNOWLEDGED)

    def look(self, figures: Figures, now: datetime) -> Turned:
        """Hold the rules against the figures; return what has begun to fire and what has ended.

        A rate from fewer answers than the rule's minimum says nothing: an alert does not begin by it, and ends.
        """
        before = self._standing
        after: dict[Key, Alert] = {}
        for name, rule, connector_id, connector, figure in self._readings(figures):
            known = before.get((name, connector_id))
            old = Standing.QUIET if known is None else known.standing
            tells = figure.value is not None and (not rule.measure.is_rate or figure.sample >= rule.minimum_sample)
            broken = tells and figure.value is not None and rule.is_broken_by(figure.value)
            standing = TABLE[old, Turn.BROKEN if broken else Turn.KEPT]
            if standing is not Standing.QUIET and figure.value is not None:
                alert = Alert(
                    name=name,
                    rule=rule,
                    connector_id=connector_id,
                    connector=connector,
                    standing=standing,
                    since=now if known is None else known.since,
                    value=figure.value,
                )
                after[alert.key] = alert
        self._standing = after
        return Turned(
            begun=tuple(each for key, each in after.items() if key not in before),
            ended=tuple(each for key, each in before.items() if key not in after),
        )

    def acknowledge(self, key: Key) -> Alert | None:
        """Note that a person has seen an alert; return it, None if it does not fire (any more)."""
        alert = self._standing.get(key)
        if alert is None or alert.standing is not Standing.FIRING:
            return None
        seen = replace(alert, standing=TABLE[alert.standing, Turn.ACKNOWLEDGE])
        self._standing[key] = seen
        return seen

    def _readings(self, figures: Figures) -> Iterator[tuple[str, AlertRule, int, str, Figure]]:
        for name, rule in self._rules.items():
            if not rule.measure.of_connector:
                yield name, rule, 0, "", figures.of_store(rule.measure)
                continue
            for connector_id, connector in figures.connectors():
                if rule.is_for(connector_id, connector):
                    figure = figures.of_connector(rule.measure, connector_id, rule.window)
                    yield name, rule, connector_id, connector, figure
