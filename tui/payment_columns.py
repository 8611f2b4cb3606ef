"""The columns of the payments monitor, the most urgent fact first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.text import Text

from tui import look
from tui.monitor_rows import MonitorRow
from tui.widgets.columns import Column
from tui.widgets.countdown import WIDTH, countdown_cell


def _attempt(row: MonitorRow) -> Text | str:
    count = len(row.payment.attempts)
    if count <= 1:
        return look.dim("1 of 1" if count else "")
    return f"{row.attempt_shown} of {count}"


def _moment(moment: datetime | None, now: datetime) -> Text:
    return look.dim("" if moment is None else look.short_moment(moment, now))


_COUNTDOWN: Column[MonitorRow] = Column(
    key="countdown",
    label="Time left",
    short="Left",
    width=WIDTH,
    cell=lambda row, now: countdown_cell(row.payment, now),
    sorted_by_owner=True,
    shares=True,
)
_NUMBER: Column[MonitorRow] = Column(
    key="number",
    label="Payment number",
    short="Payment",
    width=8,
    cell=lambda row, _: look.safe(row.payment.number),
    sorted_by_owner=True,
    moves=False,
)
_ACCOUNT: Column[MonitorRow] = Column(
    key="account",
    label="Account",
    width=12,
    weight=3,
    cell=lambda row, _: look.safe(row.account),
    sorted_by_owner=True,
    moves=False,
)
_STATUS: Column[MonitorRow] = Column(
    key="status",
    label="Status",
    width=21,
    cell=lambda row, _: look.status_text(row.payment.status),
    sorted_by_owner=True,
    moves=False,
)
_TOTAL: Column[MonitorRow] = Column(
    key="total",
    label="Total",
    width=13,
    align="right",
    cell=lambda row, _: look.amount(row.payment.total),
    sorted_by_owner=True,
    moves=False,
)
_CONNECTOR: Column[MonitorRow] = Column(
    key="connector",
    label="Connector",
    width=10,
    weight=2,
    cell=lambda row, _: look.safe(row.connector),
    sorted_by_owner=True,
    moves=False,
)
_METHOD: Column[MonitorRow] = Column(
    key="method",
    label="Payment method",
    short="Method",
    width=10,
    weight=2,
    cell=lambda row, _: look.safe(row.method),
    sorted_by_owner=True,
    moves=False,
)
_ATTEMPT: Column[MonitorRow] = Column(
    key="attempt",
    label="Attempt",
    width=7,
    cell=lambda row, _: _attempt(row),
    sorted_by_owner=True,
    moves=False,
)
_STARTED: Column[MonitorRow] = Column(
    key="started",
    label="Started at",
    width=11,
    cell=lambda row, now: _moment(row.started_at, now),
    sorted_by_owner=True,
    moves=False,
)
_DUE: Column[MonitorRow] = Column(
    key="due",
    label="Due date",
    width=10,
    cell=lambda row, _: look.date_text(row.payment.due_date) if row.payment.due_date else "",
    sorted_by_owner=True,
    moves=False,
)


def columns_for(*, at_root: bool) -> Sequence[Column[MonitorRow]]:
    """Return the columns; that of connectors for managers of the root reseller, who alone see them.

    Status and Total stand before connector and method, so that 80 columns show them.
    """
    connector = (_CONNECTOR,) if at_root else ()
    return (_COUNTDOWN, _NUMBER, _ACCOUNT, _STATUS, _TOTAL, *connector, _METHOD, _ATTEMPT, _STARTED, _DUE)
