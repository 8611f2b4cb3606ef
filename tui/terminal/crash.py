"""Where a crash of the panel is told: one line on the terminal, the whole report in a file of the user's."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from store.crash_report import crash_report
from store.errors import StoreError


def crash_sentence(error: BaseException) -> str:
    """Return what went wrong in one line: what others' errors say is left out, since it may quote a secret."""
    found = _behind(error)
    return f"{type(found).__name__}: {found}" if isinstance(found, StoreError) else type(found).__name__


def write_crash(error: BaseException, folder: Path, now: datetime) -> Path:
    """Write the report to a file of its own, for the user alone, and return its path. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"crash-{now.astimezone(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.log"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as file:
        file.write(f"{crash_report(_behind(error))}\n")
    return path


def _behind(error: BaseException) -> BaseException:
    """Return what a worker of Textual's failed with, or the error itself."""
    inner = getattr(error, "error", None)
    return inner if isinstance(inner, BaseException) else error
