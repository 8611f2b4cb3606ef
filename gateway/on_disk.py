"""How handlers wait for a decision to be on the disk, without holding up the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from store.store import Store, Transaction

T = TypeVar("T")


async def on_disk(store: Store, decide: Callable[[Transaction], T]) -> T:
    """Return what a decision gives once it is on the disk. Raises what it raises, StoreNotUsable."""
    # Shielded: a caller who goes away must not cancel a decision that others share a commit with.
    return await asyncio.shield(asyncio.wrap_future(store.submit(decide)))
