"""A power cut or a kill at every operation on the files: the acknowledged is there, the rest whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from store import answers, payment_commands
from store.accounts import Account
from store.action_log import LogLine
from store.answers import AnswerGiven, AnswerResult
from store.audit import money_problems
from store.columns import columns_of, key_of
from store.kinds import KINDS
from store.payments import Payment
from store.pending import Pending
from store.record_audit import record_problems
from store.resellers import Reseller
from store.store import Store, Transaction, View, open_store
from tests.effort import EFFORT
from tests.makers import (
    ANNA,
    CountedIds,
    FixedClock,
    make_account,
    make_connector,
    make_method,
    make_payment,
    success_of,
)
from tests.store.fake_disk import MUTATIONS, FakeDisk, Step

Asked = tuple[Callable[[Transaction], object], Pending[Any]]
"""A decision, and who is told what became of it."""
ROOM_BYTES = 1500
"""How much room the journal is given at a time: some transactions fit into it, and others do not."""
States = dict[tuple[tuple[str, bytes], ...], int]
"""What a power cut may leave, each file's name and content, and how many transactions were acknowledged then."""


@dataclass
class Workload:
    """What is done to a store: each transaction writes its number first and last, so that half of one would be seen."""

    store: Store
    acknowledged: int = 0

    def number(self) -> int:
        return len(steps_of(self.store.view())) + 1

    def do(self, act: Callable[[Transaction], object]) -> None:
        with self.store.transaction() as tx:
            numbered(tx, act)
        self.acknowledged += 1

    def together(self, *acts: Callable[[Transaction], object]) -> None:
        jobs: list[Asked] = [(partial(numbered, act=act), Pending()) for act in acts]
        self.store._committer.commit(jobs)
        for _, future in jobs:
            future.result(timeout=0)
        self.acknowledged += len(jobs)

    def run(self) -> None:
        """Sell, settle and return money, fold twice, and commit several decisions at once."""
        self.do(open_for_business)
        self.do(lambda tx: make_payment(tx, 1, total="129.00"))
        self.do(lambda tx: start(tx, 1))
        self.store.checkpoint()
        self.do(lambda tx: answers.receive(tx, success_of(1, attempt_of(tx, 1), "r1", "129.00", "EUR")))
        self.together(
            lambda tx: make_payment(tx, 1, total="5.00"),
            lambda tx: start(tx, 2),
            lambda tx: answers.receive(tx, failure_of(tx, 2)),
        )
        self.do(lambda tx: payment_commands.cancel(tx, ANNA, 2))
        self.do(lambda tx: answers.receive(tx, success_of(1, attempt_of(tx, 2), "r2", "5.00", "EUR")))
        self.store.checkpoint()
        self.do(lambda tx: payment_commands.pay_from_balance(tx, ANNA, make_payment(tx, 1, total="5.00").id))
        self.do(lambda tx: tx.remove(tx.get(Account, 2)))


def open_for_business(tx: Transaction) -> None:
    make_method(tx, make_connector(tx))
    make_account(tx)
    make_account(tx, name="Bob")


def start(tx: Transaction, payment_id: int) -> None:
    payment_commands.start_attempt(tx, ANNA, payment_id, 1)


def attempt_of(tx: Transaction, payment_id: int) -> str:
    return tx.get(Payment, payment_id).attempts[0].id


def failure_of(tx: Transaction, payment_id: int) -> AnswerGiven:
    return AnswerGiven(connector_id=1, attempt_id=attempt_of(tx, payment_id), result=AnswerResult.FAILURE)


def numbered(tx: Transaction, act: Callable[[Transaction], object]) -> None:
    number = len(steps_of(tx)) + 1
    tx.log(ANNA, "step begins", f"step {number}")
    act(tx)
    tx.log(ANNA, "step ends", f"step {number}")


def steps_of(view: View) -> list[str]:
    """Return the steps that are there, each as whole as it is."""
    lines = [each for each in view.all(LogLine) if each.action.startswith("step ")]
    begun = [each.subject for each in lines if each.action == "step begins"]
    assert begun == [each.subject for each in lines if each.action == "step ends"], "half a transaction is there"
    return begun


def assert_sound(folder: Path, disk: FakeDisk, acknowledged: int) -> Store:
    """Open what is left on a disk: the acknowledged is there, the rest whole or not at all, and work can go on."""
    store = open_again(folder, disk)
    view = store.view()
    steps = steps_of(view)
    assert steps == [f"step {number}" for number in range(1, len(steps) + 1)]
    assert len(steps) >= acknowledged, "an acknowledged transaction is gone"
    assert view.revision == len(steps) + 1, "a number was used twice or left out"
    assert [each.id for each in view.all(Reseller)] == [1]
    assert money_problems(view) == []
    assert record_problems(view) == []
    assert_index_fits(view)
    with store.transaction() as tx:
        used = tx.every_id(Account)
        made = make_account(tx, name="Later")
        assert made.id > max(used, default=0)
        tx.remove(made)
        numbered(tx, lambda _: None)
    assert len(steps_of(store.view())) == len(steps) + 1
    again = open_again(folder, disk)
    assert len(steps_of(again.view())) == len(steps) + 1
    with again.transaction() as tx:
        assert make_account(tx).id == made.id + 1, "the id of a removed record was used again"
    return store


