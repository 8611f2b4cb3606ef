"""How many requests go to each gateway at once, and when one that is down is tried again.

Each connector has a lane of its own, so that a slow gateway, or one that is down, slows no other. Where nobody takes a
connection, the lane closes: one request tries the gateway after pauses that grow, and all others wait for that.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

AT_ONCE_PER_CONNECTOR = 16
"""Requests under way to one connector."""
AT_ONCE_IN_ALL = 1024
"""Requests under way to all connectors: each has a connection of its own, and the process so many files."""
KEPT_FREE = 256
"""How many of these places are for connectors with no request under way: others that are slow cannot take them all."""
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=30)


@dataclass(slots=True)
class Lane:
    """What goes on with one gateway. `next_try_at` None: it is open.

    `waiting` are payments, the first to go first; `urgent` are those that wait for room only.
    """

    under_way: int = 0
    failures: int = 0
    next_try_at: datetime | None = None
    trying: str = ""
    """The attempt whose request tries a gateway that was down."""
    waiting: dict[int, None] = field(default_factory=dict)
    urgent: dict[int, None] = field(default_factory=dict)

    def places(self, now: datetime, places: int) -> int:
        """Return how many of so many free places requests may take that are not urgent."""
        if self.next_try_at is None:
            return places
        return min(1, places) if now >= self.next_try_at and not self.trying else 0


class Lanes:
    """The lanes of all connectors. Safe to use from several threads."""

    def __init__(
        self, at_once: int = AT_ONCE_PER_CONNECTOR, *, in_all: int = AT_ONCE_IN_ALL, kept_free: int = KEPT_FREE
    ) -> None:
        self._at_once = at_once
        self._in_all = in_all
        self._kept_free = kept_free
        self._under_way = 0
        self._lanes: defaultdict[int, Lane] = defaultdict(Lane)
        self._lock = threading.Lock()

    def enter(self, connector_id: int, attempt_id: str, payment_id: int, now: datetime, *, urgent: bool) -> bool:
        """Say whether a request of an attempt may leave now; if not, its payment waits.

        `urgent`: it does not wait for a gateway that is down, only for room. Whoever enters must `leave`.
        """
        with self._lock:
            lane = self._lanes[connector_id]
            free = self._free(lane)
            if lane.places(now, free) > 0:
                if lane.next_try_at is not None:
                    lane.trying = attempt_id
            elif not urgent or free == 0:
                (lane.urgent if urgent else lane.waiting)[payment_id] = None
                return False
            lane.under_way += 1
            self._under_way += 1
            return True

    def leave(self, connector_id: int, attempt_id: str) -> None:
        """Take note that a request has ended."""
        with self._lock:
            lane = self._lanes[connector_id]
            lane.under_way -= 1
            self._under_way -= 1
            if lane.trying == attempt_id:
                lane.trying = ""

    def note_down(self, connector_id: int, now: datetime, jitter: float) -> datetime:
        """Close the lane of a gateway that nobody answered for; return when it is tried next.

        `jitter`, from 0 to 1, makes the pause up to half longer. Several requests that end so at once count as one.
        """
        with self._lock:
            lane = self._lanes[connector_id]
            if lane.next_try_at is None or now >= lane.next_try_at:
                lane.failures += 1
                grown: timedelta = min(FIRST_PAUSE * 2 ** min(lane.failures - 1, 10), LONGEST_PAUSE)
                lane.next_try_at = now + grown * (1 + jitter / 2)
            return lane.next_try_at

    def note_reached(self, connector_id: int) -> None:
        """Open the lane of a gateway that took a connection."""
        with self._lock:
            lane = self._lanes[connector_id]
            lane.failures, lane.next_try_at = 0, None

    def released(self, now: datetime) -> list[int]:
        """Return the payments that there is room for now; they wait no more."""
        released: list[int] = []
        with self._lock:
            for lane in self._lanes.values():
                released += self._first(lane, now, self._free(lane, promised=len(released)))
        return released

    def next_try_at(self) -> datetime | None:
        """Return when the next gateway that is down is tried that somebody waits for, None if there is none."""
        with self._lock:
            moments = [
                each.next_try_at
                for each in self._lanes.values()
                if each.waiting and each.next_try_at is not None and not each.trying
            ]
        return min(moments, default=None)

    def _free(self, lane: Lane, promised: int = 0) -> int:
        """Return how many more requests may leave to a connector, where others have `promised` places."""
        in_all = self._in_all - self._under_way - promised
        free = max(0, min(self._at_once - lane.under_way, in_all - self._kept_free))
        return 1 if free == 0 and lane.under_way == 0 and in_all > 0 else free

    def _first(self, lane: Lane, now: datetime, free: int) -> Iterator[int]:
        urgent = _taken(lane.urgent, free)
        yield from urgent
        yield from _taken(lane.waiting, lane.places(now, free - len(urgent)))


def _taken(queue: dict[int, None], most: int) -> list[int]:
    """Take the first of a queue out of it."""
    first = list(islice(queue, most))
    for each in first:
        del queue[each]
    return first
