"""How the connectors answer: for each one over 15 minutes, an hour and a day, with trends; opened from the monitor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from store.connectors import Connector
from store.store import View
from tui import look
from tui.connector_health import BARS, MINIMUM_SAMPLE, ConnectorHealth, Figures, Window
from tui.look import Tone
from tui.monitor import Overview
from tui.screens.list_page import ListPage
from tui.sparkline import sparkline
from tui.widgets.columns import Column
from tui.widgets.record_table import Empty

BAD_SUCCESS_RATE, POOR_SUCCESS_RATE = 0.5, 0.8
POOR_LATE_SHARE = 0.1
READ_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class HealthRow:
    """One connector over one window."""

    name: str
    health: ConnectorHealth
    window: Window

    @property
    def whole(self) -> Figures:
        """The window's figures."""
        return self.health.trends[self.window].whole

    @property
    def parts(self) -> Sequence[Figures]:
        """The figures of the window's parts, the oldest first."""
        return self.health.trends[self.window].parts

    @property
    def is_first(self) -> bool:
        """Whether this is the connector's first row, which names it."""
        return self.window is Window.QUARTER


def _name(row: HealthRow) -> Text:
    if not row.is_first:
        return Text()
    silent = row.health.silent_for is not None
    return look.safe_text(f"! {row.name}", Tone.ENDING) if silent else look.safe_text(row.name, Tone.STRONG)


def _tries(row: HealthRow) -> Text:
    count = row.whole.count
    return look.said(look.short_count(count), Tone.PLAIN if count else Tone.DIM)


def _percent(rate: float | None, figures: Figures, tone: Tone) -> Text:
    """Return a share; one of too few attempts is dim, whatever it says."""
    if rate is None:
        return look.dim("-")
    return look.said(f"{rate:.0%}", tone if figures.is_judged else Tone.DIM)


def _success(row: HealthRow) -> Text:
    rate = row.whole.success_rate
    tone = Tone.PLAIN
    if rate is not None and rate < POOR_SUCCESS_RATE:
        tone = Tone.WRONG if rate < BAD_SUCCESS_RATE else Tone.ENDING
    return _percent(rate, row.whole, tone)


def _late(row: HealthRow) -> Text:
    share = row.whole.late_share
    return _percent(share, row.whole, Tone.ENDING if share is not None and share >= POOR_LATE_SHARE else Tone.PLAIN)


def _times(row: HealthRow) -> Text:
    p50, p95 = row.whole.p50_seconds, row.whole.p95_seconds
    if p50 is None or p95 is None:
        return look.dim("-")
    times = f"{look.short_seconds(p50):>5} {look.short_seconds(p95):>5}"
    return look.said(times, Tone.PLAIN if row.whole.is_judged else Tone.DIM)


def _trend(values: Sequence[float | None], *, top: float | None = None) -> Text:
    return look.said(sparkline(values, top=top), Tone.ACCENT if any(each is not None for each in values) else Tone.DIM)


COLUMNS: tuple[Column[HealthRow], ...] = (
    Column(key="connector", label="Connector", width=14, weight=1, cell=lambda row, _: _name(row)),
    Column(key="over", label="Over", width=4, cell=lambda row, _: look.dim(row.window.label)),
    Column(key="tries", label="Tries", width=6, align="right", cell=lambda row, _: _tries(row)),
    Column(key="success", label="Success", width=7, align="right", cell=lambda row, _: _success(row)),
    Column(
        key="success-trend",
        label="",
        width=BARS,
        cell=lambda row, _: _trend([each.success_rate for each in row.parts], top=1.0),
    ),
    Column(key="times", label="p50   p95", width=11, align="right", cell=lambda row, _: _times(row)),
    Column(
        key="times-trend",
        label="",
        width=BARS,
        cell=lambda row, _: _trend([each.p95_seconds for each in row.parts]),
    ),
    Column(key="late", label="Late", width=4, align="right", cell=lambda row, _: _late(row)),
)


class ConnectorHealthPage(ListPage[HealthRow]):
    """Three rows for each connector; below them whether the one under the cursor is silent."""

    ENTRY = "payments"
    NOUN = "connector"
    OPENS = False

    def __init__(self) -> None:
        super().__init__()
        self._overview: Overview | None = None

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return "Connector health"

    @property
    def empty(self) -> Empty:
        """What is said where there are no rows."""
        return Empty("There is no payment gateway connector yet.", "")

    def columns(self) -> Sequence[Column[HealthRow]]:
        """Return the columns."""
        return COLUMNS

    def key_of(self, row: HealthRow) -> tuple[int, Window]:
        """Return of which connector and window a row is."""
        return (row.health.connector_id, row.window)

    def on_mount(self) -> None:
        """Show it, and again each few seconds while the page is on top."""
        super().on_mount()
        self.set_interval(5.0, self._look_again)

    def read(self) -> View:
        """Read what is missing and look at the connectors, in a worker."""
        monitor = self.session.monitor
        monitor.overview()
        while not monitor.learn(READ_AT_ONCE):
            pass
        self._overview = monitor.overview()
        return self._overview.view

    def count_text(self, shown: int, there: int) -> Text | str:
        """Return how many connectors there are."""
        del shown
        return look.counted(there // len(Window), self.NOUN)

    def rows(self, view: View) -> Sequence[HealthRow]:
        """Return the rows of every connector, those that are silent first."""
        health = () if self._overview is None else self._overview.health
        ordered = sorted(health, key=lambda each: (each.silent_for is None, each.connector_id))
        names = {each.id: each.name for each in view.all(Connector)}
        return [HealthRow(names.get(each.connector_id, ""), each, window) for each in ordered for window in Window]

    def about(self, row: HealthRow) -> Text:
        """Return how many attempts wait for a connector, and since when it was not heard."""
        health = row.health
        text = Text.assemble((f"{look.safe(row.name)}: ", Tone.STRONG.style), look.counted(health.waiting, "attempt"))
        text.append(" wait for an answer; " if health.waiting != 1 else " waits for an answer; ")
        if health.last_heard_at is None:
            text.append("nothing was heard of it within a day.")
        else:
            text.append(f"last heard {look.relative(health.last_heard_at, self.now())}.")
        if health.silent_for is not None:
            silent = look.remaining_text(health.silent_for)
            text.append(f"  ! silent for {silent}, longer than usual", Tone.ENDING.style)
        text.append(f"\nNothing is judged by fewer than {MINIMUM_SAMPLE} attempts.", look.DIM)
        return text

    def _look_again(self) -> None:
        if self.is_current and self.is_ready:
            self.reload()
