"""The action log: who did what to which object, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from store.records import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine(Record):
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
