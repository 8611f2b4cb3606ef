"""An event log of tests, that can be looked at and waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from gateway.log import Facts

PATIENCE_SECONDS = 20.0
"""How long a test waits for what must come: generous, since nothing is judged by time."""


class Events:
    """Keeps what is told."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self._changed = asyncio.Event()

    def write(self, event: str, **facts: str | int | float | None) -> None:
        """Keep one event."""
        self.told.append({"event": event, **facts})
        self._changed.set()

    def write_each(self, event: str, happened: Sequence[Facts]) -> None:
        """Keep events."""
        for facts in happened:
            self.write(event, **facts)

    def named(self, event: str) -> list[dict[str, Any]]:
        """Return the events of this name."""
        return [each for each in self.told if each["event"] == event]

    async def until(self, event: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait until so many events of this name were told, and return them."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.named(event)) < count:
                self._changed.clear()
                await self._changed.wait()
        return self.named(event)
