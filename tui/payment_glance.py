"""What is kept in memory of each payment, to sort and filter a hundred thousand of them without reading them again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Protocol

import msgspec

from store.money import Money
from store.payments import Attempt, Payment
from store.states import AttemptState, PaymentStatus
from store.urgency import is_late
from tui.filters import Field, Kind
from tui.payment_order import Key

STARTED = "started"
"""The column of when the attempt that is shown was started, by which a jump to a time sorts."""


class Names(Protocol):
    """Tells the names that rows show; empty for what the person may not see."""

    def account(self, identity: int) -> str:
        """Return an account's name."""

    def method(self, identity: int) -> str:
        """Return a payment method's name."""

    def connector(self, identity: int) -> str:
        """Return a connector's name."""


class Glance(msgspec.Struct, frozen=True, gc=False):
    """One payment in short, as of the moment at which it was looked at; of attempts, the one shown. 0: none."""

    id: int
    number: str
    account_id: int
    status: PaymentStatus
    total: Money
    created_at: datetime
    due_date: date | None
    late: bool
    attempts: int
    method_id: int
    connector_id: int
    started_at: datetime | None
    deadline: datetime | None


def attempt_shown(payment: Payment) -> Attempt | None:
    """Return the attempt that the payment's status comes from: in progress, succeeded, or the last; None for none."""
    succeeded = (each for each in payment.attempts if each.state is AttemptState.SUCCEEDED)
    return payment.attempt_in_progress or next(succeeded, payment.attempts[-1] if payment.attempts else None)


def glance_at(payment: Payment) -> Glance:
    """Return a payment in short."""
    shown = attempt_shown(payment)
    return Glance(
        id=payment.id,
        number=payment.number,
        account_id=payment.account_id,
        status=payment.status,
        total=payment.total,
        created_at=payment.created_at,
        due_date=payment.due_date,
        late=is_late(payment),
        attempts=len(payment.attempts),
        method_id=shown.method_id if shown else 0,
        connector_id=shown.connector_id if shown else 0,
        started_at=shown.started_at if shown else None,
        deadline=payment.deadline,
    )


def _last_if_none(value: datetime | date | None) -> Key:
    return (1,) if value is None else (0, value)


SORT_KEYS: Mapping[str, Callable[[Glance, Names], Key]] = MappingProxyType(
    {
        "countdown": lambda each, _: _last_if_none(each.deadline),
        "number": lambda each, _: each.id,
        "account": lambda each, names: names.account(each.account_id).casefold(),
        "connector": lambda each, names: names.connector(each.connector_id).casefold(),
        "method": lambda each, names: names.method(each.method_id).casefold(),
        "status": lambda each, _: each.status.label,
        "total": lambda each, _: (each.total.currency, each.total.amount),
        "attempt": lambda each, _: each.attempts,
        STARTED: lambda each, _: _last_if_none(each.started_at),
        "due": lambda each, _: _last_if_none(each.due_date),
    }
)
"""By which columns payments can be sorted."""


def fields_of(names: Names, *, with_connectors: bool) -> tuple[Field[Glance], ...]:
    """Return what a filter of payments can ask for; connectors are asked for by the root reseller's managers only."""
    connector: Field[Glance] = Field(
        name="connector", kind=Kind.TEXT, value=lambda each: names.connector(each.connector_id)
    )
    return (
        Field(
            name="status",
            kind=Kind.CHOICE,
            value=lambda each: each.status.value,
            choices={each.value: each.label for each in PaymentStatus},
        ),
        Field(name="account", kind=Kind.TEXT, value=lambda each: names.account(each.account_id)),
        Field(name="method", kind=Kind.TEXT, value=lambda each: names.method(each.method_id)),
        *((connector,) if with_connectors else ()),
        Field(name="number", kind=Kind.TEXT, value=lambda each: each.number),
        Field(name="id", kind=Kind.NUMBER, value=lambda each: each.id),
        Field(name="account_id", kind=Kind.NUMBER, value=lambda each: each.account_id),
        Field(name="total", kind=Kind.AMOUNT, value=lambda each: each.total),
        Field(name="attempts", kind=Kind.NUMBER, value=lambda each: each.attempts),
        Field(name="late", kind=Kind.FLAG, value=lambda each: each.late),
        Field(name="left", kind=Kind.LEFT, value=lambda each: each.deadline),
        Field(name="older", kind=Kind.OLDER, value=lambda each: each.started_at or each.created_at),
        Field(name="newer", kind=Kind.NEWER, value=lambda each: each.started_at or each.created_at),
        Field(name="created", kind=Kind.DAY, value=lambda each: each.created_at),
        Field(name="due", kind=Kind.DAY, value=lambda each: each.due_date),
    )
