"""What the fields of a filter can be, and how each kind compares: texts, choices, numbers, amounts, days, durations.

A field's value comes from a row; `None` is "there is none", which no comparison fits. Amounts are compared as numbers;
`total>100EUR` asks for the currency too. Days and times of day are UTC.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from store.money import Money
from tui.typed_times import DAYS_AGO, NotATime, duration_in, midnight, moment_in

Row = TypeVar("Row")
Test = Callable[[Any, datetime], bool]
"""Says whether a field's value, which is not None, fits at a moment."""


class Kind(Enum):
    """What a field's value is, and so which comparisons it has. The value says how a query is written."""

    TEXT = "a text, found anywhere in it; = for the whole"
    CHOICE = "one of its words, or the beginning of one"
    FLAG = "yes or no"
    NUMBER = "a whole number, with > < >= <= too"
    AMOUNT = "an amount, with > < >= <= too"
    DAY = "a day or a time, with > < >= <= too"
    OLDER = "longer ago than a duration"
    NEWER = "not longer ago than a duration"
    LEFT = "how long it is until then, with > < >= <= too"


MOVING = frozenset({Kind.OLDER, Kind.NEWER, Kind.LEFT})
"""Kinds by which rows come and go as time passes."""
EXAMPLES: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.TEXT: "word",
        Kind.CHOICE: "word",
        Kind.FLAG: "yes",
        Kind.NUMBER: "17",
        Kind.AMOUNT: "129.00 or 129.00EUR",
        Kind.DAY: '2026-03-14, "2026-03-14 09:30", today or yesterday',
        Kind.OLDER: "90s, 5m, 1h30m, 2d or 1w",
        Kind.NEWER: "90s, 5m, 1h30m, 2d or 1w",
        Kind.LEFT: "90s, 5m, 1h30m, 2d or 1w",
    }
)
"""What a value of each kind looks like, for what is said of a wrong one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Generic[Row]):
    """One field of a list's filter. `value` gets what is compared out of a row, None where it has none.

    TEXT: a str. CHOICE: the code of one of `choices` (code -> label). FLAG: a bool. NUMBER: an int. AMOUNT: Money.
    DAY: a date or an aware datetime. OLDER, NEWER and LEFT: an aware datetime. `by_words`: a word without a field is
    looked for in it, too (TEXT and CHOICE only).
    """

    name: str
    kind: Kind
    value: Callable[[Row], object]
    choices: Mapping[str, str] = dataclasses.field(default_factory=dict)
    by_words: bool = True

    def holds(self, row: Row, word: str) -> bool:
        """Say whether the field's text holds a word, given in lower case."""
        if not self.by_words or self.kind not in (Kind.TEXT, Kind.CHOICE):
            return False
        value = self.value(row)
        if value is None:
            return False
        text = self.choices.get(str(value), str(value)) if self.kind is Kind.CHOICE else str(value)
        return word in text.casefold()


class NotReadable(Exception):
    """A value is not what its field compares with; the text says what would be right."""


def test_of(field: Field[Any], comparison: str, written: str) -> Test:
    """Return what compares the field's value with what was written. `comparison` is one of : = > < >= <=.

    Raises NotReadable.
    """
    return _TESTS[field.kind](field, comparison, written)


def _text(field: Field[Any], comparison: str, written: str) -> Test:
    _need_plain(field, comparison)
    wanted = written.casefold()
    if comparison == "=" or not wanted:
        return lambda value, _: str(value).casefold() == wanted
    return lambda value, _: wanted in str(value).casefold()


def _choice(field: Field[Any], comparison: str, written: str) -> Test:
    _need_plain(field, comparison)
    wanted = written.casefold().replace(" ", "_")
    meant = frozenset(
        code
        for code, label in field.choices.items()
        if wanted and (code.casefold().startswith(wanted) or label.casefold().replace(" ", "_").startswith(wanted))
    )
    exact = frozenset(code for code in meant if code.casefold() == wanted)
    chosen = exact or meant
    if not chosen:
        raise NotReadable(f"{written!r} is no {field.name}; there are {', '.join(field.choices)}.")
    return lambda value, _: value in chosen