def open_again(folder: Path, disk: FakeDisk) -> Store:
    return open_store(folder, clock=FixedClock(), ids=CountedIds(), disk=disk)


def assert_index_fits(view: View) -> None:
    """Check that whoever asks by a column finds what reading everything finds."""
    for kind in KINDS.values():
        for column in columns_of(kind):
            for record in view.all_stored(kind):
                for key in column.keys(record):
                    found = view._image.candidates(kind.TABLE, column.name, key_of(key))
                    assert record.id in found, f"{column.name} of {kind.WORD} {record.id} is not in the index"


@dataclass
class Watch:
    """Gathers what a power cut may leave before each operation, with what was acknowledged by then."""

    disk: FakeDisk
    acknowledged: Callable[[], int]
    found: States = field(default_factory=dict)
    operations: list[str] = field(default_factory=list)

    def __call__(self, step: Step) -> None:
        if step.operation in MUTATIONS:
            self.operations.append(f"{step.operation} {step.name}")
            self.look()

    def look(self) -> None:
        count = self.acknowledged()
        for content in self.disk.survivals():
            key = tuple(content.items())
            self.found[key] = max(count, self.found.get(key, 0))


@dataclass
class Run:
    """A workload that was run to its end, with what was seen before each operation."""

    watch: Watch
    kills: list[tuple[FakeDisk, int]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    disk = FakeDisk(journal_room_bytes=ROOM_BYTES)
    acknowledged = [0]
    watch = Watch(disk, lambda: acknowledged[0])
    kills: list[tuple[FakeDisk, int]] = []

    def before(step: Step) -> None:
        watch(step)
        if step.operation in MUTATIONS:
            kills.append((disk.copied(), acknowledged[0]))
        if step.operation == "append":
            for size in (1, len(step.content) // 2, len(step.content) - 1, len(step.content)):
                killed = disk.copied()
                killed.open(Path(step.name)).append(step.content[:size], step.offset)
                kills.append((killed, acknowledged[0]))

    disk.before = before
    workload = Workload(open_again(tmp_path_factory.mktemp("run"), disk))
    watch.acknowledged = lambda: workload.acknowledged
    workload.run()
    watch.look()
    disk.before = None
    return Run(watch, kills)


def test_a_power_cut_before_any_operation_loses_nothing_that_was_acknowledged(run: Run, tmp_path: Path) -> None:
    assert len(run.watch.operations) > 50
    assert len(run.watch.found) > 500
    for content, acknowledged in run.watch.found.items():
        assert_sound(tmp_path, FakeDisk(dict(content), journal_room_bytes=ROOM_BYTES), acknowledged)


def test_whoever_comes_after_a_killed_process_loses_nothing_in_a_power_cut(run: Run, tmp_path: Path) -> None:
    """What is not synced when a process is killed is still seen by the next one, and must not be built on unsynced."""
    found: States = {}
    for killed, acknowledged in run.kills[:: max(1, 3 - EFFORT)]:
        for act in (nothing_written, one_more):
            look_while(act, tmp_path, killed.copied(), acknowledged, found)
    assert_each_sound(tmp_path, found, at_most=600 * EFFORT)


def test_a_power_cut_while_what_an_earlier_one_left_is_put_right_loses_nothing(run: Run, tmp_path: Path) -> None:
    found: States = {}
    for content, acknowledged in chosen(run.watch.found, 150 * EFFORT):
        look_while(one_more, tmp_path, FakeDisk(content, journal_room_bytes=ROOM_BYTES), acknowledged, found)
    assert_each_sound(tmp_path, found, at_most=400 * EFFORT)


def nothing_written(store: Store) -> int:
    """Decide something that writes nothing; whoever is told it relies on all that was read."""
    with store.transaction() as tx:
        return len(steps_of(tx))


def one_more(store: Store) -> int:
    """Commit one more transaction."""
    with store.transaction() as tx:
        numbered(tx, lambda _: None)
    return len(steps_of(store.view()))


def look_while(act: Callable[[Store], int], folder: Path, disk: FakeDisk, acknowledged: int, found: States) -> None:
    """Open a store, act on it, and add what a power cut leaves before each operation and after all."""
    told = [acknowledged]
    watch = Watch(disk, lambda: told[0], found)
    disk.before = watch
    told[0] = act(open_again(folder, disk))
    watch.look()


def assert_each_sound(folder: Path, found: States, *, at_most: int) -> None:
    """Check the states, or so many of them, chosen at random."""
    assert len(found) > 600
    for content, acknowledged in chosen(found, at_most):
        assert_sound(folder, FakeDisk(content, journal_room_bytes=ROOM_BYTES), acknowledged)


def chosen(found: States, at_most: int) -> Iterator[tuple[dict[str, bytes], int]]:
    random = Random(20260302)  # noqa: S311 - chooses states, keeps no secret
    for key in random.sample(list(found), min(at_most, len(found))):
        yield dict(key), found[key]
