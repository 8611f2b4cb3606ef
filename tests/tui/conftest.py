"""How screens are held: each picture is `screenshots/NAME-WIDTHxHEIGHT.svg`, with a fixed clock, ids and theme.

A snapshot test calls `picture(app, "connectors")`; it is taken at both sizes and compared with what was accepted. Two
tests must not write the same picture: it is refused when they are collected, by their names.
"""

from __future__ import annotations

import asyncio
import os
import warnings
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

import pytest
import pytest_textual_snapshot  # type: ignore[import-untyped]
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Input, TextArea
from textual.worker import Worker

from store.store import Store
from tests.tui.cast import copy_of, play
from tui.app import GatewatchApp
from tui.widgets.keys_footer import KeysFooter

SCREENSHOTS = Path(__file__).parents[2] / "screenshots"
SIZES = ((80, 24), (120, 36))
PREFIX = "test_picture_"
LONGEST_WAIT_SECONDS = 20

Prepare = Callable[[Pilot[None]], Awaitable[None]]


class Picture(Protocol):
    """Compares the app, after keys and a preparation, with the accepted picture of this test."""

    def __call__(self, app: GatewatchApp, *, press: Iterable[str] = (), prepare: Prepare | None = None) -> bool:
        """Return whether they are the same."""


class ScreenshotExtension(pytest_textual_snapshot.SVGImageExtension):  # type: ignore[misc]
    """One SVG a picture, all in `screenshots/`, named after the test: `test_picture_connectors[80x24]`."""

    @classmethod
    def dirname(cls, *, test_location: Any) -> str:  # noqa: ARG003 - syrupy's signature
        """Return the folder of the accepted pictures."""
        return str(SCREENSHOTS)

    @classmethod
    def get_snapshot_name(cls, *, test_location: Any, index: Any = 0) -> str:  # noqa: ARG003 - syrupy's signature
        """Return the picture's name: `connectors-80x24`."""
        name = str(test_location.snapshot_name).removeprefix(PREFIX)
        return name.replace("[", "-").replace("]", "").replace("_", "-")

    @classmethod
    def write_snapshot(cls, *, snapshot_location: str, snapshots: Any) -> None:
        """Write a picture; that it does not stand beside its test is meant, so syrupy's warning of it is not told."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r"\s*Can not relate snapshot")
            super().write_snapshot(snapshot_location=snapshot_location, snapshots=snapshots)


def pytest_configure() -> None:
    """Put our pictures in the place of the plugin's."""
    pytest_textual_snapshot.SVGImageExtension = ScreenshotExtension


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse two picture tests of the same name: each would overwrite the other's picture."""
    names = Counter(each.name for each in items if each.name.startswith(PREFIX))
    doubled = [name for name, count in names.items() if count > 1]
    if doubled:
        raise pytest.UsageError(f"Two tests take the same picture: {', '.join(doubled)}. Rename one of each.")


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the played store; tests copy it."""
    folder = tmp_path_factory.mktemp("cast") / "store"
    play(folder)
    return folder


@pytest.fixture
def cast(played: Path, tmp_path: Path) -> Store:
    """Return a store of this test's own with the whole cast, at NOW."""
    return copy_of(played, tmp_path / "store")


@pytest.fixture
def environment(cast: Store, tmp_path: Path) -> dict[str, str]:
    """Return the environment of a panel on the cast's store that leaves nothing with the user."""
    names = ("TMUX", "STY", "SSH_CONNECTION", "NO_COLOR", "COLORTERM")
    kept = {name: value for name, value in os.environ.items() if name not in names}
    places = {"GATEWATCH_DATA": cast.folder, "XDG_STATE_HOME": tmp_path / "state", "TMPDIR": tmp_path}
    return kept | {name: str(place) for name, place in places.items()}


@pytest.fixture(params=SIZES, ids=lambda size: "{}x{}".format(*size))
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    """Return columns and rows; a test that takes it runs once for each size."""
    found: tuple[int, int] = request.param
    return found


@pytest.fixture
def picture(snap_compare: Callable[..., bool], size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> Picture:
    """Return the comparison; NO_COLOR of whoever runs the tests does not reach the pictures."""
    for name in ("NO_COLOR", "SSH_CONNECTION", "TEXTUAL_ANIMATIONS"):
        monkeypatch.delenv(name, raising=False)
    for kind in (Input, TextArea):
        # Behind a dialog it would depend on the moment at which that was opened.
        monkeypatch.setattr(vars(kind)["cursor_blink"], "_default", False)

    def compare(app: GatewatchApp, *, press: Iterable[str] = (), prepare: Prepare | None = None) -> bool:
        async def settled(pilot: Pilot[None]) -> None:
            await settle(pilot)
            for key in press:
                await pilot.press(key)
                await settle(pilot)
            if prepare is not None:
                await prepare(pilot)
                await settle(pilot)
            still_cursors(pilot.app)
            await pilot.pause()
            for footer in pilot.app.screen.query(KeysFooter):
                assert footer.left_out <= 1, "keys have no room in the footer"

        return snap_compare(app, terminal_size=size, run_before=settled)

    return compare


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until every message has been handled and no worker runs but one that waits for a dialog's answer."""
    async with asyncio.timeout(LONGEST_WAIT_SECONDS):
        await pilot.pause()
        while any(_is_running(each, pilot) for each in pilot.app.workers):
            await pilot.pause(0.01)
            await pilot.pause()  # what a worker has brought may start another one


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys one after another, each after the panel has come to rest."""
    await settle(pilot)
    for key in keys:
        await pilot.press(key)
        await settle(pilot)


def _is_running(worker: Worker[Any], pilot: Pilot[Any]) -> bool:
    waits_for_answer = worker.group == "navigation" and isinstance(pilot.app.screen, ModalScreen)
    return not worker.is_finished and not waits_for_answer


def still_cursors(app: Any) -> None:
    """Stop every cursor from blinking, and show it."""
    for each in app.screen.query("Input, TextArea"):
        each.cursor_blink = False
