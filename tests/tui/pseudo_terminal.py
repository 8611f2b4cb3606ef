"""A terminal for tests: a pseudo-terminal with an emulated screen, read as fast or as slowly as a test wants."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

import pyte

from tests.tui.cast import ANNA_EMAIL, PASSWORD

PROGRAM = [sys.executable, "-m", "tui"]
LONGEST_SECONDS = 60.0
"""After so long without what a test waits for, it fails."""
STEP_SECONDS = 0.02
QUIT = b"\x11"  # ctrl+q
_MODE = re.compile(rb"\x1b\[\?([\d;]+)([hl])")
_NOT_FOR_PYTE = re.compile(rb"\x1b\[[<>]\d*u")
WITH_TERMINAL = ["/bin/sh", "-c", 'exec "$@" <"$0" >"$0" 2>"$0"']
"""Starts a program whose controlling terminal is the one named, as a login does."""


class _Screen(pyte.Screen):
    def __init__(self, columns: int, rows: int, answer: Callable[[bytes], None]) -> None:
        super().__init__(columns, rows)
        self.answer = answer

    def write_process_input(self, data: str) -> None:
        """Answer what the program asked the terminal."""
        self.answer(data.encode())


class PseudoTerminal:
    """A program at a terminal. `bytes_a_second`: how fast it reads, 0 not at all, None as fast as it can.

    `answers`: whether it tells where its cursor is when asked. `written` is all that was read.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        size: tuple[int, int] = (80, 24),
        bytes_a_second: int | None = None,
        answers: bool = True,
    ) -> None:
        self._ours, self._theirs = pty.openpty()
        self._size_is(size)
        self.attributes_before = termios.tcgetattr(self._theirs)
        self.bytes_a_second = bytes_a_second
        self._answers = answers
        self.screen = _Screen(*size, self._answer)
        self._stream = pyte.ByteStream(self.screen)
        self.written = b""
        self._gone = False
        self.program = subprocess.Popen(
            [*WITH_TERMINAL, os.ttyname(self._theirs), *command],
            # A terminal says its size itself; whoever runs the tests on several cores has a size of their own set.
            env={
                "TERM": "xterm-256color",
                **{name: value for name, value in environment.items() if name not in ("COLUMNS", "LINES")},
            },
            start_new_session=True,
        )

    def __enter__(self) -> PseudoTerminal:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.program.kill()
        self.program.wait()
        if not self._gone:
            self.hang_up()
        os.close(self._theirs)

    @property
    def text(self) -> str:
        """What the screen shows, a line for each row."""
        return "\n".join(self.screen.display)

    @property
    def modes(self) -> dict[int, bool]:
        """The terminal's private modes that were set or reset, and which they are now."""
        found: dict[int, bool] = {}
        for numbers, letter in _MODE.findall(self.written):
            found.update({int(each): letter == b"h" for each in numbers.split(b";")})
        return found

    @property
    def attributes(self) -> list[Any]:
        """The terminal's attributes now."""
        return termios.tcgetattr(self._theirs)

    def cell(self, row: int, column: int) -> str:
        """Return what one cell shows."""
        return str(self.screen.buffer[row][column].data)

    def press(self, *keys: bytes | str) -> None:
        """Type keys, all in one burst."""
        self._answer(b"".join(each.encode() if isinstance(each, str) else each for each in keys))

    def send(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        self.program.send_signal(number)

    def resize(self, columns: int, rows: int) -> None:
        """Make the terminal another size, and tell the program."""
        self._size_is((columns, rows))
        self.screen.resize(rows, columns)

    def hang_up(self) -> None:
        """Close the terminal, as when its window is closed or its connection breaks."""
        self._gone = True
        os.close(self._ours)

    def read_for(self, seconds: float) -> None:
        """Read for some time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._read_some()

    def wait_for(self, *texts: str, seconds: float = LONGEST_SECONDS) -> float:
        """Read until all texts are on the screen; return how many seconds it took."""
        return self.wait_until(lambda: all(each in self.text for each in texts), f"shows {texts}", seconds)

    def wait_until(self, fits: Callable[[], bool], what: str, seconds: float = LONGEST_SECONDS) -> float:
        """Read until something fits; return how many seconds it took."""
        began = time.monotonic()
        while not fits():
            waited = time.monotonic() - began
            assert waited < seconds, f"Waited {seconds} s for a screen that {what}; it shows:\n{self.text}"
            assert self.program.poll() is None, f"Ended with {self.program.returncode}; the screen:\n{self.text}"
            self._read_some()
        return time.monotonic() - began

    def read_until(self, fits: Callable[[], bool]) -> None:
        """Read until something fits that has nothing to do with the screen."""
        until = time.monotonic() + LONGEST_SECONDS
        while not fits():
            assert time.monotonic() < until
            self._read_some()

    def wait_for_end(self) -> int:
        """Read until the program has ended, and what it wrote last; return its exit code."""
        until = time.monotonic() + LONGEST_SECONDS
        while self.program.poll() is None:
            assert time.monotonic() < until, f"It does not end; the screen:\n{self.text}"
            self._read_some()
        self.bytes_a_second = None
        while not self._gone and select.select([self._ours], [], [], 0)[0]:
            self._read_some()
        return self.program.wait()

    def _read_some(self) -> None:
        if self._gone or self.bytes_a_second == 0:
            time.sleep(STEP_SECONDS)
            return
        if not select.select([self._ours], [], [], STEP_SECONDS)[0]:
            return
        most = 65_536
        if self.bytes_a_second is not None:
            time.sleep(STEP_SECONDS)
            most = max(1, int(self.bytes_a_second * STEP_SECONDS))
        read = os.read(self._ours, most)
        self.written += read
        self._stream.feed(_NOT_FOR_PYTE.sub(b"", read))

    def _answer(self, answer: bytes) -> None:
        if self._answers or not answer.endswith(b"R"):
            os.write(self._ours, answer)

    def _size_is(self, size: tuple[int, int]) -> None:
        fcntl.ioctl(self._theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))


def sign_in(at: PseudoTerminal) -> None:
    """Sign in as Anna and wait for the payments."""
    at.wait_for("Email", "Password")
    at.press(ANNA_EMAIL, "\t", PASSWORD, "\r")
    at.wait_for("P-000007")
