"""Ending by a signal: once, with the terminal as it was, and in bounded time also where the panel hangs.

Handlers run in the main thread between two steps of whatever it does, also of the event loop; a loop's own signal
handlers would wait for a loop that is stuck.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

from tui.terminal.restoring import TerminalBefore

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
WAIT_SECONDS = 2.0
"""How long the panel may take to leave the terminal; after that it is taken from it."""


def exit_code_of(number: int) -> int:
    """Return the exit code that shells know for an end by a signal: 143 for SIGTERM."""
    return 128 + number


class EndingSignals:
    """Turns the first SIGTERM, SIGHUP or SIGINT into an end of the program; later ones do not disturb it.

    Outside of `led_to`, the end is SystemExit, so that every `with` block is left. `at_worst` is called, in a thread,
    before a panel that does not leave is ended without that.
    """

    def __init__(self, at_worst: Callable[[], object] = lambda: None) -> None:
        self._at_worst = at_worst
        self._lead: Callable[[int], None] | None = None
        self._left = threading.Event()
        self._number: int | None = None
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> EndingSignals:
        for each in SIGNALS:
            self._previous[each] = signal.signal(each, self._handle)
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for each, handler in self._previous.items():
            signal.signal(each, handler)

    @contextmanager
    def led_to(self, leave: Callable[[int], None]) -> Iterator[None]:
        """Lead the signal's number to a panel, which is to leave the block soon."""
        before = TerminalBefore.found()
        self._lead = lambda number: self._lead_out(leave, number, before)
        try:
            yield
        finally:
            self._lead = None
            self._left.set()

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self._number is not None:
            return
        self._number = number
        if self._lead is None:
            raise SystemExit(exit_code_of(number))
        self._lead(number)

    def _lead_out(self, leave: Callable[[int], None], number: int, before: TerminalBefore) -> None:
        watchdog = threading.Thread(target=self._watch, args=(number, before), daemon=True, name="ending-watchdog")
        watchdog.start()
        leave(number)

    def _watch(self, number: int, before: TerminalBefore) -> None:
        if self._left.wait(WAIT_SECONDS):
            return
        before.restore()
        try:
            self._at_worst()
        finally:
            os._exit(exit_code_of(number))
