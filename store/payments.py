"""What a payment is: the frozen objects that the rules are applied to.

A payment's status is read from `as_of` only (see `store.judging`); what a record holds is the status of its last
change.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar

import msgspec
from msgspec.structs import replace

from store.money import Money
from store.records import Record
from store.states import AttemptState, PaymentStatus


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine knows of sending one attempt.

    `pays` counts `pay` requests, `asks` counts `status` requests. `may_have_arrived` is True from the first byte that
    may have left. `pay_stopped` is True once `pay` must not be repeated. `ask_soon`: the last reply was no answer, so
    `status` is asked. `asked_last` is True once the last `status` before the deadline has gone out. `never_seen`: the
    gateway has said that it never saw the attempt, and no `pay` has left since. `in_doubt`: a `pay` was refused after
    one of which nothing is known, so `status` is asked though the attempt has ended. `pay_at` and `status_at` are the
    timestamps of the last `pay` and the last `status`, `callback_url` is where that `pay` asked to be answered.
    `outcome` tells in words how the last request ended.
    """

    pays: int = 0
    asks: int = 0
    may_have_arrived: bool = False
    pay_stopped: bool = False
    ask_soon: bool = False
    asked_last: bool = False
    never_seen: bool = False
    in_doubt: bool = False
    last_request_at: datetime | None = None
    pay_at: datetime | None = None
    status_at: datetime | None = None
    callback_url: str = ""
    outcome: str = ""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try to pay a payment through one method. `id` is 32 lower-case hex digits; `deadline` None: no period."""

    id: str
    method_id: int
    connector_id: int
    state: AttemptState
    started_at: datetime
    started_by: str
    deadline: datetime | None = None
    sent_at: datetime | None = None
    answered_at: datetime | None = None
    delivery: Delivery = Delivery()


class HistoryLine(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a payment: when, by which rule, and the status after it."""

    at: datetime
    rule: str
    status: PaymentStatus
    attempt_id: str = ""
    answer_id: str = ""
    by: str = ""
    note: str = ""


class Payment(Record, frozen=True, kw_only=True):
    """One payment: `total` never changes and is in its account's currency.

    `in_progress` is the id of the one attempt by which it is Processing, empty otherwise. `customer_message` is what
    the customer sees beside the status. `due_date` None: it never expires.
    """

    TABLE: ClassVar[str] = "payments"
    WORD: ClassVar[str] = "payment"

    number: str
    account_id: int
    total: Money
    status: PaymentStatus
    created_at: datetime
    created_by: str
    description: str = ""
    due_date: date | None = None
    closed_at: datetime | None = None
    in_progress: str = ""
    customer_message: str = ""
    attempts: tuple[Attempt, ...] = ()
    history: tuple[HistoryLine, ...] = ()

    @property
    def due_at(self) -> datetime | None:
        """The first moment after the due date: the end of that day, UTC."""
        if self.due_date is None:
            return None
        return datetime.combine(self.due_date, time(), UTC) + timedelta(days=1)

    @property
    def attempt_in_progress(self) -> Attempt | None:
        """The attempt by which the payment is Processing, None where there is none."""
        return self.attempt(self.in_progress)

    @property
    def deadline(self) -> datetime | None:
        """When the attempt in progress runs out, None where nothing is counted down."""
        attempt = self.attempt_in_progress
        return attempt.deadline if attempt else None

    def attempt(self, attempt_id: str) -> Attempt | None:
        """Return the attempt of this id, None if the payment has none."""
        return next((each for each in self.attempts if each.id == attempt_id), None)

    def with_attempt(self, attempt: Attempt) -> Payment:
        """Return the payment with this attempt in the place of the one with its id, or added at the end."""
        if self.attempt(attempt.id) is None:
            return replace(self, attempts=(*self.attempts, attempt))
        return replace(self, attempts=tuple(attempt if each.id == attempt.id else each for each in self.attempts))


def heard_at(payment: Payment, attempt_id: str) -> datetime | None:
    """Return when the gateway itself last said something of an attempt: what an operator enters, it did not say now."""
    said = [line.at for line in payment.history if line.answer_id and line.attempt_id == attempt_id and not line.by]
    return max(said, default=None)


def open_deadlines(payment: Payment) -> tuple[Attempt, ...]:
    """Return the attempts whose deadline still changes something: sent, or queued and in progress; with a period."""
    # A list first: every read of a payment comes through here, and a generator costs more than all else in it.
    return tuple(
        [
            each
            for each in payment.attempts
            if each.deadline is not None
            and (
                each.state is AttemptState.SENT
                or (each.state is AttemptState.QUEUED and each.id == payment.in_progress)
            )
        ]
    )
