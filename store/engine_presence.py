"""One engine for each store: a lock that the engine holds as long as it runs, and that says who it is.

The lock frees itself when the engine dies, so what it says is never stale.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from store.errors import StoreBusy, StoreNotUsable
from store.lock import holder_of, sign

LOCK_NAME = "gatewatch.engine"


@contextmanager
def held_by_this_engine(folder: Path) -> Iterator[None]:
    """Be the store's one engine in the body. Raises StoreBusy, naming the other one, if there is one."""
    path = folder / LOCK_NAME
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreNotUsable(path, f"cannot be opened: {error.strerror}.") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreBusy(
                path,
                f"an engine runs on this store already: {holder_of(path)}. One engine serves one store; stop it first.",
            ) from None
        sign(descriptor)
        yield
    finally:
        os.close(descriptor)


def engine_since(folder: Path) -> datetime | None:
    """Return since when the store's engine has been running, None if none runs."""
    if engine_of(folder) is None:
        return None
    try:
        # It signs the lock once, when it has got it.
        return datetime.fromtimestamp((folder / LOCK_NAME).stat().st_mtime, UTC)
    except OSError:
        return None


def engine_of(folder: Path) -> str | None:
    """Return who the store's engine is (`process 4711 (gatewatchd serve)`), None if none runs."""
    path = folder / LOCK_NAME
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return holder_of(path)
    else:
        return None
    finally:
        os.close(descriptor)
