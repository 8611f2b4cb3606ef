"""Times on the wire."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.timestamps import is_timestamp, read_time, skew_seconds, wire_time

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31T12:00:00Z", NOON),
        ("2026-01-31t12:00:00z", NOON),
        ("2026-01-31T12:00:00+00:00", NOON),
        ("2026-01-31T12:00:00.5Z", NOON + timedelta(milliseconds=500)),
        ("2026-01-31T12:00:00.123456789Z", NOON + timedelta(microseconds=123456)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_well_formed_time_is_read(text: str, moment: datetime) -> None:
    assert read_time(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "2026-01-31",
            "2026-01-31 12:00:00Z",
            "2026-01-31T12:00:00",
            "2026-01-31T12:00:00+01:00",
            "0000-01-01T00:00:00Z",
        ),
        *(
            "2026-02-30T12:00:00Z",
            "2026-01-31T24:00:00Z",
            "2026-01-31T12:00:61Z",
            "2026-01-31T12:00:00.Z",
            "1769860800",
        ),
        *("２026-01-31T12:00:00Z", "2026-01-31T12:00:00Z\n", "9999-12-31T23:59:60Z"),
    ],
)
def test_anything_else_is_not_well_formed(text: str) -> None:
    assert not is_timestamp(text)


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5))]), min_value=datetime(2, 1, 1)))  # noqa: DTZ001 -- hypothesis wants naive limits
def test_a_time_that_is_sent_is_read_again_to_the_millisecond(moment: datetime) -> None:
    assert abs(read_time(wire_time(moment)) - moment) < timedelta(milliseconds=1)


def test_a_time_without_a_zone_is_not_sent() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        wire_time(datetime(2026, 1, 31))  # noqa: DTZ001 -- the refusal of exactly this


def test_skew_is_positive_for_a_time_behind_ours() -> None:
    assert skew_seconds("2026-01-31T11:54:00Z", NOON) == 360
    assert skew_seconds("2026-01-31T12:00:01Z", NOON) == -1


@given(st.text())
def test_any_text_is_judged_without_an_error(text: str) -> None:
    assert is_timestamp(text) in {True, False}
