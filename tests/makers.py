"""A fixed clock, countable ids, and a shop: one connector, one payment method and one account in a real folder.

Every call of the shop is one transaction (or one view), as it is in the panel, the command line and the engine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from store import accounts, answers, connectors, inbox, methods, payment_commands
from store.accounts import Account
from store.actors import Actor
from store.answers import Answer, AnswerGiven, AnswerResult, Origin, Verdict
from store.connectors import Connector, ConnectorForm
from store.disk import Disk
from store.methods import MethodForm
from store.payment_method import PaymentMethod
from store.payments import Attempt, Payment
from store.refused_messages import RefusedMessage
from store.store import Store, Transaction, open_store

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""The moment at which every test begins."""
ANNA = Actor("anna@example.com")
"""A manager of the root reseller with Full Control."""
MICROSECOND = timedelta(microseconds=1)

T = TypeVar("T")


class FixedClock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **timedelta_arguments: float) -> None:
        """Move on by what `timedelta` takes: minutes=15, microseconds=1."""
        self.now += timedelta(**timedelta_arguments)


class CountedIds:
    """Ids that count from 1, in the form of real ones."""

    def __init__(self) -> None:
        self._count = 0

    def attempt_id(self) -> str:
        """Return the next number as 32 hex digits."""
        self._count += 1
        return f"{self._count:032x}"

    def shared_key(self) -> str:
        """Return the next number as 64 hex digits."""
        self._count += 1
        return f"{self._count:064x}"

    def token_secret(self) -> str:
        """Return the next number as 64 hex digits."""
        return self.shared_key()


def make_connector(tx: Transaction, *, name: str = "Acme Pay", period_minutes: str = "15") -> Connector:
    """Create a connector with nothing to set; an empty period means none."""
    form = ConnectorForm(
        name=name, url="https://acme.example.com/pay", period_minutes=period_minutes, schema_text="[]", static_text=""
    )
    return connectors.create(tx, ANNA, form)


def make_method(tx: Transaction, connector: Connector, *, name: str = "Card") -> PaymentMethod:
    """Create an Enabled payment method of the root reseller."""
    return methods.create(tx, ANNA, MethodForm(name=name, connector_id=connector.id))


def make_account(tx: Transaction, *, name: str = "Ada Lovelace", currency: str = "EUR") -> Account:
    """Create an account of the root reseller with nothing on it."""
    return accounts.create(tx, ANNA, name=name, currency=currency)


def make_payment(tx: Transaction, account_id: int, *, total: str = "129.00", due_date: str = "") -> Payment:
    """Create a payment that is Waiting for payment."""
    return payment_commands.create(tx, ANNA, account_id=account_id, total=total, due_date=due_date)


