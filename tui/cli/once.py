"""`gatewatch --once`: the payments monitor as plain text, for screen readers and scripts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from store.engine_presence import engine_of, engine_since
from store.payments import Payment
from store.shapes import moment
from store.states import PaymentStatus
from store.urgency import is_late, is_stuck
from tui.cli import shapes
from tui.cli.invocation import Invocation, acting
from tui.cli.printing import shown, shown_moment, table
from tui.monitor import Monitor
from tui.monitor_rows import MonitorRow, RowReader
from tui.payment_selection import Lane
from tui.plain_text import duration_text, remaining_text

IN_THE_INBOX = "In the inbox"
READ_AT_ONCE = 1_000


def print_monitor(run: Invocation) -> None:
    """Print the counters and every payment that is not closed, the most urgent first."""
    monitor = Monitor(run.store(), acting())
    frame = monitor.look()
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
    since = engine_since(run.place.folder)

    def text() -> str:
        head = [
            f"Payments at {shown_moment(now)} UTC",
            _engine(engine, None if since is None else now - since),
            ", ".join(f"{name}: {count}" for name, count in counters.items()),
            _silent(monitor),
        ]
        return "\n".join([*head, "", _payments(rows, now)])

    run.write(shape, text)


def _engine(engine: str | None, age: timedelta | None) -> str:
    if engine is None:
        return "No engine runs: nothing is sent or received."
    return f"Engine: {shown(engine)}" + ("" if age is None else f", up {duration_text(age)}")


def _silent(monitor: Monitor) -> str:
    """Return which connectors were not heard for longer than usual; every payment is read for it."""
    while not monitor.learn(READ_AT_ONCE):
        continue
    silent = [
        f"{shown(monitor.connector(each.connector_id))} for {remaining_text(each.silent_for)}"
        for each in monitor.overview().health
        if each.silent_for is not None
    ]
    return f"Silent connectors: {', '.join(silent) or 'none'}"


def _payments(rows: Sequence[MonitorRow], now: datetime) -> str:
    return table(
        (
            ("Left", "right"),
            ("Payment number", "left"),
            ("Status", "left"),
            ("Total", "right"),
            ("Account", "left"),
            ("Connector", "left"),
            ("Payment method", "left"),
            ("Attempt", "left"),
            ("Started at (UTC)", "left"),
            ("ID", "right"),
        ),
        (
            (
                _left(each.payment, now),
                each.payment.number,
                _status(each.payment),
                each.payment.total,
                each.account,
                each.connector,
                each.method,
                f"{each.attempt_shown} of {len(each.payment.attempts)}" if each.payment.attempts else "",
                each.started_at or "",
                each.payment.id,
            )
            for each in rows
        ),
        none="No payment is open.",
    )


def _left(payment: Payment, now: datetime) -> str:
    if payment.deadline is not None:
        return remaining_text(payment.deadline - now)
    if payment.status is not PaymentStatus.PROCESSING:
        return ""
    return "stuck" if is_stuck(payment, now) else "no period"


def _status(payment: Payment) -> str:
    return f"{payment.status.label}, answer late" if is_late(payment) else payment.status.label
