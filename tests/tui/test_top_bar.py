"""The top bar's one line: what is left out first where there is little room."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.top_bar import Facts, top_line

FACTS = Facts("Root reseller", engine_runs=True, user="Anna Berg", time="09:26:53")


@given(st.text(max_size=60), st.integers(min_value=1, max_value=200))
def test_the_line_never_takes_more_than_its_width(name: str, width: int) -> None:
    assert top_line(name, FACTS, width).cell_len <= width


def test_a_wide_line_tells_everything() -> None:
    assert top_line("Payments", FACTS, 100).plain == (
        "Payments" + " " * 32 + "Root reseller · ● engine runs · Anna Berg · 09:26:53 UTC".rjust(60)
    )


@pytest.mark.parametrize(
    ("width", "told"),
    [
        (64, ("Root reseller", "engine runs", "Anna Berg", "09:26:53")),
        (50, ("engine runs", "Anna Berg", "09:26:53")),
        (40, ("engine runs", "09:26:53")),
        (20, ("09:26:53",)),
    ],
)
def test_with_less_room_the_engine_and_the_time_stay_longest(width: int, told: tuple[str, ...]) -> None:
    line = top_line("Payments", FACTS, width).plain

    assert line.startswith("Payments")
    every = ("Root reseller", "engine runs", "Anna Berg", "09:26:53")
    assert tuple(each for each in every if each in line) == told


def test_a_long_name_of_a_reseller_is_cut() -> None:
    line = top_line("Payments", replace(FACTS, reseller="Northern and Southern Region"), 72).plain

    assert "Northern and…" in line
