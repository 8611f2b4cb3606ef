"""Payments: the live monitor. What is Processing and ends first stands on top; each countdown goes on by itself."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from store import inbox
from store.store import View
from tui import look, monitor
from tui.monitor import Lane, MonitorRow, Tally
from tui.screens.list_page import ListPage
from tui.screens.page import Page
from tui.widgets.columns import Column, NothingLast
from tui.widgets.countdown import WIDTH, countdown_cell
from tui.widgets.counters import Counter, Counters
from tui.widgets.record_table import Empty, RecordTable

REST_SECONDS = 3.0
"""How long the operator must not have moved the cursor before the rows are put into a new order."""
ROOMY_FROM = 130
"""From how many columns on the counters say their whole labels."""
LANES: dict[str, Lane] = {
    "waiting": Lane.WAITING,
    "processing": Lane.PROCESSING,
    "ending": Lane.ENDING,
    "late": Lane.LATE,
}
INBOX = "inbox"
ALL = ""

COLUMNS: tuple[Column[MonitorRow], ...] = (
    Column(
        key="countdown",
        label="Time left",
        short="Left",
        width=WIDTH,
        cell=lambda row, now: countdown_cell(row.payment, now),
        sort_key=lambda row: NothingLast(row.payment.deadline),
    ),
    Column(
        key="number",
        label="Payment number",
        short="Payment",
        width=8,
        cell=lambda row, _: look.safe(row.payment.number),
        sort_key=lambda row: row.payment.id,
    ),
    Column(
        key="account",
        label="Account",
        width=12,
        weight=3,
        cell=lambda row, _: look.safe(row.account),
        sort_key=lambda row: row.account.casefold(),
    ),
    Column(
        key="status",
        label="Status",
        width=21,
        cell=lambda row, _: look.status_text(row.payment.status),
        sort_key=lambda row: row.payment.status.label,
    ),
    Column(
        key="total",
        label="Total",
        width=13,
        align="right",
        cell=lambda row, _: look.amount(row.payment.total),
        sort_key=lambda row: (row.payment.total.currency, row.payment.total.amount),
    ),
    Column(
        key="method",
        label="Payment method",
        short="Method",
        width=11,
        weight=2,
        cell=lambda row, _: look.safe(row.method),
    ),
    Column(
        key="attempt",
        label="Attempt",
        width=7,
        align="right",
        cell=lambda row, _: str(row.attempt_number or ""),
        sort_key=lambda row: row.attempt_number,
    ),
    Column(
        key="due",
        label="Due date",
        width=10,
        cell=lambda row, _: look.date_text(row.payment.due_date) if row.payment.due_date else "",
        sort_key=lambda row: NothingLast(row.payment.due_date),
    ),
    Column(
        key="created",
        label="Created at",
        width=11,
        cell=lambda row, now: look.dim(look.short_moment(row.payment.created_at, now)),
        sort_key=lambda row: row.payment.created_at,
    ),
)
CONNECTOR: Column[MonitorRow] = Column(
    key="connector", label="Connector", width=12, weight=2, cell=lambda row, _: look.safe(row.connector)
)
"""For managers of the root reseller, who alone see connectors."""


class PaymentsPage(ListPage[MonitorRow]):
    """The monitor with its counters. It ticks once a second while it is on top."""

    ENTRY = "payments"
    NOUN = "payment"
    CREATES = "Create"
    CSS_PATH = ["list_page.tcss", "payments.tcss"]  # noqa: RUF012 - as Textual does
    HORIZONTAL_BREAKPOINTS = [*Page.HORIZONTAL_BREAKPOINTS, (ROOMY_FROM, "-roomy")]  # noqa: RUF012 - as Textual does
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f", "next_lane", "Filter", id="payments.next_lane")]

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[MonitorRow] = []
        self._tally: Tally | None = None
        self._in_inbox = 0
        self._lane = ALL
        self._order_is_old = False
        self._moved_at: datetime | None = None

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return "Payments"

    @property
    def empty(self) -> Empty:
        """What is said where there are no rows."""
        if self._lane:
            return Empty("No payment is here now.", "f goes on to the next filter, Esc shows all payments")
        return Empty("There is no payment yet.", "n creates one" if self.session.by.full_control else "")

    def columns(self) -> Sequence[Column[MonitorRow]]:
        """Return the columns; those of connectors for the root reseller only."""
        if not self.session.by.at_root:
            return COLUMNS
        place = [each.key for each in COLUMNS].index("method") + 1
        return (*COLUMNS[:place], CONNECTOR, *COLUMNS[place:])

    def key_of(self, row: MonitorRow) -> int:
        """Return which payment a row is of."""
        return monitor.key_of(row)

    def rows(self, view: View) -> list[MonitorRow]:
        """Return a row for each payment that the person may see."""
        return monitor.rows_of(view, self.session.by)

    def make_table(self) -> RecordTable[MonitorRow]:
        """Make the table; a payment's status is asked anew at each tick."""
        return RecordTable(self.columns(), self.key_of, empty=self.empty, as_of=monitor.row_as_of)

    def compose_toolbar(self) -> ComposeResult:
        """Compose the counters."""
        yield Counters(
            (
                Counter("waiting", "Waiting", "Waiting", urgent=False),
                Counter("processing", "Processing", "Processing", urgent=False),
                Counter("ending", "Ending within a minute", "Ending", urgent=True),
                Counter("late", "Late", "Late", urgent=True),
                Counter(INBOX, "In the inbox", "Inbox", urgent=True),
            )
        )

    def show(self, view: View) -> None:
        """Take over the payments; their order changes only while the operator rests."""
        now = self.now()
        self._rows = self.rows(view)
        self._tally = Tally(self._rows, now)
        self._in_inbox = len(inbox.visible_to(view, self.session.by))
        if self._navigates(now):
            self._order_is_old = True
            self._rows = monitor.in_known_order(self._rows, self.table.keys)
            self._show_rows(now)
        else:
            self._arrange_rows(now)
        self._tell_counts()
        self.select_made()

    def tick(self, now: datetime) -> None:
        """Let a second pass: countdowns and counters go on, and rows whose status has changed find their place."""
        self.table.tick(now)
        if self._tally is not None and self._tally.advance(now):
            self._order_is_old = True
            self._tell_counts()
        if self._order_is_old and not self._navigates(now):
            self._arrange_rows(now)

    def open(self, key: Hashable) -> None:
        """Open a payment's details."""
        from tui.screens.payment_details import PaymentDetails  # noqa: PLC0415 - opened on request

        row = self.table.row_of(key)
        if row is not None:
            self.push(PaymentDetails(row.payment.id, row.payment.number))

    def new_page(self) -> Page:
        """Return the form that makes a payment."""
        from tui.screens.payment_new import PaymentNew  # noqa: PLC0415 - opened on request

        return PaymentNew()

    def on_record_table_moved(self, event: RecordTable.Moved) -> None:
        """Remember that the operator navigates."""
        super().on_record_table_moved(event)
        if event.by_hand:
            self._moved_at = self.now()

    def on_counter_chosen(self, message: Counter.Chosen) -> None:
        """Show the rows that were counted."""
        message.stop()
        if message.name == INBOX:
            self.gatewatch.action_go_to("inbox")
        else:
            self._choose(ALL if message.name == self._lane else message.name)

    def on_resize(self, _: events.Resize) -> None:
        """Write the counters as long as there is room."""
        if self._tally is not None:
            self._tell_counts()

    def action_next_lane(self) -> None:
        """Show the rows of the next counter; after the last one, all."""
        names = [ALL, *LANES]
        self._choose(names[(names.index(self._lane) + 1) % len(names)])

    def action_leave(self) -> None:
        """Show all payments again, or go back."""
        if self._lane and self.table.has_focus:
            self._choose(ALL)
        else:
            super().action_leave()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer Back where there is a filter to leave, too."""
        if action == "leave" and self._lane:
            return True
        return super().check_action(action, parameters)

    def _navigates(self, now: datetime) -> bool:
        return self._moved_at is not None and now - self._moved_at < timedelta(seconds=REST_SECONDS)

    def _choose(self, lane: str) -> None:
        self._lane = lane
        self.table.empty = self.empty
        self._arrange_rows(self.now())
        self._tell_counts()
        self.refresh_bindings()

    def _arrange_rows(self, now: datetime) -> None:
        self._order_is_old = False
        self._rows = monitor.most_urgent_first(self._rows, now)
        self._show_rows(now)

    def _show_rows(self, now: datetime) -> None:
        rows = self._rows
        if self._lane:
            rows = [each for each in rows if LANES[self._lane] in monitor.lanes_at(each, now)]
        self.table.set_rows(rows, now)

    def _tell_counts(self) -> None:
        if self._tally is None:
            return
        counts = {name: self._tally.count(lane) for name, lane in LANES.items()} | {INBOX: self._in_inbox}
        self.query_one(Counters).tell(counts, chosen=self._lane, brief=not self.has_class("-roomy"))
