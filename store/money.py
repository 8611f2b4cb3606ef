"""Amounts of money: exact decimals that never leave their currency.

An amount is written as plain digits with a point ("129.00"). Currencies and their decimals are those of ISO 4217.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache

import msgspec

AMOUNT_PATTERN = re.compile(r"[0-9]{1,15}(\.[0-9]{1,4})?", re.ASCII)
"""What an amount looks like on the wire: the most decimals that ISO 4217 knows are four."""


@cache
def decimals_of(currency: str) -> int | None:
    """Return how many decimals a currency has (EUR: 2, JPY: 0), or None if ISO 4217 has no such currency."""
    from iso4217 import Currency  # noqa: PLC0415 - reading the standard's table takes a while; most commands need none

    try:
        found = Currency(currency)
    except ValueError:
        return None
    return found.exponent


class Money(msgspec.Struct, frozen=True):
    """An exact amount in one currency (three capital letters); negative for a debit."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        """Return the amount and its currency for people: `1,234.50 EUR`."""
        return f"{self.amount:,f} {self.currency}"

    @property
    def text(self) -> str:
        """The amount alone, as the wire and `--json` write it: `1234.50`."""
        return f"{self.amount:f}"

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __add__(self, other: Money) -> Money:
        """Add two amounts of one currency; ValueError for two currencies."""
        self._same_currency(other)
        return Money(self.amount + other.amount, self.currency)

    def in_own_decimals(self) -> Money:
        """Return the same amount written with its currency's decimals; one that has more of them stays as it is."""
        written = self.amount.quantize(Decimal(1).scaleb(-(decimals_of(self.currency) or 0)))
        return Money(written, self.currency) if written == self.amount else self

    def covers(self, other: Money) -> bool:
        """Say whether this is at least `other`; ValueError for two currencies."""
        self._same_currency(other)
        return self.amount >= other.amount

    def _same_currency(self, other: Money) -> None:
        if other.currency != self.currency:
            raise ValueError(f"{self} and {other} are of two currencies.")


def zero(currency: str) -> Money:
    """Return nothing of a currency, written with its decimals."""
    return Money(Decimal(0).scaleb(-(decimals_of(currency) or 0)), currency)


def check_amount(text: str, example: str = "129.00") -> Decimal:
    """Read an amount to be paid, in a currency that is not known yet: digits with a point, more than nothing.

    Raises ValueError with a sentence that says what is wrong and what would be right.
    """
    written = text.strip()
    if not AMOUNT_PATTERN.fullmatch(written):
        wrong = f"{text!r} is not an amount" if written else "The amount is empty"
        raise ValueError(f"{wrong}; write digits with a point, {example} for example.")
    amount = Decimal(written)
    if amount == 0:
        raise ValueError(f"The amount must be more than 0; {example} for example.")
    return amount


def parse_total(text: str, currency: str) -> Money:
    """Read an amount to be paid: more than nothing, with at most the currency's decimals.

    Returns the amount padded to the currency's decimals. Raises ValueError with a sentence that says what is wrong and
    what would be right.
    """
    decimals = decimals_of(currency)
    if decimals is None:
        raise ValueError(f"{currency!r} is not a currency of ISO 4217; write three capital letters, EUR for example.")
    example = f"129{'.' if decimals else ''}{'0' * decimals}"
    amount = check_amount(text, example)
    if amount != round(amount, decimals):
        raise ValueError(
            f"{currency} has {decimals} decimals; write {example}, for example, instead of {text.strip()}."
        )
    return Money(amount.quantize(Decimal(1).scaleb(-decimals)), currency)
