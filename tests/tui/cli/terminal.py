"""How the command line is run in tests: as a process, like anybody's, or within the test, where only speed differs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from tui.cli.invocation import Invocation
from tui.cli.program import gatewatch
from tui.places import Place

PROGRAM = [sys.executable, "-m", "tui"]


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What was written to standard output, as JSON; the run must have been done."""
        assert self.code == 0, self.err
        return json.loads(self.out)


@dataclass(frozen=True)
class CommandLine:
    """`gatewatch` on one store."""

    folder: Path

    def __call__(self, *args: object, stdin: str | bytes = "") -> Ended:
        """Run a command within this process."""
        run = Invocation(place=Place(self.folder, "--data"))
        ended = CliRunner().invoke(gatewatch, [str(each) for each in args], input=stdin, obj=run, prog_name="gatewatch")
        if ended.exception is not None and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return Ended(ended.exit_code, ended.stdout, ended.stderr)

    def process(self, *args: object, stdin: str = "", env: Mapping[str, str] | None = None) -> Ended:
        """Run a command as a process; its folder comes from GATEWATCH_DATA."""
        ended = subprocess.run(
            [*PROGRAM, *(str(each) for each in args)],
            input=stdin,
            capture_output=True,
            text=True,
            env=self.environment | dict(env or {}),
            check=False,
            timeout=60,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def start(self, *args: object) -> subprocess.Popen[str]:
        """Start a command as a process and return it while it runs."""
        return subprocess.Popen(
            [*PROGRAM, *(str(each) for each in args)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
            # Whoever runs the tests in the background has ctrl+c ignored, and a child would inherit that.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - the tests' one thread
        )

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a process, with this store's folder."""
        return os.environ | {"GATEWATCH_DATA": str(self.folder)}
