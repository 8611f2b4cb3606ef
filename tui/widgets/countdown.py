"""The countdown of a payment in Processing: how much of its period is left, in words and as a small bar."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from rich.text import Text
from textual.reactive import reactive
from textual.widgets import Static

from store.payments import Payment
from store.urgency import is_late, is_stuck
from tui import look
from tui.look import Tone

BAR_CELLS = 4
LEFT, GONE = "━", "┄"
TEXT_CELLS = 5
"""The longest countdown: `47h59`."""
WIDTH = BAR_CELLS + 1 + TEXT_CELLS


def bar(started_at: datetime, deadline: datetime, now: datetime) -> Text:
    """Return how much of a period is left as a bar; its last cell goes out only when the period is over."""
    whole = (deadline - started_at).total_seconds()
    left = (deadline - now).total_seconds()
    cells = min(BAR_CELLS, max(0, -int(-left * BAR_CELLS // whole))) if whole > 0 else 0
    return _bar(cells, look.remaining_tone(deadline - now))


def countdown_cell(payment: Payment, now: datetime) -> Text:
    """Return what stands first in a payment's row: bar and time left, `no period` or `stuck`, `late`, or nothing.

    `payment` is given as of `now`. The text is shared and must not be changed.
    """
    attempt = payment.attempt_in_progress
    if attempt is None:
        return _LATE if is_late(payment) else _NOTHING
    if attempt.deadline is None:
        return _STUCK if is_stuck(payment, now) else _NO_PERIOD
    remaining = attempt.deadline - now
    drawn = bar(attempt.started_at, attempt.deadline, now)
    return _counted_down(drawn.plain, look.remaining_text(remaining), look.remaining_tone(remaining))


_LATE, _STUCK = look.said("! late", Tone.ENDING), look.said("! stuck", Tone.ENDING)
_NOTHING, _NO_PERIOD = Text(), look.dim("no period")


@lru_cache(maxsize=64)
def _bar(cells: int, tone: Tone) -> Text:
    return Text.assemble((LEFT * cells, tone.style), (GONE * (BAR_CELLS - cells), Tone.DIM.style))


@lru_cache(maxsize=4096)
def _counted_down(drawn: str, words: str, tone: Tone) -> Text:
    """Return one text for all payments of which it is the same, so that it is laid out once."""
    cells = drawn.count(LEFT)
    return Text.assemble(_bar(cells, tone), " ", (words.rjust(TEXT_CELLS), tone.style))


class Countdown(Static):
    """One payment's countdown; draws only when what it shows has changed."""

    shown: reactive[Text] = reactive(Text, always_update=False)

    def follow(self, payment: Payment, now: datetime) -> None:
        """Show a payment, given as of `now`."""
        wanted = countdown_cell(payment, now)
        if wanted != self.shown:
            self.shown = wanted

    def render(self) -> Text:
        """Return what is drawn."""
        return self.shown
