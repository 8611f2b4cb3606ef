"""Every status, state, event and rule of a payment, as tables.

`RULES` is section "Payment rules" of the design, line for line: an event is judged by the first line that fits. The
rows marked OPERATOR_GUIDE are the operator guide's own sentences (ActivePlatform Operator Control Panel 6.4, *Payment
Gateway Connectors*); the others fill in what it leaves open. Nothing here acts: `store.judging` applies what a row
says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from types import MappingProxyType

import msgspec


class PaymentStatus(StrEnum):
    """A payment's status; the value is its code."""

    WAITING = "waiting_for_payment"
    PROCESSING = "processing"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    PAID_FROM_BALANCE = "paid_from_balance"

    @property
    def label(self) -> str:
        """The status as screens write it."""
        return STATUS_LABELS[self]

    @property
    def closed(self) -> bool:
        """Whether the payment is closed: Completed, Cancelled or Paid from balance."""
        return self in CLOSED


STATUS_LABELS: Mapping[PaymentStatus, str] = MappingProxyType(
    {
        PaymentStatus.WAITING: "Waiting for payment",
        PaymentStatus.PROCESSING: "Processing",
        PaymentStatus.COMPLETED: "Completed",
        PaymentStatus.EXPIRED: "Expired",
        PaymentStatus.CANCELLED: "Cancelled",
        PaymentStatus.PAID_FROM_BALANCE: "Paid from balance",
    }
)


class AttemptState(StrEnum):
    """How far one try to pay has come."""

    QUEUED = "queued"
    """Recorded, not sent."""
    SENT = "sent"
    """It may have reached the gateway."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """Answered: not success."""
    OVERDUE = "overdue"
    """Its period is over, no answer yet; it can still be answered."""
    UNDELIVERED = "undelivered"
    """The gateway was surely never reached."""


class Event(StrEnum):
    """What can happen to a payment."""

    SUCCESS = "success"
    FAILURE = "failure"
    PENDING = "pending"
    DEADLINE = "deadline"
    DUE_DATE = "due_date"
    NOT_REACHED = "not_reached"
    REFUSED = "refused"
    START = "start"
    CANCEL = "cancel"
    PAY_FROM_BALANCE = "pay_from_balance"


class Mark(Enum):
    """What the rules must know besides status and state; found out by whoever brings the event."""

    ATTEMPT_UNKNOWN = "no attempt of this connector has that id"
    HEARD_BEFORE = "the same answer was heard before"
    AMOUNT_DIFFERS = "amount or currency is not the attempt's"
    REFERENCE_USED = "the gateway reference completed or returned on another attempt of this connector"
    METHOD_ENABLED = "the payment method is Enabled and neither it nor its connector is deleted"
    DUE_DATE_OVER = "the due date is over"
    BALANCE_COVERS = "the account's balance is at least the Total"


class Charge(StrEnum):
    """Where a charge (one distinct verified success) goes."""

    COMPLETES = "completed"
    RETURNED = "returned"
    HELD = "held"


class CustomerMessage(Enum):
    """What becomes of the message that the customer sees."""

    SAME = "same"
    NONE = "none"
    GATEWAYS = "the gateway's"
    NOT_REACHED = "The payment gateway could not be reached."
    REFUSED = "The payment gateway refused the request."


class Source(Enum):
    """Where a rule comes from."""

    OPERATOR_GUIDE = "ActivePlatform Operator Control Panel 6.4, Payment Gateway Connectors"
    OURS = "Gatewatch"


CLOSED = frozenset({PaymentStatus.COMPLETED, PaymentStatus.CANCELLED, PaymentStatus.PAID_FROM_BALANCE})
OPEN = frozenset({PaymentStatus.WAITING, PaymentStatus.EXPIRED})
"""The statuses from which a payment can be paid."""
SETTLED_OTHERWISE = frozenset({PaymentStatus.CANCELLED, PaymentStatus.PAID_FROM_BALANCE})
UNANSWERED = frozenset({AttemptState.QUEUED, AttemptState.SENT})
"""The states in which an attempt can be in progress."""
ANSWERS = frozenset({Event.SUCCESS, Event.FAILURE, Event.PENDING})
COMMANDS = frozenset({Event.START, Event.CANCEL, Event.PAY_FROM_BALANCE})

OPERATOR_ACTS: Mapping[str, str] = MappingProxyType(
    {
        "charge-returned": "An operator returned a held charge to the account balance.",
        "answer-dismissed": "An operator dismissed an answer from the inbox, for a reason.",
    }
)
"""What a payment's history can hold besides rules: what operators did in the inbox. The payment stays as it is."""

