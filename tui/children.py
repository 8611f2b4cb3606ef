"""Programs that the panel starts and that never outlive it: each ends when its standard input does.

Also after `kill -9` of the parent the pipe closes, so nothing is left behind. A child has a session of its own, so that
ctrl+c in the terminal is the panel's alone, and writes what it has to tell into a file.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

STOP_SECONDS = 15.0
"""How long a child may take to end when it is asked to."""


class ChildFailed(Exception):
    """A program could not be started; the text says which and what it last wrote."""


class Child:
    """One program under way, started as `python -P -m MODULE ARGUMENTS`."""

    def __init__(
        self, module: str, arguments: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.name = module
        self._log = log
        with log.open("ab") as stderr:
            # Our own module by the interpreter that runs us; -P, so that a file of that name in the folder is not it.
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-P", "-m", module, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )

    def first_line(self, *, wait_seconds: float) -> str:
        """Return the line that the program prints when it is ready. Raises ChildFailed if it does not come."""
        stdout = self._process.stdout
        give_up_at = time.monotonic() + wait_seconds
        line = b""
        while stdout is not None and not line.endswith(b"\n"):
            left = give_up_at - time.monotonic()
            if left <= 0 or not select.select([stdout], [], [], left)[0]:
                break
            read = os.read(stdout.fileno(), 4096)
            if not read:
                break
            line += read
        if not line.endswith(b"\n"):
            self.stop()
            raise ChildFailed(f"{self.name} did not start: {self._last_words()}")
        return line.decode(errors="replace").splitlines()[0].strip()

    def stop(self) -> int:
        """Ask the program to end by closing its standard input; return its exit code, after killing it if it stays."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            code = self._process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        return code

    @property
    def running(self) -> bool:
        """Whether the program still runs."""
        return self._process.poll() is None

    def _last_words(self) -> str:
        written = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return written[-1] if written else "it wrote nothing"


def start_engine(folder: Path, *, port: int | None = None, archive_after_days: float | None = None) -> Child:
    """Start an engine for a store and return it once it listens. Raises ChildFailed."""
    arguments = ["serve", "--data", str(folder), "--until-stdin-closes"]
    if port is not None:
        arguments += ["--port", str(port)]
    if archive_after_days is not None:
        arguments += ["--archive-after-days", str(archive_after_days)]
    engine = Child("gateway", arguments, folder / "engine.log")
    engine.first_line(wait_seconds=30.0)
    return engine
