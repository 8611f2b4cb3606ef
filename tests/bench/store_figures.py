"""The store's figures, as ratios measured in one run: `python -m tests.bench.store_figures [PAYMENTS]`.

| figure | against |
|---|---|
| one durable update | SQLite, WAL, synchronous=FULL, one row; rounds of both in turn, medians |
| durable updates a second, 64 waiting at once | SQLite, one transaction each |
| opening the store and reading one payment | stock `json.load` of the same file |
| the store's memory, opened and one payment read | the size of its file |

Nothing here passes or fails: it prints what it measured.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from time import perf_counter

from store import accounts
from store.actors import Actor
from store.money import Money
from store.payments import Attempt, HistoryLine, Payment
from store.states import AttemptState, PaymentStatus
from store.store import Store, Transaction, open_store

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
ROUNDS = 400
WAITING_AT_ONCE = 64
BATCHES = 30
A_BENCH = Actor("bench")


def fill(folder: Path, payments: int) -> Store:
    """Return a store with so many completed payments, about 1 KB each, folded into its checkpoint."""
    store = open_store(folder)
    with store.transaction() as tx:
        account = accounts.create(tx, A_BENCH, name="Anna", currency="EUR")
    for start in range(0, payments, 5_000):
        with store.transaction() as tx:
            for _ in range(start, min(start + 5_000, payments)):
                tx.put(payment(tx.next_id(Payment), account.id))
    store.checkpoint()
    return store


def payment(identity: int, account_id: int) -> Payment:
    """Return a completed payment with one attempt and its history."""
    attempt = Attempt(
        id=f"{identity:032x}",
        method_id=1,
        connector_id=1,
        state=AttemptState.SUCCEEDED,
        started_at=BEGAN,
        started_by="bench",
        deadline=BEGAN + timedelta(minutes=15),
        sent_at=BEGAN,
        answered_at=BEGAN,
    )
    rules = (("attempt-started", PaymentStatus.PROCESSING), ("answered-success", PaymentStatus.COMPLETED))
    return Payment(
        id=identity,
        number=f"P-{identity:06d}",
        account_id=account_id,
        total=Money(Decimal("129.00"), "EUR"),
        status=PaymentStatus.COMPLETED,
        created_at=BEGAN,
        created_by="bench",
        closed_at=BEGAN,
        attempts=(attempt,),
        history=tuple(HistoryLine(at=BEGAN, rule=rule, status=to, attempt_id=attempt.id) for rule, to in rules),
    )


def describe(identity: int, text: str) -> Callable[[Transaction], Payment]:
    """Return a decision that changes one payment."""

    def decide(tx: Transaction) -> Payment:
        return tx.put(replace(tx.get(Payment, identity), description=text))

    return decide


def sqlite_beside(folder: Path, rows: int) -> sqlite3.Connection:
    """Return a database with as many rows of the same size, in WAL mode, synced at each commit."""
    database = sqlite3.connect(folder / "beside.sqlite", isolation_level=None)
    database.execute("pragma journal_mode = wal")
    database.execute("pragma synchronous = full")
    database.execute("create table payments (id integer primary key, line text)")
    database.execute("begin")
    database.executemany("insert into payments values (?, ?)", ((each, "x" * 900) for each in range(1, rows + 1)))
    database.execute("commit")
    return database


def seconds(work: Callable[[], object]) -> float:
    """Return how long a piece of work takes."""
    began = perf_counter()
    work()
    return perf_counter() - began


def one_update(store: Store, database: sqlite3.Connection, payments: int) -> tuple[float, float]:
    """Return the median seconds of one durable update, ours and SQLite's, in interleaved rounds."""
    ours: list[float] = []
    theirs: list[float] = []
    for number in range(ROUNDS):
        identity = number * 7919 % payments + 1

        def update(identity: int = identity, text: str = str(number)) -> None:
            with store.transaction() as tx:
                describe(identity, text)(tx)

        def update_row(identity: int = identity, text: str = f"{number:0900d}") -> None:
            database.execute("update payments set line = ? where id = ?", (text, identity))

        ours.append(seconds(update))
        theirs.append(seconds(update_row))
    return median(ours), median(theirs)


def many_at_once(store: Store, payments: int) -> float:
    """Return the seconds for each durable update when 64 wait at once."""

    def batch() -> None:
        futures = [store.submit(describe(each * 7919 % payments + 1, "batch")) for each in range(WAITING_AT_ONCE)]
        for future in futures:
            future.result()

    return median(seconds(batch) for _ in range(BATCHES)) / WAITING_AT_ONCE


def opened(folder: Path, payments: int) -> tuple[float, float]:
    """Return the median seconds to open the store and read one payment, and to `json.load` its file."""
    ours = [seconds(lambda: open_store(folder).view().get(Payment, payments // 2 + 1)) for _ in range(5)]
    path = folder / "gatewatch.json"
    theirs = [seconds(lambda: json.loads(path.read_bytes())) for _ in range(5)]
    return median(ours), median(theirs)


def memory_bytes(folder: Path, payments: int) -> int:
    """Return how much a process grows by opening the store and reading one payment."""
    script = (
        "import sys, resource; from pathlib import Path; from store.store import open_store; "
        "from store.payments import Payment; "
        "pages = lambda: int(open('/proc/self/statm').read().split()[1]); before = pages(); "
        "kept = open_store(Path(sys.argv[1])).view(); found = kept.get(Payment, int(sys.argv[2])); "
        "print((pages() - before) * resource.getpagesize())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, str(folder), str(payments // 2 + 1)], capture_output=True, text=True, check=True
    )
    return int(ran.stdout)


def figures(payments: int) -> list[str]:
    """Measure everything with so many payments in the store and return the rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "store"
        store = fill(folder, payments)
        ours, theirs = opened(folder, payments)
        rows = [
            f"opening:             {ours * 1e3:9.2f} ms  json.load {theirs * 1e3:9.2f} ms  ratio {ours / theirs:.4f}"
        ]
        size = (folder / "gatewatch.json").stat().st_size
        grown = memory_bytes(folder, payments)
        rows.append(
            f"memory once open:    {grown / 1e6:9.2f} MB  the file  {size / 1e6:9.2f} MB  ratio {grown / size:.4f}"
        )
        with sqlite_beside(Path(name), payments) as database:
            ours, theirs = one_update(store, database, payments)
            each = many_at_once(store, payments)
        database.close()
        rows.append(
            f"one durable update:  {ours * 1e6:9.0f} us  SQLite    {theirs * 1e6:9.0f} us  ratio {ours / theirs:.2f}"
        )
        rows.append(
            f"64 waiting, a second:{1 / each:9.0f}     SQLite    {1 / theirs:9.0f}     ratio {theirs / each:.2f}"
        )
    return rows


def main() -> None:
    """Print the figures for the number of payments in the first argument, 100,000 if there is none."""
    payments = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    print(f"{payments:,} payments")  # noqa: T201 - a benchmark's output
    for row in figures(payments):
        print(row)  # noqa: T201 - the same


if __name__ == "__main__":
    main()
