"""Panels at a terminal held to 8 KB a second: what stands between a key and its answer while the monitor ticks.

Bytes are counted, not seconds: what is queued before an answer and the answer itself are what a slow link waits for.
"""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from msgspec.structs import replace

from store import payment_commands
from store.accounts import Account
from store.actors import Actor
from store.connectors import Connector
from store.store import Store, open_store
from tests.tui.cast import ANNA_EMAIL, PASSWORD
from tests.tui.pseudo_terminal import PROGRAM, PseudoTerminal

ANNA = Actor(ANNA_EMAIL)
BYTES_A_SECOND = 8_192
CURSOR = "▌"
COUNTED_IN_SECONDS = re.compile(r" \d:\d\d ")
MANY = 10
"""Rows that change each second."""
FOR_A_ROW, FOR_A_DIALOG = 1_500, 7_000
"""At most so many bytes until another row has the cursor, and until a dialog stands: under 0.2 and 0.9 s."""


@pytest.fixture
def ticking(cast: Store, environment: dict[str, str]) -> dict[str, str]:
    """Return the environment of a panel over SSH on a store in which more payments count down than a screen shows."""
    store = open_store(cast.folder)
    with store.transaction() as tx:
        tx.put(replace(tx.get(Connector, 1), period_seconds=Decimal(540)))
        account = next(each for each in tx.all(Account) if each.reseller_id == 1)
        for number in range(30):
            made = payment_commands.create(tx, ANNA, account_id=account.id, total=f"{number + 1}")
            payment_commands.start_attempt(tx, ANNA, made.id, 1)
    return environment | {"SSH_CONNECTION": "here"}


def row_of_cursor(at: PseudoTerminal) -> int:
    """Return on which row of the table the cursor stands, the first one is 0; -1 while it is on none."""
    lines = at.screen.display
    header = next((number for number, line in enumerate(lines) if "Time left" in line), 0)
    return next((number - header - 1 for number, line in enumerate(lines) if line.startswith(CURSOR)), -1)


def bytes_until(at: PseudoTerminal, key: str, *texts: str) -> int:
    """Press a key and return how many bytes the terminal took until it showed all texts."""
    before = len(at.written)
    at.press(key)
    at.wait_for(*texts)
    return len(at.written) - before


def test_while_all_rows_tick_a_key_is_answered_before_much_else_is_sent(ticking: dict[str, str]) -> None:
    with PseudoTerminal(PROGRAM, ticking, bytes_a_second=BYTES_A_SECOND) as at:
        at.wait_for("Email", "Password")
        at.press(ANNA_EMAIL, "\t", PASSWORD, "\r")
        at.wait_until(lambda: len(COUNTED_IN_SECONDS.findall(at.text)) > MANY, "counts many rows down")

        for key, row in (("j", 1), ("j", 2), ("k", 1), ("j", 2), ("j", 3), ("g", 0)):
            first = at.text
            at.wait_until(lambda first=first: at.text != first, "ticks")  # type: ignore[misc]
            before = len(at.written)
            at.press(key)
            at.wait_until(lambda row=row: row_of_cursor(at) == row, f"has the cursor on row {row}")  # type: ignore[misc]
            assert len(at.written) - before < FOR_A_ROW

        assert bytes_until(at, ":", "page, key 1") < FOR_A_DIALOG
        at.press("\x1b")
        at.wait_until(lambda: "page, key 1" not in at.text, "has no dialog")
        assert bytes_until(at, "?", "WHERE THE FOCUS IS") < FOR_A_DIALOG
