"""A small update draws what Textual's own does, and touches nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate
from textual.strip import Strip

from tui.small_updates import SmallUpdate, smaller

STYLES = [None, Style(), Style(bold=True), Style(color="#55aaff", bgcolor="#11151b"), Style(reverse=True)]
TOKEN = re.compile(r"\x1b\[(\d+);(\d+)H|\x1b\[([\d;]*)m|([^\x1b])", re.DOTALL)
WIDTH, HEIGHT = 24, 3

Cell = tuple[str, str]


def drawn(written: str) -> dict[tuple[int, int], Cell]:
    """Play what is written on an empty terminal; return each cell that was touched, with the style in force."""
    x = y = 0
    style = ""
    cells: dict[tuple[int, int], Cell] = {}
    for row, column, code, sign in TOKEN.findall(written):
        if row:
            y, x = int(row) - 1, int(column) - 1
        elif sign == "\n":
            y += 1
        elif sign:
            cells[(x, y)] = (sign, style)
            x += 1
        else:
            style = "" if code == "0" else code
    assert style == "", "a style is left in force"
    return cells


TEXTS = st.lists(st.tuples(st.integers(1, 6), st.sampled_from(STYLES)), min_size=1, max_size=5)


@st.composite
def updates(draw: st.DrawFn) -> ChopsUpdate:
    """Return an update of a few lines, each of two widgets side by side, and some spans of them."""
    chops: list[dict[int, Strip | None]] = []
    ends: list[list[int]] = []
    for _ in range(HEIGHT):
        line: dict[int, Strip | None] = {}
        at = 0
        line_ends = []
        for _ in range(2):
            strip = Strip([Segment("abcdef"[:count], style) for count, style in draw(TEXTS)])
            line[at] = draw(st.sampled_from([strip, None]))
            at += strip.cell_length
            line_ends.append(at)
        chops.append(line)
        ends.append(line_ends)
    spans = [
        (y, start, start + draw(st.integers(1, WIDTH)))
        for y, start in draw(st.lists(st.tuples(st.integers(0, HEIGHT - 1), st.integers(0, WIDTH)), min_size=1))
    ]
    return ChopsUpdate(chops, spans, ends)


@given(update=updates())
def test_within_the_spans_it_draws_the_same_and_nothing_outside_them(update: ChopsUpdate) -> None:
    console = Console(force_terminal=True, color_system="truecolor")
    stock = drawn(update.render_segments(console))
    small = drawn(SmallUpdate(update).render_segments(console))

    inside = {(x, y) for y, x1, x2 in update.spans for x in range(x1, x2)}
    assert small == {place: cell for place, cell in stock.items() if place in inside}


def test_a_wide_character_is_never_cut_in_half() -> None:
    update = ChopsUpdate([{0: Strip([Segment("東京ab")])}], [(0, 1, 6)], [[6]])

    assert SmallUpdate(update).render_segments(Console()) == "\x1b[1;1H東京ab"


@pytest.mark.parametrize("count", [1, 40])
def test_one_style_is_said_once_for_all_rows(count: int) -> None:
    style = Style(color="#55aaff", bgcolor="#11151b")
    lines: list[dict[int, Strip | None]] = [{0: Strip([Segment("9", style)])} for _ in range(count)]
    update = ChopsUpdate(lines, [(y, 0, 1) for y in range(count)], [[1] for _ in range(count)])

    written = SmallUpdate(update).render_segments(Console(force_terminal=True, color_system="truecolor"))
    assert written.count("m") == 2


def test_what_is_no_update_of_parts_stays_as_it_is() -> None:
    assert smaller("text") == "text"
    assert smaller(None) is None
