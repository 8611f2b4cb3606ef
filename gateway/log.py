"""What the engine tells: one JSON object a line on standard error, with the ids of what it is about, never a secret."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Protocol, TextIO, TypeAlias

import msgspec

from store.outside import Clock

Fact: TypeAlias = str | int | float | None
Facts: TypeAlias = Mapping[str, Fact]


class EventLog(Protocol):
    """Where events are written."""

    def write(self, event: str, **facts: Fact) -> None:
        """Write one event with its facts (payment, attempt, connector, rule, reason)."""

    def write_each(self, event: str, happened: Sequence[Facts]) -> None:
        """Write an event of this name for each of these facts, at once."""


class JsonLines:
    """An event log of JSON lines on a stream."""

    def __init__(self, clock: Clock, stream: TextIO | None = None) -> None:
        self._clock = clock
        self._stream = sys.stderr if stream is None else stream
        self._lost = 0

    def write(self, event: str, **facts: Fact) -> None:
        """Write one event as a line. What cannot be written is counted, and told with the next line that can be."""
        self.write_each(event, (facts,))

    def write_each(self, event: str, happened: Sequence[Facts]) -> None:
        """Write events as a line each, all of them in one write, like one."""
        at = self._clock().isoformat(timespec="milliseconds")
        lost: Facts = {"lines_lost": self._lost or None}
        lines = [flat_json({"at": at, "event": event, **facts, **lost}) for facts in happened[:1]]
        lines += [flat_json({"at": at, "event": event, **facts}) for facts in happened[1:]]
        try:
            # In one piece: other threads write, too, and a kill must not leave a line that the next one is added to.
            self._stream.write("\n".join([*lines, ""]))
            self._stream.flush()
        except OSError:  # a full disk or a closed pipe must not stop payments
            self._lost += len(lines)
        else:
            self._lost = 0


class EachOf:
    """Several event logs as one."""

    def __init__(self, *logs: EventLog) -> None:
        self._logs = logs

    def write(self, event: str, **facts: Fact) -> None:
        """Write one event to each."""
        for log in self._logs:
            log.write(event, **facts)

    def write_each(self, event: str, happened: Sequence[Facts]) -> None:
        """Write events to each."""
        for log in self._logs:
            log.write_each(event, happened)


def flat_json(fields: Facts) -> str:
    """Return fields as one line of JSON in ASCII; what is None is left out."""
    told = {name: value for name, value in fields.items() if value is not None}
    try:
        return _ENCODER.encode(told).decode("ascii")
    except UnicodeError:
        # Written with escapes: a line must not turn a terminal's writing around, and a folder's name may be no UTF-8.
        return json.dumps(told, separators=(",", ":"))


_ENCODER = msgspec.json.Encoder()


def place_of(error: BaseException) -> str:
    """Return where an error came from, `function:line`: what it says may hold what must not be told."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].name}:{frames[-1].lineno}" if frames else "nowhere"


class HttpFaults(logging.Handler):
    """Makes events of what the HTTP server logs: a kind of error, never the bytes that came or a traceback."""

    def __init__(self, log: EventLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write one of the server's log records as an event."""
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            self._log.write("http", reason=record.getMessage())
        else:
            self._log.write("http", reason=record.getMessage(), kind=type(error).__name__, place=place_of(error))


def http_logger(log: EventLog) -> logging.Logger:
    """Return a logger for the HTTP server that tells the event log and nobody else; known by no name."""
    logger = logging.Logger("http", logging.WARNING)
    logger.addHandler(HttpFaults(log))
    return logger
