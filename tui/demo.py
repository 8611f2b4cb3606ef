"""`gatewatch demo`: a scratch store, a simulated gateway, an engine, steady traffic and the panel, signed in.

All of it is real: processes, sockets, signatures and files; only the gateway's behaviour is made up, and the periods
are short, which the screen says.
"""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from store import accounts, connectors, managers, methods, resellers
from store.actors import Actor
from store.answers import Answer
from store.archived_payment import ArchivedPayment
from store.audit import money_problems
from store.connectors import ConnectorForm
from store.managers import Manager
from store.methods import MethodForm
from store.payments import Payment
from store.store import Store, open_store
from tui.children import Child, start_engine
from tui.settings_file import load, settings_path

PERIODS_MINUTES = ("0.2", "0.25", "0.6")
"""The demo's periods: 12, 15 and 36 seconds."""
LATE_AFTER_SECONDS = 20
"""When the simulated gateway answers late: after the two shorter periods, within the longest."""
NOTICE = "Demo: scratch store, simulated gateway, periods of 12 to 36 seconds"
EMAIL = "demo@example.com"
READY_SECONDS = 30.0
MINUTES_OF_A_DAY = 24 * 60
_OPERATOR = Actor(EMAIL)
_FIELDS = """[
  {"type": "string", "key": "merchant_id", "label": "Merchant ID", "required": true},
  {"type": "password", "key": "api_key", "label": "API key", "required": true},
  {"type": "select", "key": "capture", "label": "Capture", "default": "auto",
   "options": [{"value": "auto", "label": "At once"}, {"value": "manual", "label": "On delivery"}]}
]"""


@dataclass(frozen=True, slots=True)
class Pace:
    """How busy the demo is: payments a second, and when closed ones move to the archive; None: for a person to watch.

    At a pace of its own the traffic does not end.
    """

    payments_a_second: float | None = None
    archive_after_minutes: float | None = None


@contextmanager
def demo_store(pace: Pace) -> Iterator[tuple[Store, Manager]]:
    """Yield a store with traffic on it, and the manager to sign in as; end everything and remove it afterwards.

    Raises ChildFailed if a program of it does not start.
    """
    archive_after_days = None if pace.archive_after_minutes is None else pace.archive_after_minutes / MINUTES_OF_A_DAY
    with tempfile.TemporaryDirectory(prefix="gatewatch-demo-") as name, ExitStack() as running:
        folder = Path(name) / "store"
        key = secrets.token_hex(32)
        log = Path(name) / "sandbox.log"
        arguments = ["sandbox", "--port", "0", "--late-after", str(LATE_AFTER_SECONDS), "--until-stdin-closes"]
        sandbox = Child("gateway", arguments, log, {"GATEWATCH_SANDBOX_KEY": key})
        running.callback(sandbox.stop)
        url = sandbox.first_line(wait_seconds=READY_SECONDS).rpartition(" ")[2]
        store = open_store(folder)
        manager = furnish(store, url, key)
        running.callback(start_engine(folder, port=0, archive_after_days=archive_after_days).stop)
        customers = [] if pace.payments_a_second is None else [str(pace.payments_a_second)]
        traffic = Child("tui.traffic", [str(folder), *customers], Path(name) / "traffic.log")
        running.callback(traffic.stop)
        yield store, manager


def furnish(store: Store, gateway_url: str, key: str) -> Manager:
    """Fill a new store with a manager, resellers, connectors to one gateway, payment methods and accounts."""
    manager = managers.create_first(store, name="Demo", email=EMAIL, password=secrets.token_hex(16))
    names = ("Nordbank Cards", "Iris Wallet", "Kontor Direct Debit")
    with store.transaction() as tx:
        shop = resellers.create(tx, _OPERATOR, name="Harbour Shop", parent_id=1)
        for name, minutes in zip(names, PERIODS_MINUTES, strict=True):
            form = ConnectorForm(
                name=name,
                url=gateway_url,
                period_minutes=minutes,
                schema_text=_FIELDS,
                static_text='{"platform": "demo"}',
                shared_key=key,
            )
            connector = connectors.create(tx, _OPERATOR, form)
            settings = {"merchant_id": f"M-{connector.id:04d}", "api_key": secrets.token_hex(8), "capture": "auto"}
            method = MethodForm(name=f"{name} EU", connector_id=connector.id, settings=settings)
            methods.create(tx, _OPERATOR, method)
        for name, currency in (
            ("Anna Berg", "EUR"),
            ("Björn & Söhne", "EUR"),
            ("東京商店", "USD"),
            ("Olive Lane", "GBP"),
        ):
            accounts.create(tx, _OPERATOR, name=name, currency=currency, reseller_id=shop.id)
    return manager


def run_demo(pace: Pace) -> int:
    """Show the demo in this terminal until the panel is left; return its exit code. Raises ChildFailed."""
    from tui.app import run_panel  # noqa: PLC0415 - the demo without a panel does without Textual
    from tui.session import Session  # noqa: PLC0415 - the same

    loaded = load(settings_path(os.environ), os.environ)
    # Nobody knows the password of the demo's manager: whoever was signed out could not come back.
    loaded = replace(loaded, settings=replace(loaded.settings, idle_sign_out_minutes=0))
    with demo_store(pace) as (store, manager):
        return run_panel(
            Session(store),
            signed_in_as=manager,
            notice=NOTICE,
            calm=loaded.settings.calm,
            mouse=loaded.settings.mouse,
            loaded=loaded,
        )


def run_without_panel(seconds: float, pace: Pace) -> str:
    """Run the demo for some seconds and return, as text, which rules were applied how often, and whether money adds up.

    Raises ChildFailed.
    """
    with demo_store(pace) as (store, _):
        time.sleep(seconds)
        view = store.view()
        archived = (view.get(Payment, each.id) for each in view.all(ArchivedPayment))
        payments = chain(view.all(Payment), archived)
        rules = Counter(line.rule for payment in payments for line in payment.history)
        rules.update(each.rule for each in view.all(Answer) if each.payment_id is None)
        problems = money_problems(view)
        closed = view.count(ArchivedPayment)
    lines = [f"{count:5d}  {rule}" for rule, count in sorted(rules.items())]
    lines += [f"{closed:5d}  payments archived"] if closed else []
    return "\n".join([*lines, *(problems or ["The money adds up."])])