@dataclass(frozen=True)
class Shop:
    """A store with one of each; `clock` is the store's own."""

    store: Store
    clock: FixedClock
    connector: Connector
    method: PaymentMethod
    account: Account

    def do(self, act: Callable[[Transaction], T]) -> T:
        """Do something in a transaction of its own."""
        with self.store.transaction() as tx:
            return act(tx)

    def payment(self, total: str = "129.00", due_date: str = "", account_id: int | None = None) -> int:
        """Create a payment and return its id."""
        account = self.account.id if account_id is None else account_id
        return self.do(lambda tx: make_payment(tx, account, total=total, due_date=due_date)).id

    def pay(self, payment_id: int, method_id: int | None = None, *, sent: bool = True) -> str:
        """Start an attempt, mark it sent unless told not to, and return its id."""
        method = self.method.id if method_id is None else method_id
        started = self.do(lambda tx: payment_commands.start_attempt(tx, ANNA, payment_id, method))
        if sent:
            self.do(lambda tx: payment_commands.mark_sent(tx, started.in_progress))
        return started.in_progress

    def overdue(self, payment_id: int) -> str:
        """Pay, let the period end without an answer, and return the attempt's id."""
        attempt_id = self.pay(payment_id)
        self.clock.advance(minutes=15)
        return attempt_id

    def answer(self, given: AnswerGiven) -> Verdict:
        """Receive an answer."""
        return self.do(lambda tx: answers.receive(tx, given))

    def success(
        self,
        attempt_id: str,
        reference: str = "r1",
        *,
        amount: str = "129.00",
        currency: str = "EUR",
        connector_id: int | None = None,
    ) -> Verdict:
        """Receive a success."""
        return self.answer(
            success_of(
                self.connector.id if connector_id is None else connector_id, attempt_id, reference, amount, currency
            )
        )

    def failure(
        self, attempt_id: str, message: str = "Card declined.", reference: str = "", *, connector_id: int | None = None
    ) -> Verdict:
        """Receive a failure."""
        return self.answer(self._unpaid(AnswerResult.FAILURE, attempt_id, message, reference, connector_id))

    def pending(self, attempt_id: str, message: str = "Wait.", reference: str = "") -> Verdict:
        """Receive a pending."""
        return self.answer(self._unpaid(AnswerResult.PENDING, attempt_id, message, reference, None))

    def unmatched(self, reference: str = "r1", *, amount: str = "129.00", currency: str = "EUR") -> Answer:
        """Receive a success for an attempt that nobody knows."""
        return self.success("unknown", reference, amount=amount, currency=currency).answer

    def cancel(self, payment_id: int) -> Payment:
        """Cancel a payment."""
        return self.do(lambda tx: payment_commands.cancel(tx, ANNA, payment_id))

    def pay_from_balance(self, payment_id: int) -> Payment:
        """Pay a payment from the account's balance."""
        return self.do(lambda tx: payment_commands.pay_from_balance(tx, ANNA, payment_id))

    def fill_account(self, amount: str = "129.00", reference: str = "filling") -> None:
        """Put money on the account in the one way there is: a success for a payment that was cancelled."""
        payment_id = self.payment(amount)
        attempt_id = self.pay(payment_id)
        self.failure(attempt_id)
        self.cancel(payment_id)
        self.success(attempt_id, reference, amount=amount)

    def now(self, payment_id: int) -> Payment:
        """Return the payment as of now."""
        return self.store.view().get(Payment, payment_id)

    def attempt(self, payment_id: int, attempt_id: str) -> Attempt:
        """Return an attempt as of now."""
        found = self.now(payment_id).attempt(attempt_id)
        assert found is not None
        return found

    def rules(self, payment_id: int) -> list[str]:
        """Return the names in the payment's history, the oldest first."""
        return [line.rule for line in self.now(payment_id).history]

    def stored_answer(self, code: str) -> Answer:
        """Return an answer of the root reseller's reach by its code."""
        return inbox.get(self.store.view(), ANNA, code)

    def inbox(self) -> list[str]:
        """Return the codes of the answers in the inbox."""
        return [each.code for each in answers.in_inbox(self.store.view())]

    def book(self) -> list[Decimal]:
        """Return the changes in the account's book, the oldest first."""
        return [line.change.amount for line in accounts.book_of(self.store.view(), self.account.id)]

    def balance(self) -> Decimal:
        """Return the account's balance."""
        return self.store.view().get(Account, self.account.id).balance.amount

    def content(self) -> bytes:
        """Return what the store's files hold, byte for byte."""
        return content_of(self.store.folder)

    def _unpaid(
        self, result: AnswerResult, attempt_id: str, message: str, reference: str, connector_id: int | None
    ) -> AnswerGiven:
        return AnswerGiven(
            connector_id=self.connector.id if connector_id is None else connector_id,
            attempt_id=attempt_id,
            result=result,
            message=message,
            gateway_reference=reference,
        )


def success_of(connector_id: int, attempt_id: str, reference: str, amount: str, currency: str) -> AnswerGiven:
    """Return a success as a gateway sends it."""
    return AnswerGiven(
        connector_id=connector_id,
        attempt_id=attempt_id,
        result=AnswerResult.SUCCESS,
        gateway_reference=reference,
        amount=Decimal(amount),
        currency=currency,
    )


def refused_message(number: int = 0, *, status: int | None = 401, reason: str = "") -> RefusedMessage:
    """Return a message that was not believed, `number` seconds after START."""
    return RefusedMessage(
        id=0,
        connector_id=0,
        at=START + timedelta(seconds=number),
        origin=Origin.REPLY if status is None else Origin.CALLBACK,
        status=status,
        reason=reason or f"message {number}",
        peer="" if status is None else "192.0.2.7",
    )


def content_of(folder: Path) -> bytes:
    """Return what the files of a store hold, byte for byte; its locks are left out."""
    return b"".join(each.read_bytes() for each in sorted(folder.glob("gatewatch.j*")))


def open_shop(folder: Path, *, period_minutes: str = "15", disk: Disk | None = None) -> Shop:
    """Make a store with a connector, a method on it and an account in EUR."""
    clock = FixedClock()
    store = open_store(folder, clock=clock, ids=CountedIds(), disk=disk)
    with store.transaction() as tx:
        connector = make_connector(tx, period_minutes=period_minutes)
        method = make_method(tx, connector)
        account = make_account(tx)
    return Shop(store, clock, connector, method, account)
