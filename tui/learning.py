"""Reading all payments in the background, a few at a time, so that neither the screen nor a key waits for it."""

from __future__ import annotations

import asyncio

from tui.monitor import Monitor

READ_AT_ONCE = 400
PAUSE_SECONDS = 0.01


async def learn_all(monitor: Monitor) -> None:
    """Let a monitor read what it has not read yet, in threads. Raises StoreNotUsable."""
    knows_all = False
    while not knows_all:
        knows_all = await asyncio.to_thread(monitor.learn, READ_AT_ONCE)
        await asyncio.sleep(PAUSE_SECONDS)
