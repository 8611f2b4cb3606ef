"""For how long nobody has pressed a key, and when that is too long."""

from __future__ import annotations

from datetime import datetime, timedelta

CHECK_SECONDS = 5.0
WARN_SECONDS = 30


class Idle:
    """A person's absence. `minutes` is how long it may last, 0: for ever."""

    def __init__(self, minutes: int, now: datetime) -> None:
        self.minutes = minutes
        self._last = now
        self._warned = False

    @property
    def why(self) -> str:
        """What is told and logged when it is over."""
        return f"{self.minutes} minute{'' if self.minutes == 1 else 's'} without a key"

    def somebody_is_here(self, now: datetime) -> None:
        """Note a sign of life."""
        self._last = now
        self._warned = False

    def lasts(self, now: datetime) -> timedelta:
        """Return for how long nobody has been here; a clock that was put back begins it anew."""
        self._last = min(self._last, now)
        return now - self._last

    def is_over(self, now: datetime) -> bool:
        """Say whether nobody has been here for too long."""
        return bool(self.minutes) and self.lasts(now) >= timedelta(minutes=self.minutes)

    def is_nearly_over(self, now: datetime) -> bool:
        """Say, once for each absence, that it is over soon."""
        near = self.lasts(now) >= timedelta(minutes=self.minutes, seconds=-WARN_SECONDS)
        if not self.minutes or not near or self._warned:
            return False
        self._warned = True
        return True
