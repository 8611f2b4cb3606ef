"""Action Log: who did what to which object, the newest first."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from store.action_log import LogLine, NewestLines
from store.actors import Actor
from store.store import View
from tui import look
from tui.filters import Field, Kind
from tui.look import Tone
from tui.screens.list_page import ListPage
from tui.widgets.columns import Column
from tui.widgets.record_table import Empty

MOST_LINES = 5_000
"""How many lines are here at the most: the log grows with each payment, and nothing of it ever goes."""
COLUMNS: tuple[Column[LogLine], ...] = (
    Column(
        key="at",
        label="At (UTC)",
        width=11,
        cell=lambda row, now: look.dim(look.short_moment(row.at, now)),
        sort_key=lambda row: row.at,
    ),
    Column(
        key="action",
        label="Action",
        width=22,
        cell=lambda row, _: look.safe_text(row.action, Tone.STRONG),
        sort_key=lambda row: row.action,
    ),
    Column(
        key="subject",
        label="Object",
        width=16,
        cell=lambda row, _: look.safe(row.subject),
        sort_key=lambda row: row.subject,
    ),
    Column(
        key="by",
        label="By",
        width=21,
        weight=1,
        cell=lambda row, _: look.safe(row.by),
        sort_key=lambda row: row.by,
    ),
    Column(key="text", label="What", width=40, weight=3, cell=lambda row, _: look.safe(row.text)),
)

FIELDS: tuple[Field[LogLine], ...] = (
    Field(name="at", kind=Kind.DAY, value=lambda row: row.at),
    Field(name="action", kind=Kind.TEXT, value=lambda row: row.action),
    Field(name="object", kind=Kind.TEXT, value=lambda row: row.subject),
    Field(name="by", kind=Kind.TEXT, value=lambda row: row.by),
    Field(name="what", kind=Kind.TEXT, value=lambda row: row.text),
    Field(name="older", kind=Kind.OLDER, value=lambda row: row.at),
    Field(name="newer", kind=Kind.NEWER, value=lambda row: row.at),
)


class ActionLogPage(ListPage[LogLine]):
    """What the person may see of the log."""

    ENTRY = "action_log"
    NOUN = "line"
    OPENS = False

    def __init__(self) -> None:
        super().__init__()
        self._newest: tuple[Actor, NewestLines] | None = None
        self._in_all = 0

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return "Action Log"

    @property
    def empty(self) -> Empty:
        """What is said where there are no rows."""
        return Empty("Nobody has done anything yet.")

    def columns(self) -> Sequence[Column[LogLine]]:
        """Return the columns."""
        return COLUMNS

    def fields(self) -> Sequence[Field[LogLine]]:
        """Return the fields of the filter."""
        return FIELDS

    def key_of(self, row: LogLine) -> int:
        """Return which line a row is."""
        return row.id

    def rows(self, view: View) -> list[LogLine]:
        """Return the lines, the newest first."""
        if self._newest is None or self._newest[0] != self.session.by:
            self._newest = (self.session.by, NewestLines(self.session.by, MOST_LINES))
        lines = self._newest[1].at(view)
        self._in_all = view.count(LogLine)
        return lines

    def count_text(self, shown: int, there: int) -> Text | str:
        """Return how many lines there are; where only the newest are here, also of how many, and who has all."""
        told = super().count_text(shown, there)
        if there < MOST_LINES:
            return told
        return f"{told}, the newest of {self._in_all:,}; gatewatch log has all"

    def about(self, row: LogLine) -> Text:
        """Return the whole line."""
        return Text.assemble(
            (f"{look.moment_text(row.at)} UTC  {look.safe(row.by)}\n", look.DIM),
            (f"{look.safe(row.action)}: {look.safe(row.subject)}", Tone.STRONG.style),
            f"\n{look.safe(row.text)}" if row.text else "",
        )
