"""A program on a pseudo-terminal, watched: what it writes and when, its processor time, its memory, what it reads."""

from __future__ import annotations

import fcntl
import os
import pty
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


class NotShown(RuntimeError):
    """The program did not show what was waited for."""


class WatchedTerminal:
    """One running program; a thread takes what it writes, as a terminal would."""

    def __init__(self, process: subprocess.Popen[bytes], descriptor: int, began: float) -> None:
        self._process = process
        self._descriptor = descriptor
        self._written = bytearray()
        self._news = threading.Condition()
        self.began = began
        threading.Thread(target=self._take, daemon=True).start()

    @property
    def count(self) -> int:
        """How many bytes the program has written."""
        return len(self._written)

    def wait_for(self, *shown: bytes, after: int = 0) -> float:
        """Return when all of these had been written, after so many bytes. Raises NotShown."""
        give_up_at = perf_counter() + LONGEST_SECONDS
        with self._news:
            while any(self._written.find(each, after) < 0 for each in shown):
                if not self._news.wait(timeout=1) and (perf_counter() > give_up_at or self._process.poll() is not None):
                    missing = [each for each in shown if self._written.find(each, after) < 0]
                    raise NotShown(f"{missing!r}; the end: {bytes(self._written[-500:])!r}")
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
        bytes_before, cpu_before, began = self.count, self.cpu_seconds(), perf_counter()
        time.sleep(seconds)
        passed = perf_counter() - began
        return (self.count - bytes_before) / passed, (self.cpu_seconds() - cpu_before) / passed

    def press(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._descriptor, keys)

    def _take(self) -> None:
        while True:
            try:
                read = os.read(self._descriptor, 65_536)
            except OSError:  # on Linux the end of a pseudo-terminal is an error
                return
            with self._news:
                self._written += read
                self._news.notify_all()


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
