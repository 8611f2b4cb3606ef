"""The changes of payments as they come, each told once: what `payment watch` prints.

It costs what changes: a payment is read when it was written or when its deadline or due date has passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from store import payment_commands
from store.actors import Actor
from store.judging import as_of
from store.payments import HistoryLine, Payment
from store.store import Store, View
from tui.filters import Filter
from tui.monitor import Monitor
from tui.payment_glance import Glance, glance_at

Change = tuple[Payment, HistoryLine]


class PaymentChanges:
    """What changes from now on: of one payment, or of all that fit a filter before or after the change."""

    def __init__(self, store: Store, by: Actor, *, payment_id: int | None = None, text: str = "") -> None:
        """Begin to watch. Raises NotFound for a payment out of reach, FilterProblem, StoreNotUsable."""
        self._store = store
        self._by = by
        self._payment_id = payment_id
        self._monitor = Monitor(store, by, judges_connectors=False)
        self._before = self._monitor.look().view
        self._told_ahead: dict[int, tuple[HistoryLine, ...]] = {}
        """What time has done to payments and was told before somebody has written it down."""
        self._filter: Filter[Glance] = self._monitor.read_filter(text)
        if payment_id is not None:
            self.begun_with = payment_commands.get(self._before, by, payment_id)

    def look(self) -> Iterator[Change]:
        """Yield what has changed since the last look, payment by payment. Raises StoreNotUsable."""
        before = self._before
        view, ids = self._touched()
        self._before = view
        for identity in ids:
            payment = view.find(Payment, identity)
            if payment is None:
                continue
            # A view reads what has aged out, too: nothing that was written need be remembered.
            was = before.as_written(Payment, identity)
            told = 0 if was is None else len(was.history)
            for line in self._told_ahead.pop(identity, ()):
                # What time had done may have been written otherwise: an answer was a moment earlier.
                told += told < len(payment.history) and payment.history[told] == line
            if self._fits(payment, view) or (was is not None and self._fits(as_of(was, before.now), before)):
                yield from ((payment, line) for line in payment.history[told:])
            written = view.as_written(Payment, identity)
            ahead = payment.history[0 if written is None else len(written.history) :]
            if ahead:
                self._told_ahead[identity] = ahead

    def _touched(self) -> tuple[View, Iterable[int]]:
        if self._payment_id is not None:
            return self._store.view(), (self._payment_id,)
        frame = self._monitor.look()
        return frame.view, sorted(frame.ids if frame.renewed is None else frame.renewed)

    def _fits(self, payment: Payment, view: View) -> bool:
        return self._filter.fits(glance_at(payment), view.now)
