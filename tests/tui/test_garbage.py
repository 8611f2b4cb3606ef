from __future__ import annotations

import gc
import threading
import weakref
from datetime import timedelta

from tests.gateway.events import PATIENCE_SECONDS
from tui.garbage import FEW_OBJECTS, looked_for_while_nobody_types

A_BIT = 0.005


class Circle:
    """Something that only a look for garbage finds."""

    def __init__(self) -> None:
        self.itself = self


class Absence:
    """Tells for how long nobody was there, and lets a test wait until it was asked so often."""

    def __init__(self, length: timedelta) -> None:
        self._length = length
        self._asked = threading.Semaphore(0)

    def __call__(self) -> timedelta:
        self._asked.release()
        return self._length

    def wait(self, times: int) -> None:
        for _ in range(times):
            assert self._asked.acquire(timeout=PATIENCE_SECONDS)


def circle() -> weakref.ref[Circle]:
    return weakref.ref(Circle())


def test_circles_are_found_once_nobody_types() -> None:
    gone = threading.Event()
    absence = Absence(timedelta(seconds=3))
    with looked_for_while_nobody_types(absence, every_seconds=A_BIT):
        assert not gc.isenabled()
        left = Circle()
        weakref.finalize(left, gone.set)
        del left
        many: list[list[int]] = [[] for _ in range(FEW_OBJECTS + 100)]
        assert gone.wait(PATIENCE_SECONDS)
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
    assert len(many) > FEW_OBJECTS


def test_while_somebody_types_or_little_was_made_nothing_is_looked_for() -> None:
    absence = Absence(timedelta(seconds=2.9))
    with looked_for_while_nobody_types(absence, every_seconds=A_BIT):
        left = circle()
        many: list[list[int]] = [[] for _ in range(FEW_OBJECTS + 100)]
        absence.wait(3)
        assert left() is not None
    assert len(many) > FEW_OBJECTS
