"""What the panel's figures compare: `python -m tests.bench.panels ours FOLDER`, and the same with `stock`.

The first is the panel on a store, signed in. The second is Textual's own `DataTable` of 1,000 rows, whose visible
countdowns go on each second. `noting FOLDER FILE` is the first, which writes down what it does when: the cursor was
`moved`, a frame was `sent`, and how late its event loop came to what was due each few milliseconds, `late`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import tui.app
from store.managers import by_email
from store.store import open_store
from tests.bench.bench_store import EMAIL
from tui.app import GatewatchApp
from tui.garbage import looked_for_while_nobody_types
from tui.session import Session
from tui.terminal.output import Output
from tui.widgets.record_table import RecordTable

BEAT_SECONDS = 0.01
STOCK_ROWS = 1_000
STOCK_VISIBLE = 36


def ours(folder: Path) -> None:
    """Run the panel on a store."""
    store = open_store(folder)
    app = GatewatchApp(Session(store), start_signed_in_as=by_email(store.view(), EMAIL))
    with looked_for_while_nobody_types(app.absence):
        app.run()


def noting(folder: Path, notes: Path) -> None:
    """Run the panel on a store, as it is over SSH, and note what it does at which moment of the system's clock."""
    out = notes.open("a", buffering=1, encoding="ascii")

    def note(what: str, seconds: float = 0.0) -> None:
        out.write(f"{what} {perf_counter()} {seconds}\n")

    move, put = RecordTable.action_move, Output.put

    def moved(table: RecordTable[Any], rows: int) -> None:
        move(table, rows)
        note("moved")

    def sent(output: Output, text: str) -> None:
        put(output, text)
        note("sent")

    def beat(due_at: float) -> None:
        now = perf_counter()
        if now - due_at > BEAT_SECONDS:
            note("late", now - due_at)
        asyncio.get_running_loop().call_later(BEAT_SECONDS, beat, now + BEAT_SECONDS)

    class Noted(GatewatchApp):
        CSS_PATH = str(Path(tui.app.__file__).with_name("app.tcss"))  # Textual would look beside this file

        def on_ready(self) -> None:
            beat(perf_counter())

    RecordTable.action_move = moved  # type: ignore[method-assign, assignment]
    Output.put = sent  # type: ignore[method-assign, assignment]
    store = open_store(folder)
    app = Noted(Session(store), start_signed_in_as=by_email(store.view(), EMAIL), environment=os.environ)
    with looked_for_while_nobody_types(app.absence):
        app.run()


def stock() -> None:
    """Run Textual's own table."""
    from textual.app import App, ComposeResult  # noqa: PLC0415 - not to be counted to ours
    from textual.widgets import DataTable  # noqa: PLC0415 - the same

    from tui.plain_text import remaining_text  # noqa: PLC0415 - the same

    class Stock(App[None]):
        passed = 0

        def compose(self) -> ComposeResult:
            yield DataTable[str](cursor_type="row")

        def on_mount(self) -> None:
            table = self.query_one(DataTable)
            for name in ("Payment number", "Account", "Status", "Total", "Payment method", "Attempt"):
                table.add_column(name, key=name)
            table.add_column("Time left", key="left", width=10)
            for row in range(STOCK_ROWS):
                cells = (f"P-{row:06d}", "Anna Berg", "Processing", "129.00 EUR", "Credit card", "1 of 1", "9:59")
                table.add_row(*cells, key=str(row))
            self.set_interval(1, self.tick)

        def tick(self) -> None:
            self.passed += 1
            table = self.query_one(DataTable)
            for row in range(STOCK_VISIBLE):
                left = timedelta(seconds=300 + row * 7 - self.passed)
                table.update_cell(str(row), "left", remaining_text(left))

    Stock().run()


if __name__ == "__main__":
    if sys.argv[1] == "ours":
        ours(Path(sys.argv[2]))
    elif sys.argv[1] == "noting":
        noting(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        stock()
