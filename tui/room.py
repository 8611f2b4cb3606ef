"""Whether the terminal has room for any screen; what is shown while it has none goes away by itself."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.geometry import Size

if TYPE_CHECKING:
    from tui.app import GatewatchApp
    from tui.screens.too_small import TooSmall

LEAST_WIDTH, LEAST_HEIGHT = 60, 16


class Room:
    """The terminal's size against the least that the panel needs."""

    def __init__(self, app: GatewatchApp) -> None:
        self._app = app
        self._is_enough = asyncio.Event()
        self._told: TooSmall | None = None

    async def wait(self) -> None:
        """Wait until there is enough of it."""
        await self._is_enough.wait()

    def follow(self, size: Size) -> None:
        """Say so when the terminal is too small, until it has grown."""
        if size.width >= LEAST_WIDTH and size.height >= LEAST_HEIGHT:
            self._is_enough.set()
        else:
            self._is_enough.clear()
        if self._told is not None and self._told in self._app.screen_stack:
            self._told.follow(size)
        elif not self._is_enough.is_set():
            from tui.screens.too_small import TooSmall  # noqa: PLC0415 - most terminals are large enough

            self._told = TooSmall(LEAST_WIDTH, LEAST_HEIGHT)
            self._app.push_screen(self._told)
