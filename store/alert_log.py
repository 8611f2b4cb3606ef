"""What an alert of somebody's panel leaves in the action log.

Nothing else is changed by it, so whoever may read may acknowledge.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from store.actors import Actor

if TYPE_CHECKING:
    from store.store import Transaction


class Happening(Enum):
    """What has happened to an alert; the value is the log's action."""

    FIRED = "alert fired"
    ACKNOWLEDGED = "alert acknowledged"
    ENDED = "alert ended"
    COMMAND_FAILED = "alert command failed"


def note(tx: Transaction, *, by: Actor, happening: Happening, name: str, text: str) -> None:
    """Note what has happened to the alert of a name in the panel of who is signed in there; `text` tells the figure."""
    tx.log(by, happening.value, f"alert {name}", text)
