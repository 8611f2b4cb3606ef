"""`gatewatch --once`: the payments monitor as plain text, for screen readers and scripts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from store import inbox
from store.engine_presence import engine_of
from store.payments import Payment
from store.shapes import moment
from tui.cli import shapes
from tui.cli.invocation import Invocation, acting
from tui.cli.printing import shown, shown_moment, table
from tui.monitor import Lane, MonitorRow, Tally, is_late, most_urgent_first, rows_of
from tui.plain_text import remaining_text

IN_THE_INBOX = "In the inbox"


def print_monitor(run: Invocation) -> None:
    """Print the counters and every payment that is not closed, the most urgent first."""
    view = run.store().view()
    engine = engine_of(run.place.folder)
    rows = [each for each in rows_of(view, acting()) if not each.payment.status.closed]
    tally = Tally(rows, view.now)
    counters = {lane.value: tally.count(lane) for lane in Lane}
    counters[IN_THE_INBOX] = len(inbox.visible_to(view, acting()))
    urgent = most_urgent_first(rows, view.now)
    shape = {
        "at": moment(view.now),
        "engine": engine,
        "counters": {name.lower().replace(" ", "_"): count for name, count in counters.items()},
        "payments": [shapes.payment(each.payment) for each in urgent],
    }
    run.write(shape, lambda: _monitor(view.now, engine, counters, urgent))


def _monitor(now: datetime, engine: str | None, counters: dict[str, int], rows: Sequence[MonitorRow]) -> str:
    head = [
        f"Payments at {shown_moment(now)} UTC",
        f"Engine: {shown(engine)}" if engine else "No engine runs: nothing is sent or received.",
        ", ".join(f"{name}: {count}" for name, count in counters.items()),
    ]
    listed = table(
        (
            ("Left", "right"),
            ("Payment number", "left"),
            ("Status", "left"),
            ("Total", "right"),
            ("Account", "left"),
            ("Payment method", "left"),
            ("ID", "right"),
        ),
        (
            (
                _left(each.payment, now),
                each.payment.number,
                _status(each.payment),
                each.payment.total,
                each.account,
                each.method,
                each.payment.id,
            )
            for each in rows
        ),
        none="No payment is open.",
    )
    return "\n".join([*head, "", listed])


def _left(payment: Payment, now: datetime) -> str:
    return "" if payment.deadline is None else remaining_text(payment.deadline - now)


def _status(payment: Payment) -> str:
    return f"{payment.status.label}, answer late" if is_late(payment) else payment.status.label
