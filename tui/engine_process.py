"""An engine that runs as long as the panel: a process of its own, in a session of its own, with a log file.

It ends when its standard input does, so it never outlives the panel, not even one that was killed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.engine_presence import engine_of
from store.errors import Refused, StoreNotUsable
from store.folder import VARIABLE

LOG_NAME = "gatewatchd.log"
START_SECONDS = 15.0
STOP_SECONDS = 10.0
LISTENS = b"gatewatchd listens"
"""How the line begins that an engine prints when it is ready."""


@contextmanager
def engine_beside(folder: Path) -> Iterator[str]:
    """Run an engine on the store in `folder` during the body; gives a line that tells which engine serves it.

    An engine that runs already is left alone, and none is started. Raises Refused, with what it said last, if the
    engine does not come to listen; StoreNotUsable if its log cannot be written.
    """
    running = engine_of(folder)
    if running is not None:
        yield f"The engine that runs already is used: {running}."
        return
    path = folder / LOG_NAME
    try:
        log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreNotUsable(path, f"the engine's log cannot be written: {error.strerror}.") from error
    begin = os.fstat(log).st_size
    try:
        engine = subprocess.Popen(
            # -P: a gateway.py in the current folder must not run instead
            [sys.executable, "-P", "-m", "gateway", "serve", "--until-stdin-closes"],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=os.environ | {VARIABLE: str(folder)},
            start_new_session=True,
        )
    finally:
        os.close(log)
    try:
        _await_listening(engine, path, begin)
        yield f"The engine runs as process {engine.pid}; its log is {path}."
    finally:
        _stop(engine)


def _await_listening(engine: subprocess.Popen[bytes], path: Path, begin: int) -> None:
    """Return once the engine listens. Raises Refused if it ends before, or is not ready in time."""
    give_up_at = time.monotonic() + START_SECONDS
    while True:
        with path.open("rb") as log:
            log.seek(begin)
            lines = log.read().splitlines()
        if any(each.startswith(LISTENS) for each in lines):
            return
        said = lines[-1].decode(errors="replace") if lines else "it said nothing"
        if engine.poll() is not None:
            raise Refused(f"The engine ended at once (exit code {engine.returncode}): {said}")
        if time.monotonic() >= give_up_at:
            raise Refused(f"The engine does not listen after {START_SECONDS:g} s: {said}. Its log is {path}.")
        time.sleep(0.05)


def _stop(engine: subprocess.Popen[bytes]) -> None:
    """End the engine by closing its standard input; kill it if it does not leave."""
    if engine.stdin is not None:
        engine.stdin.close()
    try:
        engine.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        engine.kill()
        engine.wait()
