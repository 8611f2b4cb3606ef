"""Slow looks at what is typed, off the event loop, of which only the newest counts.

While one runs, those asked for meanwhile wait, and all but the last of them are dropped: typing fast into a large text
never piles up threads, and an older text's result is never shown after a newer one's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from textual.dom import DOMNode

T = TypeVar("T")


class NewestOnly(Generic[T]):
    """The looks of one screen. `show` gets each result on the event loop, unless a newer look was asked for."""

    def __init__(self, owner: DOMNode, show: Callable[[T], object], *, group: str) -> None:
        self._owner = owner
        self._show = show
        self._group = group
        self._wanted: Callable[[], T] | None = None
        self._running = False

    def ask(self, look: Callable[[], T]) -> None:
        """Call `look` in a thread soon; it must not touch the screen."""
        self._wanted = look
        if not self._running:
            self._running = True
            self._owner.run_worker(self._run(), group=self._group)

    async def _run(self) -> None:
        try:
            while self._wanted is not None:
                look, self._wanted = self._wanted, None
                found = await asyncio.to_thread(look)
                if self._wanted is None:
                    self._show(found)
        finally:
            self._running = False
