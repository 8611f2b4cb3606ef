"""The visual language, in one place: which sign, word and colour means what, and how times and amounts are written.

Colours have fixed meanings: accent is Processing, amber is ending within a minute or late, red is an error or a
contradiction, green is only Completed, dim is closed or of little weight. None of them tells anything alone: a word and
a one-cell sign stand beside it, and what is urgent is bold, so NO_COLOR and 16 colours lose nothing. The colours named
here are those of the first theme; `tui.themes` puts those of another theme in their place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from types import MappingProxyType

from rich.style import Style
from rich.text import Text

from store.money import Money
from store.states import AttemptState, PaymentStatus
from tui import colours, plain_text
from tui.plain_text import ENDING_SECONDS

MASK = "••••••••"

# What needs no colour is in tui.plain_text, which the command line shares, and the colours are in tui.colours, which
# the first frame needs; screens find all of it here.
ACCENT = colours.ACCENT
AMBER = colours.AMBER
RED = colours.RED
GREEN = colours.GREEN
DIM = colours.DIM
FOREGROUND = colours.FOREGROUND
ELLIPSIS = plain_text.ELLIPSIS
safe = plain_text.safe
moment_text = plain_text.moment_text
remaining_text = plain_text.remaining_text
duration_text = plain_text.duration_text


class Tone(Enum):
    """How much weight a piece of text has, and what its colour means."""

    PLAIN = "plain"
    STRONG = "strong"
    DIM = "dim"
    ACCENT = "accent"
    ENDING = "ending"
    LATE = "late"
    WRONG = "wrong"
    GOOD = "good"

    @property
    def style(self) -> Style:
        """The tone as Rich draws it."""
        return _STYLES[self]


_STYLES: Mapping[Tone, Style] = MappingProxyType(
    {
        Tone.PLAIN: Style(),
        Tone.STRONG: Style(bold=True),
        Tone.DIM: Style(color=DIM),
        Tone.ACCENT: Style(color=ACCENT),
        Tone.ENDING: Style(color=AMBER, bold=True),
        Tone.LATE: Style(color=AMBER, bold=True, reverse=True),
        Tone.WRONG: Style(color=RED, bold=True),
        Tone.GOOD: Style(color=GREEN),
    }
)


@dataclass(frozen=True, slots=True)
class Look:
    """How one status is shown: a sign of one cell, its word, and its tone."""

    sign: str
    word: str
    tone: Tone

    @property
    def text(self) -> Text:
        """Sign and word together."""
        return Text(f"{self.sign} {self.word}", self.tone.style)


PAYMENT_LOOKS: Mapping[PaymentStatus, Look] = MappingProxyType(
    {
        PaymentStatus.WAITING: Look("○", PaymentStatus.WAITING.label, Tone.PLAIN),
        PaymentStatus.PROCESSING: Look("▸", PaymentStatus.PROCESSING.label, Tone.ACCENT),
        PaymentStatus.COMPLETED: Look("✓", PaymentStatus.COMPLETED.label, Tone.GOOD),
        PaymentStatus.EXPIRED: Look("◌", PaymentStatus.EXPIRED.label, Tone.DIM),
        PaymentStatus.CANCELLED: Look("–", PaymentStatus.CANCELLED.label, Tone.DIM),
        PaymentStatus.PAID_FROM_BALANCE: Look("=", PaymentStatus.PAID_FROM_BALANCE.label, Tone.DIM),
    }
)
ATTEMPT_LOOKS: Mapping[AttemptState, Look] = MappingProxyType(
    {
        AttemptState.QUEUED: Look("○", "queued", Tone.ACCENT),
        AttemptState.SENT: Look("▸", "sent", Tone.ACCENT),
        AttemptState.SUCCEEDED: Look("✓", "succeeded", Tone.GOOD),
        AttemptState.FAILED: Look("✗", "failed", Tone.DIM),
        AttemptState.OVERDUE: Look("!", "overdue", Tone.ENDING),
        AttemptState.UNDELIVERED: Look("–", "undelivered", Tone.DIM),
    }
)


def status_text(status: PaymentStatus) -> Text:
    """Return a payment's status as screens show it: `▸ Processing`."""
    return PAYMENT_LOOKS[status].text


