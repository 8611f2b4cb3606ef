from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.style import Style
from rich.text import Text

from tui.widgets.columns import GAP, Column, NothingLast, cut, lay_out


def column(width: int, weight: int = 0) -> Column[object]:
    return Column(key="c", label="C", cell=lambda _, __: "", width=width, weight=weight)


columns = st.lists(st.builds(column, st.integers(1, 40), st.integers(0, 3)), min_size=1, max_size=8)


def test_columns_that_fit_share_the_spare_width_by_weight() -> None:
    spans = lay_out([column(10), column(10, 1), column(10, 3)], 42 + 2 * GAP)
    assert [each.width for each in spans] == [10, 13, 19]
    assert spans[-1].end == 42 + 2 * GAP


def test_a_column_that_does_not_fit_starts_beyond_the_edge() -> None:
    spans = lay_out([column(10), column(10, 1), column(30)], 40)
    assert spans[1].end == 40
    assert spans[2].start == 40 + GAP


@given(columns, st.integers(0, 200), st.integers(0, 3))
def test_columns_never_overlap_and_never_get_less_than_their_width(
    several: list[Column[object]], available: int, start: int
) -> None:
    spans = lay_out(several, available, start=start)
    assert spans[0].start == start
    assert all(after.start >= before.end + GAP for before, after in pairwise(spans))
    assert all(span.width >= each.width for span, each in zip(spans, several, strict=True))


@given(st.text(max_size=30), st.integers(1, 20), st.sampled_from(["left", "right"]))
def test_a_cell_is_exactly_as_wide_as_its_column_whatever_the_text(text: str, width: int, align: str) -> None:
    strip = cut(text, width, "right" if align == "right" else "left", Console())
    assert strip.cell_length == width == sum(each.cell_length for each in strip)


def test_a_wide_character_that_does_not_fit_is_not_cut_in_two() -> None:
    assert cut("支払い", 5, "left", Console()).text == "支払…"


def test_a_cell_keeps_its_style_and_pads_without_it() -> None:
    strip = cut(Text("5s", Style(reverse=True)), 4, "right", Console())
    assert strip.text == "  5s"
    assert [bool(each.style and each.style.reverse) for each in strip] == [False, True]


def test_markup_and_control_characters_in_a_cell_are_shown_not_obeyed() -> None:
    assert cut("[b]\x1b[31m", 12, "left", Console()).text.rstrip() == "[b]\ufffd[31m"


def test_rows_without_a_value_sort_last() -> None:
    keys = [NothingLast(None), NothingLast(2), NothingLast(1)]
    assert [each.value for each in sorted(keys)] == [1, 2, None]
