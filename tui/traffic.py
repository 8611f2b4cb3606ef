"""The demo's customers: they make payments at a steady pace, pay them, and some try again when it did not work.

At a pace that is asked for, operators settle what the rules leave to people (`tui.settling`).

The amount's decimals choose how the simulated gateway behaves, so that within a minute every kind of ending is seen.
Run as `python -m tui.traffic FOLDER [PAYMENTS_A_SECOND]`, until standard input ends.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, cycle
from pathlib import Path
from random import Random

from store import methods, payment_commands
from store.accounts import Account
from store.actors import Actor
from store.errors import Refused, StoreBusy
from store.payment_method import PaymentMethod
from store.payments import Payment
from store.states import PaymentStatus
from store.store import Store, Transaction, View, open_store
from tui.settling import settle

CUSTOMERS = Actor("customer")
PAYMENTS_A_SECOND = 2 / 3
"""The pace at which a person can follow what happens."""
OPENING_A_SECOND = 5.0
"""The pace of the first payments, which show each ending soon."""
SHOWN_AT_MOST = 2_000
"""Payments that the demo makes at most at that pace (in about 50 minutes), so that it can be left running."""

LOOK_SECONDS = 0.5
"""How often the customers look what has become of their payments."""
SETTLE_SECONDS = 1.0
"""How often the operators look what is left to them."""
GIVE_UP_AFTER = timedelta(minutes=3)


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
        self._unpaid: deque[tuple[datetime, int]] = deque()

    def new_payment(self, scenario: Scenario) -> None:
        """Make a payment and start paying it."""
        with self._store.transaction() as tx:
            account = self._random.choice(list(tx.all(Account)))
            total = f"{self._random.randint(5, 240)}.{scenario.decimals}"
            payment = payment_commands.create(tx, CUSTOMERS, account_id=account.id, total=total)
            offered = methods.offered_to(tx, account.reseller_id)
            method = offered[0] if scenario.quick else self._random.choice(offered)
            payment_commands.start_attempt(tx, CUSTOMERS, payment.id, method.id)
        self._unpaid.append((payment.created_at, payment.id))
        if scenario.tries_again:
            self._try_again[payment.id] = method.id

    def try_again(self) -> None:
        """Pay again, by another method, what has come back to Waiting for payment."""
        view = self._store.view()
        for payment_id in [each for each in self._try_again if not _is_processing(view, each)]:
            tried = self._try_again.pop(payment_id)
            with self._store.transaction() as tx:
                payment = tx.get(Payment, payment_id)
                if payment.status is PaymentStatus.WAITING:
                    payment_commands.start_attempt(tx, CUSTOMERS, payment_id, _another(tx, payment, tried).id)

    def give_up(self) -> None:
        """Cancel what has been waiting for so long that nobody pays it any more."""
        view = self._store.view()
        while self._unpaid and self._unpaid[0][0] < view.now - GIVE_UP_AFTER:
            _, payment_id = self._unpaid.popleft()
            if view.get(Payment, payment_id).status is PaymentStatus.WAITING:
                with self._store.transaction() as tx:
                    payment_commands.cancel(tx, CUSTOMERS, payment_id)


def run(folder: Path, stop: threading.Event, *, payments_a_second: float | None = None) -> None:
    """Make payments until told to stop: without an end at a pace that is asked for, else what can be looked at.

    Without an end operators settle what is left to them; else it stays, to be looked at and settled by hand.
    """
    store = open_store(folder)
    customers = Customers(store, Random(7))  # noqa: S311 - the demo's amounts keep no secret
    at_most = SHOWN_AT_MOST if payments_a_second is None else sys.maxsize
    scenarios = chain(OPENING, cycle(THEN))
    made = 0
    next_at = look_at = settle_at = time.monotonic()
    while not stop.wait(max(0.0, next_at - time.monotonic())):
        try:
            if made < at_most:
                customers.new_payment(next(scenarios))
                made += 1
            if time.monotonic() >= look_at:
                look_at = time.monotonic() + LOOK_SECONDS
                customers.try_again()
                customers.give_up()
            if payments_a_second is not None and time.monotonic() >= settle_at:
                settle_at = time.monotonic() + SETTLE_SECONDS
                settle(store)
        except (Refused, StoreBusy) as error:
            print(error, file=sys.stderr, flush=True)  # noqa: T201 - the demo's log
        pace = OPENING_A_SECOND if made < len(OPENING) else payments_a_second or PAYMENTS_A_SECOND
        # From when it should have been, so that the pace is kept; a pause of the machine is not made up for.
        next_at = max(next_at + 1 / pace, time.monotonic() - 1)


def _is_processing(view: View, payment_id: int) -> bool:
    return view.get(Payment, payment_id).status is PaymentStatus.PROCESSING


def _another(tx: Transaction, payment: Payment, tried: int) -> PaymentMethod:
    offered = methods.offered_to(tx, tx.get(Account, payment.account_id).reseller_id)
    return next((each for each in offered if each.id != tried), offered[0])


def main() -> None:
    """Run until standard input ends."""
    folder, *pace = sys.argv[1:]
    stop = threading.Event()
    customers = threading.Thread(
        target=run,
        args=(Path(folder), stop),
        kwargs={"payments_a_second": float(pace[0]) if pace else None},
    )
    customers.start()
    while os.read(sys.stdin.fileno(), 4096):
        continue
    stop.set()
    customers.join()


if __name__ == "__main__":
    main()
