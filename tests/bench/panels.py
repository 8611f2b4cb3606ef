"""What the panel's figures compare: `python -m tests.bench.panels ours FOLDER`, and the same with `stock`.

The first is the panel on a store, signed in. The second is Textual's own `DataTable` of 1,000 rows, whose visible
countdowns go on each second.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from store.managers import by_email
from store.store import open_store
from tests.bench.bench_store import EMAIL
from tui.app import GatewatchApp
from tui.session import Session

STOCK_ROWS = 1_000
STOCK_VISIBLE = 36


def ours(folder: Path) -> None:
    """Run the panel on a store."""
    store = open_store(folder)
    GatewatchApp(Session(store), start_signed_in_as=by_email(store.view(), EMAIL)).run()


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
    else:
        stock()
