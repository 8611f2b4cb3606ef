"""The wanted and the shown image: a terminal that gets only differences shows what one that gets everything shows."""

from __future__ import annotations

import pyte
from hypothesis import given
from hypothesis import strategies as st

from tui.terminal import sgr
from tui.terminal.image import ScreenImage
from tui.terminal.sgr import PLAIN, Pen, change, pen_of

COLUMNS, ROWS = 12, 4
STYLES = ("", "1", "7", "1;38;5;75", "38;2;85;170;255;48;2;17;21;27", "48;5;17", "31;44", "2;3;91")
TEXTS = ("a", "Oak", "  ", "│▸ ○", "東京", "é", "ع", "x東", "12.50 EUR")


@st.composite
def frames(draw: st.DrawFn) -> str:
    """Return a frame as Textual writes it: whole rows of pieces in their styles."""
    written = []
    for row in draw(st.sets(st.integers(1, ROWS), min_size=1)):
        pieces, room = [], COLUMNS
        while room:
            text, style = draw(st.sampled_from(TEXTS)), draw(st.sampled_from(STYLES))
            if pyte_width(text) > room:
                text = " " * room
            pieces.append(f"\x1b[{style}m{text}\x1b[0m" if style else text)
            room -= pyte_width(text)
        written.append(f"\x1b[{row};1H" + "".join(pieces))
    return "".join([*written, "\x1b[1;1H"])


def pyte_width(text: str) -> int:
    """Return how many cells the emulated terminal gives a text."""
    return sum(pyte.screens.wcwidth(each) for each in text)


def cells(screen: pyte.Screen) -> list[list[pyte.screens.Char]]:
    """Return every cell of the emulated terminal, with its style."""
    return [[screen.buffer[row][column] for column in range(COLUMNS)] for row in range(ROWS)]


@given(st.lists(frames(), min_size=1, max_size=6))
def test_differences_lead_to_what_the_frames_themselves_lead_to(drawn: list[str]) -> None:
    whole, saving = pyte.Screen(COLUMNS, ROWS), pyte.Screen(COLUMNS, ROWS)
    image = ScreenImage(COLUMNS, ROWS)
    blank = "".join(f"\x1b[{row};1H{' ' * COLUMNS}" for row in range(1, ROWS + 1))
    for frame in (blank, *drawn):
        pyte.Stream(whole).feed(frame)
        image.put(frame)
        pyte.Stream(saving).feed(image.difference())

        assert cells(whole) == cells(saving)


@given(st.sampled_from(STYLES), st.sampled_from(STYLES))
def test_a_pen_is_changed_into_any_other(old: str, new: str) -> None:
    screen, fresh = pyte.Screen(2, 1), pyte.Screen(2, 1)
    pyte.Stream(screen).feed(change(PLAIN, pen_of(old)) + change(pen_of(old), pen_of(new)) + "x")
    pyte.Stream(fresh).feed(f"\x1b[0;{new}mx")

    assert screen.buffer[0][0] == fresh.buffer[0][0]


def test_a_style_is_read_into_its_parts() -> None:
    assert pen_of("1;4;38;2;1;2;3;48;5;9") == Pen(("1", "4"), "38;2;1;2;3", "48;5;9")
    assert pen_of("0;94;101") == Pen((), "94", "101")
    assert change(Pen((), "31", ""), Pen((), "32", "")) == "\x1b[32m"
    assert change(Pen(("1",), "31", ""), PLAIN) == sgr.RESET


def test_nothing_is_sent_where_nothing_has_changed() -> None:
    image = ScreenImage(20, 2)
    image.put("\x1b[1;1H\x1b[1mPayments\x1b[0m\x1b[2;1H")
    assert "Payments" in image.difference()

    image.put("\x1b[1;1H\x1b[1mPayments\x1b[0m\x1b[2;1H")
    assert image.difference() == ""


def test_a_second_of_a_countdown_is_a_few_bytes() -> None:
    image = ScreenImage(80, 24)
    image.put("".join(f"\x1b[{row};1H  4:59  P-0000{row:02}  Anna Berg" for row in range(1, 25)))
    image.difference()
    image.put("\x1b[3;1H  4:58  P-000003  Anna Berg\x1b[1;1H")

    assert image.difference() == "\x1b[3;6H8\x1b[1;1H"


def test_a_grapheme_whose_width_terminals_disagree_about_moves_nothing_beside_it() -> None:
    image = ScreenImage(20, 1)
    image.put("\x1b[1;1H👍🏽 yes│")
    drawn = image.difference()

    assert drawn.startswith("\x1b[1;1H  \x1b[1;1H👍🏽\x1b[1;3H yes│")


def test_what_is_left_of_a_wide_character_that_is_drawn_over_is_blank() -> None:
    image = ScreenImage(6, 1)
    image.put("\x1b[1;1H東京東")
    image.difference()
    image.put("\x1b[1;2Hx\x1b[1;5Hy")

    assert image.difference() == "\x1b[1;1H x\x1b[1;5Hy \x1b[1;1H"


def test_after_somebody_else_had_the_terminal_all_is_drawn_anew() -> None:
    image = ScreenImage(8, 1)
    image.put("\x1b[1;1HPayments")
    whole = image.difference()
    image.forget_shown()

    assert image.difference() == whole
