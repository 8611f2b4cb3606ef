"""The quantiles of many numbers that are kept in sorted runs, exactly.

To sort a million numbers lets no other thread run for half a second, and the screen would stand still for as long. Many
numbers are looked through where they are instead.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import chain
from math import ceil, nextafter

SORTED_AT_ONCE = 20_000
"""Up to so many numbers are sorted, which is faster where the runs are short."""


def quantile(runs: Sequence[Sequence[float]], part: float, *, sorted_at_once: int = SORTED_AT_ONCE) -> float | None:
    """Return the smallest number in sorted runs that at least this part (0 to 1) of all does not exceed.

    None where there is no number.
    """
    filled = [each for each in runs if each]
    count = sum(map(len, filled))
    if not count:
        return None
    rank = min(count, max(1, ceil(count * part)))
    if count <= sorted_at_once:
        return sorted(chain.from_iterable(filled))[rank - 1]
    return _ranked(filled, rank)


def _ranked(runs: Sequence[Sequence[float]], rank: int) -> float:
    """Return the number of this rank, from 1: halve what lies between two numbers until they are the same."""
    low, high = min(each[0] for each in runs), max(each[-1] for each in runs)
    while low < high:
        middle = min(low / 2 + high / 2, nextafter(high, low))
        places = [bisect_right(each, middle) for each in runs]
        if sum(places) >= rank:
            high = max(each[place - 1] for each, place in zip(runs, places, strict=True) if place)
        else:
            low = min(each[place] for each, place in zip(runs, places, strict=True) if place < len(each))
    return low
