"""Whether every record can be read, is kept under its own id, and names records that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.accounts import Account, BalanceTransaction
from store.answers import Answer
from store.connectors import Connector
from store.errors import StoreNotUsable
from store.kinds import KINDS
from store.managers import Manager
from store.payment_method import PaymentMethod
from store.payments import Payment
from store.records import Record
from store.resellers import Reseller

if TYPE_CHECKING:
    from collections.abc import Iterator

    from store.store import View


def record_problems(view: View) -> list[str]:
    """Return what is wrong with single records, a sentence each; an empty list says that each was read and is sound."""
    return [problem for kind in KINDS.values() for problem in _of_kind(view, kind)]


def _of_kind(view: View, kind: type[Record]) -> Iterator[str]:
    for identity in view.every_id(kind):
        try:
            found = view.get(kind, identity)
        except StoreNotUsable as error:
            yield f"{kind.WORD.capitalize()} {identity} cannot be read: {error.reason}"
            continue
        if found.id != identity:
            yield f"{kind.WORD.capitalize()} {identity} says that its ID is {found.id}."
        for named, its_id in _named_by(found):
            if not view.holds(named, its_id):
                yield f"{kind.WORD.capitalize()} {identity} names {named.WORD} {its_id}, which is not there."


def _named_by(record: Record) -> Iterator[tuple[type[Record], int]]:
    """Yield the kind and id of each record that this one names."""
    match record:
        case Reseller(parent_id=int(parent)):
            yield Reseller, parent
        case Manager() | Account():
            yield Reseller, record.reseller_id
        case PaymentMethod():
            yield Reseller, record.reseller_id
            yield Connector, record.connector_id
        case BalanceTransaction():
            yield Account, record.account_id
            yield Payment, record.payment_id
        case Payment():
            yield Account, record.account_id
            for attempt in record.attempts:
                yield PaymentMethod, attempt.method_id
                yield Connector, attempt.connector_id
        case Answer():
            yield Connector, record.given.connector_id
            if record.payment_id is not None:
                yield Payment, record.payment_id
        case _:
            return
