"""The store's figures, as ratios measured in one run: `python -m tests.bench.store_figures [PAYMENTS]`.

| figure | against |
|---|---|
| opening the store and reading one payment | stock `json.load` of the same file |
| memory, opened and one payment read | the size of its file |
| one durable update | SQLite, WAL, synchronous=FULL, one row of the same size; and the same in a store of 1,000 |
| one payment read, changed and written | the same in SQLite: `begin immediate`, `select`, `update`, `commit` |
| both, 64 waiting at once | SQLite, one transaction each |
| seeing 100 changes of another process | opening the store; and the same in a store of 1,000 |
| a writer's longest wait while another process folds the journal | how long that takes |

Rounds of what is compared are taken in turn, and medians are compared. In an update the caller has the new payment in
hand, as it has SQLite's new row. Nothing here passes or fails: it prints what it measured.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

from msgspec.structs import replace

from store import accounts
from store.actors import Actor
from store.kinds import KINDS
from store.money import Money
from store.payments import Attempt, HistoryLine, Payment
from store.records import from_json, next_version, to_json
from store.states import AttemptState, PaymentStatus
from store.store import Store, Transaction, open_store
from tests.bench.showing import show_figures

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
SMALL = 1_000
ROUNDS = 400
WAITING_AT_ONCE = 64
BATCHES = 30
FOLLOWED = 100
FOLDED_WITHIN_SECONDS = 120.0
"""How long filling a store waits for the checkpoint that it has made worth while itself."""
Decision = Callable[[Transaction], Payment]
Timings = dict[str, float]
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
    store.checkpoint(wait_seconds=FOLDED_WITHIN_SECONDS)
    return store


def filled(folder: Path, payments: int) -> Store:
    """Return a store that another process has filled, so that nothing of that is left in this one."""
    script = (
        "import sys; from pathlib import Path; from tests.bench.store_figures import fill; "
        "fill(Path(sys.argv[1]), int(sys.argv[2]))"
    )
    run(script, folder, payments)
    return open_store(folder)


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


def described(identity: int, text: str) -> Decision:
    """Return a decision that reads a payment, changes it and writes it."""

    def decide(tx: Transaction) -> Payment:
        return tx.put(replace(tx.get(Payment, identity), description=text))

    return decide


def written(new: Payment) -> Decision:
    """Return a decision that writes a payment which is in hand."""
    return lambda tx: tx.put(new)


class Sqlite:
    """A database with as many rows of the same size, in WAL mode, synced at each commit."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.database = sqlite3.connect(folder / "beside.sqlite", isolation_level=None)
        self.database.execute("pragma journal_mode = wal")
        self.database.execute("pragma synchronous = full")
        self.database.execute("create table payments (id integer primary key, line text)")
        self.database.execute("begin")
        lines = ((each, to_json(payment(each, 1)).decode()) for each in range(1, rows + 1))
        self.database.executemany("insert into payments values (?, ?)", lines)
        self.database.execute("commit")

    def write(self, identity: int, line: str) -> None:
        """Update one row."""
        self.database.execute("update payments set line = ? where id = ?", (line, identity))

    def change(self, identity: int, text: str) -> None:
        """Read one row, change it and write it, as an application does it that keeps JSON in it."""
        self.database.execute("begin immediate")
        (line,) = self.database.execute("select line from payments where id = ?", (identity,)).fetchone()
        changed = next_version(replace(from_json(Payment, line), description=text))
        self.write(identity, to_json(changed).decode())
        self.database.execute("commit")


