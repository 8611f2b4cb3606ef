"""The filter language: what fits, what is said of what cannot be read, and that nothing else ever comes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.money import Money
from tui.filters import Field, FilterProblem, Kind, completions, parse

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
TOTAL = Money(Decimal("129.00"), "EUR")


@dataclass(frozen=True)
class Bill:
    """A row with a value of each kind."""

    id: int = 17
    name: str = "Oak & Barley Ltd"
    status: str = "processing"
    total: Money = TOTAL
    due: date | None = date(2026, 3, 20)
    created: datetime = NOW - timedelta(minutes=7)
    deadline: datetime | None = NOW + timedelta(seconds=45)
    enabled: bool = True


STATUSES = {"processing": "Processing", "waiting_for_payment": "Waiting for payment", "paid_from_balance": "Paid"}
FIELDS: tuple[Field[Bill], ...] = (
    Field(name="id", kind=Kind.NUMBER, value=lambda row: row.id),
    Field(name="name", kind=Kind.TEXT, value=lambda row: row.name),
    Field(name="status", kind=Kind.CHOICE, value=lambda row: row.status, choices=STATUSES),
    Field(name="total", kind=Kind.AMOUNT, value=lambda row: row.total),
    Field(name="due", kind=Kind.DAY, value=lambda row: row.due),
    Field(name="created", kind=Kind.DAY, value=lambda row: row.created),
    Field(name="older", kind=Kind.OLDER, value=lambda row: row.created),
    Field(name="newer", kind=Kind.NEWER, value=lambda row: row.created),
    Field(name="left", kind=Kind.LEFT, value=lambda row: row.deadline),
    Field(name="enabled", kind=Kind.FLAG, value=lambda row: row.enabled),
)


def fits(text: str, row: Bill | None = None) -> bool:
    """Say whether a filter lets a row through."""
    return parse(text, FIELDS).fits(row or Bill(), NOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "barley",
        "OAK processing",
        '"oak & barley"',
        "name:oak",
        'name="Oak & Barley Ltd"',
        "status:processing",
        "status:proc",
        "status:waiting,processing",
        "-status:waiting",
        "status!=waiting",
        "id:17",
        "id:16,17",
        "id>=17",
        "total>100",
        "total>100EUR",
        "total<=129.0",
        'total:"129 eur"',
        "due:2026-03-20",
        "due>2026-03-19",
        "due>=2026-03-20 due<=2026-03-20",
        "created:today",
        "-created:yesterday",
        'created:"2026-03-14 09:19"',
        "created<2026-03-14T09:20",
        "older:5m",
        "newer:1h",
        "older:6m59s newer:7m",
        "left<1m",
        "left:45s",
        "enabled:yes",
        "STATUS:Processing",
        "status:processing name:oak total>100 older:5m -name:nobody",
    ],
)
def test_what_fits(text: str) -> None:
    assert fits(text)


@pytest.mark.parametrize(
    "text",
    [
        "-barley",
        "oak nobody",
        "name=oak",
        'name:""',
        "status:waiting",
        "-status:processing",
        "id>17",
        "total>100USD",
        "total<129",
        "due<2026-03-20",
        "created>today",
        "older:7m",
        "newer:6m",
        "left>1m",
        "left:44s",
        "enabled:no",
        "status!=processing",
    ],
)
def test_what_does_not_fit(text: str) -> None:
    assert not fits(text)


@pytest.mark.parametrize("text", ["due:2026-03-20", "due<2026-03-20", "left<1m", "left>1m"])
def test_what_has_no_value_fits_no_comparison_but_its_opposite(text: str) -> None:
    nothing = Bill(due=None, deadline=None)
    assert not fits(text, nothing)
    assert fits(f"-{text}", nothing)


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("colour:red", (0, 6), "There is no field colour"),
        ("oak -colour:red", (5, 11), "There is no field colour"),
        ("status:", (0, 7), "a value is missing"),
        ("status:pink", (7, 11), "there are processing, waiting_for_payment, paid_from_balance"),
        ("status>processing", (7, 17), "cannot be compared with >"),
        ("total>1,000", (6, 11), "write 129.00 or 129.00EUR"),
        ("total:1,000", (6, 11), "'1,000' is not what total is compared with"),
        ("id:seventeen", (3, 12), "write 17"),
        ("due:2026-02-30", (4, 14), "on no calendar"),
        ("due:9999-12-31", (4, 14), "too far away"),
        ("due:soon", (4, 8), "write 2026-03-14"),
        ("older:5", (6, 7), "write 90s, 5m"),
        ('name:"oak', (5, 9), "not closed"),
        ('""', (0, 2), "nothing between the quotes"),
        ("id:1,", (4, 5), "Beside a comma"),
        ("enabled:perhaps", (8, 15), "yes or no"),
        ("x" * 401, (400, 401), "longer than 400"),
    ],
)
def test_what_cannot_be_read_says_what_where_and_which_fields_there_are(
    text: str, where: tuple[int, int], says: str
) -> None:
    with pytest.raises(FilterProblem) as refused:
        parse(text, FIELDS)
    assert (refused.value.start, refused.value.end) == where
    assert says in refused.value.reason
    assert "fields: id, name, status" in str(refused.value)


PIECES = st.sampled_from(
    [
        *(each.name for each in FIELDS),
        ":",
        "=",
        ">",
        "<=",
        "!=",
        "-",
        '"',
        "\\",
        ",",
        " ",
        "5m",
        "1",
        "today",
        "EUR",
        ".",
    ]
)


@given(st.lists(PIECES | st.text(max_size=4) | st.integers().map(str), max_size=12).map("".join))
def test_nothing_but_its_one_error_ever_comes_out(text: str) -> None:
    said_at = None
    try:
        read = parse(text, FIELDS)
    except FilterProblem as error:
        said_at = (error.start, error.end)
    if said_at is not None:
        assert 0 <= said_at[0] <= said_at[1] <= len(text)
    else:
        assert parse(read.text, FIELDS).fits(Bill(), NOW) is read.fits(Bill(), NOW)
    for each in completions(text, len(text), FIELDS):
        assert 0 <= each.start <= each.end == len(text)


@given(st.text(min_size=1, max_size=20))
def test_quotes_find_any_text_as_it_is(text: str) -> None:
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert fits(f"name={quoted}", Bill(name=text))


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("st", ["status:"]),
        ("oak -d", ["due:"]),
        ("status:", list(STATUSES)),
        ("status:processing,w", ["waiting_for_payment"]),
        ("enabled:", ["yes", "no"]),
        ("", []),
        ("name:", []),
        ("colour:r", []),
    ],
)
def test_names_of_fields_and_their_words_are_completed(text: str, offered: list[str]) -> None:
    assert [each.text for each in completions(text, len(text), FIELDS)] == offered
