"""One payment in words and lines, for its details: attempts with their answers, and the history with its rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from store.payments import Attempt, HistoryLine, Payment
from store.store import View
from tui import look, wording
from tui.look import Tone

INDENT = 3
TIME_WIDTH = 11


@dataclass(frozen=True, slots=True)
class PaymentShown:
    """Everything that a payment's details show, as of one moment; `connectors` is empty for who may not see them."""

    payment: Payment
    account: Account
    methods: Mapping[int, str]
    connectors: Mapping[int, str]
    answers: tuple[Answer, ...]


def read_payment(view: View, by: Actor, payment_id: int) -> PaymentShown:
    """Return what is shown of a payment. Raises NotFound."""
    payment = payment_commands.get(view, by, payment_id)
    connectors = {each.id: each.name for each in view.all(Connector)} if by.at_root else {}
    return PaymentShown(
        payment=payment,
        account=view.get(Account, payment.account_id),
        methods={each.id: each.name for each in view.all(PaymentMethod)},
        connectors=connectors,
        answers=tuple(answers.of_payment(view, payment_id)),
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


def history_list(payment: Payment, now: datetime) -> RenderableType:
    """Return the timeline, the newest first: when, by which rule, what the rule says, the status after it, and who."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(min_width=TIME_WIDTH, max_width=TIME_WIDTH)
    table.add_column()
    for line in reversed(payment.history):
        table.add_row(look.dim(look.short_moment(line.at, now)), _history_text(line))
    created = Text.assemble(("created", "bold"), (f"  by {look.safe(payment.created_by)}", look.DIM))
    table.add_row(look.dim(look.short_moment(payment.created_at, now)), created)
    return table


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


def _history_text(line: HistoryLine) -> Text:
    text = Text.assemble((line.rule, "bold"), "  ", look.status_text(line.status))
    besides: Sequence[str] = [each for each in (line.answer_id, f"by {look.safe(line.by)}" if line.by else "") if each]
    if besides:
        text.append(f"  {', '.join(besides)}", look.DIM)
    text.append(f"\n{wording.rule_says(line.rule)}", look.DIM)
    if line.note:
        text.append(f"\n{look.safe(line.note)}")
    return text