FAILURE_WITHOUT_MESSAGE = "The payment gateway did not accept the payment."

_States = Mapping[AttemptState, AttemptState]
_UNCHANGED: _States = MappingProxyType({})
_SUCCEEDED: _States = MappingProxyType(dict.fromkeys(AttemptState, AttemptState.SUCCEEDED))
_FAILED: _States = MappingProxyType(dict.fromkeys(AttemptState, AttemptState.FAILED))
_UNDELIVERED: _States = MappingProxyType(dict.fromkeys(AttemptState, AttemptState.UNDELIVERED))
_PERIOD_OVER: _States = MappingProxyType(
    {AttemptState.SENT: AttemptState.OVERDUE, AttemptState.QUEUED: AttemptState.UNDELIVERED}
)
_SENT_OVERDUE: _States = MappingProxyType({AttemptState.SENT: AttemptState.OVERDUE})


class Facts(msgspec.Struct, frozen=True):
    """All that a rule looks at. `payment` and `attempt` are None where there is none."""

    event: Event
    payment: PaymentStatus | None
    attempt: AttemptState | None
    in_progress: bool = False
    marks: frozenset[Mark] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of the table: when it fits (None: whatever it is), and what it does.

    `payment_becomes` None leaves the status; `attempt_becomes` maps the state before to the state after, and a state
    that it does not name stays.
    """

    name: str
    events: frozenset[Event]
    payment: frozenset[PaymentStatus] | None = None
    attempt: frozenset[AttemptState] | None = None
    in_progress: bool | None = None
    marks: frozenset[Mark] = frozenset()
    payment_becomes: PaymentStatus | None = None
    attempt_becomes: Mapping[AttemptState, AttemptState] = field(default_factory=lambda: _UNCHANGED)
    charge: Charge | None = None
    inbox: bool = False
    message: CustomerMessage = CustomerMessage.SAME
    source: Source = Source.OURS
    says: str

    def fits(self, facts: Facts) -> bool:
        """Say whether this line fits."""
        return (
            facts.event in self.events
            and (self.payment is None or facts.payment in self.payment)
            and (self.attempt is None or facts.attempt in self.attempt)
            and (self.in_progress is None or facts.in_progress == self.in_progress)
            and self.marks <= facts.marks
        )


def _when(*events: Event) -> frozenset[Event]:
    return frozenset(events)


def _status(*statuses: PaymentStatus) -> frozenset[PaymentStatus]:
    return frozenset(statuses)


def _state(*states: AttemptState) -> frozenset[AttemptState]:
    return frozenset(states)


def _mark(*marks: Mark) -> frozenset[Mark]:
    return frozenset(marks)


RULES: tuple[Rule, ...] = (
    Rule(
        name="unmatched",
        events=ANSWERS,
        marks=_mark(Mark.ATTEMPT_UNKNOWN),
        charge=Charge.HELD,
        inbox=True,
        says="No attempt of this connector has the id that the answer names; it waits in the inbox.",
    ),
    Rule(
        name="repeated-answer",
        events=ANSWERS,
        marks=_mark(Mark.HEARD_BEFORE),
        says="The same answer came again; it is counted on the first.",
    ),
    Rule(
        name="repeated-answer",
        events=_when(Event.FAILURE),
        attempt=_state(AttemptState.FAILED),
        says="The attempt had failed already; nothing changes.",
    ),
    Rule(
        name="pending-noted",
        events=_when(Event.PENDING),
        says="The gateway is still working on it; the deadline does not move.",
    ),
    Rule(
        name="amount-mismatch",
        events=_when(Event.SUCCESS),
        marks=_mark(Mark.AMOUNT_DIFFERS),
        charge=Charge.HELD,
        inbox=True,
        says="The gateway took another amount or currency than was asked; the charge waits in the inbox.",
    ),
    Rule(
        name="second-charge",
        events=_when(Event.SUCCESS),
        attempt=_state(AttemptState.SUCCEEDED),
        charge=Charge.HELD,
        inbox=True,
        says="The attempt succeeded already under another gateway reference; the charge waits in the inbox.",
    ),
    Rule(
        name="reference-reused",
        events=_when(Event.SUCCESS),
        marks=_mark(Mark.REFERENCE_USED),
        charge=Charge.HELD,
        inbox=True,
        says="The gateway reference counted for another attempt of this connector; the charge waits in the inbox.",
    ),
    Rule(
        name="failure-after-success",
        events=_when(Event.FAILURE),
        attempt=_state(AttemptState.SUCCEEDED),
        inbox=True,
        says="The attempt had succeeded before this failure came; the contradiction waits in the inbox.",
    ),
    Rule(
        name="answered-success",
        events=_when(Event.SUCCESS),
        in_progress=True,
        payment_becomes=PaymentStatus.COMPLETED,
        attempt_becomes=_SUCCEEDED,
        charge=Charge.COMPLETES,
        message=CustomerMessage.NONE,
        says="The gateway answered within the period: success.",
    ),
    Rule(
        name="late-success-during-retry",
        events=_when(Event.SUCCESS),
        payment=_status(PaymentStatus.PROCESSING),
        payment_becomes=PaymentStatus.COMPLETED,
        attempt_becomes=_SUCCEEDED,
        charge=Charge.COMPLETES,
        message=CustomerMessage.NONE,
        source=Source.OPERATOR_GUIDE,
        says="An earlier attempt succeeded while another is in Processing; the payment is Completed.",
    ),
    Rule(
        name="success-after-failure",
        events=_when(Event.SUCCESS),
        payment=OPEN,
        attempt=_state(AttemptState.FAILED),
        payment_becomes=PaymentStatus.COMPLETED,
        attempt_becomes=_SUCCEEDED,
        charge=Charge.COMPLETES,
        message=CustomerMessage.NONE,
        says="The attempt had failed, then succeeded after all; the payment is Completed.",
    ),
    Rule(
        name="late-success",
        events=_when(Event.SUCCESS),
        payment=OPEN,
        payment_becomes=PaymentStatus.COMPLETED,
        attempt_becomes=_SUCCEEDED,
        charge=Charge.COMPLETES,
        message=CustomerMessage.NONE,
        source=Source.OPERATOR_GUIDE,
        says="A success came after the period was over; the payment is Completed.",
    ),
    Rule(
        name="second-success",
        events=_when(Event.SUCCESS),
        payment=_status(PaymentStatus.COMPLETED),
        attempt_becomes=_SUCCEEDED,
        charge=Charge.RETURNED,
        message=CustomerMessage.NONE,
        source=Source.OPERATOR_GUIDE,
        says="The payment was Completed already; the amount is returned to the account balance.",
    ),
    Rule(
        name="success-after-close",
        events=_when(Event.SUCCESS),
        payment=SETTLED_OTHERWISE,
        attempt_becomes=_SUCCEEDED,
        charge=Charge.RETURNED,
        message=CustomerMessage.NONE,
        says="The payment was closed already; the amount is returned to the account balance.",
    ),
    Rule(
        name="answered-failure",
        events=_when(Event.FAILURE),
        in_progress=True,
        payment_becomes=PaymentStatus.WAITING,
        attempt_becomes=_FAILED,
        message=CustomerMessage.GATEWAYS,
        says="The gateway answered within the period: failure.",
    ),
    Rule(
        name="late-failure-during-retry",
        events=_when(Event.FAILURE),
        payment=_status(PaymentStatus.PROCESSING),
        attempt_becomes=_FAILED,
        message=CustomerMessage.NONE,
        says="An earlier attempt failed while another is in Processing; the customer is not told.",
    ),
    Rule(
        name="late-failure",
        events=_when(Event.FAILURE),
        payment=OPEN,
        attempt_becomes=_FAILED,
        message=CustomerMessage.GATEWAYS,
        source=Source.OPERATOR_GUIDE,
        says="A failure came after the period was over; the customer sees the gateway's message.",
    ),
    Rule(
        name="second-failure",
        events=_when(Event.FAILURE),
        payment=_status(PaymentStatus.COMPLETED),
        attempt_becomes=_FAILED,
        message=CustomerMessage.NONE,
        source=Source.OPERATOR_GUIDE,
        says="The payment was Completed already; the error is not displayed.",
    ),
    Rule(
        name="failure-after-close",
        events=_when(Event.FAILURE),
        payment=SETTLED_OTHERWISE,
        attempt_becomes=_FAILED,
        message=CustomerMessage.NONE,
        says="The payment was closed already; the error is not displayed.",
    ),
    Rule(
        name="period-over",
        events=_when(Event.DEADLINE),
        in_progress=True,
        payment_becomes=PaymentStatus.WAITING,
        attempt_becomes=_PERIOD_OVER,
        message=CustomerMessage.NONE,
        source=Source.OPERATOR_GUIDE,
        says="The period for payment processing is over without an answer; the payment can be paid again.",
    ),
    Rule(
        name="period-over-ignored",
        events=_when(Event.DEADLINE),
        attempt_becomes=_SENT_OVERDUE,
        source=Source.OPERATOR_GUIDE,
        says="The period of an attempt that is not in progress is over; the payment is not touched.",
    ),
    Rule(
        name="undelivered",
        events=_when(Event.NOT_REACHED),
        in_progress=True,
        payment_becomes=PaymentStatus.WAITING,
        attempt_becomes=_UNDELIVERED,
        message=CustomerMessage.NOT_REACHED,
        says="The request surely never reached the gateway.",
    ),
    Rule(
        name="refused-by-gateway",
        events=_when(Event.REFUSED),
        in_progress=True,
        payment_becomes=PaymentStatus.WAITING,
        attempt_becomes=_UNDELIVERED,
        message=CustomerMessage.REFUSED,
        says="The gateway refused the request itself; nothing was charged.",
    ),
    Rule(
        name="attempt-started",
        events=_when(Event.START),
        payment=OPEN,
        marks=_mark(Mark.METHOD_ENABLED),
        payment_becomes=PaymentStatus.PROCESSING,
        message=CustomerMessage.NONE,
        says="A new attempt to pay was started.",
    ),
    Rule(
        name="due-date-passed",
        events=_when(Event.DUE_DATE),
        payment=_status(PaymentStatus.WAITING),
        marks=_mark(Mark.DUE_DATE_OVER),
        payment_becomes=PaymentStatus.EXPIRED,
        says="The due date is over and the payment is not paid.",
    ),
    Rule(
        name="cancelled",
        events=_when(Event.CANCEL),
        payment=_status(PaymentStatus.WAITING),
        payment_becomes=PaymentStatus.CANCELLED,
        message=CustomerMessage.NONE,
        says="The payment was cancelled.",
    ),
    Rule(
        name="paid-from-balance",
        events=_when(Event.PAY_FROM_BALANCE),
        payment=OPEN,
        marks=_mark(Mark.BALANCE_COVERS),
        payment_becomes=PaymentStatus.PAID_FROM_BALANCE,
        message=CustomerMessage.NONE,
        says="The Total was taken from the account's balance.",
    ),
)


_RULES_OF = MappingProxyType({event: tuple(rule for rule in RULES if event in rule.events) for event in Event})
"""The lines that an event can fit, in their order."""


def rule_for(facts: Facts) -> Rule | None:
    """Return the first line that fits, or None; an answer always finds one, only a command or a delivery can miss."""
    for rule in _RULES_OF[facts.event]:
        if rule.fits(facts):
            return rule
    return None


def rule_named(name: str) -> Rule:
    """Return the first line of this name. Raises KeyError."""
    for rule in RULES:
        if rule.name == name:
            return rule
    raise KeyError(name)


def explain(name: str) -> str:
    """Return in one sentence what the rule or operator's act of this name does; the name itself if there is none."""
    return next((rule.says for rule in RULES if rule.name == name), OPERATOR_ACTS.get(name, name))
