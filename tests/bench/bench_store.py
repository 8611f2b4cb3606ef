"""A store for the panel's figures: payments in Processing, of which none ends soon, folded into a checkpoint."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from store import accounts, connectors, managers, methods
from store.actors import Actor
from store.connectors import ConnectorForm
from store.methods import MethodForm
from store.payments import Payment
from store.states import AttemptState, PaymentStatus
from store.store import Store, open_store
from tests.bench.store_figures import payment

EMAIL = "bench@example.com"
FOLDED_WITHIN_SECONDS = 300
FIRST_ENDS_SECONDS = 330
"""All rows that are seen count seconds, and none ends while it is measured."""
LAST_ENDS_SECONDS = 3_600
SEEN_ENDING_WITHIN_SECONDS = 200


def fill(folder: Path, payments: int) -> Store:
    """Return a new store; the first 100 payments end within a few minutes of each other, the others later."""
    store = open_store(folder)
    managers.create_first(store, name="Bench", email=EMAIL, password="correct horse battery")
    by = Actor(EMAIL)
    with store.transaction() as tx:
        form = ConnectorForm(name="Acme Pay", url="https://acme.example/pay", period_minutes="60", schema_text="[]")
        connector = connectors.create(tx, by, form)
        methods.create(tx, by, MethodForm(name="Credit card", connector_id=connector.id))
        account = accounts.create(tx, by, name="Anna Berg", currency="EUR")
    began = datetime.now(UTC)
    for start in range(0, payments, 5_000):
        with store.transaction() as tx:
            for number in range(start, min(start + 5_000, payments)):
                tx.put(_processing(tx.next_id(Payment), account.id, began, _ends_after(number)))
    store.checkpoint(wait_seconds=FOLDED_WITHIN_SECONDS)
    return store


def _ends_after(number: int) -> float:
    if number < 100:
        return FIRST_ENDS_SECONDS + number * 2
    return FIRST_ENDS_SECONDS + SEEN_ENDING_WITHIN_SECONDS + number * 7919 % LAST_ENDS_SECONDS


def _processing(identity: int, account_id: int, began: datetime, ends_after_seconds: float) -> Payment:
    completed = payment(identity, account_id)
    attempt = replace(
        completed.attempts[0],
        state=AttemptState.SENT,
        started_at=began,
        sent_at=began,
        answered_at=None,
        deadline=began + timedelta(seconds=ends_after_seconds),
    )
    return replace(
        completed,
        status=PaymentStatus.PROCESSING,
        closed_at=None,
        in_progress=attempt.id,
        attempts=(attempt,),
        history=completed.history[:1],
    )
