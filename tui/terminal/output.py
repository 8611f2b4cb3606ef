"""Writing to the terminal in a thread of its own, so that a slow one never holds up the panel."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable

CHUNK_BYTES = 512
"""How much is written at once, so that what is left of a frame can be abandoned."""


class Output(threading.Thread):
    """Writes texts to a file descriptor in their order; `drained` is called, in this thread, when nothing is left."""

    def __init__(self, descriptor: int, encoding: str, drained: Callable[[], None]) -> None:
        super().__init__(daemon=True, name="terminal-output")
        self._descriptor = descriptor
        self._encoding = encoding
        self._drained = drained
        self._waiting: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._ending = False
        self._abandoned = False
        self._writing = False

    @property
    def is_idle(self) -> bool:
        """Whether everything has been written."""
        with self._changed:
            return not self._waiting and not self._writing

    def put(self, text: str) -> None:
        """Have a text written; never waits."""
        with self._changed:
            self._waiting.append(text.encode(self._encoding, "replace"))
            self._changed.notify()

    def finish(self, wait_seconds: float) -> bool:
        """Write what is left and end; return whether that was done in time. What is left then is thrown away."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        self.join(wait_seconds)
        self._abandoned = True
        return not self.is_alive()

    def run(self) -> None:
        """Write until told to end, or until the terminal is gone."""
        while (text := self._next()) is not None:
            for start in range(0, len(text), CHUNK_BYTES):
                if not self._write(text[start : start + CHUNK_BYTES]):
                    return
            with self._changed:
                self._writing = False
                idle = not self._waiting and not self._ending
            if idle:
                self._drained()

    def _next(self) -> bytes | None:
        with self._changed:
            while not self._waiting:
                if self._ending:
                    return None
                self._changed.wait()
            self._writing = True
            return self._waiting.popleft()

    def _write(self, chunk: bytes) -> bool:
        while chunk:
            if self._abandoned:
                return False
            try:
                written = os.write(self._descriptor, chunk)
            except OSError:  # the terminal is gone, which the driver notices by itself
                return False
            chunk = chunk[written:]
        return True
