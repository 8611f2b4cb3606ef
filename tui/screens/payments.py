"""Payments: the live monitor. What is Processing and ends first stands on top; each countdown goes on by itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from store.errors import StoreNotUsable
from store.payments import Payment
from store.store import View
from tui import look
from tui.filters import Field
from tui.finding import AT
from tui.learning import learn_all
from tui.monitor import Frame
from tui.monitor_rows import MonitorRow, RowReader, ShownRows, row_as_of
from tui.payment_columns import columns_for
from tui.payment_glance import STARTED
from tui.payment_selection import EVERYTHING, Choice, Lane
from tui.screens.list_page import NOT_READ_YET, ListPage
from tui.screens.page import Page
from tui.targets import MOMENT, Target
from tui.widgets.columns import Column
from tui.widgets.counters import Counter, Counters, Pace
from tui.widgets.record_table import Empty, RecordTable

REST_SECONDS = 3.0
"""How long the operator must not have moved the cursor before the rows are put into a new order."""
AWAY = timedelta(seconds=30)
"""For how long no key must have been pressed for what changes from then on to be marked."""
ROOMY_FROM = 130
"""From how many columns on the counters say their whole labels."""
LANES: dict[str, Lane] = {
    "waiting": Lane.WAITING,
    "processing": Lane.PROCESSING,
    "ending": Lane.ENDING,
    "late": Lane.LATE,
    "late-answers": Lane.LATE_ANSWERS,
    "returned": Lane.RETURNED,
}
NEEDED = "{key} creates one; it needs an account (1) and a payment method (5)"
LEARNING = "learn"
NEVER = datetime.max.replace(tzinfo=UTC)
NOT_YET = datetime.min.replace(tzinfo=UTC)
INBOX = "inbox"
SILENT = "silent"
ALL = ""


class PaymentsPage(ListPage[MonitorRow]):
    """The monitor with its counters. It ticks once a second while it is on top."""

    ENTRY = "payments"
    NOUN = "payment"
    CREATES = "Create"
    CSS_PATH = ["list_page.tcss", "payments.tcss"]  # noqa: RUF012 - as Textual does
    HORIZONTAL_BREAKPOINTS = [*Page.HORIZONTAL_BREAKPOINTS, (ROOMY_FROM, "-roomy")]  # noqa: RUF012 - as Textual does
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "next_lane", "Lanes", id="payments.next_lane"),
        Binding("space", "pause", "Pause", id="payments.pause", key_display="␣"),
        Binding("t", "connector_health", "Trend", id="payments.trends"),
        Binding("at", "jump", "Jump to a time", show=False, key_display="@", id="payments.jump"),
        Binding("m", "forget_marks", "Marks off", id="payments.forget_marks"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._reader: RowReader | None = None
        self._read_frames: deque[Frame] = deque()
        self._frame: Frame | None = None
        self._choice = EVERYTHING
        self._order_is_old = False
        self._moved_at: datetime | None = None
        self._paused_at: datetime | None = None
        self._missed: frozenset[int] = frozenset()
        self._was_left = False
        self._is_left = False
        self._next_at = NEVER
        self._looked_at = NOT_YET
        self._jump_to: datetime | None = None

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return "Payments"

    @property
    def empty(self) -> Empty:
        """What is said where there are no rows."""
        choice = self._choice if self._frame is None else self._frame.choice
        if choice.lane is not None or choice.filter:
            lanes = self.gatewatch.written_key("payments.next_lane", "v")
            return Empty("No payment is here now.", f"Esc shows all payments, {lanes} those of the next counter")
        return Empty("There is no payment yet.", self.if_may_create(NEEDED))

    def columns(self) -> Sequence[Column[MonitorRow]]:
        """Return the columns; those of connectors for the root reseller only."""
        return columns_for(at_root=self.session.by.at_root)

    def fields(self) -> Sequence[Field[Any]]:
        """Return the fields of the filter; it looks at payments in short, all of which are kept."""
        return self.session.monitor.fields()

    def key_of(self, row: MonitorRow) -> int:
        """Return which payment a row is of."""
        return row.payment.id

    def rows(self, view: View) -> Sequence[MonitorRow]:
        """Return no rows: they are read when they are seen."""
        del view
        return ()

    def make_table(self) -> RecordTable[MonitorRow]:
        """Make the table; a payment's status is asked anew at each tick."""
        return RecordTable(self.columns(), self.key_of, empty=NOT_READ_YET, as_of=row_as_of)

    def compose_create(self) -> ComposeResult:
        """Compose the button, and below it how the monitor goes on."""
        with Vertical(id="beside-counters"):
            yield from super().compose_create()
            yield Pace()

    def compose_toolbar(self) -> ComposeResult:
        """Compose the counters of payments, and below them those of today."""
        at_root = self.session.by.at_root
        silent = (Counter(SILENT, "Silent connectors", "Silent", urgent=True),) if at_root else ()
        yield Counters(
            (
                Counter("waiting", "Waiting", "Waiting"),
                Counter("processing", "Processing", "Processing"),
                Counter("ending", "Ending within a minute", "Ending", urgent=True),
                Counter("late", "Late", "Late", urgent=True),
            ),
            (
                Counter(INBOX, "In the inbox", "Inbox", urgent=True),
                Counter("late-answers", "Late answers today", "Late answers"),
                Counter("returned", "Returned today", "Returned"),
                *silent,
            ),
        )

    def on_mount(self) -> None:
        """Begin to read what sorting and filtering need, in the background."""
        super().on_mount()
        self._sort_for_jump()
        self._learn_soon()

    def read(self) -> View:
        """Look at what has changed, in a worker."""
        choice, wanted = self._choice, self._jump_to
        near = wanted if choice.sort == STARTED else None
        in_mind = chain(self.table.marked, self._missed)
        frame = self.session.monitor.look(choice, near=near, in_mind=in_mind)
        self._read_frames.append(frame)
        return frame.view

    def show(self, view: View) -> None:
        """Take over what has changed; rows change their places only while the operator rests, none while paused."""
        # A copy: a worker may be adding the next one.
        if not any(each.view is view for each in tuple(self._read_frames)):
            return
        # One after another, also where a page was not ready for one of them: each tells only what is new in it.
        while self._read_frames:
            frame = self._read_frames.popleft()
            self._show_frame(frame)
            if frame.view is view:
                break
        if self._frame is not None and not self._frame.is_whole:
            self._learn_soon()

    def _show_frame(self, frame: Frame) -> None:
        self._next_at, self._looked_at = frame.next_at, self.now()
        jumps = frame.near is not None and frame.near == self._jump_to
        same = self._frame is not None and frame.choice == self._frame.choice and not jumps
        if self._paused_at is not None and same:
            changed = {each for table, each in frame.changed or () if table == Payment.TABLE}
            self._missed = (self._missed | (changed if frame.renewed is None else frame.renewed)) - frame.left
            self._tell_pace()
            return
        now = self.now()
        if self._paused_at is not None:
            # Another choice is shown as it is now, and so are the counters: it stands still from now on.
            self._paused_at = now
            self._missed = frozenset()
        before, self._frame = self._frame, frame
        self._follow_rows(frame)
        if before is not None:
            self._mark_changes(frame)
        if same and self._navigates(now):
            self._order_is_old = True
            self.table.tick(now)
        else:
            self._put_rows(now)
        self._tell_counts()
        self.select_made()
        if jumps:
            self._land(frame.nearest)

    def show_rows(self) -> None:
        """Show the rows that fit the filter, once they have been found in a worker."""
        self._choose(replace(self._choice, filter=self.filter_bar.filter))

    def tick(self, now: datetime) -> None:
        """Let a second pass: countdowns go on."""
        if self._paused_at is None:
            self.table.tick(now)
            self._tell_pace()
            judged_next_at = None if self._frame is None else self._frame.judged_next_at
            if judged_next_at is not None and judged_next_at <= now:
                self.reload()

    def follow_time(self, now: datetime) -> None:
        """Let rows whose status has changed find their place, and counters go on; while paused, count them."""
        if self._next_at <= now or now < self._looked_at:  # or the clock was put back
            self.reload()
        elif self._paused_at is None and self._order_is_old and not self._navigates(now):
            self._put_rows(now)

    def goes_to(self, target: Target) -> bool:
        """Jump to a time: to the payment, of those that fit, that was started nearest to it, sorted by that."""
        if target.kind != MOMENT:
            return False
        self._jump_to = datetime.fromisoformat(str(target.identity))
        reverse = self._choice.reverse and self._choice.sort == STARTED
        self._choice = replace(self._choice, sort=STARTED, reverse=reverse)
        if self.is_ready:
            self._sort_for_jump()
            self.reload()
        return True

    def open(self, key: Hashable) -> None:
        """Open a payment's details."""
        from tui.screens.payment_details import PaymentDetails  # noqa: PLC0415 - opened on request

        row = self.table.row_of(key)
        if row is not None:
            self.table.mark(self.table.marked - {key})
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
            self.table.mark(self.table.marked - {event.key})

    def on_record_table_sorted(self, event: RecordTable.Sorted) -> None:
        """Sort by the column that was chosen."""
        event.stop()
        key, reverse = self.table.sorted_by
        if key != STARTED:
            self._jump_to = None
        self._choose(replace(self._choice, sort=key, reverse=reverse))

    def on_counter_chosen(self, message: Counter.Chosen) -> None:
        """Show the rows that were counted."""
        message.stop()
        if message.name == INBOX:
            self.gatewatch.moving.open_page("inbox")
        elif message.name == SILENT:
            self.action_connector_health()
        else:
            self._choose_lane(ALL if message.name == self._lane else message.name)

    def on_resize(self, _: events.Resize) -> None:
        """Write the counters as long as there is room."""
        self._tell_counts()

    def action_next_lane(self) -> None:
        """Show the rows of the next counter; after the last one, all."""
        names = [ALL, *LANES]
        self._choose_lane(names[(names.index(self._lane) + 1) % len(names)])

    def action_connector_health(self) -> None:
        """Show how the connectors answer."""
        from tui.screens.connector_health import ConnectorHealthPage  # noqa: PLC0415 - opened on request

        self.app.push_screen(ConnectorHealthPage())

    def action_jump(self) -> None:
        """Ask for a time to jump to."""
        self.gatewatch.action_go_to_by_name(AT)

    def action_pause(self) -> None:
        """Let everything stand as it is, or go on."""
        self._paused_at = self.now() if self._paused_at is None else None
        self.table.mark(self.table.marked | self._missed)
        self._missed = frozenset()
        self._tell_pace()
        if self._paused_at is None:
            self._moved_at = None
            self.reload()

    def action_forget_marks(self) -> None:
        """Take the marks off what has changed while nobody looked."""
        self.table.mark(frozenset())
        self.refresh_bindings()

    def on_screen_suspend(self) -> None:
        """Remember that nobody sees what changes from now on."""
        self._was_left = self._is_left = True

    def on_screen_resume(self) -> None:  # type: ignore[override] # Textual calls the page's own one, too
        """Remember that somebody looks again; what has changed meanwhile is marked with the first look."""
        self._is_left = False

    def action_leave(self) -> None:
        """Show all payments again, or go back."""
        if self._lane and self.table.has_focus:
            self._choose_lane(ALL)
        else:
            super().action_leave()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer Back where there is a filter to leave, too."""
        if action == "leave" and self._lane and self.is_ready:
            return True
        if action == "forget_marks":
            return self.is_ready and bool(self.table.marked)
        if action == "connector_health":
            return self.session.by.at_root
        return super().check_action(action, parameters)

    @property
    def _lane(self) -> str:
        return next((name for name, lane in LANES.items() if lane is self._choice.lane), ALL)

    def _choose_lane(self, name: str) -> None:
        self._choose(replace(self._choice, lane=LANES.get(name)))

    def _choose(self, choice: Choice) -> None:
        self._choice = choice
        self._tell_counts()
        self.refresh_bindings()
        self.reload()

    def _sort_for_jump(self) -> None:
        """Let the table tell the order that a jump is about to bring, also where its column was not chosen."""
        if self._jump_to is None:
            return
        shown = self._chosen_columns() or self.columns()
        if not any(each.key == STARTED for each in shown):
            self.table.show_columns([*shown, *(each for each in self.columns() if each.key == STARTED)])
        self.table.sort_by(STARTED, reverse=self._choice.reverse)

    def _land(self, nearest: int | None) -> None:
        """Put the cursor on the payment that a jump has found, and tell how near it is."""
        wanted, self._jump_to = self._jump_to, None
        row = None if nearest is None or not self.table.move_to(nearest, in_middle=True) else self.table.cursor_row
        if wanted is None:
            return
        if row is None or row.started_at is None:
            self.notify("No payment here has been started yet.", severity="warning")
        else:
            started = f"{row.payment.number} was started at {look.moment_text(row.started_at)} UTC"
            self.notify(f"{started}, nearest to {look.moment_text(wanted)}.", markup=False)

    def _navigates(self, now: datetime) -> bool:
        # A clock that was put back must not keep the order for as long as it was put back.
        return self._moved_at is not None and abs(now - self._moved_at) < timedelta(seconds=REST_SECONDS)

    def _mark_changes(self, frame: Frame) -> None:
        """Mark what has changed while the page was left, or while nobody has pressed a key for long enough."""
        marked = self.table.marked
        if frame.renewed and (self._was_left or self.gatewatch.absence() >= AWAY):
            marked |= frame.renewed
        # Overnight, all that comes is marked: what has aged out must not stay in memory by its mark.
        self.table.mark(marked - frame.left, draw=False)
        # A look that was under way when the page was left may be shown later.
        self._was_left = self._is_left

    def _follow_rows(self, frame: Frame) -> None:
        if self._reader is None:
            self._reader = RowReader(self.session.by)
        self._reader.follow(frame.view, frame.since, frame.changed)

    def _put_rows(self, now: datetime) -> None:
        self._order_is_old = False
        if self._frame is not None:
            self.table.empty = self.empty
            self.table.show_source(ShownRows(self._frame.ids, self._row), now)

    def _row(self, payment_id: int) -> MonitorRow | None:
        """Read a row that is seen now; it is one small read of a file that is open."""
        try:
            return None if self._reader is None else self._reader.row(payment_id)
        except StoreNotUsable as error:
            self.gatewatch.store_trouble = str(error)
            return None

    def _tell_counts(self) -> None:
        if self._frame is None:
            return
        counts: dict[str, int | None] = {name: self._frame.counts[lane] for name, lane in LANES.items()}
        counts[INBOX] = self._frame.in_inbox
        silent = sum(each.silent_for is not None for each in self._frame.health)
        counts[SILENT] = silent if self._frame.is_whole else None
        self.query_one(Counters).tell(counts, chosen=self._lane, brief=not self.has_class("-roomy"))
        self._tell_pace()

    def _tell_pace(self) -> None:
        """Say whether the monitor stands still, and how much it does not show; else for how long the engine runs."""
        pace = self.query_one(Pace)
        if self._paused_at is not None:
            since, waiting = look.clock_text(self._paused_at), look.counted(len(self._missed), "change")
            # The counters beside it, which go on mattering, must have room on a narrow screen
            brief = f"paused · {len(self._missed):,} waiting"
            is_roomy = self.has_class("-roomy")
            pace.tell(f"paused at {since} · {waiting} waiting" if is_roomy else brief, stands=True)
        else:
            age = self.session.engine_age()
            told = age is not None and not self.has_class("-narrow")
            pace.tell(f"engine up {look.duration_text(age)}" if age is not None and told else "", stands=False)

    def _learn_soon(self) -> None:
        """Read all payments once, so that connectors are judged and the first sort or filter need not wait for it."""
        if not any(each.group == LEARNING and not each.is_finished for each in self.workers):
            self.run_worker(self._learn(), group=LEARNING)

    async def _learn(self) -> None:
        try:
            await learn_all(self.session.monitor)
            self.reload()
        except StoreNotUsable as error:
            self.gatewatch.store_trouble = str(error)
