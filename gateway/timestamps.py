"""Times on the wire: RFC 3339 in UTC, written with milliseconds and read with or without them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

TIMESTAMP_RIGHT = "a time in UTC by RFC 3339, such as 2026-01-31T12:00:00Z"
SKEW_SHOWN_AFTER_SECONDS = 300.0
"""A larger difference between a message's time and ours is shown and counted, but never refused."""

_TIMESTAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt]((?:[01]\d|2[0-3]):[0-5]\d:)([0-5]\d|60)(?:\.(\d{1,9}))?(?:[Zz]|[+-]00:00)",
    re.ASCII,
)


def wire_time(moment: datetime) -> str:
    """Return an aware `moment` as it is sent: `2026-01-31T12:00:00.000Z`. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("A time without a zone cannot be sent.")
    in_utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{in_utc.isoformat(timespec='milliseconds')[:-6]}Z"


@lru_cache(maxsize=256)
def read_time(timestamp: str) -> datetime:
    """Return a well-formed timestamp as an aware time, cut to microseconds.

    A leap second (`:60`) is read as the first instant of the next minute. Raises ValueError for anything else.
    """
    match = _TIMESTAMP.fullmatch(timestamp)
    if match is None:
        raise ValueError(f"{timestamp[:64]!a} is not {TIMESTAMP_RIGHT}.")
    day, minute, second, fraction = match.groups()
    leap = second == "60"
    try:
        moment = datetime.fromisoformat(f"{day}T{minute}{'59' if leap else second}+00:00")
        microseconds = 1_000_000 if leap else int((fraction or "0")[:6].ljust(6, "0"))
        return moment + timedelta(microseconds=microseconds)
    except (ValueError, OverflowError):
        raise ValueError(f"{timestamp} is not a time that exists.") from None


def is_timestamp(text: str) -> bool:
    """Tell whether the text is a well-formed timestamp."""
    try:
        read_time(text)
    except ValueError:
        return False
    return True


def skew_seconds(timestamp: str, now: datetime) -> float:
    """Return how far a message's time is from an aware `now`, in seconds: positive if it lies behind us.

    Raises ValueError if the timestamp is not well-formed.
    """
    return (now - read_time(timestamp)).total_seconds()
