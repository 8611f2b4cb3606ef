"""Accounts and their books.

A balance is the sum of its book, and only the payment rules and operators' returns write it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from tinydb import where

from store.actors import Actor
from store.errors import ProblemItem, Problems
from store.money import Money, decimals_of, zero
from store.records import Record
from store.resellers import Reseller, level_and_below, need_in_reach

if TYPE_CHECKING:
    from store.store import Transaction, View


class Account(Record, frozen=True, kw_only=True):
    """A customer's account at a reseller; `balance` is in the account's one currency."""

    TABLE: ClassVar[str] = "accounts"
    WORD: ClassVar[str] = "account"

    name: str
    reseller_id: int
    balance: Money
    created_at: datetime

    @property
    def currency(self) -> str:
        """The currency of the balance and of every payment of the account."""
        return self.balance.currency


class BalanceTransaction(Record, frozen=True, kw_only=True):
    """One line of an account's book: `change` and the `balance` after it.

    It is either a returned charge (`answer_id`) or a payment paid from the balance (`payment_id`, and no answer).
    """

    TABLE: ClassVar[str] = "balance_transactions"
    WORD: ClassVar[str] = "balance transaction"

    account_id: int
    balance: Money
    change: Money
    date: datetime
    description: str
    payment_id: int
    answer_id: int | None = None


def check(*, name: str, currency: str) -> tuple[ProblemItem, ...]:
    """Return every problem of a new account as it was typed."""
    problems: list[ProblemItem] = []
    if not name.strip():
        problems.append(ProblemItem("Name", "is empty; write the customer's name."))
    if decimals_of(currency.strip().upper()) is None:
        wrong = f"{currency!r} is not in ISO 4217" if currency.strip() else "is empty"
        problems.append(ProblemItem("Currency", f"{wrong}; write three letters, EUR for example."))
    return tuple(problems)


def create(tx: Transaction, by: Actor, *, name: str, currency: str, reseller_id: int | None = None) -> Account:
    """Open an account with nothing on it, at the actor's reseller if no other is named.

    Raises Problems for an empty name or a currency that ISO 4217 does not have, NotPermitted, NotFound.
    """
    by.need_full_control()
    level = by.reseller_id if reseller_id is None else reseller_id
    need_in_reach(tx, by, level, Reseller.WORD, level)
    tx.get(Reseller, level)
    problems = check(name=name, currency=currency)
    if problems:
        raise Problems(problems)
    code = currency.strip().upper()
    made = tx.put(
        Account(id=tx.next_id(Account), name=name.strip(), reseller_id=level, balance=zero(code), created_at=tx.now)
    )
    tx.log(by, "account created", f"account {made.id}", f"{made.name}, {code}")
    return made


def get(view: View, by: Actor, account_id: int) -> Account:
    """Return an account that the actor may see. Raises NotFound."""
    found = view.get(Account, account_id)
    need_in_reach(view, by, found.reseller_id, Account.WORD, account_id)
    return found


def visible_to(view: View, by: Actor) -> list[Account]:
    """Return the accounts of the actor's reseller and of those below, by id."""
    levels = level_and_below(view, by.reseller_id)
    return [each for each in view.all(Account) if each.reseller_id in levels]


def book_of(view: View, account_id: int) -> list[BalanceTransaction]:
    """Return an account's book, the oldest line first."""
    return view.search(BalanceTransaction, where("account_id") == account_id)


def enter(
    tx: Transaction,
    account_id: int,
    change: Money,
    *,
    description: str,
    payment_id: int,
    answer_id: int | None = None,
) -> BalanceTransaction:
    """Write a line into an account's book and move its balance with it.

    Raises ValueError for another currency than the account's, or for a debit that the balance does not cover: the rules
    let neither come here.
    """
    account = tx.get(Account, account_id)
    balance = account.balance + change
    if balance.amount < 0:
        raise ValueError(f"Account {account_id} has {account.balance}; {change} would overdraw it.")
    tx.put(replace(account, balance=balance))
    return tx.put(
        BalanceTransaction(
            id=tx.next_id(BalanceTransaction),
            account_id=account_id,
            balance=balance,
            change=change,
            date=tx.now,
            description=description,
            payment_id=payment_id,
            answer_id=answer_id,
        )
    )