class Ours:
    """A store, and the payments that a caller has in hand."""

    def __init__(self, store: Store, payments: int) -> None:
        self.store = store
        self._in_hand = {
            each: store.view().get(Payment, each)
            for each in {place(n, payments) for n in range(max(ROUNDS, WAITING_AT_ONCE))}
        }

    def new(self, identity: int, text: str) -> Payment:
        """Return a payment as its caller wants it to be."""
        return replace(self._in_hand[identity], description=text)

    def write(self, new: Payment) -> None:
        """Write one payment."""
        with self.store.transaction() as tx:
            self._in_hand[new.id] = tx.put(new)

    def change(self, identity: int, text: str) -> None:
        """Read one payment, change it and write it."""
        with self.store.transaction() as tx:
            self._in_hand[identity] = described(identity, text)(tx)

    def together(self, decisions: Iterable[Decision]) -> None:
        """Let all of these wait at once, until each is told."""
        for future in [self.store.submit(each) for each in decisions]:
            written = future.result()
            self._in_hand[written.id] = written

    def writes(self, identities: Iterable[int], text: str) -> list[Decision]:
        """Return decisions that write payments which are in hand."""
        return [written(self.new(each, text)) for each in identities]


def place(number: int, payments: int) -> int:
    """Return which payment a round is about."""
    return number * 7919 % payments + 1


def seconds(work: Callable[[], object]) -> float:
    """Return how long a piece of work takes."""
    began = perf_counter()
    work()
    return perf_counter() - began


