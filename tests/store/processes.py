"""What other processes do to a store in the tests: `python -m tests.store.processes WHAT FOLDER [NUMBER]`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from random import Random

from store import resellers
from store.errors import StoreNotUsable
from store.store import open_store
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


def say(what: object) -> None:
    """Print one line at once."""
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


ACTS = {each.__name__: each for each in (add_accounts, hold_the_lock, take_payments, open_without_rights)}

if __name__ == "__main__":
    ACTS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
