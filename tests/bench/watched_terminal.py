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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).parents[2]
LONGEST_SECONDS = 60.0
ROWS, COLUMNS = 40, 120
WHERE_IS_THE_CURSOR, THERE = b"\x1b[6n", b"\x1b[1;1R"
_PIECE = re.compile(
    r"\x1b\[(\d+);(\d+)H|\x1b\[[^@-~]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[^\[\]]|([^\x1b])", re.DOTALL
)
_TORN = re.compile(r"\x1b(?:\[[^@-~]*|\][^\x07\x1b]*)?\Z")


class NotShown(RuntimeError):
    """The program did not show what was waited for."""


class WatchedTerminal:
    """One running program; a thread takes what it writes, as a terminal would, and keeps the picture."""

    def __init__(self, process: subprocess.Popen[bytes], descriptor: int, began: float) -> None:
        self._process = process
        self._descriptor = descriptor
        self._rest = ""
        self._lines = [[" "] * COLUMNS for _ in range(ROWS)]
        self._x = self._y = 0
        self._news = threading.Condition()
        self.began = began
        self.written = 0
        threading.Thread(target=self._take, daemon=True).start()

    def shows(self, text: str) -> bool:
        """Say whether a text stands on a line."""
        return any(text in "".join(line) for line in self._lines)

    def wait_for(self, *texts: str) -> float:
        """Return when all of these stand on the terminal. Raises NotShown."""
        give_up_at = perf_counter() + LONGEST_SECONDS
        with self._news:
            while not all(map(self.shows, texts)):
                self._news.wait(timeout=1)
                if perf_counter() > give_up_at or self._process.poll() is not None:
                    picture = "\n".join("".join(line).rstrip() for line in self._lines)
                    raise NotShown(f"{[each for each in texts if not self.shows(each)]} of\n{picture}")
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

    def _take(self) -> None:
        while True:
            try:
                read = os.read(self._descriptor, 65_536)
                if WHERE_IS_THE_CURSOR in read:
                    os.write(self._descriptor, THERE)
            except OSError:  # on Linux the end of a pseudo-terminal is an error
                return
            with self._news:
                self.written += len(read)
                self._draw(read)
                self._news.notify_all()

    def _draw(self, read: bytes) -> None:
        content = self._rest + read.decode(errors="replace")
        # A sequence that is not whole yet is drawn with what comes next.
        torn = _TORN.search(content)
        text, self._rest = (content[: torn.start()], content[torn.start() :]) if torn else (content, "")
        for row, column, sign in _PIECE.findall(text):
            if row:
                self._y, self._x = int(row) - 1, int(column) - 1
            elif sign in ("\n", "\r"):
                self._y, self._x = (self._y + 1, self._x) if sign == "\n" else (self._y, 0)
            elif sign and self._y < ROWS and self._x < COLUMNS:
                self._lines[self._y][self._x] = sign
                self._x += 1


@contextmanager
def on_a_terminal(module: str, arguments: Sequence[str]) -> Iterator[WatchedTerminal]:
    """Run a module of ours on a pseudo-terminal of 120x40 in the body, and end it afterwards."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "SSH_CONNECTION")}
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
    try:
        yield WatchedTerminal(process, ours, began)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
