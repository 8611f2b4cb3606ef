"""Which number fits the limits of a field, if any does."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from store.settings_schema.fields import SettingField
from store.settings_schema.validation import is_multiple


def fitting_number(field: SettingField) -> int | float | None:
    """Return a number within all limits of an integer or number field, a plain one if possible; None if none is."""
    return next((number for number in _candidates(field) if _fits(field, number)), None)


def _candidates(field: SettingField) -> Iterator[int | float]:
    whole = field.value_type == "integer"
    lows = [Fraction(repr(limit)) for limit in (field.minimum, field.exclusive_minimum) if limit is not None]
    highs = [Fraction(repr(limit)) for limit in (field.maximum, field.exclusive_maximum) if limit is not None]
    step = Fraction(repr(field.multiple_of)) if field.multiple_of else None
    if whole:
        # the whole multiples of p/q in lowest terms are the multiples of p
        step = Fraction(step.numerator if step else 1)
    yield from (1, 10, 0)
    if step:
        low, high = max(lows, default=-step), min(highs, default=step)
        for first in (math.ceil(low / step), math.floor(high / step)):
            for around in (first - 1, first, first + 1):
                yield _plain(around * step)
        return
    edges = [*lows, *highs]
    for edge in edges:
        yield from (_plain(edge), _plain(edge + 1), _plain(edge - 1))
    if lows and highs:
        yield _plain((max(lows) + min(highs)) / 2)


def _plain(number: Fraction) -> int | float:
    if number.denominator == 1 and abs(number) < 2**63:
        return int(number)
    try:
        return float(number)
    except OverflowError:
        return math.copysign(math.inf, number)


def _fits(field: SettingField, number: float) -> bool:
    return (
        math.isfinite(number)
        and (field.value_type == "number" or float(number).is_integer())
        and (field.minimum is None or number >= field.minimum)
        and (field.maximum is None or number <= field.maximum)
        and (field.exclusive_minimum is None or number > field.exclusive_minimum)
        and (field.exclusive_maximum is None or number < field.exclusive_maximum)
        and (field.multiple_of is None or is_multiple(number, field.multiple_of))
    )
