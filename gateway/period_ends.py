"""Writes down whose time is over: deadlines as the planner finds them, due dates at the end of each day, in UTC."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from itertools import islice

from gateway.log import EventLog
from store.payment_commands import apply_time
from store.payments import Payment
from store.store import Store

ENDED_AT_ONCE = 200
"""Payments whose end of time is written in one transaction: no other writer waits long, however many there are."""
ENDED_IN_ONE_TURN = 1000
"""Payments that are written before requests go out again."""
AT_ONCE = datetime.min.replace(tzinfo=UTC)


class PeriodEnds:
    """The payments whose time is over and is to be written down. What could not be written stays for the next turn."""

    def __init__(self, store: Store, log: EventLog) -> None:
        self._store = store
        self._log = log
        self._over: dict[int, None] = {}
        self._next_day = AT_ONCE
        """When due dates pass next; the first look is for what ended while no engine ran."""

    @property
    def next_write_at(self) -> datetime:
        """When there is something to write if nothing more is noted."""
        return AT_ONCE if self._over else self._next_day

    def are_due(self, now: datetime) -> bool:
        """Say whether there may be something to write."""
        return self.next_write_at <= now

    def note(self, payment_ids: Iterable[int]) -> None:
        """Have payments written whose time is over."""
        self._over.update(dict.fromkeys(payment_ids))

    def write(self) -> None:
        """Write `ENDED_IN_ONE_TURN` of them at the most, each stamped with its moment. Raises StoreNotUsable."""
        now = self._store.clock()
        if self._next_day <= now:
            self.note(each.id for each in self._store.view().due_by(now))
            self._next_day = datetime.combine(now.date(), time(), UTC) + timedelta(days=1)
        part = list(islice(self._over, ENDED_IN_ONE_TURN))
        for start in range(0, len(part), ENDED_AT_ONCE):
            ids = part[start : start + ENDED_AT_ONCE]
            with self._store.transaction() as tx:
                ended, written_at = apply_time(tx, ids), tx.now
            for each in ids:
                del self._over[each]
            for payment in ended:
                self._tell(payment, written_at)

    def _tell(self, payment: Payment, now: datetime) -> None:
        last = payment.history[-1]
        attempt = payment.attempt(last.attempt_id)
        self._log.write(
            "time applied",
            payment=payment.id,
            attempt=attempt.id if attempt else None,
            connector=attempt.connector_id if attempt else None,
            rule=last.rule,
            late_seconds=(now - last.at).total_seconds(),
        )
