"""`gatewatch demo` as a newcomer runs it, without the panel: real processes, sockets and files."""

from __future__ import annotations

import subprocess
import sys

ENDINGS = {
    "answered-success",
    "answered-failure",
    "period-over",
    "late-success",
    "late-success-during-retry",
    "late-failure",
    "second-success",
    "unmatched",
}


def test_within_a_minute_the_demo_shows_every_kind_of_ending_and_the_money_adds_up() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tui", "demo", "--without-panel", "45"],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    *rules, verdict = ran.stdout.strip().splitlines()
    assert verdict == "The money adds up."
    assert ENDINGS - {line.split()[1] for line in rules} == set()


def test_the_demos_panel_without_a_terminal_says_what_to_do() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tui", "demo"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert ran.returncode == 2
    assert "--without-panel SECONDS" in ran.stderr
