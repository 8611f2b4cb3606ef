"""The cast of the panel's tests and pictures: two connectors with methods, one without, payments in every status.

It is played through the store's own commands, each at its time, so that every history is one that can happen.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from store import accounts, answers, connectors, managers, methods, payment_commands, resellers
from store.actors import Actor
from store.answers import AnswerGiven, AnswerResult
from store.connectors import ConnectorForm
from store.managers import Manager, Permission
from store.methods import MethodForm
from store.payments import Delivery
from store.store import Store, Transaction, open_store
from tests.makers import FixedClock, success_of
from tui.app import GatewatchApp
from tui.session import Session
from tui.theme_names import AUTO

T = TypeVar("T")

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
"""The moment of every picture."""
PASSWORD = "correct horse battery"
ANNA_EMAIL = "anna@northwind.example"
TOMAS_EMAIL = "tomas@southern.example"
INES_EMAIL = "ines@northwind.example"

CARD_SCHEMA = """\
[
  {"key": "merchant_id", "type": "string", "label": "Merchant ID", "required": true,
   "hint": "Nordbank's letter names it, M- and six digits", "pattern": "^M-[0-9]{6}$"},
  {"key": "api_key", "type": "password", "label": "API key", "required": true},
  {"key": "mode", "type": "radio", "label": "Mode", "required": true, "default": "test",
   "options": [{"value": "test", "label": "Test"}, {"value": "live", "label": "Live"}]},
  {"key": "brands", "type": "checkbox", "label": "Card brands",
   "options": [{"value": "visa", "label": "Visa"}, {"value": "mc", "label": "Mastercard"},
               {"value": "amex", "label": "American Express"}]},
  {"key": "receipt_text", "type": "text", "label": "Receipt text"}
]
"""
CARD_STATIC = """\
{
  "platform": "northwind",
  "platform_token": "nb_live_7hV2kQ"
}
"""
WALLET_SCHEMA = """\
[
  {"key": "shop_id", "type": "string", "label": "Shop ID", "required": true},
  {"key": "secret", "type": "password", "label": "Shop secret", "required": true}
]
"""


class CastIds:
    """Ids that look like real ones and are the same in every run; `first` keeps two makers apart."""

    def __init__(self, first: int = 0) -> None:
        self._count = first

    def attempt_id(self) -> str:
        """Return the next 32 hex digits."""
        return self._next()[:32]

    def shared_key(self) -> str:
        """Return the next 64 hex digits."""
        return self._next()

    def token_secret(self) -> str:
        """Return the next 64 hex digits."""
        return self._next()

    def _next(self) -> str:
        self._count += 1
        return hashlib.sha256(str(self._count).encode()).hexdigest()


class Stage:
    """A store whose clock is moved from scene to scene."""

    def __init__(self, folder: Path) -> None:
        self.clock = FixedClock(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
        self.store = open_store(folder, clock=self.clock, ids=CastIds())
        self.anna = Actor(ANNA_EMAIL)

    def at(self, day: int, time: str) -> None:
        """Go on to a moment of March 2026."""
        there = datetime.fromisoformat(f"2026-03-{day:02} {time}+00:00")
        assert there >= self.clock.now, f"the play goes forward only: {there}"
        self.clock.now = there

    def do(self, act: Callable[[Transaction], T]) -> T:
        """Do something in a transaction of its own."""
        with self.store.transaction() as tx:
            return act(tx)

    def payment(self, account_id: int, total: str, due: str = "", description: str = "") -> int:
        """Create a payment."""
        made = self.do(
            lambda tx: payment_commands.create(
                tx, self.anna, account_id=account_id, total=total, due_date=due, description=description
            )
        )
        return made.id

    def pay(self, payment_id: int, method_id: int, *, sent: bool = True) -> str:
        """Start an attempt and, unless told not to, mark it sent; return its id."""
        started = self.do(lambda tx: payment_commands.start_attempt(tx, self.anna, payment_id, method_id))
        if sent:
            self.do(lambda tx: self._send(tx, started.in_progress))
        return started.in_progress

    def _send(self, tx: Transaction, attempt_id: str) -> None:
        """Note what the engine notes when a `pay` leaves."""
        attempt = payment_commands.mark_sent(tx, attempt_id).attempt(attempt_id)
        assert attempt is not None
        url = f"https://pay.northwind.example/connectors/{attempt.connector_id}/answers"
        sent = Delivery(pays=1, may_have_arrived=True, last_request_at=tx.now, pay_at=tx.now, callback_url=url)
        payment_commands.note_delivery(tx, attempt_id, sent)

    def success(self, connector_id: int, attempt_id: str, reference: str, amount: str, currency: str = "EUR") -> None:
        """Receive a success."""
        self.do(lambda tx: answers.receive(tx, success_of(connector_id, attempt_id, reference, amount, currency)))

    def failure(self, connector_id: int, attempt_id: str, message: str) -> None:
        """Receive a failure."""
        given = AnswerGiven(
            connector_id=connector_id, attempt_id=attempt_id, result=AnswerResult.FAILURE, message=message
        )
        self.do(lambda tx: answers.receive(tx, given))


def play(folder: Path) -> None:
    """Play everything up to NOW into a new store."""
    stage = Stage(folder)
    _people(stage)
    _gateways(stage)
    _shops(stage)
    _past_payments(stage)
    _todays_payments(stage)


def copy_of(folder: Path, to: Path) -> Store:
    """Return a store of its own with the played content, whose clock stands at NOW."""
    shutil.copytree(folder, to)
    return open_store(to, clock=FixedClock(NOW), ids=CastIds(first=1000))


def manager_of(store: Store, email: str = ANNA_EMAIL) -> Manager:
    """Return a manager of the cast."""
    found = managers.by_email(store.view(), email)
    assert found is not None
    return found


def panel(store: Store, email: str | None = ANNA_EMAIL, *, theme: str = AUTO) -> GatewatchApp:
    """Return the panel on a store, signed in; with no email, at the door."""
    signed_in = None if email is None else manager_of(store, email)
    return GatewatchApp(Session(store, store.clock), start_signed_in_as=signed_in, theme=theme)


def _people(stage: Stage) -> None:
    stage.at(2, "08:00:00")
    managers.create_first(stage.store, name="Anna Berg", email=ANNA_EMAIL, password=PASSWORD)
    southern = stage.do(lambda tx: resellers.create(tx, stage.anna, name="Southern Region", parent_id=1))
    stage.do(lambda tx: resellers.create(tx, stage.anna, name="Porto Hosting", parent_id=southern.id))
    managers.add(
        stage.store,
        stage.anna,
        name="Tomás Reis",
        email=TOMAS_EMAIL,
        password=PASSWORD,
        permission=Permission.FULL_CONTROL,
        reseller_id=southern.id,
    )
    managers.add(
        stage.store,
        stage.anna,
        name="Inês Duarte",
        email=INES_EMAIL,
        password=PASSWORD,
        permission=Permission.READ_ONLY,
    )


def _gateways(stage: Stage) -> None:
    stage.at(2, "08:20:00")
    for name, url, period, schema, static in (
        ("Nordbank Cards", "https://pay.nordbank.example/gatewatch", "15", CARD_SCHEMA, CARD_STATIC),
        ("Iberia Wallet", "https://gw.iberiawallet.example/v2/pay", "5", WALLET_SCHEMA, ""),
        ("Giro Transfer", "https://giro.example/payments", "", "[]", ""),
        ("Kantara Pay", "https://api.kantara.example/pay", "0.5", WALLET_SCHEMA, ""),
    ):
        form = ConnectorForm(name=name, url=url, period_minutes=period, schema_text=schema, static_text=static)
        stage.do(lambda tx, form=form: connectors.create(tx, stage.anna, form))  # type: ignore[misc]
    card = {
        "merchant_id": "M-204417",
        "api_key": "nb_9f31c2",
        "mode": "live",
        "brands": ["visa", "mc"],
        "receipt_text": "Northwind Hosting\nThank you.",
    }
    wallet = {"shop_id": "northwind", "secret": "iw_55a0"}
    for name, connector_id, settings, description in (
        ("Credit card", 1, card, "Visa and Mastercard through Nordbank."),
        ("Wallet", 2, wallet, ""),
        ("Bank transfer", 3, {}, "SEPA; can take two days."),
    ):
        method = MethodForm(name=name, connector_id=connector_id, settings=settings, description=description)
        stage.do(lambda tx, method=method: methods.create(tx, stage.anna, method))  # type: ignore[misc]
    tomas = Actor(TOMAS_EMAIL, reseller_id=2)
    southern_card = MethodForm(name="Cards South", connector_id=1, settings={**card, "mode": "test"}, enabled=False)
    stage.do(lambda tx: methods.create(tx, tomas, southern_card))


def _shops(stage: Stage) -> None:
    stage.at(2, "09:00:00")
    for name, currency, reseller_id in (
        ("Lindqvist AB", "EUR", 1),
        ("Marta Oliveira", "EUR", 1),
        ("Kawasaki Prints", "JPY", 1),
        ("Oak & Barley Ltd", "GBP", 2),
    ):
        stage.do(
            lambda tx, name=name, currency=currency, reseller_id=reseller_id: accounts.create(  # type: ignore[misc]
                tx, stage.anna, name=name, currency=currency, reseller_id=reseller_id
            )
        )


def _past_payments(stage: Stage) -> None:
    stage.at(9, "10:02:11")
    paid_twice = stage.payment(1, "129.00", description="Hosting, March")
    first = stage.pay(paid_twice, 1)
    stage.at(9, "10:17:40")
    second = stage.pay(paid_twice, 2)
    stage.at(9, "10:18:05")
    stage.success(2, second, "IW-88120", "129.00")
    stage.at(9, "10:21:30")
    stage.success(1, first, "NB-50014", "129.00")
    stage.at(10, "11:40:00")
    from_balance = stage.payment(1, "49.00", description="Domain renewal")
    stage.do(lambda tx: payment_commands.pay_from_balance(tx, stage.anna, from_balance))
    stage.at(10, "14:00:00")
    stage.payment(2, "18.50", due="2026-03-12", description="Setup fee")
    cancelled = stage.payment(4, "75.00")
    stage.at(10, "14:05:12")
    stage.do(lambda tx: payment_commands.cancel(tx, stage.anna, cancelled))
    stage.at(13, "16:30:00")
    late = stage.payment(2, "64.20", description="Backup space")
    attempt = stage.pay(late, 1)
    stage.at(13, "16:52:19")
    stage.success(1, attempt, "NB-50102", "64.20")


def _todays_payments(stage: Stage) -> None:
    stage.at(14, "08:55:00")
    stage.success(1, hashlib.sha256(b"lost").hexdigest()[:32], "NB-50155", "210.00")
    stage.payment(3, "12800", due="2026-03-16", description="Print credits")
    transfer = stage.payment(1, "2450.00", due="2026-03-31", description="Yearly plan")
    stage.pay(transfer, 3)
    stage.at(14, "09:01:10")
    declined = stage.payment(2, "39.90", due="2026-03-20", description="Mailbox pack")
    attempt = stage.pay(declined, 1)
    stage.at(14, "09:01:14")
    stage.failure(1, attempt, "Card declined by the issuing bank.")
    stage.at(14, "09:04:00")
    short = stage.payment(2, "99.00", due="2026-03-28", description="Server, one month")
    wrong = stage.pay(short, 1)
    stage.at(14, "09:06:30")
    stage.success(1, wrong, "NB-50161", "9.90")
    stage.at(14, "09:12:35")
    ending = stage.payment(1, "310.00", due="2026-03-21", description="Traffic, February")
    stage.pay(ending, 1)
    stage.at(14, "09:18:20")
    running = stage.payment(4, "120.00", description="Storage")
    stage.pay(running, 1)
    stage.at(14, "09:23:02")
    wallet = stage.payment(2, "22.00", description="SSL certificate")
    stage.pay(wallet, 2)
    stage.at(14, "09:26:50")
    newest = stage.payment(1, "15.75", description="SMS pack")
    stage.pay(newest, 1, sent=False)
