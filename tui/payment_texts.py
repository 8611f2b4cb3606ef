"""One payment in words and lines, for its details: attempts with their answers, and the history with its rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from store import answers, payment_commands
from store.accounts import Account
from store.actors import Actor
from store.answers import Answer, Origin
from store.connectors import Connector
from store.payment_method import PaymentMethod
from store.payments import Attempt, Payment
from store.store import View
from tui import look, wording
from tui.look import Tone
from tui.payment_timeline import Moment, timeline
from tui.sent_requests import SentRequest, sent_requests

INDENT = 3
TIME_WIDTH, GAP_WIDTH = 12, 7
MOST_RELATED = 5


@dataclass(frozen=True, slots=True)
class PaymentShown:
    """Everything that a payment's details show, as of one moment; `connectors` is empty for who may not see them."""

    payment: Payment
    account: Account
    methods: Mapping[int, str]
    connectors: Mapping[int, str]
    answers: tuple[Answer, ...]
    requests: tuple[SentRequest, ...] = ()
    related: tuple[Payment, ...] = ()
    related_count: int = 0


def read_payment(view: View, by: Actor, payment_id: int) -> PaymentShown:
    """Return what is shown of a payment, with the newest others of its account. Raises NotFound."""
    payment = payment_commands.get(view, by, payment_id)
    connectors = {each.id: each.name for each in view.all(Connector)} if by.at_root else {}
    heard = tuple(answers.of_payment(view, payment_id))
    others = [each for each in view.ids_that_may_have(Payment, "account_id", payment.account_id) if each != payment_id]
    return PaymentShown(
        payment=payment,
        account=view.get(Account, payment.account_id),
        methods={each.id: each.name for each in view.all(PaymentMethod)},
        connectors=connectors,
        answers=heard,
        requests=sent_requests(view, by, payment, heard),
        related=tuple(view.get(Payment, each) for each in sorted(others)[-1 : -1 - MOST_RELATED : -1]),
        related_count=len(others),
    )


def operator_facts(shown: PaymentShown) -> list[tuple[str, Text | str]]:
    """Return the payment's facts as the operator sees them, but for what moves with time."""
    payment = shown.payment
    rows: list[tuple[str, Text | str]] = [
        ("Total", Text(str(payment.total), Tone.STRONG.style)),
        ("Account", Text.assemble(look.safe(shown.account.name), (f"  ID {shown.account.id}", look.DIM))),
        ("Balance", str(shown.account.balance)),
        ("Due date", look.date_text(payment.due_date) if payment.due_date else look.dim("none, it never expires")),
        ("Created at", f"{look.moment_text(payment.created_at)} UTC"),
    ]
    if payment.closed_at is not None:
        rows.append(("Closed at", f"{look.moment_text(payment.closed_at)} UTC"))
    if payment.description:
        rows.append(("Description", look.safe(payment.description)))
    return rows


def customer_view(payment: Payment) -> Text:
    """Return what the customer sees: the status, and the message if there is one."""
    text = Text.assemble(look.status_text(payment.status), "\n\n")
    if payment.customer_message:
        text.append(look.safe(payment.customer_message))
    else:
        text.append("No message.", look.DIM)
    return text


def attempts_list(shown: PaymentShown, now: datetime) -> RenderableType:
    """Return the attempts, the newest first, each with what the gateway answered."""
    attempts = shown.payment.attempts
    if not attempts:
        return look.dim("No attempt was started yet.")
    numbered = list(enumerate(attempts, 1))
    return Group(*(_attempt(number, each, shown, now) for number, each in reversed(numbered)))


def timeline_list(shown: PaymentShown) -> RenderableType:
    """Return the timeline, the newest first: when exactly, how long after the one before, what, and by which rule."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(min_width=TIME_WIDTH, max_width=TIME_WIDTH)
    table.add_column(min_width=GAP_WIDTH, max_width=GAP_WIDTH, justify="right")
    table.add_column()
    day = None
    for moment in reversed(timeline(shown.payment, shown.answers)):
        if moment.at.date() != day:
            day = moment.at.date()
            table.add_row(look.dim(look.date_text(day)), "", "")
        gap = Text() if moment.gap is None else look.dim(look.gap_text(moment.gap))
        table.add_row(look.dim(look.exact_clock_text(moment.at)), gap, _moment_text(moment, shown.payment))
    return table


def answers_list(shown: PaymentShown) -> RenderableType:
    """Return every answer as it was received, field by field, the newest first."""
    if not shown.answers:
        return look.dim("No answer was received yet.")
    return Group(*(_answer_as_received(each) for each in reversed(shown.answers)))


def requests_list(shown: PaymentShown) -> RenderableType:
    """Return the last requests of each attempt, field by field, the newest first; secrets are masked."""
    if not shown.requests:
        sent = any(each.sent_at is not None for each in shown.payment.attempts)
        return look.dim("What was sent was not kept then." if sent else "No request was sent yet.")
    return Group(*map(_request_as_sent, shown.requests))


def related_list(shown: PaymentShown, now: datetime) -> RenderableType:
    """Return the account's other payments, the newest first, and how many more there are."""
    if not shown.related:
        return look.dim("The account has no other payment.")
    table = Table.grid(padding=(0, 2, 0, 0))
    for each in shown.related:
        created = look.dim(look.short_moment(each.created_at, now))
        table.add_row(look.safe(each.number), look.status_text(each.status), look.amount(each.total), created)
    more = shown.related_count - len(shown.related)
    return Group(table, look.dim(f"and {look.counted(more, 'payment')} more")) if more else table


