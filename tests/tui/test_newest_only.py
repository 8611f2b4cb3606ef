"""Slow looks of which only the newest counts."""

from __future__ import annotations

import threading

from textual.app import App

from tests.tui.conftest import settle
from tui.newest_only import NewestOnly


async def test_looks_asked_for_meanwhile_are_dropped_but_for_the_last_and_an_older_result_is_not_shown() -> None:
    app: App[None] = App()
    shown: list[str] = []
    called: list[str] = []
    go_on = threading.Event()

    def look(name: str) -> str:
        called.append(name)
        assert go_on.wait(timeout=20)
        return name

    async with app.run_test() as pilot:
        looks = NewestOnly(app, shown.append, group="looks")
        looks.ask(lambda: look("first"))
        while not called:
            await pilot.pause(0.01)
        for name in ("second", "third", "fourth"):
            looks.ask(lambda name=name: look(name))  # type: ignore[misc]
        go_on.set()
        await settle(pilot)
        assert called == ["first", "fourth"]
        assert shown == ["fourth"]

        looks.ask(lambda: "fifth")
        await settle(pilot)
        assert shown == ["fourth", "fifth"]
