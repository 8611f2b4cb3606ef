"""The wire's figures, as ratios measured in one run: `python -m tests.bench.wire_figures [PAYMENTS ...]`.

| figure | against |
|---|---|
| signed answers a second into the engine, each durable | the bare HTTP server (`bare_server`) answering a constant |
| answer to durable acknowledgement, one at a time and 64 at once: p50 and p99 | - |

Engine, bare server and load (`wire_load`) are processes of their own. Rounds of engine and server take turns; medians.
Each answer is a success for an attempt of its own. Nothing here passes or fails: it prints what it measured.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from gateway.signing import sign
from gateway.timestamps import wire_time
from store import connectors
from store.accounts import Account
from store.connectors import ConnectorForm
from store.money import Money
from store.outside import system_clock
from store.payments import Attempt, Payment
from store.states import AttemptState, PaymentStatus
from store.store import Store, Transaction
from tests.bench.store_figures import A_BENCH, FOLDED_WITHIN_SECONDS, fill
from tests.gateway.engine_process import engine

KEY = "5f2c9a7be1d04438a6f3c05d9b8e7712"
AT_ONCE = 64
ROUNDS = 5
ANSWERS_A_ROUND = 2_000
ANSWERS_ALONE = 500
TOTAL = "129.00"

Message = dict[str, str]


@dataclass(frozen=True, slots=True)
class Load:
    """How one round went: messages a second, the seconds of each, and the server's processor seconds for each."""

    a_second: float
    each_seconds: list[float]
    processor_seconds: float


def overdue_attempts(store: Store, count: int) -> list[str]:
    """Make payments with an attempt each that an answer is waited for, but nobody is asked about for five minutes."""
    ids: list[str] = []
    with store.transaction() as tx:
        form = ConnectorForm(name="Bench", url="http://127.0.0.1:9/pay", schema_text="[]", shared_key=KEY)
        connector_id = connectors.create(tx, A_BENCH, form).id
        account_id = next(tx.all(Account)).id
    for start in range(0, count, 5_000):
        with store.transaction() as tx:
            made = [tx.put(_waiting(tx, account_id, connector_id)) for _ in range(start, min(start + 5_000, count))]
        ids += [each.attempts[0].id for each in made]
    store.checkpoint(wait_seconds=FOLDED_WITHIN_SECONDS)
    return ids


def _waiting(tx: Transaction, account_id: int, connector_id: int) -> Payment:
    began = tx.now - timedelta(minutes=1)
    identity = tx.next_id(Payment)
    attempt = Attempt(
        id=f"{identity:032x}",
        method_id=1,
        connector_id=connector_id,
        state=AttemptState.OVERDUE,
        started_at=began,
        started_by="bench",
        deadline=tx.now,
        sent_at=began,
    )
    return Payment(
        id=identity,
        number=f"P-{identity:06d}",
        account_id=account_id,
        total=Money(Decimal(TOTAL), "EUR"),
        status=PaymentStatus.WAITING,
        created_at=began,
        created_by="bench",
        attempts=(attempt,),
    )


def success(attempt_id: str) -> Message:
    """Return a signed success for an attempt."""
    body = {
        "answer_id": f"a-{attempt_id[-12:]}",
        "attempt_id": attempt_id,
        "result": "success",
        "gateway_reference": f"g-{attempt_id[-12:]}",
        "amount": TOTAL,
        "currency": "EUR",
        "message": "",
        "timestamp": wire_time(system_clock()),
    }
    return {"body": json.dumps(body), "signature": sign(body, KEY)}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its process, and where answers are posted to."""

    pid: int
    url: str

    def processor_seconds(self) -> float:
        """Return what it has used of the processors, in and for all of its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def loaded(server: Server, messages: list[Message], connections: int) -> Load:
    """Post the messages from a process of its own. Raises ValueError if one of them is not taken."""
    used = server.processor_seconds()
    asked = {"url": f"{server.url}/connectors/1/answers", "messages": messages, "connections": connections}
    ran = subprocess.run(
        [sys.executable, "-m", "tests.bench.wire_load"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    told: dict[str, Any] = json.loads(ran.stdout)
    if told["statuses"] != [200] * len(messages):
        raise ValueError(f"Not every answer was taken; the last reply was {told['last_reply']}")
    used = server.processor_seconds() - used
    return Load(len(messages) / told["seconds"], told["each_seconds"], used / len(messages))


@contextmanager
def bare_server() -> Iterator[Server]:
    """Run the bare server; it ends with the body."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.bare_server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Server(process.pid, process.stdout.readline().strip())
        process.stdin.close()


def milliseconds(each_seconds: list[float]) -> str:
    """Return p50 and p99."""
    cuts = quantiles(each_seconds, n=100)
    return f"p50 {cuts[49] * 1e3:7.2f} ms  p99 {cuts[98] * 1e3:7.2f} ms"


def figures(
    payments: int, *, rounds: int = ROUNDS, a_round: int = ANSWERS_A_ROUND, alone: int = ANSWERS_ALONE
) -> list[str]:
    """Measure everything with so many payments in the store and return the rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "store"
        store = fill(folder, payments)
        messages = [success(each) for each in overdue_attempts(store, (rounds + 1) * a_round + alone)]
        ours: list[Load] = []
        theirs: list[Load] = []
        # Payments of that age would be archived meanwhile, all at once: a day's work, and none of an answer's.
        with engine(folder, "--admin-port", "0", "--archive-after-days", "36500") as running, bare_server() as bare:
            ours_at = Server(running.process.pid, running.answers_url)
            for number in range(rounds + 1):
                part = messages[number * a_round : (number + 1) * a_round]
                theirs.append(loaded(bare, part, AT_ONCE))
                ours.append(loaded(ours_at, part, AT_ONCE))
            one_by_one = loaded(ours_at, messages[-alone:], 1)
    # The first round of each warms up.
    engine_rate, bare_rate = (median(each.a_second for each in of[1:]) for of in (ours, theirs))
    engine_used, bare_used = (median(each.processor_seconds for each in of[1:]) for of in (ours, theirs))
    under_load = [each for load in ours[1:] for each in load.each_seconds]
    return [
        f"answers a second:    {engine_rate:9.0f}     bare server {bare_rate:9.0f}     "
        f"ratio {engine_rate / bare_rate:.2f}",
        f"processor for each:  {engine_used * 1e6:9.0f} us  bare server {bare_used * 1e6:9.0f} us  "
        f"ratio {engine_used / bare_used:.2f}",
        f"one at a time:       {milliseconds(one_by_one.each_seconds)}",
        f"{AT_ONCE} at once:          {milliseconds(under_load)}",
    ]


def main() -> None:
    """Print the figures for the numbers of payments in the arguments, 1,000 and 100,000 if there are none."""
    for payments in [int(each) for each in sys.argv[1:]] or [1_000, 100_000]:
        print(f"{payments:,} payments")  # noqa: T201 - a benchmark's output
        for row in figures(payments):
            print(row)  # noqa: T201 - the same


if __name__ == "__main__":
    main()
