"""The rows of the payments monitor: one payment each, read when it is shown, with the names that it shows."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from store.accounts import Account
from store.actors import Actor
from store.connectors import Connector
from store.image import Key as RecordKey
from store.judging import as_of
from store.payment_method import PaymentMethod
from store.payments import Payment
from store.records import Record
from store.store import View
from tui.payment_glance import attempt_shown

KEPT_NAMES = 5_000
KEPT_ROWS = 500


@dataclass(frozen=True, slots=True)
class MonitorRow:
    """One payment with the names that its row shows: of the attempt shown, empty where there is none."""

    payment: Payment
    account: str
    method: str = ""
    connector: str = ""

    @property
    def attempt_shown(self) -> int:
        """Which attempt is shown, from 1; 0 if there is none."""
        shown = attempt_shown(self.payment)
        return 0 if shown is None else self.payment.attempts.index(shown) + 1

    @property
    def started_at(self) -> datetime | None:
        """When the attempt that is shown was started, None if there is none."""
        shown = attempt_shown(self.payment)
        return None if shown is None else shown.started_at


def row_as_of(row: MonitorRow, now: datetime) -> MonitorRow:
    """Return the row as it is at a moment."""
    payment = as_of(row.payment, now)
    return row if payment is row.payment else replace(row, payment=payment)


class StoredNames:
    """Names of accounts, payment methods and connectors, read from a view when they are first asked for."""

    KINDS = (Account, PaymentMethod, Connector)

    def __init__(self, view: View, by: Actor) -> None:
        self._view = view
        self._by = by
        self._names: dict[tuple[type[Record], int], str] = {}

    def account(self, identity: int) -> str:
        """Return an account's name."""
        return self._name(Account, identity)

    def method(self, identity: int) -> str:
        """Return a payment method's name."""
        return self._name(PaymentMethod, identity)

    def connector(self, identity: int) -> str:
        """Return a connector's name; empty for who may not see connectors."""
        return self._name(Connector, identity) if self._by.at_root else ""

    def follow(self, view: View, changed: Iterable[RecordKey]) -> bool:
        """Go on to a later view; say whether a name that was told is another one now."""
        self._view = view
        tables = {each.TABLE: each for each in self.KINDS}
        renamed = False
        for table, identity in changed:
            told = self._names.pop((tables[table], identity), None) if table in tables else None
            renamed |= told is not None and told != self._name(tables[table], identity)
        return renamed

    def _name(self, kind: type[Account | PaymentMethod | Connector], identity: int) -> str:
        if not identity:
            return ""
        name = self._names.get((kind, identity))
        if name is None:
            found = self._view.find(kind, identity)
            name = found.name if found is not None else ""
            if len(self._names) >= KEPT_NAMES:
                self._names.clear()
            self._names[(kind, identity)] = name
        return name


def read_row(view: View, names: StoredNames, payment_id: int) -> MonitorRow | None:
    """Return a payment's row as of the view's time, also if it has aged out; None if there is no such payment."""
    payment = view.find(Payment, payment_id)
    if payment is None:
        return None
    account = names.account(payment.account_id)
    shown = attempt_shown(payment)
    if shown is None:
        return MonitorRow(payment, account)
    return MonitorRow(payment, account, names.method(shown.method_id), names.connector(shown.connector_id))


class RowReader:
    """Reads rows when they are shown and keeps the last ones; what has changed is read again."""

    def __init__(self, by: Actor) -> None:
        self._by = by
        self._view: View | None = None
        self._names: StoredNames | None = None
        self._rows: dict[int, MonitorRow | None] = {}

    def follow(self, view: View, since: int, changed: frozenset[RecordKey] | None) -> None:
        """Go on to a later view; `changed` tells what was written after revision `since`, None: anything may have."""
        before, self._view = self._view, view
        if before is None or self._names is None or before.revision != since or changed is None:
            self._names = StoredNames(view, self._by)
            self._rows.clear()
        elif self._names.follow(view, changed):
            self._rows.clear()
        else:
            for table, identity in changed:
                if table == Payment.TABLE:
                    self._rows.pop(identity, None)

    def row(self, payment_id: int) -> MonitorRow | None:
        """Return a payment's row, None if there is no such payment. Raises StoreNotUsable."""
        if self._view is None or self._names is None:
            return None
        if payment_id not in self._rows:
            if len(self._rows) >= KEPT_ROWS:
                self._rows.clear()
            self._rows[payment_id] = read_row(self._view, self._names, payment_id)
        return self._rows[payment_id]


class ShownRows:
    """The rows of a frame as a table asks for them: each is read when it is seen."""

    def __init__(self, ids: array[int], row: Callable[[int], MonitorRow | None]) -> None:
        self._ids = ids
        self._row = row

    def __len__(self) -> int:
        return len(self._ids)

    def key_at(self, index: int) -> int:
        """Return which payment stands at a place."""
        return self._ids[index]

    def row_at(self, index: int) -> MonitorRow | None:
        """Return the row at a place, None if its payment cannot be read now."""
        return self._row(self._ids[index])

    def index_of(self, key: Hashable) -> int | None:
        """Return the place of a payment, None if it is not here."""
        return self._ids.index(key) if isinstance(key, int) and key in self._ids else None
