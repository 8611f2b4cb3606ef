"""Whether every record can be read, is kept under its own id, and names records that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from store.accounts import Account, BalanceTransaction
from store.answers import Answer
from store.archived_payment import ArchivedAttempt, ArchivedPayment, month_of, stub_of
from store.connectors import Connector
from store.errors import StoreNotUsable
from store.gateway_watch import GatewayWatch
from store.kinds import KINDS
from store.managers import Manager
from store.old_key_use import OldKeyUse
from store.payment_method import PaymentMethod
from store.payments import Attempt, Payment
from store.records import Record
from store.refused_messages import RefusedMessage
from store.resellers import Reseller

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from store.store import View


def record_problems(view: View) -> list[str]:
    """Return what is wrong with single records, a sentence each; an empty list says that each was read and is sound."""
    if view.image.checkpoint is not None:
        view.image.checkpoint.forget_what_was_read()
    return [problem for kind in KINDS.values() for problem in _of_kind(view, kind)]


def _of_kind(view: View, kind: type[Record]) -> Iterator[str]:
    for identity in view.every_id(kind):
        try:
            found = view.get(kind, identity)
            yield from _of_archive(view, found)
        except StoreNotUsable as error:
            yield f"{kind.WORD.capitalize()} {identity} cannot be read: {error}"
            continue
        if found.id != identity:
            yield f"{kind.WORD.capitalize()} {identity} says that its ID is {found.id}."
        for named, its_id in _named_by(found):
            if not (view.holds(named, its_id) or (named is Payment and view.holds(ArchivedPayment, its_id))):
                yield f"{kind.WORD.capitalize()} {identity} names {named.WORD} {its_id}, which is not there."


def _of_archive(view: View, record: Record) -> Iterator[str]:
    """Yield what is wrong between a stub and its archive. Raises StoreNotUsable if the archive cannot be read."""
    if not isinstance(record, ArchivedPayment):
        return
    if view.holds(Payment, record.id):
        yield f"Payment {record.id} is archived in {record.month}, but the main store holds it, too."
        return
    payment = view.get(Payment, record.id)
    if (
        payment.closed_at is None
        or not record.month.startswith(month_of(payment.closed_at))
        or replace(stub_of(payment, record.month), version=record.version) != record
    ):
        yield f"Payment {record.id} in the archive of {record.month} is not the one that was archived."


def _named_by(record: Record) -> Iterator[tuple[type[Record], int]]:
    """Yield the kind and id of each record that this one names."""
    match record:
        case Reseller(parent_id=int(parent)):
            yield Reseller, parent
        case Manager() | Account():
            yield Reseller, record.reseller_id
        case OldKeyUse() | GatewayWatch():
            yield Connector, record.id
        case PaymentMethod():
            yield Reseller, record.reseller_id
            yield Connector, record.connector_id
        case BalanceTransaction():
            yield Account, record.account_id
            yield Payment, record.payment_id
        case Payment() | ArchivedPayment():
            yield Account, record.account_id
            yield from _named_by_attempts(record.attempts)
        case Answer():
            yield Connector, record.given.connector_id
            if record.payment_id is not None:
                yield Payment, record.payment_id
        case RefusedMessage():
            yield Connector, record.connector_id
        case _:
            return


def _named_by_attempts(attempts: Iterable[Attempt | ArchivedAttempt]) -> Iterator[tuple[type[Record], int]]:
    for each in attempts:
        yield Connector, each.connector_id
        if isinstance(each, Attempt):
            yield PaymentMethod, each.method_id
