"""How it stands with a connector's gateway, in words: only what is out of order is said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import Group
from rich.table import Table
from rich.text import Text

from store.gateway_watch import GatewayWatch
from store.refused_messages import RefusedMessage
from tui import look

SHOWN_REFUSED = 5
"""How many refused messages the details show, the newest; the command line shows all that are kept."""

MOMENT_WIDTH = len("03-12 09:26")
STATUS_WIDTH = len("reply")


def watch_rows(watch: GatewayWatch, now: datetime) -> list[tuple[str, Text]]:
    """Return label and text of each thing that is out of order between us and a gateway."""
    rows: list[tuple[str, Text]] = []
    if watch.failing_since is not None:
        rows.append(("Gateway", Text.assemble((failing_text(watch, watch.failing_since, now), look.AMBER))))
        rows.append(("", look.safe_text(watch.failure)))
    if watch.skews and watch.last_skew_at is not None:
        rows.append(("Gateway's clock", Text(skew_text(watch, watch.last_skew_at, now))))
    return rows


def failing_text(watch: GatewayWatch, since: datetime, now: datetime) -> str:
    """Return since when a gateway does not answer, and when it is tried next."""
    text = f"failing since {look.short_moment(since, now)} UTC, {look.counted(watch.failures, 'request')}"
    if watch.next_try_at is None:
        return text
    if watch.next_try_at <= now:
        return f"{text}; tried with the next payment"
    return f"{text}; next try {look.short_moment(watch.next_try_at, now)}"


def skew_text(watch: GatewayWatch, last_at: datetime, now: datetime) -> str:
    """Return how far a gateway's clock is off, and how often that was seen."""
    minutes = round(abs(watch.last_skew_seconds) / 60)
    way = "behind" if watch.last_skew_seconds > 0 else "ahead"
    seen = look.counted(watch.skews, "answer")
    return f"{minutes:,} min {way} at {look.short_moment(last_at, now)} UTC; {seen} so far off"


def refused_table(watch: GatewayWatch, newest: Sequence[RefusedMessage], now: datetime) -> Group:
    """Return the newest refused messages, a line each, below how many there ever were."""
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    # Without a width of their own the long reason would squeeze them.
    for width in (MOMENT_WIDTH, STATUS_WIDTH):
        table.add_column(no_wrap=True, width=width)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    for each in newest[:SHOWN_REFUSED]:
        status = "reply" if each.status is None else str(each.status)
        table.add_row(look.dim(look.short_moment(each.at, now)), status, look.safe_text(each.reason))
    more = f"{watch.refused:,} in all; gatewatch answer refused shows the last {len(newest)}"
    return Group(table, look.dim(more))
