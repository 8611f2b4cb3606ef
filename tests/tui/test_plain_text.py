from __future__ import annotations

import unicodedata
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.plain_text import LONGEST_FOREIGN_TEXT, cells, remaining_text, safe


@given(st.text())
def test_a_safe_text_holds_nothing_that_steers_a_terminal(text: str) -> None:
    shown = safe(text)
    assert len(shown) <= LONGEST_FOREIGN_TEXT
    assert not any(unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for each in shown)
    assert not any(each in shown for each in "\x1b\x9b\u202e\u2066\u200f\n")


@given(st.text(alphabet=st.characters(categories=("L", "N", "P", "Zs")), max_size=LONGEST_FOREIGN_TEXT))
def test_a_harmless_text_stays_as_it_is(text: str) -> None:
    assert safe(text) == text


def test_line_breaks_stay_where_lines_are_wanted() -> None:
    assert safe("a\nb\r", keep_lines=True) == "a\nb\N{REPLACEMENT CHARACTER}"


def test_a_long_text_is_cut_with_a_sign_of_it() -> None:
    assert safe("x" * 600) == "x" * (LONGEST_FOREIGN_TEXT - 1) + "…"


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("東京", 4), ("e\u0301", 1), ("é", 1), ("", 0)])
def test_cells_are_what_a_terminal_takes(text: str, width: int) -> None:
    assert cells(text) == width


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-1, "0s"), (0.2, "1s"), (59.5, "1:00"), (599, "9:59"), (600, "10m"), (6000, "1h40"), (180_000, "2d")],
)
def test_what_is_left_is_short(seconds: float, shown: str) -> None:
    assert remaining_text(timedelta(seconds=seconds)) == shown
