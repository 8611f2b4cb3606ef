"""Every kind of record by the name of its table."""

from __future__ import annotations

from store.accounts import Account, BalanceTransaction
from store.action_log import LogLine
from store.answers import Answer
from store.archived_payment import ArchivedPayment
from store.connectors import Connector
from store.idempotency import KeptResult
from store.managers import Manager
from store.payment_method import PaymentMethod
from store.payments import Payment
from store.records import Record
from store.resellers import Reseller
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
    )
}
