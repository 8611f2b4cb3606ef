"""Ageing out: closed payments that nothing has happened to for long move to the archive files.

The archive file is on the disk before the transaction that takes its payments out of the main store commits. A crash
in between leaves them in both, and the main store wins. What comes later (an answer) brings a payment back by writing
it (`Transaction.put`); from then on it ages anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from store import answers
from store.archived_payment import month_of, stub_of
from store.archives import LOCK_NAME
from store.late_asks import is_asked_about
from store.lock import ProcessLock
from store.payments import Payment
from store.records import to_json
from store.store import Store, View

ARCHIVE_AFTER_DAYS = 90
"""How long after the last thing that happened to it a closed payment moves, unless said otherwise."""
MOST_AT_ONCE = 5_000
"""How many payments one call moves at the most: it writes a file of the month once for all that go into it."""
TAKEN_OUT_AT_ONCE = 100
"""How many payments leave the main store in one transaction, so that nobody waits long for the lock."""


def age_out(store: Store, *, after: timedelta, at_most: int = MOST_AT_ONCE) -> int:
    """Move payments that have been closed and quiet for `after` to the archive; return how many were moved.

    A payment with an attempt that is still asked about, or with an answer in the inbox, stays. Fewer than `at_most`
    says that no more are left. Raises StoreBusy while another process writes or copies the archive, StoreNotUsable;
    each payment is then in the main store or archived, never in neither.
    """
    with ProcessLock(store.folder / LOCK_NAME).held(wait_seconds=0):
        view = store.view()
        moved = 0
        for month, payments in _by_month(islice(ripe(view, view.now - after), at_most)).items():
            moved += _move(store, month, payments, view.now)
        return moved


def ripe(view: View, moment: datetime) -> Iterator[Payment]:
    """Yield the payments that may move: closed, nothing has happened to them since a moment, nothing is to come."""
    in_inbox = {each.payment_id for each in answers.in_inbox(view)}
    for payment in view.closed_by(moment):
        quiet = payment.history[-1].at <= moment if payment.history else True
        asked_about = any(map(is_asked_about, payment.attempts))
        if quiet and not asked_about and payment.id not in in_inbox:
            yield payment


def _by_month(payments: Iterable[Payment]) -> dict[str, list[Payment]]:
    months: dict[str, list[Payment]] = {}
    for each in payments:
        if each.closed_at is not None:
            months.setdefault(month_of(each.closed_at), []).append(each)
    return months


def _move(store: Store, month: str, payments: Sequence[Payment], now: datetime) -> int:
    """Move payments of one month to its archives, one file after another."""
    moved = 0
    while payments:
        archive, room = store.archives.room_in(month)
        now_moved, payments = payments[:room], payments[room:]
        store.archives.add(archive, {each.id: to_json(each) for each in now_moved}, now)
        for start in range(0, len(now_moved), TAKEN_OUT_AT_ONCE):
            moved += _take_out(store, archive, now_moved[start : start + TAKEN_OUT_AT_ONCE])
    return moved


def _take_out(store: Store, archive: str, payments: Sequence[Payment]) -> int:
    """Leave only stubs of payments that the archive holds; whatever has changed since it was copied stays."""
    with store.transaction() as tx:
        unchanged = [each for each in payments if tx.holds(Payment, each.id) and tx.get(Payment, each.id) == each]
        for each in unchanged:
            tx.remove(each)
            tx.put(stub_of(each, archive))
    return len(unchanged)
