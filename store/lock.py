"""One lock between processes around read-decide-write, never held across a network call.

`flock` frees itself when its holder dies, has no time limit of its own (so it is polled), and is taken on a
descriptor of its own each time, so that it also keeps the threads of one process apart. The file is never renamed or
removed.
"""

from __future__ import annotations

import fcntl
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.errors import StoreBusy, StoreNotUsable

FIRST_PAUSE_SECONDS = 0.0002
LONGEST_PAUSE_SECONDS = 0.005


@contextmanager
def held(path: Path, *, wait_seconds: float) -> Iterator[None]:
    """Hold the lock in the body. Raises StoreBusy, naming the holder, when it is not free within `wait_seconds`."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreNotUsable(path, f"the lock cannot be opened: {error.strerror}.") from error
    try:
        _take(descriptor, path, wait_seconds)
        sign(descriptor)
        yield
    finally:
        os.close(descriptor)


def holder_of(path: Path) -> str:
    """Return what the last holder wrote into the lock: `process 4711 (gatewatchd serve)`."""
    try:
        written = path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError as error:
        return f"an unknown process ({error.strerror})"
    return written or "an unknown process"


def _take(descriptor: int, path: Path, wait_seconds: float) -> None:
    give_up_at = time.monotonic() + wait_seconds
    pause_seconds = FIRST_PAUSE_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= give_up_at:
                raise StoreBusy(
                    path,
                    f"held by {holder_of(path)} for more than {wait_seconds:g} s. Nothing was written; try again, "
                    "and if it stays so, look at what that process does.",
                ) from None
            time.sleep(pause_seconds)
            pause_seconds = min(pause_seconds * 2, LONGEST_PAUSE_SECONDS)
        else:
            return


def sign(descriptor: int) -> None:
    """Write into a lock who holds it."""
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])
    text = f"process {os.getpid()} ({command})\n".encode()
    os.pwrite(descriptor, text, 0)
    os.ftruncate(descriptor, len(text))
