"""The monitor's table against a plain model, whatever happens to it: what stands on the terminal is what is true.

The terminal is modelled as a grid to which only the regions are copied that the table asks to have painted. After each
step the grid must be what a table drawn anew shows, and the rows those that a filter and a sort of everything give.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from textual.geometry import Region
from textual.pilot import Pilot

from store import payment_commands
from store.actors import Actor
from store.errors import NotFound, Refused
from store.payments import Payment
from store.states import PaymentStatus
from store.store import Store, open_store
from store.urgency import is_late
from tests.makers import FixedClock
from tests.tui.cast import ANNA_EMAIL, copy_of, panel
from tests.tui.conftest import settle
from tests.tui.test_monitor import expected_ids
from tui.app import GatewatchApp
from tui.payment_selection import Lane
from tui.screens.payments import PaymentsPage
from tui.widgets.confirm import Confirm
from tui.widgets.record_table import RecordTable

EXAMPLES = int(os.environ.get("GATEWATCH_FRAME_EXAMPLES", "4"))
ANNA = Actor(ANNA_EMAIL)
SIZES = [(80, 24), (60, 18), (130, 30)]


class Grid:
    """What was painted: a line of text for each line of the table."""

    def __init__(self, table: RecordTable[Any]) -> None:
        self.table = table
        self.lines: list[str] = []
        original = table.refresh

        def refresh(*regions: Region, **options: bool) -> RecordTable[Any]:
            self.paint(regions)
            return original(*regions, **options)

        table.refresh = refresh  # type: ignore[method-assign]
        self.paint(())

    def paint(self, regions: tuple[Region, ...]) -> None:
        """Copy the regions, or everything, from a table drawn now."""
        drawn = self.drawn()
        if not regions or len(drawn) != len(self.lines):
            self.lines = drawn
        for region in regions:
            for y in range(region.y, min(region.bottom, len(drawn))):
                line, new = self.lines[y], drawn[y]
                self.lines[y] = line[: region.x] + new[region.x : region.right] + line[region.right :]

    def drawn(self) -> list[str]:
        """Return the lines as they are now; what was painted is remembered by the table as before."""
        remembered = dict(self.table._painted)
        try:
            return [self.table.render_line(y).text for y in range(self.table.size.height)]
        finally:
            self.table._painted = remembered


async def tick(pilot: Pilot[None], store: Store, seconds: int) -> None:
    assert isinstance(store.clock, FixedClock)
    assert isinstance(pilot.app, GatewatchApp)
    store.clock.advance(seconds=seconds)
    if pilot.app.passing_time.is_on:
        pilot.app.passing_time.catch_up()


async def change(pilot: Pilot[None], store: Store, payment_id: int) -> None:
    """Change a payment, or make one, as another process would."""
    other = open_store(store.folder, clock=store.clock, ids=store.ids)
    with suppress(Refused, NotFound), other.transaction() as tx:
        if payment_id % 3 == 0:
            payment_commands.create(tx, ANNA, account_id=1, total="77.00")
        elif payment_id % 3 == 1:
            payment_commands.cancel(tx, ANNA, payment_id)
        else:
            payment_commands.start_attempt(tx, ANNA, payment_id, 2)
    assert isinstance(pilot.app, GatewatchApp)
    pilot.app.store_watch._told_at = 0.0
    pilot.app.store_watch.look()


async def press(pilot: Pilot[None], _: Store, number: int) -> None:
    keys = ["j", "k", "G", "g", "pagedown", "l", "h", "s", "S", "v", "space", "m"]
    await pilot.press(keys[number % len(keys)])


async def resize(pilot: Pilot[None], _: Store, number: int) -> None:
    await pilot.resize_terminal(*SIZES[number % len(SIZES)])


async def filter_by(pilot: Pilot[None], _: Store, number: int) -> None:
    assert isinstance(pilot.app.screen, PaymentsPage)
    pilot.app.screen.filter_bar.put(["", "status:proc", "total>50", "account:lind -status:comp"][number % 4])


async def dialog(pilot: Pilot[None], store: Store, number: int) -> None:
    pilot.app.push_screen(Confirm("Really?", "Nothing happens.", yes="Yes"))
    await settle(pilot)
    await tick(pilot, store, number)
    await pilot.press("escape")


IN_LANE: dict[Lane, Callable[[Payment, datetime], bool]] = {
    Lane.WAITING: lambda payment, _: payment.status is PaymentStatus.WAITING,
    Lane.PROCESSING: lambda payment, _: payment.status is PaymentStatus.PROCESSING,
    Lane.ENDING: lambda payment, now: payment.deadline is not None and payment.deadline <= now + timedelta(minutes=1),
    Lane.LATE: lambda payment, _: is_late(payment),
}
STEPS: dict[str, Callable[[Pilot[None], Store, int], Awaitable[None]]] = {
    "tick": tick,
    "change": change,
    "press": press,
    "resize": resize,
    "filter": filter_by,
    "dialog": dialog,
}
MOVES = st.one_of(
    st.tuples(st.just("tick"), st.sampled_from([1, 1, 30, 400, 86_400, -5])),
    st.tuples(st.sampled_from(["change", "press"]), st.integers(0, 13)),
    st.tuples(st.sampled_from(["resize", "filter", "dialog"]), st.integers(0, 3)),
)


async def run(steps: list[tuple[str, int]], store: Store) -> None:
    """Play the steps on a panel and compare after each."""
    app = panel(store)
    async with app.run_test(size=SIZES[0]) as pilot:
        await settle(pilot)
        page = app.screen
        assert isinstance(page, PaymentsPage)
        table: RecordTable[Any] = page.table
        grid = Grid(table)
        for step in steps:
            cursor, placed = table.cursor_key, table._placed
            await STEPS[step[0]](pilot, store, step[1])
            await settle(pilot)
            assert grid.lines == grid.drawn(), step
            if step[0] in ("tick", "change", "dialog", "resize") and placed and cursor in table.keys:
                assert table.cursor_key == cursor, step
        if page._paused_at is not None:
            await pilot.press("space")
        await tick(pilot, store, 10)  # the cursor has rested: rows take their places
        await settle(pilot)
        choice, view = page._choice, store.view()
        if choice.lane is None or choice.lane in IN_LANE:
            ids = expected_ids(view, choice)
            if choice.lane is not None:
                ids = [each for each in ids if IN_LANE[choice.lane](view.get(Payment, each), view.now)]
            assert list(table.keys) == (ids[::-1] if choice.reverse else ids)


def test_what_stands_on_the_terminal_is_what_is_true(played: Path) -> None:
    @settings(max_examples=EXAMPLES, deadline=None)
    @given(steps=st.lists(MOVES, min_size=6, max_size=12))
    def check(steps: list[tuple[str, int]]) -> None:
        with TemporaryDirectory() as name:
            asyncio.run(run(steps, copy_of(played, Path(name) / "store")))

    check()
