"""The columns of the payments monitor, the most urgent fact first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from rich.text import Text

from tui import look
from tui.monitor_rows import MonitorRow
from tui.payment_glance import STARTED
from tui.widgets.columns import Column
from tui.widgets.countdown import WIDTH, countdown_cell


def _attempt(row: MonitorRow) -> Text | str:
    count = len(row.payment.attempts)
    if count <= 1:
        return look.dim("1 of 1" if count else "")
    return f"{row.attempt_shown} of {count}"


def _moment(moment: datetime | None, now: datetime) -> Text:
    return look.dim("" if moment is None else look.short_moment(moment, now))


_still: Callable[..., Column[MonitorRow]] = partial(Column, sorted_by_owner=True, moves=False)
_COUNTDOWN: Column[MonitorRow] = Column(
    key="countdown",
    label="Time left",
    short="Left",
    width=WIDTH,
    cell=lambda row, now: countdown_cell(row.payment, now),
    sorted_by_owner=True,
    shares=True,
)
_NUMBER = _still(
    key="number",
    label="Payment number",
    short="Payment",
    width=8,
    cell=lambda row, _: look.safe(row.payment.number),
)
_ACCOUNT = _still(key="account", label="Account", width=12, weight=3, cell=lambda row, _: look.safe(row.account))
_STATUS = _still(key="status", label="Status", width=21, cell=lambda row, _: look.status_text(row.payment.status))
_TOTAL = _still(key="total", label="Total", width=13, align="right", cell=lambda row, _: look.amount(row.payment.total))
_CONNECTOR = _still(
    key="connector", label="Connector", width=10, weight=2, cell=lambda row, _: look.safe(row.connector)
)
_METHOD = _still(
    key="method",
    label="Payment method",
    short="Method",
    width=10,
    weight=2,
    cell=lambda row, _: look.safe(row.method),
)
_ATTEMPT = _still(key="attempt", label="Attempt", width=7, cell=lambda row, _: _attempt(row))
_STARTED = _still(key=STARTED, label="Started at", width=11, cell=lambda row, now: _moment(row.started_at, now))
_DUE = _still(
    key="due",
    label="Due date",
    width=10,
    cell=lambda row, _: look.date_text(row.payment.due_date) if row.payment.due_date else "",
)


def columns_for(*, at_root: bool) -> Sequence[Column[MonitorRow]]:
    """Return the columns; that of connectors for managers of the root reseller, who alone see them.

    Status and Total stand before connector and method, so that 80 columns show them.
    """
    connector = (_CONNECTOR,) if at_root else ()
    return (_COUNTDOWN, _NUMBER, _ACCOUNT, _STATUS, _TOTAL, *connector, _METHOD, _ATTEMPT, _STARTED, _DUE)
