"""Cells that are drawn past Textual's layout: the terminal shows what it would show were everything drawn anew."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from textual.drivers.headless_driver import HeadlessDriver
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widget import Widget

from store.store import Store
from tests.makers import FixedClock
from tests.tui.cast import panel
from tests.tui.conftest import LONGEST_WAIT_SECONDS, press, settle
from tui.app import GatewatchApp
from tui.terminal import drawing
from tui.terminal.image import ScreenImage
from tui.widgets.record_table import RecordTable


class Terminal(HeadlessDriver, drawing.ImageDriver):
    """A driver that takes frames into an image, as the one for terminals does, and sends them nowhere."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.image = ScreenImage()

    @property
    def is_headless(self) -> bool:
        """Whether nothing is written: it is."""
        return False

    def write(self, data: str) -> None:
        """Take a frame."""
        size = (self._app.size.width, self._app.size.height)
        if data.startswith("\x1b[") and "H" in data[:10]:
            if self.image.size != size:
                self.image.resize(*size)
            self.image.put(data)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Have the panel draw into an image; return, for each try, whether it was drawn at once."""
    drawn: list[bool] = []

    def noting(widget: Any, pieces: Any) -> bool:
        drawn.append(drawing.draw(widget, pieces))
        return drawn[-1]

    monkeypatch.setattr("textual.drivers.headless_driver.HeadlessDriver", Terminal)
    monkeypatch.setattr("tui.widgets.record_table.draw", noting)
    monkeypatch.setattr("tui.widgets.top_bar.draw", noting)
    return drawn


async def pass_seconds(pilot: Pilot[Any], store: Store, drawn: list[bool], *, at_once: bool) -> None:
    """Let two seconds pass; what is shown then is what there is to show."""
    app = pilot.app
    assert isinstance(app, GatewatchApp)
    assert isinstance(store.clock, FixedClock)
    app.store_watch.look()  # nothing is read in between
    await settle(pilot)
    for _ in range(2):
        drawn.clear()
        store.clock.advance(seconds=1)
        app.passing_time.catch_up()
        assert drawn
        assert all(drawn) is at_once
        await settle(pilot)
        assert shown(app) == anew(app)


def shown(app: GatewatchApp) -> list[list[Any]]:
    """Return every cell that the terminal shows."""
    assert isinstance(app._driver, Terminal)
    return app._driver.image._wanted


def anew(app: GatewatchApp) -> list[list[Any]]:
    """Return every cell of a whole new frame."""
    for each in (app.screen, *app.screen.query("*").results(Widget)):
        each._styles_cache.clear()
    image = ScreenImage(app.size.width, app.size.height)
    image.put(app.screen._compositor.render_full_update().render_segments(app.console))
    return image._wanted


@pytest.mark.parametrize(
    "keys", [(), ("j", "j"), ("l",), ("0",)], ids=["as it opens", "moved", "sideways", "navigation"]
)
async def test_a_second_is_drawn_at_once_and_right(cast: Store, at_once: list[bool], keys: tuple[str, ...]) -> None:
    app = panel(cast)
    async with app.run_test(size=(110, 30)) as pilot:
        await settle(pilot)
        await press(pilot, *keys)
        await pass_seconds(pilot, cast, at_once, at_once=True)


async def test_it_is_right_in_another_theme_too(cast: Store, at_once: list[bool]) -> None:
    app = panel(cast)
    async with app.run_test(size=(110, 30)) as pilot:
        await settle(pilot)
        app.theme = "high-contrast"
        await settle(pilot)
        await pass_seconds(pilot, cast, at_once, at_once=True)


async def test_what_lies_above_is_not_drawn_over(cast: Store, at_once: list[bool]) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "0")
        await pass_seconds(pilot, cast, at_once, at_once=False)
        assert "Configuration" in "".join(cell.text for line in shown(app) for cell in line).title()


async def test_behind_a_dialog_nothing_is_drawn_at_once(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        table, piece = app.screen.query_one(RecordTable), drawing.Piece(2, 1, Strip.blank(10))
        async with asyncio.timeout(LONGEST_WAIT_SECONDS):
            while not drawing.draw(table, [piece]):  # Textual may be about to draw it all anew
                await pilot.pause(0.02)
        await press(pilot, "question_mark")
        assert not drawing.draw(table, [piece])
