"""Times as people type them: what is meant, and what is none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tui.typed_times import NotATime, moment_near

NOW = datetime(2026, 3, 14, 9, 30, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("09:30", "2026-03-14 09:30:00"),
        ("9:30:15", "2026-03-14 09:30:15"),
        ("14:30", "2026-03-13 14:30:00"),  # today it is still to come
        ("today 14:30", "2026-03-14 14:30:00"),
        ("yesterday 9:05", "2026-03-13 09:05:00"),
        ("Yesterday", "2026-03-13 00:00:00"),
        ("2026-03-01", "2026-03-01 00:00:00"),
        ("2026-03-01  14:30", "2026-03-01 14:30:00"),
        ("2026-03-01t14:30:59", "2026-03-01 14:30:59"),
        ("-15m", "2026-03-14 09:15:15"),
        ("1h30m", "2026-03-14 08:00:15"),
        (" -2d ", "2026-03-12 09:30:15"),
    ],
)
def test_a_time_that_is_typed_is_a_moment(written: str, meant: str) -> None:
    assert moment_near(written, NOW) == datetime.fromisoformat(f"{meant}+00:00")


@pytest.mark.parametrize(
    "written",
    [
        "",
        "-",
        "24:00",
        "12:60",
        "12",
        "noon",
        "2026-02-30",
        "0001-01-01",
        "9999-12-31 10:00",
        "-999999w",
        "+15m",
        "today9:00",
    ],
)
def test_what_is_no_time_is_refused_with_a_sentence(written: str) -> None:
    with pytest.raises(NotATime, match=r"\.$"):
        moment_near(written, NOW)
