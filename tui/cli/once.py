"""`gatewatch --once`: the payments monitor as plain text, for screen readers and scripts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from store import inbox, payment_commands
from store.engine_presence import engine_of
from store.payment_method import PaymentMethod
from store.payments import Payment
from store.states import PaymentStatus
from store.store import View
from tui.cli import shapes
from tui.cli.invocation import Invocation, acting
from tui.cli.printing import moment, shown, shown_moment, table
from tui.plain_text import remaining_text
from tui.urgency import is_late, urgency

ENDING_SECONDS = 60


def print_monitor(run: Invocation) -> None:
    """Print the counters and every payment that is not closed, the most urgent first."""
    view = run.store().view()
    engine = engine_of(run.place.folder)
    everything = payment_commands.visible_to(view, acting())
    payments = sorted((each for each in everything if not each.status.closed), key=urgency)
    counters = _counters(payments, view.now) | {"in_the_inbox": len(inbox.visible_to(view, acting()))}
    shape = {
        "at": moment(view.now),
        "engine": engine,
        "counters": counters,
        "payments": [shapes.payment(each) for each in payments],
    }
    run.write(shape, lambda: _monitor(view, engine, counters, payments))


def _counters(payments: Sequence[Payment], now: datetime) -> dict[str, int]:
    return {
        "processing": sum(each.status is PaymentStatus.PROCESSING for each in payments),
        "ending_within_a_minute": sum(_is_ending(each, now) for each in payments),
        "late": sum(is_late(each) for each in payments),
        "waiting_for_payment": sum(each.status is PaymentStatus.WAITING for each in payments),
        "expired": sum(each.status is PaymentStatus.EXPIRED for each in payments),
    }


def _is_ending(payment: Payment, now: datetime) -> bool:
    return payment.deadline is not None and (payment.deadline - now).total_seconds() <= ENDING_SECONDS


def _monitor(view: View, engine: str | None, counters: dict[str, int], payments: Sequence[Payment]) -> str:
    head = [
        f"Payments at {shown_moment(view.now)} UTC",
        f"Engine: {shown(engine)}" if engine else "No engine runs: nothing is sent or received.",
        ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counters.items()),
    ]
    rows = table(
        (
            ("Left", "right"),
            ("Payment number", "left"),
            ("Status", "left"),
            ("Total", "right"),
            ("Account", "right"),
            ("Payment method", "left"),
            ("ID", "right"),
        ),
        (
            (
                _left(each, view.now),
                each.number,
                f"{each.status.label}, answer late" if is_late(each) else each.status.label,
                each.total,
                each.account_id,
                _method_name(view, each),
                each.id,
            )
            for each in payments
        ),
        none="No payment is open.",
    )
    return "\n".join([*head, "", rows])


def _left(payment: Payment, now: datetime) -> str:
    return "" if payment.deadline is None else remaining_text(payment.deadline - now)


def _method_name(view: View, payment: Payment) -> str:
    if not payment.attempts:
        return ""
    found = view.find(PaymentMethod, payment.attempts[-1].method_id)
    return found.name if found else ""
