"""Days, moments and durations as people type them: `2026-03-14 09:30`, `yesterday`, `14:30`, `1h30m`; all of it UTC.

The filter of `/` and the jump to a time of `:` share this.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType

FIRST_YEAR, LAST_YEAR = 1970, 2999
DAYS_AGO: Mapping[str, int] = MappingProxyType({"today": 0, "yesterday": 1})
_UNITS: Mapping[str, str] = MappingProxyType({"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"})
_DURATION = re.compile("".join(rf"(?:(?P<{name}>[0-9]{{1,6}}){unit})?" for unit, name in _UNITS.items()), re.ASCII)
_TIME = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?"
_MOMENT = re.compile(
    rf"(?P<year>[0-9]{{4}})-(?P<month>[0-9]{{2}})-(?P<day>[0-9]{{2}})(?:[T ]{_TIME})?", re.ASCII | re.IGNORECASE
)
_TIME_OF_DAY = re.compile(rf"(?:(?P<word>{'|'.join(DAYS_AGO)})(?: |\Z))?(?:{_TIME})?", re.ASCII)


class NotATime(ValueError):
    """What was typed is no moment, or none on a calendar of ours; the text is a sentence that says so."""


def duration_in(written: str) -> timedelta | None:
    """Return the duration that is written, None if it is none."""
    found = _DURATION.fullmatch(written.casefold())
    if not written or found is None:
        return None
    return timedelta(**{name: int(count) for name, count in found.groupdict().items() if count})


def moment_in(written: str) -> tuple[datetime, timedelta] | None:
    """Return the moment that a date, with or without a time of day, begins, and how long what is named lasts.

    None if it is no date. Raises NotATime for a date that is on no calendar or too far away.
    """
    found = _MOMENT.fullmatch(written)
    if found is None:
        return None
    try:
        start = datetime(*(int(each or 0) for each in found.groups()), tzinfo=UTC)  # type: ignore[arg-type, misc]
    except ValueError:
        raise NotATime(f"{written!r} is on no calendar.") from None
    if not FIRST_YEAR <= start.year <= LAST_YEAR:
        raise NotATime(f"{written!r} is too far away; years go from {FIRST_YEAR} to {LAST_YEAR}.")
    return start, _lasts(found["hour"], found["second"])


def moment_near(written: str, now: datetime) -> datetime:
    """Return the moment that is meant: `14:30` is the last one, today's or yesterday's; `-15m` is that long ago.

    Dates come with or without a time of day, `today` and `yesterday` as well. Raises NotATime.
    """
    text = " ".join(written.split())
    dated = moment_in(text)
    if dated is not None:
        return dated[0]
    length = duration_in(text.removeprefix("-"))
    if length is not None:
        return _ago(text, length, now)
    found = _TIME_OF_DAY.fullmatch(text.casefold())
    if not text or found is None:
        raise NotATime(f"{written!r} is no time." if text else "A time belongs here.")
    day = midnight(now.astimezone(UTC).date() - timedelta(days=DAYS_AGO[found["word"] or "today"]))
    try:
        clock = time(int(found["hour"] or 0), int(found["minute"] or 0), int(found["second"] or 0), tzinfo=UTC)
    except ValueError:
        raise NotATime(f"{written!r} is on no clock.") from None
    moment = datetime.combine(day, clock)
    return moment - timedelta(days=1) if found["word"] is None and moment > now else moment


def midnight(day: date) -> datetime:
    """Return when a day begins."""
    return datetime.combine(day, time(), UTC)


def _ago(text: str, length: timedelta, now: datetime) -> datetime:
    if length > now - datetime(FIRST_YEAR, 1, 1, tzinfo=UTC):
        raise NotATime(f"{text!r} is too far away; years go from {FIRST_YEAR} to {LAST_YEAR}.")
    return now - length


def _lasts(hour: str | None, second: str | None) -> timedelta:
    if hour is None:
        return timedelta(days=1)
    return timedelta(minutes=1) if second is None else timedelta(seconds=1)
