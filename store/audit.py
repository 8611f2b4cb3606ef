"""The money invariant of design section 2, *Money*: every charge in one place, every sum the same by two ways.

A payment that has aged out counts like any other, by its stub.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING

from store.accounts import Account, BalanceTransaction
from store.answers import Answer, ChargePlace
from store.archived_payment import ArchivedPayment
from store.payments import Payment
from store.states import PaymentStatus

if TYPE_CHECKING:
    from store.store import View


def money_problems(view: View) -> list[str]:
    """Return what does not add up, a sentence each; an empty list says that every charge is in exactly one place."""
    return [*_sums(view), *_completed(view), *_returned(view), *_held(view), *_books(view)]


def _sums(view: View) -> list[str]:
    charges: dict[str, Decimal] = {}
    placed: dict[str, Decimal] = {}
    for each in view.all(Answer):
        charge = each.charge
        if charge is None or each.place is ChargePlace.SAME_AS:
            continue
        _add(charges, charge.currency, charge.amount)
        if each.place in (ChargePlace.HELD, ChargePlace.DISMISSED):
            _add(placed, charge.currency, charge.amount)
    for payment in _payments(view):
        if payment.status is PaymentStatus.COMPLETED:
            _add(placed, payment.total.currency, payment.total.amount)
    for line in view.all(BalanceTransaction):
        if line.answer_id is not None:
            _add(placed, line.change.currency, line.change.amount)
    return [
        f"{currency}: charges are {charges.get(currency, 0)}, "
        f"but completed + returned + held + dismissed are {placed.get(currency, 0)}."
        for currency in sorted({*charges, *placed})
        if charges.get(currency, 0) != placed.get(currency, 0)
    ]


def _payments(view: View) -> Iterator[Payment | ArchivedPayment]:
    return chain(view.all(Payment), view.all(ArchivedPayment))


def _add(sums: dict[str, Decimal], currency: str, amount: Decimal) -> None:
    sums[currency] = sums.get(currency, Decimal(0)) + amount


def _completed(view: View) -> list[str]:
    completing: dict[int | None, list[Answer]] = {}
    for each in view.all(Answer):
        if each.place is ChargePlace.COMPLETED:
            completing.setdefault(each.payment_id, []).append(each)
    problems: list[str] = []
    for payment in _payments(view):
        charges = completing.pop(payment.id, [])
        if payment.status is PaymentStatus.COMPLETED:
            if [each.charge for each in charges] != [payment.total]:
                found = ", ".join(f"{each.code} {each.charge}" for each in charges) or "none"
                problems.append(
                    f"Payment {payment.id} is Completed with Total {payment.total}; its completing charges are {found}."
                )
        elif charges:
            problems.append(f"Payment {payment.id} is {payment.status.label}, but {charges[0].code} completed it.")
    problems.extend(f"{each[0].code} completed payment {key}, which is not there." for key, each in completing.items())
    return problems


def _returned(view: View) -> list[str]:
    problems: list[str] = []
    lines = {each.answer_id: each for each in view.all(BalanceTransaction) if each.answer_id is not None}
    for each in view.all(Answer):
        if each.place is not ChargePlace.RETURNED:
            continue
        line = lines.pop(each.id, None)
        if line is None or line.id != each.transaction_id or line.change != each.charge:
            problems.append(f"{each.code} is returned, but no line of a book returns {each.charge}.")
    problems.extend(
        f"Balance transaction {line.id} returns A{key}, which is not returned." for key, line in lines.items()
    )
    return problems


def _held(view: View) -> list[str]:
    problems: list[str] = []
    for each in view.all(Answer):
        if each.is_charge and each.place is None:
            problems.append(f"{each.code} is a charge that is in no place.")
        if each.place is ChargePlace.HELD and not each.in_inbox:
            problems.append(f"{each.code} is held, but not in the inbox.")
        if each.place is ChargePlace.DISMISSED and not (each.closed_by and each.closed_reason):
            problems.append(f"{each.code} is dismissed, but not by whom and why.")
    return problems


def _books(view: View) -> list[str]:
    sums: dict[int, Decimal] = {}
    problems: list[str] = []
    for line in view.all(BalanceTransaction):
        sums[line.account_id] = sums.get(line.account_id, Decimal(0)) + line.change.amount
        if line.balance.amount != sums[line.account_id]:
            problems.append(f"Balance transaction {line.id} says {line.balance}; its book adds up to otherwise.")
    for account in view.all(Account):
        if account.balance.amount != sums.get(account.id, Decimal(0)):
            problems.append(
                f"Account {account.id} has {account.balance}; its book adds up to {sums.get(account.id, 0)}."
            )
        if account.balance.amount < 0:
            problems.append(f"Account {account.id} is below zero: {account.balance}.")
    debits = {each.payment_id: each for each in view.all(BalanceTransaction) if each.answer_id is None}
    for payment in _payments(view):
        line_found = debits.pop(payment.id, None)
        if payment.status is PaymentStatus.PAID_FROM_BALANCE and (
            line_found is None or line_found.change != -payment.total
        ):
            problems.append(f"Payment {payment.id} is Paid from balance, but no line of a book takes {payment.total}.")
        elif payment.status is not PaymentStatus.PAID_FROM_BALANCE and line_found is not None:
            problems.append(f"Payment {payment.id} is {payment.status.label}, but was taken from the balance.")
    problems.extend(
        f"Balance transaction {line.id} pays payment {key}, which is not there." for key, line in debits.items()
    )
    return problems
