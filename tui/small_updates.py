"""Less to write for the same picture: only the cells that have changed, and each style said once for all of them.

Textual writes a changed part of a line from the left edge of its widget on, and says each piece's style anew, which a
countdown in forty rows pays for forty times. Over a slow link that is what an operator waits for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from rich.color import ColorSystem
from rich.console import Console, RenderableType
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate  # Textual is pinned, and a test holds what this draws
from textual.strip import Strip

_MARK = "\0"


class SmallUpdate(CompositorUpdate):
    """What an update of Textual draws, cut to its spans."""

    def __init__(self, update: ChopsUpdate) -> None:
        self._update = update

    def render_segments(self, console: Console) -> str:
        """Return what is written to the terminal."""
        system = _COLOUR_SYSTEMS.get(console.color_system or "", ColorSystem.TRUECOLOR)
        written: list[str] = []
        after, before = "", ""
        for x, y, strip in self._pieces():
            written.append(f"\x1b[{y + 1};{x + 1}H")
            for segment in strip:
                opening, closing = _around(segment, system)
                if opening != before:
                    written += [after, opening]
                    before, after = opening, closing
                written.append(segment.text)
        return "".join([*written, after])

    def _pieces(self) -> Iterator[tuple[int, int, Strip]]:
        """Yield where each piece begins and what is drawn there."""
        for y, x1, x2 in self._update.spans:
            for end, (x, strip) in zip(self._update.chop_ends[y], self._update.chops[y].items(), strict=False):
                if strip is None or x >= x2 or end <= x1:
                    continue
                start = max(x, x1)
                if len(strip.text) != strip.cell_length:
                    # Half of a wide character must not be drawn.
                    start = x
                yield start, y, strip.crop(start - x, min(end, x2) - x)


def smaller(renderable: RenderableType | None) -> RenderableType | None:
    """Return an update of parts of the screen as a small one, and anything else as it is."""
    # The app asks for an update's segments before anything else, so that it need not be one of Rich's.
    return cast("RenderableType", SmallUpdate(renderable)) if isinstance(renderable, ChopsUpdate) else renderable


_COLOUR_SYSTEMS = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
    "windows": ColorSystem.WINDOWS,
}


def _around(segment: Segment, system: ColorSystem) -> tuple[str, str]:
    """Return what is written before and after a text in a segment's style."""
    style: Style | None = segment.style
    if style is None:
        return "", ""
    opening, _, closing = Strip.render_style(style, _MARK, color_system=system).partition(_MARK)
    return opening, closing
