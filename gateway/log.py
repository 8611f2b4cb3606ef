"""What the engine tells: one JSON object a line on standard error, with the ids of what it is about, never a secret."""

from __future__ import annotations

import json
import sys
from typing import Protocol, TextIO

from store.outside import Clock


class EventLog(Protocol):
    """Where events are written."""

    def write(self, event: str, **facts: str | int | float | None) -> None:
        """Write one event with its facts (payment, attempt, connector, rule, reason)."""


class JsonLines:
    """An event log of JSON lines on a stream."""

    def __init__(self, clock: Clock, stream: TextIO | None = None) -> None:
        self._clock = clock
        self._stream = sys.stderr if stream is None else stream

    def write(self, event: str, **facts: str | int | float | None) -> None:
        """Write one event as a line."""
        told = {key: value for key, value in facts.items() if value is not None}
        line = json.dumps({"at": self._clock().isoformat(timespec="milliseconds"), "event": event, **told})
        print(line, file=self._stream, flush=True)
