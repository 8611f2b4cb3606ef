"""What the payments monitor knows, without a screen: its rows, their order, and the counts in its head.

A payment's status is asked anew at every moment (`as_of`), so a row turns to Waiting for payment at its deadline even
if no engine runs. The counts follow time at the cost of what changes, not of what there is.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from store import payment_commands
from store.accounts import Account
from store.actors import Actor
from store.connectors import Connector
from store.judging import as_of, next_change_at
from store.payment_method import PaymentMethod
from store.payments import Payment
from store.states import AttemptState, PaymentStatus
from store.store import View
from tui.plain_text import ENDING_SECONDS

ENDING = timedelta(seconds=ENDING_SECONDS)


class Lane(Enum):
    """A kind of payment that the monitor counts; a payment can be in several."""

    WAITING = "Waiting for payment"
    PROCESSING = "Processing"
    ENDING = "Ending within a minute"
    LATE = "Late"


@dataclass(frozen=True, slots=True)
class MonitorRow:
    """One payment with the names that its row shows: of its last attempt, empty where there is none."""

    payment: Payment
    account: str
    method: str = ""
    connector: str = ""

    @property
    def attempt_number(self) -> int:
        """Which of the payment's attempts is in progress, or was the last; 0 if there was none."""
        return len(self.payment.attempts)


def rows_of(view: View, by: Actor) -> list[MonitorRow]:
    """Return a row for each payment that the actor may see, as of the view's time, by id."""
    accounts = {each.id: each.name for each in view.all(Account)}
    methods = {each.id: each.name for each in view.all(PaymentMethod)}
    connectors = {each.id: each.name for each in view.all(Connector)}
    rows: list[MonitorRow] = []
    for payment in payment_commands.visible_to(view, by):
        account = accounts.get(payment.account_id, "")
        if payment.attempts:
            last = payment.attempts[-1]
            method, connector = methods.get(last.method_id, ""), connectors.get(last.connector_id, "")
            rows.append(MonitorRow(payment, account, method, connector))
        else:
            rows.append(MonitorRow(payment, account))
    return rows


def key_of(row: MonitorRow) -> int:
    """Return which payment a row is of."""
    return row.payment.id


def row_as_of(row: MonitorRow, now: datetime) -> MonitorRow:
    """Return the row as it is at a moment."""
    payment = as_of(row.payment, now)
    return row if payment is row.payment else replace(row, payment=payment)


def is_late(payment: Payment) -> bool:
    """Say whether a payment is not closed and the period of an attempt of it is over without an answer."""
    return not payment.status.closed and any(each.state is AttemptState.OVERDUE for each in payment.attempts)


def lanes_of(payment: Payment, now: datetime) -> frozenset[Lane]:
    """Return the lanes that a payment, given as of `now`, is in."""
    lanes: set[Lane] = set()
    if payment.status is PaymentStatus.WAITING:
        lanes.add(Lane.WAITING)
    if payment.status is PaymentStatus.PROCESSING:
        lanes.add(Lane.PROCESSING)
        if payment.deadline is not None and payment.deadline - now <= ENDING:
            lanes.add(Lane.ENDING)
    if is_late(payment):
        lanes.add(Lane.LATE)
    return frozenset(lanes)


def lanes_at(row: MonitorRow, now: datetime) -> frozenset[Lane]:
    """Return the lanes that a row's payment is in at a moment."""
    return lanes_of(as_of(row.payment, now), now)


def most_urgent_first(rows: Iterable[MonitorRow], now: datetime) -> list[MonitorRow]:
    """Return the rows in the monitor's order.

    First what is Processing, by deadline, then without one; then Waiting for payment by due date; then the rest, the
    newest first.
    """
    return sorted(rows, key=lambda row: _urgency(as_of(row.payment, now)))


def in_known_order(rows: Sequence[MonitorRow], known: Sequence[Hashable]) -> list[MonitorRow]:
    """Return the rows in an order that is on the screen already, those that are new to it at the end."""
    place = {key: index for index, key in enumerate(known)}
    return sorted(rows, key=lambda row: place.get(key_of(row), len(place)))


class Tally:
    """How many payments are in each lane, kept up with time.

    `advance` looks only at the payments that have come to a moment at which their lanes change by themselves.
    """

    def __init__(self, rows: Collection[MonitorRow], now: datetime) -> None:
        self._counts: Counter[Lane] = Counter()
        self._moments: list[tuple[datetime, int, Payment, frozenset[Lane]]] = []
        for row in rows:
            self._enter(row.payment, now)

    def count(self, lane: Lane) -> int:
        """Return how many payments are in a lane."""
        return self._counts[lane]

    def advance(self, now: datetime) -> bool:
        """Go on to a moment; say whether anything was counted anew."""
        changed = False
        while self._moments and self._moments[0][0] <= now:
            _, _, payment, lanes = heapq.heappop(self._moments)
            self._counts.subtract(lanes)
            self._enter(payment, now)
            changed = True
        return changed

    def _enter(self, payment: Payment, now: datetime) -> None:
        current = as_of(payment, now)
        lanes = lanes_of(current, now)
        self._counts.update(lanes)
        moment = _next_moment(current, now)
        if moment is not None:
            heapq.heappush(self._moments, (moment, current.id, current, lanes))


def _urgency(payment: Payment) -> tuple[int, float, int]:
    if payment.status is PaymentStatus.PROCESSING:
        if payment.deadline is not None:
            return (0, payment.deadline.timestamp(), payment.id)
        return (1, payment.created_at.timestamp(), payment.id)
    if payment.status is PaymentStatus.WAITING:
        due = payment.due_at
        return (2, float("inf") if due is None else due.timestamp(), payment.id)
    return (3, -payment.created_at.timestamp(), -payment.id)


def _next_moment(payment: Payment, now: datetime) -> datetime | None:
    moment = next_change_at(payment)
    if payment.status is PaymentStatus.PROCESSING and payment.deadline is not None:
        ending = payment.deadline - ENDING
        if ending > now:
            return ending if moment is None else min(moment, ending)
    return moment
