"""How many attempts of each connector are overdue and still asked about.

It is kept up by reading only what was written since the last look. Only payments with such an attempt are remembered.
The first look finds them by the index of what is awaited.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from store.judging import as_of
from store.late_asks import is_awaited
from store.payments import Payment
from store.states import AttemptState

if TYPE_CHECKING:
    from store.store import Store, View


class OverdueTally:
    """The overdue attempts of one store. Safe to use from several threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._revision: int | None = None
        self._of_payment: dict[int, tuple[int, ...]] = {}
        self._counts: Counter[int] = Counter()

    def counts(self, view: View, fallen: Iterable[Payment]) -> dict[int, int]:
        """Return how many attempts are overdue and still asked about, by connector id.

        It is as of a view that is not older than the last one. `fallen` are the payments whose time has run out without
        being written down, as stored: they are counted as of then.
        """
        with self._lock:
            self._follow(view)
            counts = Counter(self._counts)
            for each in fallen:
                counts.subtract(self._of_payment.get(each.id, ()))
                counts.update(_overdue(as_of(each, view.now)))
        return dict(counts)

    def _follow(self, view: View) -> None:
        changed = None if self._revision is None else self._store.changes_since(self._revision)
        if changed is None:
            self._of_payment.clear()
            self._counts.clear()
            for each in view.awaited():
                self._note(each.id, each)
        else:
            for table, identity in changed:
                if table == Payment.TABLE:
                    self._note(identity, view.stored(Payment, identity))
        self._revision = view.revision

    def _note(self, identity: int, payment: Payment | None) -> None:
        self._counts.subtract(self._of_payment.pop(identity, ()))
        overdue = () if payment is None else _overdue(payment)
        if overdue:
            self._of_payment[identity] = overdue
            self._counts.update(overdue)


def _overdue(payment: Payment) -> tuple[int, ...]:
    """Return the connector of each overdue attempt that is still asked about."""
    return tuple(
        each.connector_id for each in payment.attempts if each.state is AttemptState.OVERDUE and is_awaited(each)
    )
