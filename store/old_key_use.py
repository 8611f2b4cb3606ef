"""When an answer or reply was last signed with a connector's old key, which says whether its gateway still uses it.

Kept apart from the connector, in the transaction that stores the answer: nobody's edit of the connector becomes stale
by it, and it is written once a minute at the most.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace

from store.records import Record

if TYPE_CHECKING:
    from store.connectors import Connector
    from store.store import Transaction, View

CURRENT_KEY = "current"
OLD_KEY = "previous"
KEY_NAMES = (CURRENT_KEY, OLD_KEY)
"""How an answer notes which of a connector's keys it was signed with, in the order of `Connector.keys_at`."""
NOTED_EVERY = timedelta(minutes=1)
"""How exact it is: a use within this time of the last noted one is not written down."""


class OldKeyUse(Record, frozen=True, kw_only=True):
    """The last use of one connector's old key; its `id` is the connector's."""

    TABLE: ClassVar[str] = "old_key_uses"
    WORD: ClassVar[str] = "use of an old key"

    last_used_at: datetime


def note_use(tx: Transaction, connector_id: int, key_name: str) -> None:
    """Note that a message of a connector was verified with the key of this name, if that is the old one."""
    if key_name != OLD_KEY:
        return
    noted = tx.find(OldKeyUse, connector_id)
    if noted is None:
        tx.put(OldKeyUse(id=connector_id, last_used_at=tx.now))
    elif tx.now - noted.last_used_at >= NOTED_EVERY:
        tx.put(replace(noted, last_used_at=tx.now))


def old_key_last_used_at(view: View, connector: Connector) -> datetime | None:
    """Return when the old key of the last rotation was last used, to the minute; None if it was not used since."""
    noted = view.find(OldKeyUse, connector.id)
    if noted is None or (connector.key_rotated_at is not None and noted.last_used_at < connector.key_rotated_at):
        return None
    return noted.last_used_at
