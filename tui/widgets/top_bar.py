"""The top bar: page name, reseller, engine, user, time; below them what the operator must not overlook."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from tui import look
from tui.look import Tone
from tui.terminal.drawing import Piece, draw

NO_ENGINE = "No engine runs: nothing is sent or received."
ANY_DIGIT = "0"
BETWEEN_PAGES = " › "
LEAST_FACTS = 3
"""Which of the shortenings must still fit beside the pages above: engine, user and time."""
SHORT_NAME = 14
"""How many cells of a name are kept where there is little room."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the top bar tells. `notice`, `trouble` and `alert` are sentences, empty where there is nothing to tell.

    `above` are the names of the pages from which this one was opened, the outermost first.
    `pace` says how the time goes on where it does not each second.
    """

    reseller: str
    engine_runs: bool
    user: str
    time: str
    pace: str = ""
    notice: str = ""
    trouble: str = ""
    above: tuple[str, ...] = ()
    alert: str = ""


NOTHING_YET = Facts("", engine_runs=True, user="", time="")


class TopBar(Widget):
    """One line of facts, and one line for each sentence that must not be overlooked."""

    facts = reactive(NOTHING_YET, repaint=False)

    def __init__(self, page_name: str) -> None:
        super().__init__()
        self.page_name = page_name
        self._told: dict[str, str] = {}
        self._laid_out: tuple[tuple[Facts, int], Text] | None = None

    def compose(self) -> ComposeResult:
        """Compose the line and the sentences."""
        yield TopLine(id="top-line")
        yield Static(id="top-alert", classes="sentence")
        yield Static(id="top-trouble", classes="sentence")
        yield Static(id="top-engine", classes="sentence")
        yield Static(id="top-notice", classes="sentence")

    def watch_facts(self) -> None:
        """Draw the facts that are others than before: what is not drawn costs nothing."""
        if not self.children:
            return
        self._draw_line()
        engine = "" if self.facts.engine_runs else f"! {NO_ENGINE}"
        for name, sentence in (
            ("#top-alert", self.facts.alert and f"▲ {self.facts.alert}"),
            ("#top-trouble", self.facts.trouble and f"✗ {self.facts.trouble}"),
            ("#top-engine", engine),
            ("#top-notice", self.facts.notice),
        ):
            if self._told.get(name, "") != sentence:
                self._told[name] = sentence
                line = self.query_one(name, Static)
                line.update(Text(sentence))
                line.display = bool(sentence)

    def on_mount(self) -> None:
        """Draw what was told before the bar was there."""
        self.watch_facts()

    def on_resize(self) -> None:
        """Fit the line to the new width."""
        self._draw_line()

    def _draw_line(self) -> None:
        line = self.query_one(TopLine)
        width = line.content_size.width or self.app.size.width
        # Of the facts, the time alone changes each second: the line is laid out for any time.
        laid_out_for = (replace(self.facts, time=re.sub(r"\d", ANY_DIGIT, self.facts.time)), width)
        if self._laid_out is None or self._laid_out[0] != laid_out_for:
            self._laid_out = (laid_out_for, top_line(self.page_name, laid_out_for[0], width))
        line.tell(self._laid_out[1], laid_out_for[0].time, self.facts.time)


class TopLine(Widget):
    """The line itself, which changes each second: drawn past Textual's layout where that is possible."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self._text = Text()
        self._time = ""
        self._place = -1
        self._time_style = Style.null()

    def tell(self, text: Text, any_time: str, time: str) -> None:
        """Show a text, as wide as the line, with a time where `any_time` stands in it; only what differs is drawn."""
        if text is not self._text:
            self._text, self._time = text, time
            self._place = text.plain.rfind(any_time) if any_time else -1
            self._time_style = text.get_style_at_offset(self.app.console, max(0, self._place))
            pieces = [Piece(0, 0, self.render_line(0))]
        elif time != self._time and self._place >= 0:
            self._time = time
            before = cell_len(text.plain[: self._place])
            style = self.rich_style + self._time_style
            pieces = [Piece(before, 0, Strip([Segment(time, style)], cell_len(time)))]
        else:
            return
        if not draw(self, pieces):
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return the line; where each part of it stands is told with it, so that the mouse can select it."""
        base = self.rich_style
        text = self._text
        if self._place >= 0:
            text = text.copy()
            text.plain = text.plain[: self._place] + self._time + text.plain[self._place + len(self._time) :]
        cells = Strip(Segment.apply_style(text.render(self.app.console, end=""), base))
        return cells.adjust_cell_length(self.content_size.width, base).apply_offsets(0, y)


def top_line(page_name: str, facts: Facts, width: int) -> Text:
    """Return the line, `width` cells wide: the page's name at the left, as many facts as fit at the right."""
    told = _shorter_and_shorter(facts)
    least = told[LEAST_FACTS].cell_len
    crumbs = _crumbs(facts.above, width - cell_len(look.safe(page_name)) - least - 2)
    name = Text.assemble(crumbs, (look.safe(page_name), Tone.STRONG.style))
    room = width - name.cell_len - 2
    right = next((each for each in told if each.cell_len <= room), Text())
    space = " " * max(0, width - name.cell_len - right.cell_len)
    line = Text.assemble(name, space, right)
    line.truncate(width, overflow="ellipsis")
    return line


def _crumbs(above: tuple[str, ...], room: int) -> Text:
    """Return the pages above this one, in so many cells: all, or an ellipsis and the last ones that fit."""
    for first in range(len(above)):
        names = [look.safe(each) for each in above[first:]]
        crumbs = "".join(f"{each}{BETWEEN_PAGES}" for each in ([look.ELLIPSIS] if first else []) + names)
        if cell_len(crumbs) <= room:
            return look.dim(crumbs)
    return Text()


def _shorter_and_shorter(facts: Facts) -> list[Text]:
    engine = look.said("● engine runs", Tone.GOOD) if facts.engine_runs else look.said("○ no engine", Tone.ENDING)
    reseller, user = look.dim(look.safe(facts.reseller)), Text(look.safe(facts.user))
    short_reseller, short_user = look.dim(_cut(reseller.plain)), Text(_cut(user.plain))
    pace = look.dim(f" {facts.pace}" if facts.pace else "")
    time = Text.assemble(facts.time, pace)
    zoned = Text.assemble(facts.time, look.dim(" UTC"), pace) if facts.time else time
    return [
        _joined(reseller, engine, user, zoned),
        _joined(reseller, engine, user, time),
        _joined(short_reseller, engine, short_user, time),
        _joined(engine, short_user, time),
        _joined(engine, time),
        time,
    ]


def _joined(*parts: Text) -> Text:
    return look.dim(" · ").join([each for each in parts if each.plain])


def _cut(name: str) -> str:
    if cell_len(name) <= SHORT_NAME:
        return name
    return set_cell_size(name, SHORT_NAME - 1).rstrip() + look.ELLIPSIS
