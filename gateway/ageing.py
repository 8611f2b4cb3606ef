"""The engine's upkeep of the store: now and then closed payments age out to the archive."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from gateway.log import EventLog, place_of
from store.archive import MOST_AT_ONCE, age_out
from store.errors import StoreNotUsable
from store.store import Store

EVERY_SECONDS = 24 * 3600.0
"""How often payments age out: a month's file is written anew each time."""
AFTER_STORE_ERROR_SECONDS = 3600.0


async def keep_ageing_out(store: Store, after: timedelta, log: EventLog, stop: asyncio.Event) -> None:
    """Move what has been closed for `after` to the archive, at once and then every day, until told to stop."""
    while not stop.is_set():
        pause = EVERY_SECONDS
        try:
            moved = await asyncio.to_thread(age_out, store, after=after)
            if moved:
                log.write("payments archived", count=moved)
            if moved == MOST_AT_ONCE:
                continue
        except StoreNotUsable as error:
            log.write("payments not archived", reason=str(error))
            pause = AFTER_STORE_ERROR_SECONDS
        except Exception as error:  # noqa: BLE001 - outermost: a fault in upkeep must not stop what takes answers
            log.write("fault", kind=type(error).__name__, place=place_of(error))
        try:
            async with asyncio.timeout(pause):
                await stop.wait()
        except TimeoutError:
            continue
