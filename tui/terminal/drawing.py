"""Drawing a few cells of a widget at once, past Textual's layout and compositing: what ticks each second costs little.

Only a whole widget that nothing covers is drawn so, on the screen on top; whoever asks refreshes it the usual way else.
The cells are those that Textual would draw: the same strips through the same filters, into the driver's wanted image.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from textual.driver import Driver
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.app import App


class Piece(NamedTuple):
    """Cells side by side, in a widget's content from a column and a line on; each has a foreground and a background."""

    x: int
    y: int
    cells: Strip


class ImageDriver(Driver):
    """A driver that takes frames into an image, and those of a few cells as well."""


def draw(widget: Widget, pieces: Sequence[Piece]) -> bool:
    """Draw some cells of a widget now; say whether that was possible. Nothing is drawn if not.

    Textual draws the lines anew, with what `render_line` returns then, whenever it draws them the next time.
    """
    app = widget.app
    driver = app._driver  # noqa: SLF001 - Textual has no other way to it
    if not isinstance(driver, ImageDriver) or not _draws_as_it_is(app, widget):
        return False
    left, top = widget.content_region.offset
    regions = [Region(left + x, top + y, cells.cell_length, 1) for x, y, cells in pieces]
    if not _is_in_sight(widget, Region.from_union(regions)):
        return False
    filters, background = widget.get_line_filters(), widget.background_colors[1]
    frame = []
    for region, (_, _, cells) in zip(regions, pieces, strict=True):
        for each in filters:
            cells = cells.apply_filter(each, background)  # noqa: PLW2901 - filtered step by step
        frame.append(f"\x1b[{region.y + 1};{region.x + 1}H{cells.render(app.console)}")
    # What Textual keeps of these lines is old now.
    to_widget = -widget.region.offset
    widget._styles_cache.set_dirty(*(each.translate(to_widget) for each in regions))  # noqa: SLF001 - see above
    driver.write("".join(frame))
    return True


def _draws_as_it_is(app: App[object], widget: Widget) -> bool:
    """Say whether the widget's screen is on top, is not held, and has no other layout ahead."""
    screen = widget.screen
    ahead = screen._layout_required or screen._scroll_required  # noqa: SLF001 - told nowhere else
    return app.screen is screen and not ahead and not app._batch_count and app.is_running  # noqa: SLF001 - the same


def _is_in_sight(widget: Widget, area: Region) -> bool:
    """Say whether nothing covers an area of the screen that is a widget's."""
    # From the front to the back: what comes before the widget lies above it.
    for other, (region, clip) in widget.screen._compositor.visible_widgets.items():  # noqa: SLF001 - told nowhere else
        seen = region.intersection(clip)
        if other is widget:
            return seen.contains_region(area)
        if seen.overlaps(area):
            return False
    return False
