"""Small trends in text: a bar of one cell for each part, the higher the more; a dot where nothing is known."""

from __future__ import annotations

from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"
NOTHING = "·"


def sparkline(values: Sequence[float | None], *, top: float | None = None) -> str:
    """Return the values as bars between 0 and `top`, the largest of them if it is not given."""
    highest = top if top is not None else max((each for each in values if each is not None), default=0.0)
    return "".join(NOTHING if each is None else _bar(each, highest) for each in values)


def _bar(value: float, highest: float) -> str:
    if highest <= 0:
        return BARS[0]
    return BARS[min(len(BARS) - 1, max(0, int(value / highest * len(BARS))))]
