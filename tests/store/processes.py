"""What other processes do to a store in the tests: `python -m tests.store.processes WHAT FOLDER [NUMBER]`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

from tinydb import where

from store import resellers
from store.accounts import Account
from store.action_log import LogLine
from store.errors import StoreBusy, StoreNotUsable
from store.store import Transaction, open_store
from tests.makers import ANNA, FixedClock, Shop, make_account, make_connector, make_method

ROOT = Path(__file__).parents[2]
NOBODY = 65534


def start(what: str, folder: Path, number: int = 0, *, cwd: Path = ROOT) -> subprocess.Popen[str]:
    """Start one of the functions below as a process of its own."""
    command = [sys.executable, "-m", "tests.store.processes", what, str(folder), str(number)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=cwd, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def add_accounts(folder: Path, number: int) -> None:
    """Add accounts, each in a transaction of its own, and print their ids."""
    store = open_store(folder)
    for _ in range(number):
        with store.transaction() as tx:
            made = make_account(tx)
        say(made.id)


def hold_the_lock(folder: Path, number: int) -> None:  # noqa: ARG001 - all take the same arguments
    """Be in a transaction until standard input ends."""
    with open_store(folder).transaction() as tx:
        make_account(tx)
        say("held")
        sys.stdin.read()


def take_payments(folder: Path, number: int) -> None:
    """Create, try, answer and settle payments until killed; print the revision after each commit."""
    random = Random(number)  # noqa: S311 - chooses what to do, keeps no secret
    store = open_store(folder)
    with store.transaction() as tx:
        connector = make_connector(tx)
        shop = Shop(store, FixedClock(), connector, make_method(tx, connector), make_account(tx))
    while True:
        payment = shop.payment()
        attempts = []
        for _ in range(random.randint(1, 2)):
            attempts.append(shop.pay(payment))
            shop.failure(attempts[-1])
            say(store.view().revision)
        if random.random() < 0.3:
            shop.cancel(payment)
        for attempt in attempts:
            shop.success(attempt, f"r-{attempt}")
            say(store.view().revision)
        if shop.balance() > 300:
            shop.pay_from_balance(shop.payment())
            say(store.view().revision)


def open_without_rights(folder: Path, number: int) -> None:
    """Print how opening a store ends for somebody who is not root; root becomes nobody first."""
    if os.getuid() == 0:
        os.setuid(NOBODY)
    try:
        store = open_store(folder)
        with store.transaction(wait_seconds=number) as tx:
            resellers.create(tx, ANNA, name="North", parent_id=1)
    except StoreNotUsable as error:
        say(error)
    else:
        say("it was opened and written")


def crowd(folder: Path, number: int) -> None:
    """Let six writers, two checkpointers and two readers at a store, and kill and replace one of them so many times.

    Each is a fork, so that a killed one is replaced at once. What was told to writers goes into the file `told` beside
    the folder, what went wrong into `problems`.
    """
    random = Random(number)  # noqa: S311 - chooses whom to kill and when, keeps no secret
    acts = [write_pairs] * 6 + [fold_again] * 2 + [look_again] * 2
    running = {fork(act, folder): act for act in acts}
    for _ in range(number):
        time.sleep(random.uniform(0.002, 0.06))
        killed = random.choice(list(running))
        os.kill(killed, signal.SIGKILL)
        os.waitpid(killed, 0)
        act = running.pop(killed)
        running[fork(act, folder)] = act
    for each in running:
        os.kill(each, signal.SIGKILL)
        os.waitpid(each, 0)


def fork(act: Callable[[Path, Callable[[], bool]], None], folder: Path) -> int:
    """Start an act as a fork of this process and return its number; it ends when this process does."""
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    try:
        act(folder, lambda: os.getppid() == parent)
    except BaseException:  # noqa: BLE001 - a child's outermost handler: the test is told
        note(folder.parent / "problems", traceback.format_exc())
    os._exit(0)


def write_pairs(folder: Path, goes_on: Callable[[], bool]) -> None:
    """Add pairs of accounts, one by one and several at once, and note the ids of each that was told to be stored."""
    store = open_store(folder)
    while goes_on():
        with suppress(StoreBusy):
            with store.transaction() as tx:
                made = [add_pair(tx)]
            made += [each.result(timeout=60) for each in [store.submit(add_pair) for _ in range(3)]]
            note(folder.parent / "told", "".join(f"{one} {other}\n" for one, other in made))


def add_pair(tx: Transaction) -> tuple[int, int]:
    return make_account(tx, name="one").id, make_account(tx, name="other").id


def fold_again(folder: Path, goes_on: Callable[[], bool]) -> None:
    """Write one checkpoint after the other."""
    store = open_store(folder)
    while goes_on():
        with suppress(StoreBusy):
            store.checkpoint()


def look_again(folder: Path, goes_on: Callable[[], bool]) -> None:
    """Check that each view holds whole pairs, and that what is told to have changed covers what is new."""
    store = open_store(folder)
    before = store.view()
    while goes_on():
        view = store.view()
        changed = store.changes_since(before.revision)
        ids = view.every_id(Account)
        assert ids == tuple(range(1, len(ids) + 1)), "an account is missing"
        assert len(ids) == view.count(Account) == view.count(LogLine)
        assert len(ids) % 2 == 0, "half a transaction is there"
        assert view.revision >= before.revision
        new = {("accounts", each) for each in ids[before.count(Account) :]}
        assert changed is None or changed >= new, "a change was not told"
        for each in ids[-2:]:
            assert len(view.search(LogLine, where("subject") == f"account {each}")) == 1
        before = view
        time.sleep(0.005)


def note(path: Path, text: str) -> None:
    """Add to a file in one write, which a kill cannot take back."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, text.encode())
    os.close(descriptor)


def say(what: object) -> None:
    """Print one line at once."""
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


ACTS = {each.__name__: each for each in (add_accounts, hold_the_lock, take_payments, open_without_rights, crowd)}

if __name__ == "__main__":
    ACTS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
