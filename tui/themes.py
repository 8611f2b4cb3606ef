"""The panel's themes: each a small set of colours with the same meanings, and how they reach every text.

Texts are drawn in the colours of the first theme (`tui.look`); under another theme a filter puts its colours in their
place, so that no screen needs to know which theme is on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import Theme

from tui.colours import ACCENT, AMBER, DIM, FOREGROUND, GREEN, RED
from tui.theme_names import AUTO


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """What a theme is made of. `grounds` are what text stands on: background, surface, panel, field, focused field."""

    accent: str = ACCENT
    secondary: str = "#8aa4c2"
    amber: str = AMBER
    red: str = RED
    green: str = GREEN
    dim: str = DIM
    faint: str = "#748193"
    rule: str = "#2c3542"
    foreground: str = FOREGROUND
    grounds: tuple[str, str, str, str, str] = ("#11151b", "#171c24", "#222a35", "#1d242e", "#263140")
    primary_button: tuple[str, str] = ("#23405c", ACCENT)
    error_button: tuple[str, str] = ("#43282b", RED)
    footer: tuple[str, str] = (ACCENT, "#a9b4c2")
    scrollbar: str = "#384354"

    @property
    def meanings(self) -> tuple[str, ...]:
        """The colours that tell something, in the order of `look`'s."""
        return (self.accent, self.amber, self.red, self.green, self.dim, self.foreground)


@dataclass(frozen=True, slots=True)
class NamedTheme:
    """A theme of the panel, as Textual takes it."""

    name: str
    colours: Colours
    theme: Theme = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "theme", _theme_of(self.name, self.colours))


def _theme_of(name: str, colours: Colours) -> Theme:
    background, surface, panel, typed, focused = colours.grounds
    return Theme(
        name=name,
        primary=colours.accent,
        secondary=colours.secondary,
        accent=colours.accent,
        warning=colours.amber,
        error=colours.red,
        success=colours.green,
        foreground=colours.foreground,
        background=background,
        surface=surface,
        panel=panel,
        variables={
            "dim": colours.dim,
            "faint": colours.faint,
            "rule": colours.rule,
            "field": typed,
            "field-focus": focused,
            "button-primary": colours.primary_button[0],
            "button-primary-text": colours.primary_button[1],
            "button-error": colours.error_button[0],
            "button-error-text": colours.error_button[1],
            "footer-background": panel,
            "footer-key-foreground": colours.footer[0],
            "footer-description-foreground": colours.footer[1],
            "input-cursor-background": colours.foreground,
            "input-cursor-foreground": background,
            "scrollbar": colours.scrollbar,
            "scrollbar-background": surface,
            "scrollbar-corner-color": surface,
        },
    )


FIRST = NamedTheme("gatewatch", Colours())
NAVY, GREY, WHITE, BLACK = "#0000aa", "#555555", "#ffffff", "#000000"
OF_16_COLOURS = NamedTheme(
    "gatewatch-16",
    Colours(
        secondary=ACCENT,
        dim="#aaaaaa",
        faint="#aaaaaa",
        rule=GREY,
        foreground=WHITE,
        grounds=(BLACK, BLACK, NAVY, NAVY, GREY),
        primary_button=(NAVY, WHITE),
        error_button=("#aa0000", WHITE),
        footer=(WHITE, "#aaaaaa"),
        scrollbar="#aaaaaa",
    ),
)
"""The first one for terminals of 16 colours, where grounds that are nearly alike would fall together."""
HIGH_CONTRAST = NamedTheme(
    "high-contrast",
    Colours(
        accent="#5cc8ff",
        secondary="#c0c8d0",
        amber="#ffd75f",
        red="#ff8a80",
        green="#6ee787",
        dim="#c0c8d0",
        faint="#a0a8b0",
        rule="#808890",
        foreground=WHITE,
        grounds=(BLACK, "#0a0a0a", "#1c1c1c", "#141414", "#202020"),
        primary_button=("#003a5c", WHITE),
        error_button=("#5c0000", WHITE),
        footer=("#5cc8ff", WHITE),
        scrollbar="#a0a8b0",
    ),
)
COLOUR_BLIND = NamedTheme(
    "colour-blind",
    Colours(
        accent="#99cdff",
        amber="#ffda3d",
        red="#d78527",
        green="#00a561",
        dim="#8d90a0",
        foreground="#e4e8ee",
        primary_button=("#23405c", "#99cdff"),
        error_button=("#43301c", "#ffda3d"),
        footer=("#99cdff", "#a9b4c2"),
    ),
)
"""Blue, yellow, brown and green of such lightness that no two fall together for any kind of colour blindness."""
THEMES: Mapping[str, NamedTheme] = MappingProxyType(
    {each.name: each for each in (FIRST, OF_16_COLOURS, HIGH_CONTRAST, COLOUR_BLIND)}
)


def resolved(name: str, *, few_colours: bool) -> str:
    """Return the name of the theme that a setting means on this terminal."""
    if name == AUTO:
        return OF_16_COLOURS.name if few_colours else FIRST.name
    return name


class ColoursOfTheme(LineFilter):
    """Puts the colours of the theme that is on in the place of the first theme's; `current` returns its name."""

    def __init__(self, current: Callable[[], str]) -> None:
        super().__init__()
        self._current = current

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's form
        """Return the segments in the theme's colours."""
        name = self._current()
        if name not in THEMES or name == FIRST.name:
            return segments
        return [Segment(text, _in_theme(style, name) if style else style, rest) for text, style, rest in segments]


@lru_cache(maxsize=4096)
def _in_theme(style: Style, name: str) -> Style:
    meant = dict(zip(FIRST.colours.meanings, THEMES[name].colours.meanings, strict=True))

    def placed(colour: RichColor | None) -> RichColor | None:
        if colour is None or colour.triplet is None:
            return None
        there = meant.get(colour.triplet.hex)
        return RichColor.parse(there) if there is not None else None

    return style + Style(color=placed(style.color), bgcolor=placed(style.bgcolor))
