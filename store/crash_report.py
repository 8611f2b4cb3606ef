"""What is told of a fault of this program: kinds of errors and places in the code, never a value.

What an error says may quote whatever it was about, a key or a setting among it, and a crash is pasted into tickets.
Errors of the store's own say sentences that hold no secret, so those are told.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from types import TracebackType

from store.errors import StoreError

LEFT_OUT = "What errors say is left out here: it may hold a secret."


def crash_report(error: BaseException) -> str:
    """Return an error, with those that led to it, as lines: where it came from, and its kind."""
    return "\n".join([*_lines(error, set()), LEFT_OUT])


def tell_no_values() -> None:
    """Let this process tell what nobody has caught, in any thread, as a crash report on standard error."""
    sys.excepthook = _tell_uncaught
    threading.excepthook = lambda args: _tell(args.exc_value)
    sys.unraisablehook = lambda args: _tell(args.exc_value)
    log = logging.getLogger("asyncio")
    log.handlers = [_Reports(logging.ERROR)]
    log.propagate = False


class _Reports(logging.Handler):
    """Tells of tasks that nobody waited for; the record's own text holds what their errors say."""

    def emit(self, record: logging.LogRecord) -> None:
        _tell(record.exc_info[1] if record.exc_info else None)


def _lines(error: BaseException, told: set[int]) -> Iterator[str]:
    told.add(id(error))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and id(cause) not in told:
        yield from _lines(cause, told)
        yield "which led to:"
    yield from (each.rstrip("\n") for each in traceback.format_list(traceback.extract_tb(error.__traceback__)))
    says = f": {error}" if isinstance(error, StoreError) else ""
    yield f"{type(error).__qualname__}{says}"
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from (f"  {line}" for line in _lines(each, told))


def _tell_uncaught(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    if not isinstance(error, KeyboardInterrupt):
        _tell(error)


def _tell(error: BaseException | None) -> None:
    sys.stderr.write(f"{crash_report(error) if error is not None else 'A task ended badly.'}\n")
