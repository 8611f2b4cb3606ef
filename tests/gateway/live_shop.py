"""A store with connectors to gateways on loopback: what an engine is let loose on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from store import accounts, connectors, methods, payment_commands
from store.connectors import ConnectorForm
from store.methods import MethodForm
from store.outside import Clock, system_clock
from store.payments import Attempt, Payment
from store.states import PaymentStatus
from store.store import open_store
from tests.gateway.events import PATIENCE_SECONDS
from tests.makers import ANNA

KEY = "5f2c9a7be1d04438a6f3c05d9b8e7712"
"""The Secret Shared Key of every connector here."""


class LiveShop:
    """A store with one account in EUR, and as many payment methods as a test asks for."""

    def __init__(self, folder: Path, clock: Clock = system_clock) -> None:
        self.store = open_store(folder, clock=clock)
        with self.store.transaction() as tx:
            self._account_id = accounts.create(tx, ANNA, name="Ada Lovelace", currency="EUR").id

    def method(self, url: str, *, period_minutes: str = "15") -> int:
        """Create a connector to a gateway and a payment method on it; return the method's id."""
        form = ConnectorForm(name=url, url=url, period_minutes=period_minutes, schema_text="[]", shared_key=KEY)
        with self.store.transaction() as tx:
            connector = connectors.create(tx, ANNA, form)
            return methods.create(tx, ANNA, MethodForm(name="Card", connector_id=connector.id)).id

    def start(self, method_id: int, total: str = "129.00") -> int:
        """Create a payment, start an attempt to pay it, and return its id."""
        with self.store.transaction() as tx:
            payment = payment_commands.create(tx, ANNA, account_id=self._account_id, total=total)
            return payment_commands.start_attempt(tx, ANNA, payment.id, method_id).id

    def now(self, payment_id: int) -> Payment:
        """Return a payment as of now."""
        return self.store.view().get(Payment, payment_id)

    def attempt(self, payment_id: int) -> Attempt:
        """Return a payment's first attempt as of now."""
        return self.now(payment_id).attempts[0]

    def rules(self, payment_id: int) -> list[str]:
        """Return the names in the payment's history, the oldest first."""
        return [line.rule for line in self.now(payment_id).history]

    def completed(self, *payment_ids: int) -> bool:
        """Say whether these payments are all Completed."""
        return all(self.now(each).status is PaymentStatus.COMPLETED for each in payment_ids)


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so; a test that waits in vain fails after a generous while."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_so():  # noqa: ASYNC110 - it is so in a store or another process, which set no event here
            await asyncio.sleep(0.02)
