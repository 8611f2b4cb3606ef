"""What the main store keeps of a payment that has aged out: enough to find it by, and its part in the money.

The payment itself, with all its history, is in an archive file of the month in which it was closed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

import msgspec

from store.money import Money
from store.payments import Payment
from store.records import Record
from store.states import PaymentStatus


class ArchivedAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """By what an answer finds an archived payment: an attempt's id and its connector."""

    id: str
    connector_id: int


class ArchivedPayment(Record, frozen=True, kw_only=True):
    """A stub: its `id` is the payment's, `month` names the archive file (`2026-03`, or `2026-03-2` for its second one).

    `payment_version` is the version that the payment was archived at. While there is no stub, a copy in an archive is
    stale: the main store holds the payment.
    """

    TABLE: ClassVar[str] = "archived_payments"
    WORD: ClassVar[str] = "archived payment"

    number: str
    account_id: int
    total: Money
    status: PaymentStatus
    closed_at: datetime
    month: str
    payment_version: int
    attempts: tuple[ArchivedAttempt, ...] = ()


def stub_of(payment: Payment, archive: str) -> ArchivedPayment:
    """Return what stays in the main store of a closed payment that this archive holds.

    Raises ValueError for one that is not closed.
    """
    if payment.closed_at is None:
        raise ValueError(f"Payment {payment.id} is not closed; it stays in the main store.")
    return ArchivedPayment(
        id=payment.id,
        number=payment.number,
        account_id=payment.account_id,
        total=payment.total,
        status=payment.status,
        closed_at=payment.closed_at,
        month=archive,
        payment_version=payment.version,
        attempts=tuple(ArchivedAttempt(id=each.id, connector_id=each.connector_id) for each in payment.attempts),
    )


def month_of(closed_at: datetime) -> str:
    """Return the month, in UTC, whose archive takes a payment that was closed then: `2026-03`."""
    in_utc = closed_at.astimezone(UTC)
    return f"{in_utc.year:04d}-{in_utc.month:02d}"
