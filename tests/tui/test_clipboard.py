"""Copying: what is sent to which terminal, what is never sent, and tmux as it really is."""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.widgets import Input

from store.store import Store
from tests.tui.cast import ANNA_EMAIL, PASSWORD, panel
from tests.tui.conftest import Picture, settle
from tui import clipboard
from tui.clipboard import LONGEST_BYTES, NotCopied, osc_52, send_to_clipboard, wrapped_for_screen
from tui.screens.copied import Copied

HAS_TMUX = shutil.which("tmux") is not None
LONGEST_SECONDS = 30.0


def sent(text: str, environment: dict[str, str]) -> str:
    """Return what is written to the terminal."""
    written: list[str] = []
    send_to_clipboard(text, written.append, environment)
    return "".join(written)


def test_a_plain_terminal_gets_osc_52() -> None:
    assert sent("Zahlung 東京", {}) == f"\x1b]52;c;{base64.b64encode('Zahlung 東京'.encode()).decode()}\x07"


def test_gnu_screen_gets_it_in_wrappings_short_enough_for_it() -> None:
    written = sent("x" * 3000, {"STY": "1234.pts-0"})
    pieces = written.removeprefix("\x1bP").removesuffix("\x1b\\").split("\x1b\\\x1bP")

    assert "".join(pieces) == osc_52(b"x" * 3000)
    assert max(map(len, pieces)) < 768
    assert wrapped_for_screen("short") == "\x1bPshort\x1b\\"


def test_what_no_terminal_takes_is_refused_with_its_size() -> None:
    with pytest.raises(NotCopied, match=r"74,995 bytes.*at most 74,994"):
        sent("x" * (LONGEST_BYTES + 1), {})


def test_a_tmux_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clipboard, "which", lambda _: "/nowhere/tmux")
    with pytest.raises(NotCopied, match="tmux did not"):
        sent("x", {"TMUX": f"{tmp_path}/none,1,0", "PATH": str(tmp_path)})


def test_picture_copied(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["1", "y", "j", "enter", "Y"])


async def test_what_was_copied_can_be_shown_unless_it_is_a_secret(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.copy_to_clipboard("P-000007")
        await settle(pilot)
        assert "Y shows it" in told(app)
        await pilot.press("Y")
        await settle(pilot)
        assert isinstance(app.screen, Copied)
        await pilot.press("escape")

        app.copy_secret("s3cret", "The key was sent.")
        await settle(pilot)
        await pilot.press("Y")
        await settle(pilot)
        assert not isinstance(app.screen, Copied)


async def test_a_masked_field_is_not_copied(cast: Store) -> None:
    app = panel(cast, None)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.screen.query(Input).last().focus()
        await pilot.press(*"hidden", "ctrl+a", "ctrl+c")
        app.copy_to_clipboard("hidden")
        await settle(pilot)

        assert "A masked field is not copied." in told(app)
        assert app.clipboard == ""


def told(app: object) -> str:
    """Return every notification."""
    return " ".join(each.message for each in app._notifications)  # type: ignore[attr-defined]


@pytest.fixture
def tmux(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Start a panel in a tmux of its own; yield a call of tmux's commands on it."""

    def call(*arguments: str) -> str:
        ran = subprocess.run(
            [str(shutil.which("tmux")), "-S", str(tmp_path / "tmux"), "-f", "/dev/null", *arguments],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
        )
        return ran.stdout

    call("new-session", "-d", "-x", "80", "-y", "24", f"{sys.executable} -m tui")
    yield call
    call("kill-server")


@pytest.mark.skipif(not HAS_TMUX, reason="tmux is not installed here")
def test_in_tmux_a_key_that_is_asked_for_lands_in_its_buffer(tmux: Callable[..., str]) -> None:
    def wait_for(text: str) -> None:
        until = time.monotonic() + LONGEST_SECONDS
        while text not in tmux("capture-pane", "-p"):
            assert time.monotonic() < until, tmux("capture-pane", "-p")
            time.sleep(0.05)

    wait_for("Password")
    for keys, shown in (
        ((ANNA_EMAIL, "Tab", PASSWORD, "Enter"), "P-000007"),
        (("6",), "Connector URL"),
        (("Enter",), "Secret Shared Key"),
        (("y",), "The key was sent"),
    ):
        tmux("send-keys", *keys)
        wait_for(shown)
    assert len(tmux("show-buffer")) == 64
    tmux("send-keys", "C-q")
