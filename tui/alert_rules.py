"""Alert rules: which figure, beyond which threshold, over which window, from how many answers on.

They stand in the settings file, `[alerts.NAME]`; what is wrong in one is told with what would be right. Times of quiet
hours are UTC, like every time on the screens.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import Enum

WINDOWS: Mapping[str, timedelta] = {
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
}
"""The windows that the monitor keeps for each connector."""
DEFAULT_WINDOW = "15m"
LEAST_SAMPLE = 20
"""How many answers a rate needs before it says anything, unless a rule says otherwise."""
_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


class Measure(Enum):
    """A figure that a rule can watch. The value is its name in the settings file."""

    LATE = "late"
    ENDING = "ending"
    INBOX = "inbox"
    RETURNED_TODAY = "returned_today"
    ENGINE_AWAY = "engine_away_seconds"
    SUCCESS_RATE = "success_percent"
    LATE_SHARE = "late_percent"
    ANSWER_TIME = "p95_answer_seconds"
    SILENT = "silent_seconds"

    @property
    def meaning(self) -> str:
        """What it counts, as a screen says it before the figure."""
        return MEANINGS[self]

    @property
    def of_connector(self) -> bool:
        """Whether each connector has one of its own."""
        return self in OF_CONNECTORS

    @property
    def is_rate(self) -> bool:
        """Whether it is taken over a window, and says nothing from too few answers."""
        return self in RATES


MEANINGS: Mapping[Measure, str] = {
    Measure.LATE: "Late payments",
    Measure.ENDING: "Payments ending within a minute",
    Measure.INBOX: "Answers in the inbox",
    Measure.RETURNED_TODAY: "Returned to balances today",
    Measure.ENGINE_AWAY: "Seconds without an engine",
    Measure.SUCCESS_RATE: "Success rate, per cent",
    Measure.LATE_SHARE: "Late answers, per cent",
    Measure.ANSWER_TIME: "p95 answer time, seconds",
    Measure.SILENT: "Seconds without an answer",
}
RATES = frozenset({Measure.SUCCESS_RATE, Measure.LATE_SHARE, Measure.ANSWER_TIME})
OF_CONNECTORS = RATES | {Measure.SILENT}


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From when to when, in UTC, nothing rings; over midnight where the end is the earlier one."""

    begin: time
    end: time

    def __str__(self) -> str:
        """Return them as they are written."""
        return f"{self.begin:%H:%M}-{self.end:%H:%M}"

    def hold_at(self, now: datetime) -> bool:
        """Say whether a moment lies in them."""
        at = now.astimezone(UTC).time()
        if self.begin <= self.end:
            return self.begin <= at < self.end
        return at >= self.begin or at < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """One rule: it fires while its figure is above, or below, `limit`.

    `connector` is a part of a connector's name or its ID, empty: each connector by itself. `window` counts for rates.
    `command` is run with its arguments, without a shell, when it fires; empty: none.
    """

    measure: Measure
    limit: float
    above: bool
    window: str = DEFAULT_WINDOW
    minimum_sample: int = LEAST_SAMPLE
    connector: str = ""
    quiet: QuietHours | None = None
    command: tuple[str, ...] = ()

    def is_broken_by(self, value: float) -> bool:
        """Say whether a figure is beyond the limit."""
        return value > self.limit if self.above else value < self.limit

    def is_for(self, connector_id: int, name: str) -> bool:
        """Say whether a connector is one that the rule watches."""
        return not self.connector or self.connector == str(connector_id) or self.connector.casefold() in name.casefold()

    def __str__(self) -> str:
        """Return the rule as a sentence's part: `Late payments above 5`."""
        over = f" over {self.window}" if self.measure.is_rate else ""
        whose = f" of {self.connector}" if self.connector else ""
        return f"{self.measure.meaning}{whose} {'above' if self.above else 'below'} {self.limit:g}{over}"


def alert_rule(table: Mapping[str, object]) -> AlertRule:
    """Read a rule as the settings file has it. Raises ValueError that says what would be right."""
    unknown = sorted(set(table) - set(_KEYS))
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no part of an alert; write some of {', '.join(_KEYS)}")
    measure = _measure(table.get("measure"))
    limits = [name for name in ("above", "below") if name in table]
    if len(limits) != 1:
        raise ValueError("write one of above and below, above = 5 for example")
    for name in ("window", "minimum_sample"):
        if name in table and not measure.is_rate:
            raise ValueError(f"{measure.value} is what it is now; take {name} out")
    if "connector" in table and not measure.of_connector:
        raise ValueError(f"{measure.value} is of the whole store; take connector out")
    return AlertRule(
        measure=measure,
        limit=_number(limits[0], table[limits[0]]),
        above=limits[0] == "above",
        window=_window(table.get("window", DEFAULT_WINDOW)),
        minimum_sample=_sample(table.get("minimum_sample", LEAST_SAMPLE)),
        connector=_connector(table.get("connector", "")),
        quiet=_quiet(table.get("quiet", "")),
        command=_command(table.get("command", [])),
    )


_KEYS = ("measure", "above", "below", "window", "minimum_sample", "connector", "quiet", "command")


def _measure(value: object) -> Measure:
    try:
        return Measure(value)
    except ValueError:
        raise ValueError(f"write measure = one of {', '.join(each.value for each in Measure)}") from None


def _number(name: str, value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf"):
        return float(value)
    raise ValueError(f"write {name} as a number from 0 on, {name} = 5 for example")


def _window(value: object) -> str:
    if isinstance(value, str) and value in WINDOWS:
        return value
    raise ValueError(f"write window = one of {', '.join(WINDOWS)}, in quotes")


def _sample(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    raise ValueError("write minimum_sample as a whole number from 1 on")


def _connector(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        return value.strip()
    raise ValueError("write connector as its ID or a part of its name")


def _quiet(value: object) -> QuietHours | None:
    if value == "":
        return None
    hours = _HOURS.fullmatch(value) if isinstance(value, str) else None
    if hours is None:
        raise ValueError('write quiet hours in UTC, quiet = "22:00-06:00" for example')
    begin_hour, begin_minute, end_hour, end_minute = (int(each) for each in hours.groups())
    return QuietHours(time(begin_hour, begin_minute), time(end_hour, end_minute))


def _command(value: object) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(each, str) and "\0" not in each for each in value):
        return tuple(value)
    raise ValueError('write command as a list of texts, ["notify-send", "Gatewatch"] for example; no shell runs it')
