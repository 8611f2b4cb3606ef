"""The themes: what they tell stays apart and readable, for every eye and with few colours."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from rich.color import Color, ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.color import BLACK

from store.store import Store
from tests.tui.cast import panel
from tests.tui.conftest import Picture
from tui import look, themes
from tui.look import Tone
from tui.theme_names import THEME_NAMES
from tui.themes import COLOUR_BLIND, FIRST, HIGH_CONTRAST, OF_16_COLOURS, THEMES, ColoursOfTheme, NamedTheme

EVERY_THEME = pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
Linear = tuple[float, float, float]
EYES: dict[str, tuple[Linear, Linear, Linear]] = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
"""How each eye sees linear red, green and blue: Machado, Oliveira and Fernandes 2009, full severity."""


def linear(colour: str) -> Linear:
    """Return linear red, green and blue of `#rrggbb`, as WCAG 2 defines them."""
    red, green, blue = (value / 255 for value in Color.parse(colour).get_truecolor())
    return _linear(red), _linear(green), _linear(blue)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2."""
    light, dark = sorted(
        (sum(part * weight for part, weight in zip(linear(each), (0.2126, 0.7152, 0.0722), strict=True)))
        for each in (one, other)
    )[::-1]
    return (light + 0.05) / (dark + 0.05)


def seen(colour: str, eye: str) -> Linear:
    """Return a colour in CIE Lab, as an eye sees it."""
    parts = linear(colour)
    red, green, blue = (min(1.0, max(0.0, sum(a * b for a, b in zip(row, parts, strict=True)))) for row in EYES[eye])
    x, y, z = (
        _cube_root((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505),
        _cube_root(0.2126 * red + 0.7152 * green + 0.0722 * blue),
        _cube_root((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089),
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _cube_root(value: float) -> float:
    return float(value ** (1 / 3)) if value > 0.008856 else 7.787 * value + 16 / 116


def test_white_on_black_has_the_contrast_that_everybody_knows() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize(
    ("theme", "least", "least_on_raised"),
    [(FIRST, 4.5, 4.5), (HIGH_CONTRAST, 7.0, 7.0), (COLOUR_BLIND, 4.5, 4.5), (OF_16_COLOURS, 4.5, 3.0)],
    ids=lambda each: getattr(each, "name", ""),
)
def test_text_of_every_meaning_is_readable_on_every_ground(
    theme: NamedTheme, least: float, least_on_raised: float
) -> None:
    background, surface, *raised = theme.colours.grounds
    for colour in theme.colours.meanings:
        assert min(contrast(colour, background), contrast(colour, surface)) >= least, colour
        assert min(contrast(colour, each) for each in raised[:2]) >= least_on_raised, colour


@EVERY_THEME
def test_buttons_are_readable(theme: NamedTheme) -> None:
    for ground, text in (theme.colours.primary_button, theme.colours.error_button):
        assert contrast(ground, text) >= 3.5


@EVERY_THEME
def test_every_meaning_stays_apart_in_16_colours(theme: NamedTheme) -> None:
    numbers = [Color.parse(each).downgrade(ColorSystem.STANDARD).number for each in theme.colours.meanings]

    assert len(set(numbers)) == len(numbers), numbers


@pytest.mark.parametrize("eye", EYES)
def test_in_the_colour_blind_theme_no_two_meanings_look_alike(eye: str) -> None:
    for one, other in combinations(COLOUR_BLIND.colours.meanings, 2):
        assert math.dist(seen(one, eye), seen(other, eye)) >= 20, (one, other)


def test_picture_high_contrast(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast, theme=HIGH_CONTRAST.name))


def test_picture_colour_blind(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast, theme=COLOUR_BLIND.name))


def test_texts_take_the_colours_of_the_theme_that_is_on() -> None:
    drawn = [Segment("late", Tone.LATE.style), Segment("plain"), Segment("link", Style(color=look.DIM, meta={"a": 1}))]

    late, plain, link = ColoursOfTheme(lambda: COLOUR_BLIND.name).apply(drawn, BLACK)
    assert late.style is not None
    assert link.style is not None
    assert late.style.color == Color.parse(COLOUR_BLIND.colours.amber)
    assert late.style.reverse
    assert plain == Segment("plain")
    assert link.style.meta == {"a": 1}
    assert ColoursOfTheme(lambda: FIRST.name).apply(drawn, BLACK) == drawn


def test_the_command_line_knows_every_theme() -> None:
    assert (THEME_NAMES[0], *THEMES) == THEME_NAMES
    assert themes.resolved("auto", few_colours=True) == OF_16_COLOURS.name
    assert themes.resolved("auto", few_colours=False) == FIRST.name
    assert themes.resolved("high-contrast", few_colours=True) == HIGH_CONTRAST.name
