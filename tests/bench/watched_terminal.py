"""A program on a pseudo-terminal, watched: what it shows and when, what it writes, its processor time, its memory."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).parents[2]
LONGEST_SECONDS = 60.0
ROWS, COLUMNS = 40, 120
WHERE_IS_THE_CURSOR, THERE = b"\x1b[6n", b"\x1b[1;1R"
STEP_SECONDS = 0.02
"""How often a slow terminal takes something."""
_PIECE = re.compile(
    r"\x1b\[(\d+);(\d+)H|\x1b\[[^@-~]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[^\[\]]|([^\x1b])", re.DOTALL
)
_TORN = re.compile(r"\x1b(?:\[[^@-~]*|\][^\x07\x1b]*)?\Z")


class NotShown(RuntimeError):
    """The program did not show what was waited for."""


class WatchedTerminal:
    """One running program; a thread takes what it writes, as a terminal would, and keeps the picture."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        descriptor: int,
        began: float,
        size: tuple[int, int],
        bytes_a_second: int | None,
    ) -> None:
        self._process = process
        self._descriptor = descriptor
        self._bytes_a_second = bytes_a_second
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._unanswered = b""
        self._columns, self._rows = size
        self._lines = [[" "] * self._columns for _ in range(self._rows)]
        self._x = self._y = 0
        self._news = threading.Condition()
        self.began = began
        self.written = 0
        self._taking = threading.Thread(target=self._take, daemon=True)
        self._taking.start()

    def shows(self, text: str) -> bool:
        """Say whether a text stands on a line."""
        return any(text in "".join(line) for line in self._lines)

    def line_of(self, text: str) -> int | None:
        """Return which line a text stands on first, None if on none."""
        return next((number for number, line in enumerate(self._lines) if text in "".join(line)), None)

    def wait_for(self, *texts: str) -> float:
        """Return when all of these stand on the terminal. Raises NotShown."""
        return self.wait_until(lambda: all(map(self.shows, texts)), f"{texts}")

    def wait_until(self, fits: Callable[[], bool], what: str) -> float:
        """Return when something fits that depends on what stands on the terminal. Raises NotShown."""
        give_up_at = perf_counter() + LONGEST_SECONDS
        with self._news:
            while not fits():
                self._news.wait(timeout=1)
                if perf_counter() > give_up_at or self._process.poll() is not None:
                    picture = "\n".join("".join(line).rstrip() for line in self._lines)
                    raise NotShown(f"{what}, but:\n{picture}")
            return perf_counter()

    def cpu_seconds(self) -> float:
        """Return the processor time that the program has used."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def most_memory_bytes(self) -> int:
        """Return the most memory that the program has had."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    def read_bytes(self) -> int:
        """Return how much the program has read of files, terminals and pipes."""
        return int(Path(f"/proc/{self._process.pid}/io").read_text(encoding="ascii").split()[1])

    def each_second(self, seconds: float) -> tuple[float, float]:
        """Let it run for some seconds; return the bytes and the seconds of processor time of each."""
        bytes_before, cpu_before, began = self.written, self.cpu_seconds(), perf_counter()
        time.sleep(seconds)
        passed = perf_counter() - began
        return (self.written - bytes_before) / passed, (self.cpu_seconds() - cpu_before) / passed

    def press(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._descriptor, keys)

    def take_the_rest(self) -> None:
        """Take what is left of a program that has ended; nothing reads the terminal any more then."""
        self._bytes_a_second = None
        self._taking.join()

    def _take(self) -> None:
        while True:
            try:
                read = self._read()
                self._unanswered += read
                if WHERE_IS_THE_CURSOR in self._unanswered:
                    os.write(self._descriptor, THERE)
                    self._unanswered = self._unanswered.rpartition(WHERE_IS_THE_CURSOR)[2]
                # The beginning of a question may have come already.
                self._unanswered = self._unanswered[1 - len(WHERE_IS_THE_CURSOR) :]
            except OSError:  # on Linux the end of a pseudo-terminal is an error
                return
            with self._news:
                self.written += len(read)
                self._draw(read)
                self._news.notify_all()

    def _read(self) -> bytes:
        slow = self._bytes_a_second
        if slow is None:
            return os.read(self._descriptor, 65_536)
        time.sleep(STEP_SECONDS)
        return os.read(self._descriptor, int(slow * STEP_SECONDS))

    def _draw(self, read: bytes) -> None:
        content = self._rest + self._decoder.decode(read)
        # A sequence that is not whole yet is drawn with what comes next.
        torn = _TORN.search(content)
        text, self._rest = (content[: torn.start()], content[torn.start() :]) if torn else (content, "")
        for row, column, sign in _PIECE.findall(text):
            if row:
                self._y, self._x = int(row) - 1, int(column) - 1
            elif sign in ("\n", "\r"):
                self._y, self._x = (self._y + 1, self._x) if sign == "\n" else (self._y, 0)
            elif sign and self._y < self._rows and self._x < self._columns:
                self._lines[self._y][self._x] = sign
                self._x += 1


@contextmanager
def on_a_terminal(
    module: str,
    arguments: Sequence[str],
    *,
    size: tuple[int, int] = (COLUMNS, ROWS),
    bytes_a_second: int | None = None,
) -> Iterator[WatchedTerminal]:
    """Run a module of ours on a pseudo-terminal in the body, and end it afterwards.

    `bytes_a_second`: how fast the terminal takes what is written, None as fast as it can; a slow one is reached by SSH.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    environment = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "SSH_CONNECTION")}
    if bytes_a_second is not None:
        environment["SSH_CONNECTION"] = "192.0.2.1 50000 192.0.2.2 22"
    began = perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment | {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    os.close(theirs)
    terminal = WatchedTerminal(process, ours, began, size, bytes_a_second)
    try:
        yield terminal
    finally:
        process.kill()
        process.wait()
        terminal.take_the_rest()
        os.close(ours)
