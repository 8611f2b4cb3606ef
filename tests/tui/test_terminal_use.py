"""Real panels in use: typed ahead, resized, on a store that goes away, crashing, and with every kind of name."""

from __future__ import annotations

import random
import re
import stat
import sys
from pathlib import Path

import pytest

from store import accounts, payment_commands
from store.actors import Actor
from store.store import Store
from tests.tui.cast import ANNA_EMAIL, PASSWORD
from tests.tui.pseudo_terminal import PROGRAM, QUIT, PseudoTerminal, sign_in

KEYS = [*"1234567812345678", "\r", "\r", "\x1b", "\t", "\t", "\x1b[Z", *"jkgGhlnesSfcyD/?:[]0abcxyz", "\x13", "\x10"]
KEYS += ["\x1bOQ", "\x1bOR", "\x1b[15~", " ", "\x1b[B", "\x1b[A", "\x1b[6~"]
ASKS = "Quit, with a form half filled in?"
CRASHING = """
from tui.screens.connectors import ConnectorsPage
def show(self, view):
    planted = "-".join(("planted", "secret"))
    raise ValueError(f"no such thing as '{planted}'")
ConnectorsPage.show = show
from tui.__main__ import main
main()
"""
NAMES = (
    "Anna Berg",
    "東京商店株式会社",
    "مكتبة النور",
    "Café e\u0301clair",
    "Fish 👍🏽🇩🇪 👩\u200d👩\u200d👧",
    "\u202eevil\u2066",
)


def test_hundreds_of_keys_in_one_burst_neither_crash_nor_hang_the_panel(
    environment: dict[str, str], cast: Store, tmp_path: Path
) -> None:
    with cast.transaction() as tx:
        account = next(iter(tx.all(accounts.Account)))
        for number in range(300):
            payment_commands.create(tx, Actor(ANNA_EMAIL), account_id=account.id, total=f"{number + 1}")
    with PseudoTerminal(PROGRAM, environment) as at:
        sign_in(at)
        at.press(*random.Random(1).choices(KEYS, k=400))  # noqa: S311 - which keys is no secret
        at.read_for(1)
        at.press(QUIT)
        # Which form the keys have left open, if any, depends on when each of them came.
        at.read_until(lambda: at.program.poll() is not None or ASKS in at.text)
        if ASKS in at.text:
            at.press("\x1b[C", "\r")
        assert at.wait_for_end() == 0, at.text
        assert list(tmp_path.glob("state/**/crash-*")) == []


def test_keys_typed_ahead_reach_the_screen_that_they_are_meant_for(environment: dict[str, str]) -> None:
    with PseudoTerminal(PROGRAM, environment) as at:
        sign_in(at)
        at.press("6n", "Nordbank, typed ahead")
        at.wait_for("New payment gateway connector", "Nordbank, typed ahead")


def test_the_right_password_can_be_typed_while_a_wrong_one_is_still_being_checked(environment: dict[str, str]) -> None:
    with PseudoTerminal(PROGRAM, environment) as at:
        at.wait_for("Email", "Password")
        at.press(ANNA_EMAIL, "\t", "not it", "\r", "\x15", PASSWORD, "\r")
        at.wait_for("P-000007")


def test_a_terminal_is_resized_under_the_panel_and_what_was_typed_stays(environment: dict[str, str]) -> None:
    with PseudoTerminal(PROGRAM, environment, size=(200, 60)) as at:
        sign_in(at)
        at.press("6n", "Half typed")
        at.wait_for("Half typed", "OPERATIONS")
        at.resize(80, 24)
        at.wait_until(lambda: "OPERATIONS" not in at.text and "Half typed" in at.text, "has no navigation bar")
        at.resize(60, 15)
        at.wait_for("60x16", "60x15")
        at.resize(80, 24)
        at.wait_for("Half typed")
        at.press(" and on")
        at.wait_for("Half typed and on")


def test_a_store_that_goes_away_and_comes_back_is_told_in_the_top_bar(environment: dict[str, str], cast: Store) -> None:
    away = cast.folder.with_name("away")
    with PseudoTerminal(PROGRAM, environment) as at:
        sign_in(at)
        cast.folder.rename(away)
        at.wait_for("✗")
        at.press("6")
        at.wait_for("Payment Gateway Connectors", "✗")
        away.rename(cast.folder)
        at.wait_until(lambda: "✗" not in at.text, "tells no trouble any more")
        at.press("3")
        at.wait_for("P-000007")


def test_a_crash_tells_where_its_report_is_and_no_value(environment: dict[str, str], tmp_path: Path) -> None:
    with PseudoTerminal([sys.executable, "-c", CRASHING], environment) as at:
        sign_in(at)
        at.press("6")
        assert at.wait_for_end() == 1
        (report,) = tmp_path.glob("state/**/crash-*.log")
        assert stat.S_IMODE(report.stat().st_mode) == 0o600
        assert "ValueError" in report.read_text()
        assert report.name.encode() in at.written
        assert b"planted" not in at.written
        assert "planted-secret" not in report.read_text()
        assert at.attributes == at.attributes_before
        assert at.modes[1049] is False


def test_columns_stay_aligned_beside_names_in_every_script(environment: dict[str, str], cast: Store) -> None:
    with cast.transaction() as tx:
        for name in NAMES:
            accounts.create(tx, Actor(ANNA_EMAIL), name=name, currency="EUR", reseller_id=1)
    with PseudoTerminal(PROGRAM, environment, size=(120, 36)) as at:
        sign_in(at)
        at.press("1")
        at.wait_for("東京商店", "Anna Berg", "Fish")
        rows = [row for row in range(4, 36) if any(name[:4] in at.screen.display[row] for name in (*NAMES[:5], "evil"))]
        ends = {max(place for place in range(100) if at.cell(row, place) == "R") for row in rows}  # of EUR
        assert len(rows) >= len(NAMES)
        assert len(ends) == 1
        assert not any(mark in at.text for mark in ("\u202e", "\u2066", "\u200d"))


COLOUR = re.compile(rb"\x1b\[([\d;]+)m")


def colours_of(written: bytes) -> set[str]:
    """Return which kinds of colours were written: `16`, `256`, `true` or `grey`."""
    kinds = set()
    for parameters in COLOUR.findall(written):
        for codes in re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", parameters):
            kinds.add("grey" if len(set(codes)) == 1 else "true")
        if re.search(rb"[34]8;5;\d+", parameters):
            kinds.add("256")
        others = re.sub(rb"[34]8;(?:2;\d+;\d+;\d+|5;\d+)", b"", parameters)
        if re.search(rb"(?:^|;)(?:[34][0-7]|9[0-7]|10[0-7])(?:;|$)", others):
            kinds.add("16")
    return kinds


@pytest.mark.parametrize(
    ("terminal", "kinds"),
    [
        ({"TERM": "xterm"}, {"16"}),
        ({"TERM": "xterm-256color"}, {"256"}),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, {"true"}),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"}, {"grey"}),
    ],
    ids=["16", "256", "true", "none"],
)
def test_each_terminal_gets_colours_that_it_has_and_every_status_in_words(
    environment: dict[str, str], terminal: dict[str, str], kinds: set[str]
) -> None:
    with PseudoTerminal(PROGRAM, environment | terminal) as at:
        sign_in(at)
        at.wait_for("▸ Processing", "○ Waiting for payment", "! late", "✓ Completed", "– Cancelled")
        at.press(QUIT)
        at.wait_for_end()
        assert colours_of(at.written) - {"grey"} == kinds - {"grey"}
