"""Every kind of record by the name of its table, and the index keys of a record that is known by that only."""

from __future__ import annotations

import msgspec

from store.accounts import Account, BalanceTransaction
from store.action_log import LogLine
from store.answers import Answer
from store.archived_payment import ArchivedPayment
from store.columns import keys_of
from store.connectors import Connector
from store.gateway_watch import GatewayWatch
from store.idempotency import KeptResult
from store.managers import Manager
from store.old_key_use import OldKeyUse
from store.payment_method import PaymentMethod
from store.payments import Payment
from store.records import Record, from_json
from store.refused_messages import RefusedMessage
from store.resellers import Reseller
from store.sealing import StoreKey
from store.tokens import Token

KINDS: dict[str, type[Record]] = {
    kind.TABLE: kind
    for kind in (
        Reseller,
        Manager,
        Connector,
        PaymentMethod,
        Account,
        BalanceTransaction,
        Payment,
        ArchivedPayment,
        Answer,
        LogLine,
        Token,
        KeptResult,
        GatewayWatch,
        RefusedMessage,
        StoreKey,
        OldKeyUse,
    )
}
SECRET_KINDS = tuple(kind for kind in KINDS.values() if kind.SECRETS)
"""The kinds with fields that are sealed wherever they are kept."""


def keys_of_json(table: str, line: bytes, column: str | None = None) -> list[tuple[str, int]]:
    """Return a record's keys in every column, or in one. Raises msgspec.MsgspecError if it is none of its kind."""
    kind = KINDS.get(table)
    if kind is None:
        raise msgspec.ValidationError(f"there is no kind of record in a table {table}")
    return keys_of(from_json(kind, line), column)
