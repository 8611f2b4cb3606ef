"""The demo's customers: they make payments at a steady pace, pay them, and some try again when it did not work.

The amount's decimals choose how the simulated gateway behaves, so that within a minute every kind of ending is seen.
Run as `python -m tui.traffic FOLDER`, until standard input ends.
"""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from random import Random

from store import methods, payment_commands
from store.accounts import Account
from store.actors import Actor
from store.errors import Refused, StoreBusy
from store.payment_method import PaymentMethod
from store.payments import Payment
from store.states import PaymentStatus
from store.store import Store, Transaction, open_store

CUSTOMERS = Actor("customer")
PAUSE_SECONDS = 1.5
SHOWN_AT_MOST = 2_000
"""Payments that the demo makes at most (in about 50 minutes), so that it can be left running."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What one customer meets: the decimals that choose the gateway's behaviour, and whether they try again.

    `quick`: by the first method, whose period is the shortest; else by any.
    """

    decimals: str
    tries_again: bool = False
    quick: bool = False


OPENING = (
    Scenario("05", tries_again=True, quick=True),
    Scenario("05", quick=True),
    Scenario("06", quick=True),
    Scenario("07", quick=True),
    Scenario("00"),
    Scenario("01"),
    Scenario("11"),
    Scenario("02"),
    Scenario("10"),
)
"""What comes first, so that a minute shows each ending: the first is paid twice, and the second success is returned."""
THEN = (
    Scenario("02"),
    Scenario("00"),
    Scenario("07"),
    Scenario("02"),
    Scenario("05", tries_again=True),
    Scenario("04"),
    Scenario("01", tries_again=True),
    Scenario("02"),
    Scenario("06"),
    Scenario("03"),
    Scenario("09"),
    Scenario("02"),
    Scenario("12"),
    Scenario("08"),
)


class Customers:
    """Everybody who pays in the demo; `random` decides amounts and accounts."""

    def __init__(self, store: Store, random: Random) -> None:
        self._store = store
        self._random = random
        self._try_again: dict[int, int] = {}

    def new_payment(self, scenario: Scenario) -> None:
        """Make a payment and start paying it."""
        with self._store.transaction() as tx:
            account = self._random.choice(list(tx.all(Account)))
            total = f"{self._random.randint(5, 240)}.{scenario.decimals}"
            payment = payment_commands.create(tx, CUSTOMERS, account_id=account.id, total=total)
            offered = methods.offered_to(tx, account.reseller_id)
            method = offered[0] if scenario.quick else self._random.choice(offered)
            payment_commands.start_attempt(tx, CUSTOMERS, payment.id, method.id)
        if scenario.tries_again:
            self._try_again[payment.id] = method.id

    def try_again(self) -> None:
        """Pay again, by another method, what has come back to Waiting for payment."""
        for payment_id, tried in list(self._try_again.items()):
            with self._store.transaction() as tx:
                payment = tx.get(Payment, payment_id)
                if payment.status is PaymentStatus.PROCESSING:
                    continue
                del self._try_again[payment_id]
                if payment.status is PaymentStatus.WAITING:
                    payment_commands.start_attempt(tx, CUSTOMERS, payment_id, _another(tx, payment, tried).id)


def run(folder: Path, stop: threading.Event) -> None:
    """Make payments until told to stop."""
    customers = Customers(open_store(folder), Random(7))  # noqa: S311 - the demo's amounts keep no secret
    made = 0
    scenarios = iter((*OPENING, *THEN))
    again = cycle(THEN)
    pause_seconds = 0.2
    while not stop.wait(pause_seconds):
        try:
            if made < SHOWN_AT_MOST:
                customers.new_payment(next(scenarios, None) or next(again))
                made += 1
            customers.try_again()
        except (Refused, StoreBusy) as error:
            print(error, file=sys.stderr, flush=True)  # noqa: T201 - the demo's log
        pause_seconds = 0.2 if made < len(OPENING) else PAUSE_SECONDS


def _another(tx: Transaction, payment: Payment, tried: int) -> PaymentMethod:
    offered = methods.offered_to(tx, tx.get(Account, payment.account_id).reseller_id)
    return next((each for each in offered if each.id != tried), offered[0])


def main() -> None:
    """Run until standard input ends."""
    stop = threading.Event()
    customers = threading.Thread(target=run, args=(Path(sys.argv[1]), stop))
    customers.start()
    while os.read(sys.stdin.fileno(), 4096):
        continue
    stop.set()
    customers.join()


if __name__ == "__main__":
    main()
