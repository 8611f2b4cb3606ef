"""Alerts: a rule fires once while its figure is beyond the limit, and is quiet from too few answers."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tui.alert_rules import AlertRule, Measure, QuietHours
from tui.alert_signals import rings, run_command
from tui.alerts import TABLE, Alert, Alerts, Figure, Standing, Turn

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATE = AlertRule(measure=Measure.LATE, limit=5, above=True)
DECLINES = AlertRule(measure=Measure.SUCCESS_RATE, limit=80, above=False, minimum_sample=20)


@dataclass
class Told:
    """Figures that a test sets."""

    late: float = 0
    rates: Mapping[int, Figure] = field(default_factory=dict)

    def of_store(self, measure: Measure) -> Figure:
        return Figure(self.late if measure is Measure.LATE else None)

    def of_connector(self, measure: Measure, connector_id: int, window: str) -> Figure:
        assert (measure, window) == (Measure.SUCCESS_RATE, "15m")
        return self.rates[connector_id]

    def connectors(self) -> Sequence[tuple[int, str]]:
        return [(each, f"Gateway {each}") for each in self.rates]


def test_every_state_has_every_turn() -> None:
    assert set(TABLE) == {(standing, turn) for standing in Standing for turn in Turn}


def test_an_alert_begins_once_stands_with_its_latest_figure_and_ends_once() -> None:
    alerts = Alerts({"late": LATE})
    assert alerts.look(Told(late=5), NOW).begun == ()
    (begun,) = alerts.look(Told(late=6), NOW).begun
    assert begun.text == "late: Late payments 6 (above 5)"
    later = alerts.look(Told(late=9), NOW + timedelta(seconds=5))
    assert (later.begun, later.ended) == ((), ())
    (stands,) = alerts.standing()
    assert (stands.value, stands.since) == (9, NOW)
    (ended,) = alerts.look(Told(late=2), NOW).ended
    assert ended.key == ("late", 0)
    assert alerts.standing() == []


def test_each_connector_has_an_alert_of_its_own_and_too_few_answers_say_nothing() -> None:
    alerts = Alerts({"declines": DECLINES})
    begun = alerts.look(Told(rates={1: Figure(10.0, 20), 2: Figure(10.0, 19), 3: Figure(80.0, 20)}), NOW).begun
    assert [each.text for each in begun] == ["declines: Gateway 1: Success rate, per cent 10 (below 80)"]
    (ended,) = alerts.look(Told(rates={1: Figure(10.0, 19)}), NOW).ended
    assert ended.connector == "Gateway 1"


def test_who_acknowledges_silences_it_until_it_has_ended_and_begins_again() -> None:
    alerts = Alerts({"late": LATE, "declines": DECLINES})
    alerts.look(Told(late=6, rates={1: Figure(1.0, 50)}), NOW)
    seen = alerts.acknowledge(("late", 0))
    assert seen is not None
    assert [each.name for each in alerts.standing()] == ["declines", "late"]
    assert alerts.acknowledge(("late", 0)) is None
    assert alerts.look(Told(late=7, rates={1: Figure(1.0, 50)}), NOW).begun == ()
    alerts.look(Told(late=0, rates={1: Figure(1.0, 50)}), NOW)
    assert [each.name for each in alerts.look(Told(late=6, rates={1: Figure(1.0, 50)}), NOW).begun] == ["late"]


@given(st.lists(st.one_of(st.floats(0, 10), st.just("acknowledge")), max_size=30))
def test_begun_and_ended_take_turns_whatever_the_figures_do(course: list[float | str]) -> None:
    alerts = Alerts({"late": LATE})
    stands = False
    for each in course:
        if isinstance(each, str):
            alerts.acknowledge(("late", 0))
            continue
        turned = alerts.look(Told(late=each), NOW)
        assert (len(turned.begun), len(turned.ended)) == (int(each > 5 and not stands), int(each <= 5 and stands))
        stands = each > 5
        assert len(alerts.standing()) == int(stands)


ALERT = Alert(
    name="late", rule=LATE, connector_id=3, connector="Evil\x1b]0;x\a", standing=Standing.FIRING, since=NOW, value=6
)


def test_what_rings_carries_no_control_mark_of_a_name_and_is_wrapped_where_it_must_be() -> None:
    plain = rings(ALERT, bell=True, environment={})
    assert plain.startswith("\a\x1b]9;Gatewatch: late: Evil")
    assert plain.count("\x1b") == 1
    assert plain.count("\a") == 2
    assert rings(ALERT, bell=False, environment={"TMUX": "/x"}).startswith("\x1bPtmux;\x1b\x1b]9;")
    assert rings(ALERT, bell=False, environment={"STY": "1.x"}).startswith("\x1bP\x1b]9;")


def test_a_command_gets_the_alert_in_its_environment(tmp_path: Path) -> None:
    told = tmp_path / "told"
    script = "import os, sys; open(sys.argv[1], 'w').write(os.environ['GATEWATCH_ALERT'] + sys.stdin.read())"
    rule = replace(LATE, command=(sys.executable, "-c", script, str(told)))
    assert asyncio.run(run_command(replace(ALERT, rule=rule), {})) == ""
    assert told.read_text() == "late"


def test_a_command_that_fails_or_is_not_there_is_told() -> None:
    failing = replace(ALERT, rule=replace(LATE, command=(sys.executable, "-c", "raise SystemExit(3)")))
    assert asyncio.run(run_command(failing, {})) == "the command of alert late ended with 3"
    missing = replace(ALERT, rule=replace(LATE, command=("/nowhere/beep",)))
    assert "cannot be run: No such file or directory: /nowhere/beep" in asyncio.run(run_command(missing, {}))


def test_nothing_rings_in_quiet_hours() -> None:
    night = replace(LATE, quiet=QuietHours(NOW.time(), (NOW + timedelta(hours=1)).time()))
    assert replace(ALERT, rule=night).is_quiet_at(NOW)
    assert not replace(ALERT, rule=night).is_quiet_at(NOW + timedelta(hours=1))
    assert not ALERT.is_quiet_at(NOW)
