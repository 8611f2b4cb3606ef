"""What is told of a crash: where it happened, without any value that a variable held, since it may be a secret."""

from __future__ import annotations

import os
import re
import traceback
from datetime import UTC, datetime
from pathlib import Path

from store.errors import StoreError

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


def crash_sentence(error: BaseException) -> str:
    """Return what went wrong in one line; what others' errors quote is left out."""
    said = str(error)
    if not isinstance(error, StoreError):
        said = _QUOTED.sub("'…'", said)
    first = next(iter(said.splitlines()), "")
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def crash_report(error: BaseException) -> str:
    """Return the files, lines and code that led to an error and to those before it, without variables."""
    told: list[str] = []
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        frames = "".join(traceback.format_tb(each.__traceback__))
        told.append(f"{frames}{crash_sentence(each)}\n")
        each = _before(each)
    return "\nwhich led to\n\n".join(reversed(told))


def _before(error: BaseException) -> BaseException | None:
    inner = getattr(error, "error", None)  # what a worker of Textual's failed with
    if isinstance(inner, BaseException):
        return inner
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def write_crash(error: BaseException, folder: Path, now: datetime) -> Path:
    """Write the report to a file of its own, for the user alone, and return its path. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"crash-{now.astimezone(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.log"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as file:
        file.write(crash_report(error))
    return path
