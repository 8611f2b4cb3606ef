"""Keys wait until there is a screen that hears them."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from textual import events

from tui.terminal import typed_ahead
from tui.terminal.typed_ahead import TypedAhead


class Opening:
    """Stands for an app whose first page is on its way; nothing else is asked of it here."""

    is_running = True
    takes_keys = False
    is_changing = False
    focused = None
    screen_stack: tuple[()] = ()

    def call_later(self, _: object) -> bool:
        return False


def key(name: str) -> events.Key:
    return events.Key(name, name)


async def test_the_first_key_waits_for_the_screen_that_is_being_opened() -> None:
    app = Opening()
    heard: list[events.Key] = []
    keys = TypedAhead(cast("Any", app), lambda each: heard.append(cast("events.Key", each)))
    keys.take(key("6"))
    keys.take(key("n"))
    await asyncio.sleep(typed_ahead.LOOK_SECONDS * 4)
    assert heard == []
    app.takes_keys = True
    async with asyncio.timeout(10):
        while len(heard) < 2:  # noqa: ASYNC110 - what is tested tells nobody
            await asyncio.sleep(0.001)
    assert [each.key for each in heard] == ["6", "n"]


async def test_a_key_that_comes_a_moment_later_waits_for_what_the_one_before_it_has_begun() -> None:
    app = Opening()
    app.takes_keys = app.is_changing = True
    heard: list[events.Key] = []
    keys = TypedAhead(cast("Any", app), lambda each: heard.append(cast("events.Key", each)))
    keys.take(key("escape"))
    await asyncio.sleep(typed_ahead.LOOK_SECONDS * 4)
    assert [each.key for each in heard] == ["escape"]
    keys.take(key("6"))
    await asyncio.sleep(typed_ahead.LOOK_SECONDS * 4)
    assert [each.key for each in heard] == ["escape"]
    app.is_changing = False
    async with asyncio.timeout(10):
        while len(heard) < 2:  # noqa: ASYNC110 - what is tested tells nobody
            await asyncio.sleep(0.001)
    assert [each.key for each in heard] == ["escape", "6"]


async def test_quitting_does_not_wait_for_a_screen_that_never_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typed_ahead, "QUIT_SECONDS", 0.01)
    app, heard = Opening(), asyncio.Event()
    keys = TypedAhead(cast("Any", app), lambda _: heard.set())
    keys.take(key(typed_ahead.QUIT_KEY))
    async with asyncio.timeout(typed_ahead.CHANGE_SECONDS):
        await heard.wait()
    app.is_running = False
