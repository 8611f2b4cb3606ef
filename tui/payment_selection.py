"""Which payments the monitor shows: the choice, and what fits it, kept up with the changes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum

from tui.filters import Filter
from tui.payment_glance import Glance
from tui.payment_order import Key, Order

_NEVER = datetime.max.replace(tzinfo=UTC)
REFILTER = timedelta(seconds=5)
"""How often a filter that time alone changes is applied anew to everything."""


class Lane(Enum):
    """A kind of payment that the monitor counts; a payment can be in several."""

    WAITING = "Waiting for payment"
    PROCESSING = "Processing"
    ENDING = "Ending within a minute"
    LATE = "Late"
    LATE_ANSWERS = "Late answers today"
    RETURNED = "Returned today"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which payments are shown, and how: of one lane, those that fit a filter, sorted by a column (None: urgency)."""

    lane: Lane | None = None
    filter: Filter[Glance] = field(default_factory=lambda: Filter(""))
    sort: str | None = None
    reverse: bool = False


EVERYTHING = Choice()


def started_nearest(ids: Sequence[int], glances: Mapping[int, Glance], moment: datetime) -> int | None:
    """Return which payment was started nearest to a moment, None if none was; of two as near, the earlier one.

    The ids are given in the order of the start of the last attempt, those that were never started at the end.
    """

    def started(identity: int) -> datetime:
        return glances[identity].started_at or _NEVER

    place = bisect_left(ids, moment, key=started)
    beside = [each for each in ids[max(0, place - 1) : place + 1] if started(each) is not _NEVER]
    return min(beside, key=lambda each: abs(started(each) - moment), default=None)


class Selection:
    """The payments that fit a filter, in the order of a sort, kept up with the changes."""

    def __init__(
        self, choice: Choice, glances: Mapping[int, Glance], key: Callable[[Glance], Key], now: datetime
    ) -> None:
        self._filter = choice.filter
        self._sort = choice.sort
        self._glances = glances
        self._key = key
        self._made_at = now
        self.follows_time = choice.filter.moves
        self.order = Order.of((key(each), each.id) for each in list(glances.values()) if self._filter.fits(each, now))

    def is_of(self, choice: Choice) -> bool:
        """Say whether it was made for this filter and sort."""
        return (choice.filter.text, choice.sort) == (self._filter.text, self._sort)

    def is_old(self, now: datetime) -> bool:
        """Say whether time may have changed what fits."""
        return (self.follows_time and now - self._made_at >= REFILTER) or now.date() != self._made_at.date()

    def follow(self, renewed: Iterable[int], now: datetime) -> None:
        """Put payments that have been read anew in their places."""
        self.order.change({each: self._wanted(each, now) for each in renewed})

    def _wanted(self, identity: int, now: datetime) -> Key | None:
        glance = self._glances.get(identity)
        return self._key(glance) if glance is not None and self._filter.fits(glance, now) else None
