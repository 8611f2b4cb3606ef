"""The countdown of a payment in Processing: how much of its period is left, in words and as a small bar."""

from __future__ import annotations

from datetime import datetime

from rich.text import Text
from textual.reactive import reactive
from textual.widgets import Static

from store.payments import Payment
from store.urgency import is_late
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
    return Text.assemble(
        (LEFT * cells, look.remaining_tone(deadline - now).style), (GONE * (BAR_CELLS - cells), Tone.DIM.style)
    )


def countdown_cell(payment: Payment, now: datetime) -> Text:
    """Return what stands first in a payment's row: bar and time left, `no period`, `late`, or nothing.

    `payment` is given as of `now`.
    """
    attempt = payment.attempt_in_progress
    if attempt is None:
        return look.said("! late", Tone.ENDING) if is_late(payment) else Text()
    if attempt.deadline is None:
        return look.dim("no period")
    time = look.countdown(attempt.deadline, now)
    time.pad_left(TEXT_CELLS - time.cell_len)
    return Text.assemble(bar(attempt.started_at, attempt.deadline, now), " ", time)


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
