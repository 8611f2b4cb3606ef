"""Alert rules: read from the settings file, and every mistake told with what would be right."""

from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from tui.alert_rules import AlertRule, Measure, QuietHours, alert_rule
from tui.settings_file import load

DECLINES = """
[alerts.declines]
measure = "success_percent"
below = 80
window = "1h"
minimum_sample = 50
connector = "nordbank"
quiet = "22:00-06:00"
command = ["notify-send", "Gatewatch"]
"""


def test_a_rule_is_read_whole_and_said_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(DECLINES)
    loaded = load(file, {})
    assert loaded.problems == ()
    rule = loaded.settings.alerts["declines"]
    assert rule == AlertRule(
        measure=Measure.SUCCESS_RATE,
        limit=80.0,
        above=False,
        window="1h",
        minimum_sample=50,
        connector="nordbank",
        quiet=QuietHours(time(22), time(6)),
        command=("notify-send", "Gatewatch"),
    )
    assert str(rule) == "Success rate, per cent of nordbank below 80 over 1h"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("above = 5", "write measure = one of late, ending"),
        ('measure = "speed"\nabove = 5', "write measure = one of late, ending"),
        ('measure = "late"', "write one of above and below"),
        ('measure = "late"\nabove = 5\nbelow = 2', "write one of above and below"),
        ('measure = "late"\nabove = "5"', "write above as a number from 0 on"),
        ('measure = "late"\nabove = true', "write above as a number from 0 on"),
        ('measure = "late"\nabove = 5\nwindow = "1h"', "late is what it is now; take window out"),
        ('measure = "late"\nabove = 5\nconnector = 3', "late is of the whole store; take connector out"),
        ('measure = "success_percent"\nbelow = 5\nwindow = "2h"', "write window = one of 15m, 1h, 1d"),
        ('measure = "success_percent"\nbelow = 5\nminimum_sample = 0', "whole number from 1 on"),
        ('measure = "success_percent"\nbelow = 5\nconnector = []', "its ID or a part of its name"),
        ('measure = "late"\nabove = 5\nquiet = "10pm-6am"', 'quiet = "22:00-06:00" for example'),
        ('measure = "late"\nabove = 5\ncommand = "beep"', "write command as a list of texts"),
        ('measure = "late"\nabove = 5\nloud = true', "'loud' is no part of an alert"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_the_rule_is_left_out(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f"[alerts.mine]\n{text}\n")
    loaded = load(file, {})
    assert dict(loaded.settings.alerts) == {}
    (problem,) = loaded.problems
    assert says in str(problem)
    assert f"{file}, line 1" in str(problem) or f"{file}, line 2" in str(problem)


@pytest.mark.parametrize(
    ("quiet", "hour", "hold"),
    [
        ("22:00-06:00", 23, True),
        ("22:00-06:00", 5, True),
        ("22:00-06:00", 6, False),
        ("22:00-06:00", 12, False),
        ("09:00-17:00", 9, True),
        ("09:00-17:00", 17, False),
    ],
)
def test_quiet_hours_go_over_midnight_and_end_before_their_end(quiet: str, hour: int, *, hold: bool) -> None:
    rule = alert_rule({"measure": "late", "above": 5, "quiet": quiet})
    assert rule.quiet is not None
    assert rule.quiet.hold_at(datetime(2026, 3, 1, hour, tzinfo=UTC)) is hold


def test_a_rule_names_a_connector_by_its_id_or_a_part_of_its_name_or_means_each() -> None:
    def of(connector: object) -> AlertRule:
        return alert_rule({"measure": "silent_seconds", "above": 60, "connector": connector})

    assert [of(3).is_for(each, "Nordbank Cards") for each in (3, 33)] == [True, False]
    assert [of("cards").is_for(3, each) for each in ("Nordbank Cards", "Iris")] == [True, False]
    assert of("").is_for(3, "Iris")
