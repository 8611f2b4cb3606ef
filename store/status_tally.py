"""How many payments have which status, kept up by reading only what was written since the last look.

One byte is remembered for each payment. The first look takes the statuses from the index, without reading records.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from store.judging import as_of
from store.payments import Payment
from store.states import PaymentStatus

if TYPE_CHECKING:
    from store.store import Store, View

_STATUSES = tuple(PaymentStatus)
_CODES = {status: code for code, status in enumerate(_STATUSES, start=1)}
_NONE = 0


class StatusTally:
    """The counts of one store's payments, without the archived ones. Safe to use from several threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._revision: int | None = None
        self._code_of = bytearray()
        self._counts = dict.fromkeys(PaymentStatus, 0)

    def counts_now(self) -> tuple[View, dict[PaymentStatus, int], tuple[Payment, ...]]:
        """Return the store as it is now, how many payments have which status then, and those whose time has run out.

        The last are as stored: their deadline or due date has passed, and nobody has written it down yet. They are
        counted as of now. Raises StoreNotUsable.
        """
        with self._lock:
            view = self._store.view()
            changed = None if self._revision is None else self._store.changes_since(self._revision)
            if changed is None:
                self._count_anew(view)
            else:
                for table, identity in changed:
                    if table == Payment.TABLE:
                        self._note(identity, _code(view, identity))
            self._revision = view.revision
            counts = dict(self._counts)
        fallen = tuple(view.due_by(view.now))
        for each in fallen:
            counts[each.status] -= 1
            counts[as_of(each, view.now).status] += 1
        return view, counts, fallen

    def _count_anew(self, view: View) -> None:
        self._code_of = bytearray()
        self._counts = dict.fromkeys(PaymentStatus, 0)
        found: dict[int, int] = {}
        for status, code in _CODES.items():
            for identity in view.ids_that_may_have(Payment, "status", status.value):
                found[identity] = _NONE if identity in found else code
        for identity in view.every_id(Payment):
            # One that has or had several statuses, by the index, is looked at itself.
            self._note(identity, found.get(identity) or _code(view, identity))

    def _note(self, identity: int, code: int) -> None:
        if identity >= len(self._code_of):
            self._code_of.extend(bytes(max(identity + 1 - len(self._code_of), 1024)))
        before = self._code_of[identity]
        self._code_of[identity] = code
        if before != _NONE:
            self._counts[_STATUSES[before - 1]] -= 1
        if code != _NONE:
            self._counts[_STATUSES[code - 1]] += 1


def _code(view: View, identity: int) -> int:
    stored = view.stored(Payment, identity)
    return _NONE if stored is None else _CODES[stored.status]
