"""`gatewatch payment watch`: changes of payments as they come, a line each."""

from __future__ import annotations

import time

import click

from store.errors import Refused
from store.payments import HistoryLine, Payment
from store.states import PaymentStatus
from tui.cli import shapes
from tui.cli.filtering import filter_option, filter_problems
from tui.cli.invocation import Invocation, acting, headless
from tui.cli.printing import shown, shown_moment
from tui.payment_changes import PaymentChanges

POLL_SECONDS = 0.25


@click.command()
@click.argument("payment_id", metavar="[ID]", type=int, required=False)
@filter_option
@click.option(
    "--until",
    type=click.Choice([each.value for each in PaymentStatus]),
    help="Leave as soon as the payment is, or has been since the start, in this status; without an ID, any of them.",
)
@click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="Leave after this time.")
@headless
def watch(
    run: Invocation, payment_id: int | None, *, filter_text: str, until: str | None, timeout: float | None
) -> None:
    """Print changes of payments as they come.

    Of one payment first how it is, then a line for each change; without an ID, the changes of all, or of those that
    fit a filter before or after the change. With --until, a timeout ends in exit code 1.
    """
    if payment_id is not None and filter_text:
        raise click.UsageError("Name either the ID of a payment or --filter.")
    give_up_at = None if timeout is None else time.monotonic() + timeout
    with filter_problems():
        changes = PaymentChanges(run.store(), acting(), payment_id=payment_id, text=filter_text)
    if payment_id is not None:
        _tell(run, changes.begun_with, None)
        if until == changes.begun_with.status:
            return
    while True:
        for payment, line in changes.look():
            _tell(run, payment, line)
            if until == line.status:
                return
        if give_up_at is not None and time.monotonic() >= give_up_at:
            break
        time.sleep(POLL_SECONDS)
    if until is not None:
        whose = "The payment was not" if payment_id is not None else "No payment became"
        raise Refused(f"{whose} {PaymentStatus(until).label} within {timeout:g} seconds.")


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