def updates(large: Ours, payments: int, small: Ours, beside: Sqlite) -> Timings:
    """Return the median seconds of each kind of update, in interleaved rounds."""
    found: dict[str, list[float]] = {}
    for number in range(ROUNDS):
        one, other, text = place(number, payments), place(number, SMALL), str(number)
        changed = place((number + ROUNDS // 2) % ROUNDS, payments)
        new, small_new = large.new(one, text), small.new(other, text)
        row = to_json(new).decode()
        works: list[tuple[str, Callable[[], object]]] = [
            ("write", partial(large.write, new)),
            ("write, SQLite", partial(beside.write, one, row)),
            ("write, small", partial(small.write, small_new)),
            ("change, SQLite", partial(beside.change, changed, text)),
            ("change", partial(large.change, changed, text)),
        ]
        # In turn also who is first, since what was prepared before has emptied the processor's caches.
        for turn in range(len(works)):
            name, work = works[(number + turn) % len(works)]
            found.setdefault(name, []).append(seconds(work))
    return {name: median(each) for name, each in found.items()}


def many_at_once(ours: Ours, payments: int, beside: Sqlite) -> Timings:
    """Return the median seconds of each kind of update when 64 wait at once, and SQLite's one by one between them."""
    found: dict[str, list[float]] = {}
    for batch in range(BATCHES):
        ids, text = [place(each, payments) for each in range(WAITING_AT_ONCE)], str(batch)
        row = to_json(ours.new(ids[0], text)).decode()
        writes, changes = ours.writes(ids, text), [described(each, text) for each in ids]
        found.setdefault("write", []).append(seconds(partial(ours.together, writes)) / WAITING_AT_ONCE)
        found.setdefault("change", []).append(seconds(partial(ours.together, changes)) / WAITING_AT_ONCE)
        for each in ids[: WAITING_AT_ONCE // 4]:
            found.setdefault("write, SQLite", []).append(seconds(partial(beside.write, each, row)))
            found.setdefault("change, SQLite", []).append(seconds(partial(beside.change, each, text)))
    return {name: median(each) for name, each in found.items()}


def opened(folder: Path, payments: int) -> tuple[float, float]:
    """Return the median seconds to open the store and read one payment, and to `json.load` its file, in new processes.

    What so large a file leaves in a process's memory would slow down all that is measured in it afterwards.
    """
    script = (
        "import json, sys; from pathlib import Path; from statistics import median; "
        "from tests.bench.store_figures import open_store, seconds, Payment; folder = Path(sys.argv[1]); "
        "ours = [seconds(lambda: open_store(folder).view().get(Payment, int(sys.argv[2]))) for _ in range(5)]; "
        "path = folder / 'gatewatch.json'; "
        "theirs = [seconds(lambda: json.loads(path.read_bytes())) for _ in range(3)]; "
        "print(median(ours), median(theirs))"
    )
    ours, theirs = run(script, folder, payments // 2 + 1).split()
    return float(ours), float(theirs)


def run(script: str, folder: Path, number: int) -> str:
    """Return what a Python script prints that is given a folder and a number, in a process of its own."""
    command = [sys.executable, "-c", script, str(folder), str(number)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def memory_bytes(folder: Path, payments: int) -> int:
    """Return how much a process grows by opening the store and reading one payment."""
    script = (
        "import sys, resource; from pathlib import Path; from store.store import open_store; "
        "from store.payments import Payment; "
        "pages = lambda: int(open('/proc/self/statm').read().split()[1]); before = pages(); "
        "kept = open_store(Path(sys.argv[1])).view(); found = kept.get(Payment, int(sys.argv[2])); "
        "print((pages() - before) * resource.getpagesize())"
    )
    return int(run(script, folder, payments // 2 + 1))


def followed(store: Store, payments: int) -> float:
    """Return the median seconds in which another opening of the store sees what 100 transactions have changed."""
    reader = open_store(store.folder)
    found: list[float] = []
    for batch in range(10):
        before = reader.view().revision
        for each in range(FOLLOWED):
            with store.transaction() as tx:
                described(place(each, payments), f"seen {batch}")(tx)

        def look(before: int = before) -> None:
            changed = reader.changes_since(before) or ()
            view = reader.view()
            for table, identity in changed:
                view.stored(KINDS[table], identity)

        found.append(seconds(look))
    return median(found)


def while_folding(store: Store, payments: int) -> tuple[float, float]:
    """Return a writer's longest wait in seconds while another process folds the journal, and how long that takes."""
    script = (
        "import sys; from pathlib import Path; from time import perf_counter; from store.store import open_store; "
        "store = open_store(Path(sys.argv[1])); began = perf_counter(); store.checkpoint(); "
        "print(perf_counter() - began)"
    )
    running = subprocess.Popen([sys.executable, "-c", script, str(store.folder)], stdout=subprocess.PIPE, text=True)
    longest = 0.0
    number = 0
    while running.poll() is None:
        number += 1

        def update(number: int = number) -> None:
            with store.transaction() as tx:
                described(place(number, payments), "meanwhile")(tx)

        longest = max(longest, seconds(update))
    return longest, float(running.communicate()[0])


def row(name: str, ours: float, against: str, theirs: float, *, unit: str = "us") -> str:
    """Return one figure as a line."""
    scale = {"us": 1e6, "ms": 1e3, "MB": 1e-6}[unit]
    return f"{name:34}{ours * scale:10.2f} {unit}  {against:24}{theirs * scale:10.2f} {unit}  ratio {ours / theirs:.4g}"


def figures(payments: int) -> list[str]:
    """Measure everything with so many payments in the store and return the rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "store"
        store, small_store = filled(folder, payments), filled(Path(name) / "small", SMALL)
        size = (folder / "gatewatch.json").stat().st_size
        memory = memory_bytes(folder, payments)
        opening, loading = opened(folder, payments)
        beside = Sqlite(Path(name), payments)
        large, small = Ours(store, payments), Ours(small_store, SMALL)
        one = updates(large, payments, small, beside)
        many = many_at_once(large, payments, beside)
        beside.database.close()
        seen, seen_small = followed(store, payments), followed(small_store, SMALL)
        longest, folding = while_folding(store, payments)
        return [
            row("opening", opening, "json.load", loading, unit="ms"),
            row("memory once open", memory, "the file", size, unit="MB"),
            row("one update", one["write"], "SQLite", one["write, SQLite"]),
            row("one update", one["write"], "in a store of 1,000", one["write, small"]),
            row("one read, changed and written", one["change"], "SQLite", one["change, SQLite"]),
            row("updates, 64 waiting", many["write"], "SQLite", many["write, SQLite"])
            + f" ({many['write, SQLite'] / many['write']:.1f} times as many a second)",
            row("read and changed, 64 waiting", many["change"], "SQLite", many["change, SQLite"])
            + f" ({many['change, SQLite'] / many['change']:.1f} times as many a second)",
            row("seeing 100 changes", seen, "opening", opening, unit="ms"),
            row("seeing 100 changes", seen, "in a store of 1,000", seen_small, unit="ms"),
            row("longest wait while folding", longest, "the folding", folding, unit="ms"),
        ]


if __name__ == "__main__":
    show_figures(figures)
