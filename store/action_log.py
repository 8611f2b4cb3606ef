"""The action log: who did what to which object, and when."""

from __future__ import annotations

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


def visible_to(view: View, by: Actor) -> list[LogLine]:
    """Return what the actor may see, the oldest first.

    At root reseller level that is all of it, elsewhere what managers of the actor's reseller and of those below did.
    """
    if by.at_root:
        return list(view.all(LogLine))
    names = {each.actor.name for each in managers.visible_to(view, by)}
    return [each for each in view.all(LogLine) if each.by in names]
