"""How a benchmark of one number of payments is run from the command line: its figures are printed as they come."""

from __future__ import annotations

import sys
from collections.abc import Callable

PAYMENTS = 100_000
"""With how many, if the command line does not say."""


def show_figures(figures: Callable[[int], list[str]]) -> None:
    """Print the figures for the number of payments in the first argument."""
    payments = int(sys.argv[1]) if len(sys.argv) > 1 else PAYMENTS
    print(f"{payments:,} payments", flush=True)  # noqa: T201 - a benchmark's output
    for row in figures(payments):
        print(row, flush=True)  # noqa: T201 - the same
