"""A decision that was handed in: whoever did it waits here for what became of it.

It is what `concurrent.futures.Future` is, without a lock and a condition for each: those cost a decision that shares a
commit with others more than its part of the sync.
"""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Pending(Generic[T]):
    """What one decision will give. Safe to use from several threads."""

    __slots__ = ("_bells", "_cancelled", "_done", "_failure", "_result", "_taken")

    def __init__(self) -> None:
        self._taken = threading.Lock()
        """Taken once, by whoever begins the decision or gives it up."""
        self._done = False
        self._cancelled = False
        self._bells: list[threading.Lock] = []
        """One for each thread that waits, locked until it is told."""
        self._result: Any = None
        self._failure: BaseException | None = None

    def result(self, timeout: float | None = None) -> T:
        """Wait and return what the decision gave; raise what it raised, or what kept it from being stored.

        Raises TimeoutError after so many seconds, CancelledError if it was given up.
        """
        failure = self.exception(timeout)
        if failure is not None:
            raise failure
        result: T = self._result
        return result

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait and return what was raised, None if nothing was. Raises as `result` does otherwise."""
        if not self._done:
            self._wait(timeout)
        if self._cancelled:
            raise CancelledError
        return self._failure

    def cancel(self) -> bool:
        """Keep the decision from being run; say no if it has begun."""
        if self._taken.acquire(blocking=False):
            self._cancelled = True
            self._ring()
        return self._cancelled

    def cancelled(self) -> bool:
        """Say whether it was given up."""
        return self._cancelled

    def done(self) -> bool:
        """Say whether there is nothing to wait for any more."""
        return self._done

    def running(self) -> bool:
        """Say whether the decision has begun and nothing was told yet."""
        return self._taken.locked() and not self._done

    def set_running_or_notify_cancel(self) -> bool:
        """Begin: say whether the decision is still wanted; from then on it cannot be given up."""
        return self._taken.acquire(blocking=False)

    def set_result(self, result: T) -> None:
        """Tell what the decision gave."""
        self._result = result
        self._ring()

    def set_exception(self, exception: BaseException) -> None:
        """Tell what was raised."""
        self._failure = exception
        self._ring()

    def _wait(self, timeout: float | None) -> None:
        bell = threading.Lock()
        bell.acquire()
        self._bells.append(bell)
        # It is done before the bells are rung: either that is seen here, or this bell is there to be rung.
        if not self._done and not bell.acquire(timeout=-1 if timeout is None else timeout):
            raise TimeoutError

    def _ring(self) -> None:
        self._done = True
        for bell in self._bells:
            bell.release()