def _flag(field: Field[Any], comparison: str, written: str) -> Test:
    _need_plain(field, comparison)
    word = written.casefold()
    if word not in ("yes", "no"):
        raise NotReadable(f"{field.name} is yes or no, not {written!r}.")
    return lambda value, _: bool(value) is (word == "yes")


def _number(field: Field[Any], comparison: str, written: str) -> Test:
    if not re.fullmatch(r"-?[0-9]{1,15}", written, re.ASCII):
        raise _not_of_kind(field, written)
    wanted = int(written)
    return lambda value, _: _compares(value, comparison, wanted)


def _amount(field: Field[Any], comparison: str, written: str) -> Test:
    found = re.fullmatch(r"([+-]?[0-9]{1,15}(?:\.[0-9]{1,4})?) ?([A-Za-z]{3})?", written, re.ASCII)
    if found is None:
        raise _not_of_kind(field, written)
    wanted, currency = Decimal(found[1]), (found[2] or "").upper()

    def fits(value: Money, _: datetime) -> bool:
        return _compares(value.amount, comparison, wanted) and currency in ("", value.currency)

    return fits


def _day(field: Field[Any], comparison: str, written: str) -> Test:
    span_at = _span(field, written)

    def fits(value: date, now: datetime) -> bool:
        start, end = span_at(now)
        moment = value if isinstance(value, datetime) else midnight(value)
        return {
            ":": start <= moment < end,
            "=": start <= moment < end,
            "<": moment < start,
            "<=": moment < end,
            ">": moment >= end,
            ">=": moment >= start,
        }[comparison]

    return fits


def _older(field: Field[Any], comparison: str, written: str) -> Test:
    _need_plain(field, comparison)
    span = _duration(field, written)
    return lambda value, now: now - value > span


def _newer(field: Field[Any], comparison: str, written: str) -> Test:
    _need_plain(field, comparison)
    span = _duration(field, written)
    return lambda value, now: now - value <= span


def _left(field: Field[Any], comparison: str, written: str) -> Test:
    span = _duration(field, written)
    # `left:5m` means within five minutes: nobody asks for a countdown of exactly five.
    return lambda value, now: _compares(value - now, "<=" if comparison in ":=" else comparison, span)


_TESTS: Mapping[Kind, Callable[[Field[Any], str, str], Test]] = MappingProxyType(
    {
        Kind.TEXT: _text,
        Kind.CHOICE: _choice,
        Kind.FLAG: _flag,
        Kind.NUMBER: _number,
        Kind.AMOUNT: _amount,
        Kind.DAY: _day,
        Kind.OLDER: _older,
        Kind.NEWER: _newer,
        Kind.LEFT: _left,
    }
)


def _duration(field: Field[Any], written: str) -> timedelta:
    found = duration_in(written)
    if found is None:
        raise _not_of_kind(field, written)
    return found


def _span(field: Field[Any], written: str) -> Callable[[datetime], tuple[datetime, datetime]]:
    days_ago = DAYS_AGO.get(written.casefold())
    if days_ago is not None:
        return lambda now: _whole_day(midnight(now.astimezone(UTC).date() - timedelta(days=days_ago)))
    try:
        found = moment_in(written)
    except NotATime as error:
        raise NotReadable(str(error)) from None
    if found is None:
        raise _not_of_kind(field, written)
    start, length = found
    return lambda _: (start, start + length)


def _whole_day(start: datetime) -> tuple[datetime, datetime]:
    return (start, start + timedelta(days=1))


def _compares(value: Any, comparison: str, wanted: Any) -> bool:
    if comparison in ":=":
        return bool(value == wanted)
    if comparison in ("<", "<="):
        return bool(value < wanted or (comparison == "<=" and value == wanted))
    return bool(value > wanted or (comparison == ">=" and value == wanted))


def _need_plain(field: Field[Any], comparison: str) -> None:
    if comparison not in ":=":
        raise NotReadable(f"{field.name} cannot be compared with {comparison}; write {field.name}:…")


def _not_of_kind(field: Field[Any], written: str) -> NotReadable:
    return NotReadable(f"{written!r} is not what {field.name} is compared with; write {EXAMPLES[field.kind]}.")
