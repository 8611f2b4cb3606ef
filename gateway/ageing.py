"""The engine's upkeep of the store: payments age out to the archive; that the journal cannot be folded is told."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from gateway.log import EventLog, place_of
from gateway.pausing import pause
from store.archive import MOST_AT_ONCE, age_out
from store.errors import StoreNotUsable
from store.store import Store

RARELY_SECONDS = 24 * 3600.0
OFTEN_SECONDS = 60.0
"""The longest and the shortest pause between two times: a file of the month is written anew each time."""
AFTER_STORE_ERROR_SECONDS = 3600.0
FOLDING_LOOKED_AT_SECONDS = 5.0
"""How soon it is told that the journal could not be folded."""


def pause_seconds(after: timedelta) -> float:
    """Return how long payments that go after `after` may stay longer: a fifth of it, a minute to a day."""
    return min(RARELY_SECONDS, max(OFTEN_SECONDS, after.total_seconds() / 5))


async def keep_ageing_out(store: Store, after: timedelta, log: EventLog, stop: asyncio.Event) -> None:
    """Move what has been closed for `after` to the archive, at once and then now and again, until told to stop."""
    while not stop.is_set():
        seconds = pause_seconds(after)
        try:
            moved = await asyncio.to_thread(age_out, store, after=after)
            if moved:
                log.write("payments archived", count=moved)
            if moved == MOST_AT_ONCE:
                continue
        except StoreNotUsable as error:
            log.write("payments not archived", reason=str(error))
            seconds = AFTER_STORE_ERROR_SECONDS
        except Exception as error:  # noqa: BLE001 - outermost: a fault in upkeep must not stop what takes answers
            log.write("fault", kind=type(error).__name__, place=place_of(error))
        await pause(stop, seconds)


async def tell_what_is_not_folded(
    store: Store, log: EventLog, stop: asyncio.Event, *, every_seconds: float = FOLDING_LOOKED_AT_SECONDS
) -> None:
    """Log why the journal could not be folded, once for each reason, and when it could again, until told to stop."""
    told = ""
    while not stop.is_set():
        problem = store.fold_problem
        if problem != told:
            log.write("journal not folded" if problem else "journal folded again", reason=problem or None)
            told = problem
        await pause(stop, every_seconds)