def _attempt(number: int, attempt: Attempt, shown: PaymentShown, now: datetime) -> RenderableType:
    method = look.safe(shown.methods.get(attempt.method_id, f"method {attempt.method_id}"))
    head = Text.assemble((f"{number}  ", look.DIM), look.attempt_text(attempt.state), "  ", (method, "bold"))
    connector = shown.connectors.get(attempt.connector_id)
    if connector:
        head.append(f"  {look.safe(connector)}", look.DIM)
    lines = [_attempt_times(attempt, now)]
    if attempt.delivery.outcome:
        lines.append(look.dim(f"request: {look.safe(attempt.delivery.outcome)}"))
    heard = [each for each in shown.answers if each.attempt_id == attempt.id]
    lines.extend(_answer_text(each, now) for each in heard)
    if not heard:
        lines.append(look.dim("no answer yet"))
    lines.append(look.dim(f"attempt ID {attempt.id}"))
    return Group(head, Padding(Group(*lines), (0, 0, 0, INDENT)))


def _attempt_times(attempt: Attempt, now: datetime) -> Text:
    parts = [f"started {look.short_moment(attempt.started_at, now)}"]
    if attempt.sent_at is not None:
        parts.append(f"sent {look.short_moment(attempt.sent_at, now)}")
    ends = "no deadline" if attempt.deadline is None else f"deadline {look.short_moment(attempt.deadline, now)}"
    return Text(", ".join([*parts, ends, f"by {look.safe(attempt.started_by)}"]))


def _answer_text(answer: Answer, now: datetime) -> Text:
    given = answer.given
    text = Text.assemble((answer.code, look.DIM), " ", (given.result.value, "bold"))
    if answer.charge is not None:
        text.append(f" {answer.charge}")
    if given.gateway_reference:
        text.append(f", reference {look.safe(given.gateway_reference)}")
    text.append(f", {look.short_moment(answer.received_at, now)}: {answer.rule}")
    if answer.repeats:
        text.append(f", repeated {look.counted(answer.repeats, 'time')}", look.DIM)
    if answer.in_inbox:
        text.append("  ! in the inbox", Tone.ENDING.style)
    if given.origin is Origin.OPERATOR:
        text.append(f"  entered by {look.safe(given.recorded_by)}: {look.safe(given.reason)}", look.DIM)
    if given.message:
        text.append(f"\n“{look.safe(given.message)}”")
    return text


def _request_as_sent(request: SentRequest) -> RenderableType:
    kind = dict(request.fields)["request"] or ""
    head = Text.assemble(
        (kind, "bold"),
        (
            f"  attempt {request.attempt_number}, sent {look.moment_text(request.at)} UTC; settings as they are now",
            look.DIM,
        ),
    )
    fields = _fields((name, look.MASK if value is None else value) for name, value in request.fields)
    parts = [fields] if not request.unreadable else [fields, look.dim(look.safe(request.unreadable))]
    return Group(head, *(Padding(each, (0, 0, 0, INDENT)) for each in parts))


def _fields(fields: Iterable[tuple[str, str]]) -> RenderableType:
    """Return a message's fields beside their values."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for name, value in fields:
        table.add_row(look.dim(look.safe(name)), look.safe_text(value) if value else look.dim("(empty)"))
    return table


def _answer_as_received(answer: Answer) -> RenderableType:
    given = answer.given
    fields = (
        ("answer_id", given.answer_id),
        ("attempt_id", given.attempt_id),
        ("result", given.result.value),
        ("gateway_reference", given.gateway_reference),
        ("amount", "" if given.amount is None else f"{given.amount:f}"),
        ("currency", given.currency),
        ("message", given.message),
        ("timestamp", given.timestamp),
    )
    came = "entered by hand" if given.origin is Origin.OPERATOR else f"{given.origin.value}, {given.key} key"
    at = look.moment_text(answer.received_at)
    head = Text.assemble((answer.code, "bold"), (f"  received {at} UTC by {came}", look.DIM))
    return Group(head, Padding(_fields(fields), (0, 0, 0, INDENT)))


def _moment_text(moment: Moment, payment: Payment) -> Text:
    text = Text.assemble((moment.happened, "bold" if moment.line or not moment.attempt_number else ""))
    if moment.attempt_number:
        text.append(f"  attempt {moment.attempt_number}", look.DIM)
    line = moment.line
    if line is None:
        if not moment.attempt_number:
            text.append(f"  by {look.safe(payment.created_by)}", look.DIM)
        return text
    text.append("  ").append_text(look.status_text(line.status))
    besides: Sequence[str] = [each for each in (line.answer_id, f"by {look.safe(line.by)}" if line.by else "") if each]
    if besides:
        text.append(f"  {', '.join(besides)}", look.DIM)
    if moment.answer is not None and moment.answer.charge is not None:
        text.append(f"  {moment.answer.charge}")
    text.append(f"\n{wording.rule_says(line.rule)}", look.DIM)
    if line.note:
        text.append(f"\n{look.safe(line.note)}")
    return text
