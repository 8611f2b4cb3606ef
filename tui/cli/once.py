"""`gatewatch --once`: the payments monitor as plain text, for screen readers and scripts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from store.engine_presence import engine_of
from store.payments import Payment
from store.shapes import moment
from store.urgency import is_late
from tui.cli import shapes
from tui.cli.invocation import Invocation, acting
from tui.cli.printing import shown, shown_moment, table
from tui.monitor import Monitor
from tui.monitor_rows import MonitorRow, RowReader
from tui.payment_selection import Lane
from tui.plain_text import remaining_text

IN_THE_INBOX = "In the inbox"


def print_monitor(run: Invocation) -> None:
    """Print the counters and every payment that is not closed, the most urgent first."""
    frame = Monitor(run.store(), acting()).look()
    reader = RowReader(acting())
    reader.follow(frame.view, frame.since, frame.changed)
    engine = engine_of(run.place.folder)
    rows = [row for row in map(reader.row, frame.ids) if row is not None and not row.payment.status.closed]
    counters = {lane.value: frame.counts[lane] for lane in Lane} | {IN_THE_INBOX: frame.in_inbox}
    now = frame.view.now
    shape = {
        "at": moment(now),
        "engine": engine,
        "counters": {name.lower().replace(" ", "_"): count for name, count in counters.items()},
        "payments": [shapes.payment(each.payment) for each in rows],
    }
    run.write(shape, lambda: _monitor(now, engine, counters, rows))


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
