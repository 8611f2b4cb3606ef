"""Which payments the engine still has something to do with, and when each is to be looked at next.

It follows the store at the cost of what changes: once, by the index, all that is awaited, then only what was written
since. It remembers ids and moments, never payments: a hundred thousand of them cost a few megabytes. A payment is
looked at when it has changed, when its moment has come, and when a request of it has ended.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from store.late_asks import is_awaited
from store.payments import Payment
from store.store import Store
from store.view import AWAITED_KEY, View

STALE_MOMENTS_LET_BE = 100
"""So many moments that were moved or dropped may always stay in the heap."""


@dataclass(frozen=True, slots=True)
class Look:
    """Some payments to be looked at, as stored; those that nothing is to be done with any more; and if there are more.

    Whoever looks sets each one's next moment.
    """

    payments: tuple[Payment, ...]
    left: tuple[int, ...]
    more: bool


class Agenda:
    """The awaited payments of a store, each with its next moment."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._revision: int | None = None
        self._to_look_at: dict[int, None] = {}
        self._moments: list[tuple[datetime, int]] = []
        self._moment_of: dict[int, datetime] = {}

    def follow(self) -> View:
        """Take over what was written since the last look; return the store as it is now.

        Raises StoreNotUsable; what was known before stays, and the next look takes over the rest.
        """
        view = self._store.view()
        changed = None if self._revision is None else self._store.changes_since(self._revision)
        if changed is None:
            found = view.ids_that_may_have(Payment, "awaited", AWAITED_KEY)
        else:
            found = sorted(identity for table, identity in changed if table == Payment.TABLE)
        self._to_look_at.update(dict.fromkeys(found))
        self._revision = view.revision
        return view

    def look_again(self, payment_id: int) -> None:
        """Have a payment looked at though it has not changed: a request of it has ended, or there is room for one."""
        self._to_look_at[payment_id] = None

    def ready(self, view: View, now: datetime, most: int) -> Look:
        """Return payments to be looked at now, `most` at once. Raises StoreNotUsable; none is forgotten then."""
        while self._moments and self._moments[0][0] <= now:
            at, payment_id = heapq.heappop(self._moments)
            if self._moment_of.get(payment_id) == at:
                del self._moment_of[payment_id]
                self._to_look_at[payment_id] = None
        payments: list[Payment] = []
        left: list[int] = []
        looked_at = list(islice(self._to_look_at, most))
        for payment_id in looked_at:
            stored = view.stored(Payment, payment_id)
            if stored is not None and any(is_awaited(each) for each in stored.attempts):
                payments.append(stored)
            else:
                left.append(payment_id)
                self._moment_of.pop(payment_id, None)
        # Only now: if the store could not be read in the middle, they are all looked at the next time.
        for payment_id in looked_at:
            del self._to_look_at[payment_id]
        self._forget_stale()
        return Look(tuple(payments), tuple(left), bool(self._to_look_at))

    def set_moment(self, payment_id: int, at: datetime | None) -> None:
        """Have a payment looked at again at a moment, or only once it changes."""
        if at is None:
            self._moment_of.pop(payment_id, None)
        elif self._moment_of.get(payment_id) != at:
            self._moment_of[payment_id] = at
            heapq.heappush(self._moments, (at, payment_id))
        self._forget_stale()

    def next_moment(self) -> datetime | None:
        """Return when a payment is to be looked at next, None if none is before it changes."""
        while self._moments and self._moment_of.get(self._moments[0][1]) != self._moments[0][0]:
            heapq.heappop(self._moments)
        return self._moments[0][0] if self._moments else None

    def _forget_stale(self) -> None:
        """Make the heap anew once more than half of it holds no more.

        By itself a moment goes only when it gets to the top, and one that a week was to pass before takes a week. What
        is kept is less than what was moved or dropped since the last time, so that costs each of these the same.
        """
        stale = len(self._moments) - len(self._moment_of)
        if stale > len(self._moment_of) + STALE_MOMENTS_LET_BE:
            self._moments = [(at, payment_id) for payment_id, at in self._moment_of.items()]
            heapq.heapify(self._moments)
