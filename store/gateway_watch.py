"""What the engine notes of each connector's gateway: whether it is reached, and how far its clock is off.

One small record a connector, under the connector's own id, so that the panel and the command line can tell.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace

from store.records import Record

if TYPE_CHECKING:
    from store.store import Transaction, View


class GatewayWatch(Record, frozen=True, kw_only=True):
    """How it stands with a gateway. `failing_since` None: the last request was taken, or none was made yet.

    `failures` counts the requests since then that nobody took or answered, `failure` says how the last of them ended.
    `next_try_at` None: each attempt keeps its own pauses. `refused` counts its messages that were not believed, `skews`
    those of its answers whose timestamp was more than 5 minutes from the time here.
    """

    TABLE: ClassVar[str] = "gateway_watches"
    WORD: ClassVar[str] = "gateway watch"

    failing_since: datetime | None = None
    failures: int = 0
    failure: str = ""
    next_try_at: datetime | None = None
    refused: int = 0
    last_refused_at: datetime | None = None
    skews: int = 0
    last_skew_at: datetime | None = None
    last_skew_seconds: float = 0.0


def watch_of(view: View, connector_id: int) -> GatewayWatch:
    """Return what is noted of a connector's gateway; nothing is noted of one that was never spoken to."""
    return view.find(GatewayWatch, connector_id) or GatewayWatch(id=connector_id)


def note_failure(tx: Transaction, connector_id: int, failure: str, *, next_try_at: datetime | None) -> None:
    """Note that a request was not taken or not answered, and when the gateway is tried next."""
    watch = watch_of(tx, connector_id)
    tx.put(
        replace(
            watch,
            failing_since=watch.failing_since or tx.now,
            failures=watch.failures + 1,
            failure=failure,
            next_try_at=next_try_at,
        )
    )


def note_reached(tx: Transaction, connector_id: int) -> None:
    """Note that a request was taken; nothing is written if that was so before."""
    watch = watch_of(tx, connector_id)
    if watch.failing_since is not None:
        tx.put(replace(watch, failing_since=None, failures=0, failure="", next_try_at=None))


def note_skew(tx: Transaction, connector_id: int, seconds: float) -> None:
    """Count an answer whose timestamp is `seconds` from the time here, positive if it lies behind."""
    watch = watch_of(tx, connector_id)
    tx.put(replace(watch, skews=watch.skews + 1, last_skew_at=tx.now, last_skew_seconds=seconds))
