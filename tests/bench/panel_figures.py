"""The panel's figures, as ratios measured in one run: `python -m tests.bench.panel_figures [PAYMENTS]`.

| figure | against |
|---|---|
| from the start to the first full frame, with rows and counters | the same on an empty store; in turn, medians |
| processor time of one second of countdowns, 120x40 | Textual's `DataTable` of 1,000 rows, 36 visible cells ticking |
| bytes to the terminal in that second | the same |
| the panel's memory, all payments read for sorting | the same on an empty store |
| another process's change on the screen, after its commit | the quarter of a second that is wanted |
| what the panel reads of files for it: one look at the journal, which takes 16 KB at once | the store's size |
| over a link of 4 KB a second: how long after a key it is acted on, and how late the loop is; the longest | 100 ms |

`python -m tests.bench.slow_link [PAYMENTS]` tells more of the last one.

Nothing here passes or fails: it prints what it measured.
"""

from __future__ import annotations

import math
import tempfile
import time
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from statistics import median
from time import perf_counter

from msgspec.structs import replace

from store.money import Money
from store.payments import Payment
from store.store import Store
from tests.bench.bench_store import fill
from tests.bench.showing import show_figures
from tests.bench.slow_link import SIZES, felt
from tests.bench.watched_terminal import WatchedTerminal, on_a_terminal

PANELS = "tests.bench.panels"
WANTED_SECONDS = 0.25
WANTED_STALL_SECONDS = 0.1
EMPTY_SAYS = "There is no payment yet."
SHOWN_FIRST = "P-000001"


def first_frame_seconds(folder: Path, *shown: str) -> float:
    """Start the panel and return how long it takes until this is shown."""
    with on_a_terminal(PANELS, ["ours", str(folder)]) as terminal:
        return terminal.wait_for(*shown) - terminal.began


def first_frames(full: Path, empty: Path, payments: int, rounds: int) -> tuple[float, float]:
    """Return the median seconds to the first full frame, with payments and with none, started in turn."""
    count = f"Processing {payments:,}"
    ours, none = [], []
    for _ in range(rounds):
        ours.append(first_frame_seconds(full, SHOWN_FIRST, count, "Returned 0"))
        none.append(first_frame_seconds(empty, EMPTY_SAYS, "Returned 0"))
    return median(ours), median(none)


def seen_after_seconds(terminal: WatchedTerminal, store: Store, rounds: int) -> list[float]:
    """Change a payment that is shown, some times; return how long after its commit each change is on the screen."""
    found = []
    for number in range(rounds):
        time.sleep(0.7 + number * 0.031)  # at another moment of the panel's second each time
        total = f"{700 + number}.11"
        with store.transaction() as tx:
            changed = replace(tx.get(Payment, 3), total=Money(Decimal(total), "EUR"))
            tx.put(changed)
        committed = perf_counter()
        found.append(terminal.wait_for(total) - committed)
    return found


def settled(terminal: WatchedTerminal) -> None:
    """Wait until the panel has read all that it wants to know, and only time goes on."""
    before = terminal.cpu_seconds()
    while True:
        time.sleep(1.0)
        now = terminal.cpu_seconds()
        if now - before < 0.15:
            return
        before = now


def figures(payments: int, *, seconds: float = 20.0, rounds: int = 7) -> list[str]:
    """Measure everything with so many payments in the store and return the rows."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as running:
        full, empty = Path(name) / "full", Path(name) / "empty"
        store = fill(full, payments)
        fill(empty, 0)
        ours, none = first_frames(full, empty, payments, rounds)
        rows = [_row("first full frame", ours * 1e3, "ms", "empty store", none * 1e3)]
        terminal = running.enter_context(on_a_terminal(PANELS, ["ours", str(full)]))
        beside = running.enter_context(on_a_terminal(PANELS, ["ours", str(empty)]))
        stock = running.enter_context(on_a_terminal(PANELS, ["stock"]))
        terminal.wait_for(SHOWN_FIRST)
        beside.wait_for(EMPTY_SAYS)
        stock.wait_for(SHOWN_FIRST)
        settled(terminal)
        our_bytes, our_cpu = terminal.each_second(seconds)
        idle_bytes, idle_cpu = beside.each_second(seconds)
        stock_bytes, stock_cpu = stock.each_second(seconds)
        rows += [
            _row("a second, processor", our_cpu * 1e3, "ms", "DataTable", stock_cpu * 1e3),
            _row("  without what an empty store costs", (our_cpu - idle_cpu) * 1e3, "ms", "DataTable", stock_cpu * 1e3),
            _row("a second, to terminal", our_bytes, "B", "DataTable", stock_bytes),
            _row("  on an empty store", idle_bytes, "B", "DataTable", stock_bytes),
        ]
        terminal.press(b"sss")
        time.sleep(min(seconds, 3))
        terminal.press(b"ssssssss")
        time.sleep(min(seconds, 3))
        memory = terminal.most_memory_bytes()
        rows.append(_row("memory", memory / 1e6, "MB", "empty store", beside.most_memory_bytes() / 1e6))
        terminal.press(b"g")
        settled(terminal)
        before = terminal.read_bytes()
        found = seen_after_seconds(terminal, store, rounds)
        read = (terminal.read_bytes() - before) / rounds
        rows.append(_row("a change is seen after", median(found) * 1e3, "ms", "wanted", WANTED_SECONDS * 1e3))
        rows.append(_row("  the longest of them", max(found) * 1e3, "ms", "wanted", WANTED_SECONDS * 1e3))
        size = sum(each.stat().st_size for each in full.iterdir())
        rows.append(_row("read for it", read / 1e3, "kB", "the store", size / 1e3))
        fresh = Path(name) / "fresh"  # no payment of it ends while it is looked at
        fill(fresh, payments)
        slow = felt(fresh, Path(name) / "notes", SIZES[0], keys=rounds)
        acted = max(*slow.acted, *slow.acted_held)
        rows.append(_row("4 KB/s: a key is acted on after", acted * 1e3, "ms", "wanted", WANTED_STALL_SECONDS * 1e3))
        rows.append(_row("  its loop was late by", slow.late * 1e3, "ms", "wanted", WANTED_STALL_SECONDS * 1e3))
        rows.append(_row("  sorting, by", slow.late_at_work * 1e3, "ms", "wanted", WANTED_STALL_SECONDS * 1e3))
        return rows


def _row(what: str, ours: float, unit: str, against: str, theirs: float) -> str:
    label, ratio = what + ":", ours / theirs if theirs else math.nan
    return f"{label:36}{ours:10.2f} {unit:3} {against:12}{theirs:10.2f} {unit:3} ratio {ratio:.4f}"


if __name__ == "__main__":
    show_figures(figures)
