"""A screen can be left at any moment, also while what it shows is still being read: nothing ends the panel."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from store.errors import Refused
from store.store import Store
from tests.tui.cast import panel
from tests.tui.conftest import LONGEST_WAIT_SECONDS, press, settle
from tui import work
from tui.app import GatewatchApp

TURNS = (0, 2, 5, 12, 24, 40, 70)
"""How many turns of the event loop pass between a screen's taking keys and its being left."""
REST = "rest"
"""Wait until the screen has come to rest."""


@dataclass(frozen=True, slots=True)
class Case:
    """A screen that reads in the background: the keys to the one below it, those that open it, and what goes on."""

    screen: str
    way: str
    opens: str
    then: str = ""


CASES = (
    Case("MethodEdit", "5", "e"),
    Case("MethodDetails", "5", "enter"),
    Case("ConnectorDetails", "6", "enter"),
    Case("ConnectorEdit", "6", "e", "rest x f3"),
    Case("AttachDialog", "4 enter", "A"),
    Case("GoTo", "1", "colon", "w"),
)


async def leave_early(pilot: Pilot[Any], case: Case, turns: int) -> None:
    """Open the case's screen, and leave it some turns after keys reach it, as Esc would."""
    app = pilot.app
    assert isinstance(app, GatewatchApp)
    below = app.screen
    post(app, case.opens)
    async with asyncio.timeout(LONGEST_WAIT_SECONDS):
        # Turn by turn: what is looked for is the very first one in which keys reach it.
        while app.screen is below or not app.takes_keys:  # noqa: ASYNC110 - nothing else tells
            await asyncio.sleep(0)
    assert type(app.screen).__name__ == case.screen
    for each in case.then.split():
        if each == REST:
            await settle(pilot)
        else:
            post(app, each)
    for _ in range(turns):
        await asyncio.sleep(0)
    await app.pop_screen()
    await settle(pilot)
    assert app.screen is below


def post(app: Any, key: str) -> None:
    """Let a key come from the terminal, and wait for nothing."""
    named = {"colon": ":"}
    app.post_message(events.Key(key, named.get(key, key if len(key) == 1 else None)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.screen}-{case.then}".strip("-"))
async def test_a_screen_can_be_left_at_any_moment(cast: Store, case: Case) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 20)) as pilot:
        await press(pilot, *case.way.split())
        for turns in TURNS:
            await leave_early(pilot, case, turns)


async def test_what_comes_of_work_is_told_also_when_its_screen_was_left(cast: Store) -> None:
    app = panel(cast)
    goes_on = threading.Event()

    def refuse() -> None:
        goes_on.wait(LONGEST_WAIT_SECONDS)
        raise Refused("The store has another opinion.")

    async with app.run_test(size=(80, 20)) as pilot:
        await press(pilot, "6", "e")
        told: list[object] = []
        work.start(app.screen, refuse, told.append, refused=told.append)
        assert work.is_busy(app.screen)
        await app.pop_screen()
        assert not work.is_busy(app.screen)
        goes_on.set()
        await settle(pilot)
        assert told == []
        assert [each.message for each in app._notifications] == ["The store has another opinion."]
