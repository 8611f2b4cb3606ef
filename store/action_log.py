"""The action log: who did what to which object, and when."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from tinydb import where

from store import managers
from store.actors import Actor
from store.records import Record

if TYPE_CHECKING:
    from store.store import View


class LogLine(Record, frozen=True, kw_only=True):
    """One line: `by` is a manager's name or a Unix user, `subject` an object (`connector 3`).

    `text` never holds a secret.
    """

    TABLE: ClassVar[str] = "action_log"
    WORD: ClassVar[str] = "log line"

    at: datetime
    by: str
    action: str
    subject: str
    text: str = ""

    @property
    def is_change(self) -> bool:
        """Whether something was changed, and not only looked at."""
        return not self.action.endswith(" revealed")


def latest(view: View, count: int | None, *, subject: str | None = None) -> list[LogLine]:
    """Return the last lines (all if `count` is None), of one object if it is named; the oldest first.

    It costs what it returns, or what there is of the object.
    """
    if subject is not None:
        found = view.search(LogLine, where("subject") == subject)
        return found if count is None else found[-count:]
    ids = view.every_id(LogLine)
    return [view.get(LogLine, each) for each in (ids if count is None else ids[-count:])]


def last_change(view: View, subject: str) -> LogLine | None:
    """Return the last change of an object (`connector 3`), None if there was none."""
    return next((each for each in reversed(latest(view, None, subject=subject)) if each.is_change), None)


class NewestLines:
    """The newest lines that one actor may see, kept up at the cost of what is added. Lines are never changed.

    `of`: only what this name did. Safe to use from several threads.
    """

    def __init__(self, by: Actor, most: int, *, of: str | None = None) -> None:
        self._by = by
        self._of = of
        self._most = most
        self._mutex = threading.Lock()
        self._names: frozenset[str] | None = frozenset()
        self._read_up_to = 0
        self._lines: list[LogLine] = []

    def at(self, view: View) -> list[LogLine]:
        """Return the lines at a view, the newest first, at most so many."""
        with self._mutex:
            return self._at(view)

    def _at(self, view: View) -> list[LogLine]:
        names, ids = _whose(view, self._by), view.every_id(LogLine)
        last = ids[-1] if ids else 0
        if names != self._names or last < self._read_up_to:
            self._names, self._read_up_to, self._lines = names, 0, []
        new: list[LogLine] = []
        for identity in reversed(ids):
            if identity <= self._read_up_to or len(new) == self._most:
                break
            line = view.get(LogLine, identity)
            if (names is None or line.by in names) and self._of in (None, line.by):
                new.append(line)
        self._read_up_to = last
        self._lines = [*new, *self._lines][: self._most]
        return self._lines


def _whose(view: View, by: Actor) -> frozenset[str] | None:
    """Return whose lines the actor may see, by name; None: everybody's.

    At root reseller level that is all of the log, elsewhere what managers of the actor's reseller and of those below
    did.
    """
    return None if by.at_root else frozenset(each.actor.name for each in managers.visible_to(view, by))