def attempt_text(state: AttemptState) -> Text:
    """Return an attempt's state as screens show it: `✗ failed`."""
    return ATTEMPT_LOOKS[state].text


def said(text: str, tone: Tone = Tone.PLAIN) -> Text:
    """Return a text in a tone; stored texts go through `safe` first."""
    return Text(text, tone.style)


def dim(text: str) -> Text:
    """Return a text of little weight."""
    return said(text, Tone.DIM)


def safe_text(text: str, tone: Tone = Tone.PLAIN) -> Text:
    """Return what somebody else wrote, safe, on one line and in a tone; never markup."""
    return said(safe(text), tone)


def amount(money: Money, tone: Tone = Tone.PLAIN) -> Text:
    """Return an amount with its currency, right-aligned: `1,234.50 EUR`."""
    return Text(str(money), tone.style, justify="right")


def signed_amount(money: Money) -> Text:
    """Return a change of a balance with its sign, right-aligned: `+129.00 EUR`."""
    return Text(f"{money.amount:+,f} {money.currency}", justify="right")


def remaining_tone(remaining: timedelta) -> Tone:
    """Return how urgent a countdown is: amber within its last minute."""
    return Tone.ENDING if remaining.total_seconds() <= ENDING_SECONDS else Tone.ACCENT


def clock_text(moment: datetime) -> str:
    """Return a moment's time of day in UTC: `09:26:53`."""
    return f"{moment.astimezone(UTC):%H:%M:%S}"


def exact_clock_text(moment: datetime) -> str:
    """Return a moment's time of day in UTC to the thousandth: `09:26:53.000`."""
    return f"{moment.astimezone(UTC):%H:%M:%S.%f}"[:-3]


def gap_text(gap: timedelta) -> str:
    """Return how long one thing came after another: `+0.120s`, `+42.0s`, `+15m00s`, `+3h05m`, `+2d`."""
    seconds = gap.total_seconds()
    if seconds < 10:
        return f"+{seconds:.3f}s"
    if seconds < 60:
        return f"+{seconds:.1f}s"
    if seconds < 3600:
        return f"+{int(seconds // 60)}m{int(seconds % 60):02}s"
    if seconds < 172_800:
        return f"+{int(seconds // 3600)}h{int(seconds % 3600 // 60):02}m"
    return f"+{int(seconds // 86400)}d"


def date_text(day: date) -> str:
    """Return a day: `2026-03-14`."""
    return day.isoformat()


def short_moment(moment: datetime, now: datetime) -> str:
    """Return the time of day for a moment of today, else the date with the time: `09:26:53`, `03-12 09:26`."""
    there, here = moment.astimezone(UTC), now.astimezone(UTC)
    if there.date() == here.date():
        return clock_text(moment)
    return f"{there:%m-%d %H:%M}" if there.year == here.year else f"{there:%Y-%m-%d}"


def relative(moment: datetime, now: datetime) -> str:
    """Return how far a moment is from now: `just now`, `4 min ago`, `in 2 h`, `3 d ago`."""
    seconds = (now - moment).total_seconds()
    size = abs(seconds)
    if size < 5:
        return "just now"
    for unit, word in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        if size >= unit:
            far = f"{int(size // unit)} {word}"
            return f"{far} ago" if seconds > 0 else f"in {far}"
    return "just now"


def period_text(period_minutes: Decimal | None) -> str:
    """Return a period for payment processing: `15 min`; `none` where a connector has none."""
    return "none" if period_minutes is None else f"{period_minutes:f} min"


def short_seconds(seconds: float) -> str:
    """Return a time that something took, in five cells at most: `0.8s`, `12s`, `4m`, `3h`."""
    if seconds < 10:
        return f"{seconds:.1f}s"
    for size, unit in ((60, "s"), (3600, "m"), (86_400, "h")):
        if seconds < size * 2:
            return f"{seconds / (size / 60):.0f}{unit}"
    return f"{seconds / 86_400:.0f}d"


def short_count(count: int) -> str:
    """Return a number in six cells at most: `9,999`, `125k`."""
    return f"{count:,}" if count < 100_000 else f"{count // 1000:,}k"


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: `1 field`, `3 fields`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
