"""Which payments the engine still has something to do with, and when each is to be looked at next.

It follows the store at the cost of what changes: once all that is awaited, then only what was written since. A payment
is looked at when it has changed, when its moment has come, and when a request of it has ended.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from datetime import datetime

from store.payments import Payment
from store.states import AWAITED
from store.store import Store


class Agenda:
    """The awaited payments of a store, as stored, each with its next moment."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._revision: int | None = None
        self._payments: dict[int, Payment] = {}
        self._payment_of: dict[str, int] = {}
        self._to_look_at: set[int] = set()
        self._moments: list[tuple[datetime, int]] = []
        self._moment_of: dict[int, datetime] = {}

    def __contains__(self, attempt_id: object) -> bool:
        """Say whether an attempt is of a payment that something is still to be done with."""
        return attempt_id in self._payment_of

    def follow(self) -> set[str]:
        """Take over what was written since the last look; return the attempts that nothing is to be done with any more.

        Raises StoreNotUsable; what was known before stays, and the next look takes over the rest.
        """
        view = self._store.view()
        changed = None if self._revision is None else self._store.changes_since(self._revision)
        if changed is None:
            found = {each.id: each for each in view.awaited()}
            touched = found.keys() | self._payments.keys()
        else:
            touched = {identity for table, identity in changed if table == Payment.TABLE}
            stored = (view.stored(Payment, each) for each in touched)
            found = {each.id: each for each in stored if each is not None and _is_awaited(each)}
        known = set(_attempt_ids(self._payments[each] for each in touched if each in self._payments))
        for each in touched:
            self._replace(each, found.get(each))
        self._revision = view.revision
        return {each for each in known if each not in self._payment_of}

    def look_again(self, attempt_id: str) -> None:
        """Have a payment looked at though it has not changed: a request of this attempt has ended."""
        payment_id = self._payment_of.get(attempt_id)
        if payment_id is not None:
            self._to_look_at.add(payment_id)

    def ready(self, now: datetime) -> list[Payment]:
        """Return the payments to be looked at now; whoever looks sets each one's next moment."""
        while self._moments and self._moments[0][0] <= now:
            at, payment_id = heapq.heappop(self._moments)
            if self._moment_of.get(payment_id) == at:
                self._to_look_at.add(payment_id)
        ready = [self._payments[each] for each in sorted(self._to_look_at) if each in self._payments]
        self._to_look_at.clear()
        return ready

    def set_moment(self, payment_id: int, at: datetime | None) -> None:
        """Have a payment looked at again at a moment, or only once it changes."""
        if at is None:
            self._moment_of.pop(payment_id, None)
        else:
            self._moment_of[payment_id] = at
            heapq.heappush(self._moments, (at, payment_id))

    def next_moment(self) -> datetime | None:
        """Return when a payment is to be looked at next, None if none is before it changes."""
        while self._moments and self._moment_of.get(self._moments[0][1]) != self._moments[0][0]:
            heapq.heappop(self._moments)
        return self._moments[0][0] if self._moments else None

    def _replace(self, payment_id: int, payment: Payment | None) -> None:
        before = self._payments.pop(payment_id, None)
        if before is not None:
            for each in _attempt_ids([before]):
                self._payment_of.pop(each, None)
            self._moment_of.pop(payment_id, None)
        if payment is not None:
            self._payments[payment_id] = payment
            self._payment_of.update(dict.fromkeys(_attempt_ids([payment]), payment_id))
            self._to_look_at.add(payment_id)


def _is_awaited(payment: Payment) -> bool:
    return any(each.state in AWAITED for each in payment.attempts)


def _attempt_ids(payments: Iterable[Payment]) -> Iterable[str]:
    return (attempt.id for each in payments for attempt in each.attempts if attempt.state in AWAITED)
