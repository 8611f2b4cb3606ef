"""How handlers wait for a decision to be on the disk, without holding up the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from gateway.desk import Desk
from store.store import Store, Transaction

T = TypeVar("T")


async def on_disk(store: Store, decide: Callable[[Transaction], T]) -> T:
    """Return what a decision gives once it is on the disk. Raises what it raises, StoreNotUsable."""
    desk: Desk[None] = Desk(store)
    # Shielded: a caller who goes away must not cancel a decision that others share a commit with.
    return await asyncio.shield(desk.hand_in(decide, None))
