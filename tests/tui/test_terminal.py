"""Real panels at pseudo-terminals: signals, slow and closed terminals, and what is left of them."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import pytest

from store.engine_presence import engine_of
from store.store import Store
from tests.tui.pseudo_terminal import PROGRAM, QUIT, PseudoTerminal, sign_in

RESTORED = {1049: False, 1000: False, 1003: False, 1006: False, 1004: False, 2004: False, 25: True, 7: True}
"""The modes that a terminal must be left in: no alternate screen, no mouse, the cursor shown, and so on."""


def left_as_found(at: PseudoTerminal) -> bool:
    """Say whether the terminal is in the state in which the program found it."""
    return {each: at.modes.get(each) for each in RESTORED} == RESTORED and at.attributes == at.attributes_before


def test_a_panel_that_is_stopped_continued_and_ended_leaves_the_terminal_as_it_was(
    environment: dict[str, str],
) -> None:
    with PseudoTerminal(PROGRAM, environment) as at:
        sign_in(at)
        at.send(signal.SIGTSTP)
        at.wait_until(lambda: left_as_found(at), "is as it was found")
        os.waitid(os.P_PID, at.program.pid, os.WSTOPPED | os.WNOWAIT)

        at.screen.reset()  # the shell had it meanwhile
        at.send(signal.SIGCONT)
        at.wait_for("P-000007", "Payments")
        at.press("6")
        at.wait_for("Connector URL")

        at.send(signal.SIGTERM)
        assert at.wait_for_end() == 128 + signal.SIGTERM
        assert left_as_found(at)
        assert b"Traceback" not in at.written


@pytest.mark.parametrize("answers", [True, False])
def test_a_terminal_that_is_not_read_any_more_does_not_keep_the_panel(
    environment: dict[str, str], *, answers: bool
) -> None:
    with PseudoTerminal(PROGRAM, environment, answers=answers) as at:
        sign_in(at)
        at.bytes_a_second = 0
        for key in "613456" * 20:
            at.press(key)
            at.read_for(0.02)
        at.send(signal.SIGHUP)
        assert at.wait_for_end() == 128 + signal.SIGHUP
        assert left_as_found(at)


@pytest.mark.parametrize("bytes_a_second", [8_000, 4_000])
def test_on_a_slow_line_keys_are_answered_and_quitting_works_at_once(
    environment: dict[str, str], bytes_a_second: int
) -> None:
    with PseudoTerminal(PROGRAM, environment | {"SSH_CONNECTION": "here"}, bytes_a_second=bytes_a_second) as at:
        sign_in(at)
        before = len(at.written)
        for key, shown in (("6", "Connector URL"), ("1", "Balance"), ("3", "P-000007"), ("8", "Action")):
            at.press(key)
            at.wait_for(shown)
        assert len(at.written) - before < 4 * 5_000  # a whole screen with every colour takes three times as much

        at.press("3613456813456" * 5, "3")  # nobody reads so fast: only what is wanted in the end is drawn
        at.wait_for("P-000007")
        held_back = len(at.written)
        at.press(QUIT)
        assert at.wait_for_end() == 0
        assert len(at.written) - held_back < 2 * bytes_a_second
        assert left_as_found(at)


@pytest.mark.parametrize(("answers", "most_bytes"), [(True, 12_000), (False, 40_000)])
def test_what_waits_for_a_terminal_that_takes_nothing_is_bounded_however_much_happens(
    environment: dict[str, str], *, answers: bool, most_bytes: int
) -> None:
    with PseudoTerminal(PROGRAM, environment | {"SSH_CONNECTION": "here"}, answers=answers) as at:
        sign_in(at)
        at.bytes_a_second = 0
        for keys in ["jjkj", "6jkj3", "jGjg"] * 8:
            at.press(keys)
            at.read_for(0.1)
        at.press("3")
        at.read_for(1)
        before = len(at.written)
        at.bytes_a_second = None
        at.press("6")
        at.wait_for("Connector URL")
        at.press("3")
        at.wait_for("P-000007")
        # Two screens are drawn now, and what the system took by itself; 16 screens and many rows were wanted meanwhile.
        assert len(at.written) - before < most_bytes


def test_a_demo_whose_terminal_is_closed_leaves_nothing_behind(environment: dict[str, str], tmp_path: Path) -> None:
    with PseudoTerminal([*PROGRAM, "demo"], environment) as at:
        at.wait_for("Demo: scratch store", "engine runs")
        assert len(list(tmp_path.glob("gatewatch-demo-*/store"))) == 1
        at.hang_up()

        assert at.wait_for_end() == 128 + signal.SIGHUP
        assert list(tmp_path.glob("gatewatch-demo-*")) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_engine_that_was_started_for_a_panel_ends_with_it(
    environment: dict[str, str], cast: Store, number: signal.Signals
) -> None:
    with PseudoTerminal([*PROGRAM, "--engine"], environment) as at:
        at.wait_for("Email")
        assert engine_of(cast.folder) is not None
        at.send(number)
        at.program.wait()
        at.read_until(lambda: engine_of(cast.folder) is None)


def test_what_was_typed_when_a_signal_came_is_offered_by_the_next_panel(
    environment: dict[str, str], cast: Store
) -> None:
    with PseudoTerminal(PROGRAM, environment) as at:
        sign_in(at)
        at.press("6n", "Half typed")
        at.wait_for("Half typed")
        at.send(signal.SIGHUP)
        assert at.wait_for_end() == 128 + signal.SIGHUP
    kept = [each for each in (cast.folder / "drafts").iterdir() if "Half typed" in each.read_text()]
    assert [stat.S_IMODE(each.stat().st_mode) for each in kept] == [0o600]

    with PseudoTerminal(PROGRAM, environment) as at:
        sign_in(at)
        at.press("6n")
        at.wait_for("Go on with what you typed?")
