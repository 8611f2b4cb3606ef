"""Texts for a terminal, with neither Textual nor Rich behind them: what others wrote made safe, times, countdowns."""

from __future__ import annotations

import math
import unicodedata
from datetime import UTC, datetime, timedelta

LONGEST_FOREIGN_TEXT = 500
"""How much of a text that somebody else wrote is shown, in characters."""
ELLIPSIS = "…"
ENDING_SECONDS = 60
"""From how many seconds before its deadline on a payment counts as ending."""
_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, bidirectional and other invisible marks, halves of pairs, what is not assigned, and line separators."""


def safe(text: str, *, keep_lines: bool = False, limit: int = LONGEST_FOREIGN_TEXT) -> str:
    """Return what somebody else wrote, fit for the terminal: control and bidirectional marks replaced, cut at `limit`.

    With `keep_lines`, line breaks stay.
    """
    cut = text if len(text) <= limit else text[: limit - 1] + ELLIPSIS
    if cut.isascii() and cut.isprintable():
        return cut
    return "".join(each if _is_harmless(each, keep_lines=keep_lines) else "\N{REPLACEMENT CHARACTER}" for each in cut)


def cells(text: str) -> int:
    """Return how many cells of a terminal a safe text takes: two for a wide character, none for a combining mark."""
    if text.isascii():
        return len(text)
    return sum(_width(each) for each in text)


def moment_text(moment: datetime) -> str:
    """Return a moment in UTC: `2026-03-14 09:26:53`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def remaining_text(remaining: timedelta) -> str:
    """Return what is left of a period: `2h05`, `12m`, `4:59`, `59s`; `0s` when it is over.

    A begun second counts as a whole one; from ten minutes up only minutes are told, so that little is drawn.
    """
    seconds = max(0, math.ceil(remaining.total_seconds()))
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 600:
        return f"{seconds // 60}:{seconds % 60:02}"
    if seconds < 6000:
        return f"{seconds // 60}m"
    if seconds < 172_800:
        return f"{seconds // 3600}h{seconds % 3600 // 60:02}"
    return f"{seconds // 86400}d"


def duration_text(length: timedelta) -> str:
    """Return how long something has lasted, in whole minutes from one minute on: `42s`, `4 min`, `2h05`, `3d`."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 6000:
        return f"{seconds // 60} min"
    return remaining_text(length)


def _is_harmless(character: str, *, keep_lines: bool) -> bool:
    if character == "\n":
        return keep_lines
    return unicodedata.category(character) not in _HARMFUL


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
