"""Money: exact amounts that never leave their currency."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.money import Money, decimals_of, parse_total, zero


@pytest.mark.parametrize(("currency", "decimals"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
def test_decimals_are_those_of_iso_4217(currency: str, decimals: int) -> None:
    assert decimals_of(currency) == decimals
    assert parse_total("129", currency).text == f"{129:.{decimals}f}"
    assert zero(currency).text == f"{0:.{decimals}f}"


@pytest.mark.parametrize("currency", ["", "EURO", "XX", "eur", "ZZZ"])
def test_what_iso_4217_does_not_have_is_no_currency(currency: str) -> None:
    assert decimals_of(currency) is None
    with pytest.raises(ValueError, match="not a currency"):
        parse_total("1", currency)


@given(st.decimals(min_value="0.01", max_value=10**12, places=2))
def test_an_amount_is_read_exactly(amount: Decimal) -> None:
    assert parse_total(f"{amount:f}", "EUR") == Money(amount, "EUR")


def test_an_amount_for_people_has_its_thousands_parted() -> None:
    assert str(Money(Decimal("1234567.50"), "EUR")) == "1,234,567.50 EUR"


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [("129", "EUR", "129.00"), ("129.0000", "EUR", "129.00"), ("129.005", "EUR", "129.005"), ("1E+2", "JPY", "100")],
)
def test_an_amount_is_written_in_its_currencys_decimals_but_never_rounded(
    amount: str, currency: str, text: str
) -> None:
    assert Money(Decimal(amount), currency).in_own_decimals().text == text


def test_two_currencies_are_neither_added_nor_compared() -> None:
    euro, dollar = Money(Decimal(1), "EUR"), Money(Decimal(1), "USD")
    with pytest.raises(ValueError, match="two currencies"):
        euro + dollar
    with pytest.raises(ValueError, match="two currencies"):
        euro.covers(dollar)
    assert euro != dollar
