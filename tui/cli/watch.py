"""`gatewatch payment watch`: changes of payments as they come, a line each."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

import click

from store import payment_commands
from store.archived_payment import ArchivedPayment
from store.errors import Refused
from store.judging import next_change_at
from store.payments import HistoryLine, Payment
from store.states import PaymentStatus
from store.store import Store, View
from tui.cli import shapes
from tui.cli.invocation import Invocation, acting, headless
from tui.cli.printing import shown, shown_moment

POLL_SECONDS = 0.25


@click.command()
@click.argument("payment_id", metavar="[ID]", type=int, required=False)
@click.option(
    "--until",
    type=click.Choice([each.value for each in PaymentStatus]),
    help="Leave as soon as the payment is, or has been since the start, in this status.",
)
@click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="Leave after this time.")
@headless
def watch(run: Invocation, payment_id: int | None, *, until: str | None, timeout: float | None) -> None:
    """Print changes of payments as they come.

    Of one payment first how it is, then a line for each change; without an ID, the changes of all. With --until, a
    timeout ends in exit code 1.
    """
    if until is not None and payment_id is None:
        raise click.UsageError("--until needs the ID of a payment.")
    give_up_at = None if timeout is None else time.monotonic() + timeout
    for payment, line in _changes(run.store(), payment_id, give_up_at):
        _tell(run, payment, line)
        if until is not None and until == (payment.status if line is None else line.status):
            return
    if until is not None:
        raise Refused(f"The payment was not {PaymentStatus(until).label} within {timeout:g} seconds.")


def _changes(
    store: Store, payment_id: int | None, give_up_at: float | None
) -> Iterator[tuple[Payment, HistoryLine | None]]:
    """Yield each change with its payment; first, without a change, the one payment that is watched."""
    told: dict[int, int] | None = None
    archived: set[int] = set()
    since = store.clock()
    seen_revision = -1
    next_at: datetime | None = None
    while True:
        view = store.view()
        if view.revision != seen_revision or (next_at is not None and next_at <= view.now):
            payments = _watched(view, payment_id)
            if told is None:
                told = {each.id: len(each.history) for each in payments}
                archived = set(view.every_id(ArchivedPayment))
                if payment_id is not None:
                    yield payments[0], None
            for each in payments:
                if each.id in archived and each.id not in told:
                    told[each.id] = sum(line.at < since for line in each.history)
                for line in each.history[told.get(each.id, 0) :]:
                    yield each, line
                told[each.id] = len(each.history)
            seen_revision = view.revision
            next_at = min((at for at in map(next_change_at, payments) if at is not None), default=None)
        if give_up_at is not None and time.monotonic() >= give_up_at:
            return
        time.sleep(POLL_SECONDS)


def _watched(view: View, payment_id: int | None) -> list[Payment]:
    if payment_id is None:
        return payment_commands.visible_to(view, acting())
    return [payment_commands.get(view, acting(), payment_id)]


def _tell(run: Invocation, payment: Payment, line: HistoryLine | None) -> None:
    now = {"at": None, "rule": None, "status": payment.status.value, "attempt_id": payment.in_progress or None}
    change = now | {"answer_id": None, "by": None, "note": ""} if line is None else shapes.history_line(line)
    shape = {
        "id": payment.id,
        "number": payment.number,
        "total": payment.total.text,
        "currency": payment.total.currency,
        **change,
    }
    run.write_line(shape, lambda: _line(payment, line))


def _line(payment: Payment, line: HistoryLine | None) -> str:
    named = f"{shown(payment.number)} (ID {payment.id}, {payment.total})"
    if line is None:
        return f"{named} is {payment.status.label}"
    note = f": {shown(line.note)}" if line.note else ""
    return f"{shown_moment(line.at)}  {named}  {line.rule}  {line.status.label}{note}"
