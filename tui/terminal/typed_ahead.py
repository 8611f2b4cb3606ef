"""Keys that are typed faster than screens change wait for the screen they are meant for.

Textual would hand a whole burst to the screen on top, while the first key of it opens another one. Here a key is handed
on when what the keys before it began has come to its end: handlers, a change of screens, and its first rows.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import events
from textual.message import Message
from textual.message_pump import MessagePump

if TYPE_CHECKING:
    from tui.terminal.app import TerminalApp

TURN_SECONDS = 0.5
"""How long one handler is waited for at most."""
CHANGE_SECONDS = 5.0
"""How long a change of screens is waited for at most."""
LOOK_SECONDS = 0.005
QUIT_KEY = "ctrl+q"
QUIT_SECONDS = 2.0
"""How long quitting waits for what was typed before it; the rest of that is dropped then."""


class TypedAhead:
    """Hands messages from the terminal to an app, one after another; used on the event loop only."""

    def __init__(self, app: TerminalApp, hand_on: Callable[[Message], None]) -> None:
        self._app = app
        self._hand_on = hand_on
        self._waiting: deque[Message] = deque()
        self._handing: asyncio.Task[None] | None = None

    def take(self, message: Message) -> None:
        """Take a key, or what else must stay in order with the keys."""
        self._waiting.append(message)
        if isinstance(message, events.Key) and message.key == QUIT_KEY:
            asyncio.get_running_loop().call_later(QUIT_SECONDS, self._quit_now, message)
        if self._handing is None:
            self._handing = asyncio.create_task(self._hand_all())

    def _quit_now(self, quit_key: Message) -> None:
        if quit_key in self._waiting:
            self._waiting.clear()
            self._hand_on(quit_key)

    async def _hand_all(self) -> None:
        try:
            while self._waiting and self._app.is_running:
                # Also the first key: a screen that is just being opened would not hear it.
                await self._until(lambda: self._app.takes_keys)
                if self._waiting:
                    self._hand_on(self._waiting.popleft())
                    await self._settled()
        finally:
            self._handing = None

    async def _settled(self) -> None:
        """Wait until the app has come to rest, or for so long that it may be waiting for a key itself."""
        await asyncio.sleep(0)  # the message is handed on by a task of its own
        await self._turn_of(self._app)
        # Also where no key waits yet: one that comes in a moment must not overtake this one on its way up the widgets.
        for _ in range(2):  # from the focused widget up, and what that has led to
            for pump in self._pumps():
                await self._turn_of(pump)
        await self._until(lambda: not self._app.is_changing)

    async def _until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so, or for so long that it may never be."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + CHANGE_SECONDS
        while self._app.is_running and not is_so() and loop.time() < give_up_at:  # noqa: ASYNC110 - none tells
            await asyncio.sleep(LOOK_SECONDS)

    def _pumps(self) -> list[MessagePump]:
        if not self._app.is_running or not self._app.screen_stack:
            return []
        focused = self._app.focused
        inner = [] if focused is None else [each for each in focused.ancestors_with_self if each.is_attached]
        return [*inner, self._app.screen, self._app]

    async def _turn_of(self, pump: MessagePump) -> None:
        """Wait until a pump has handled what it has been given so far."""
        reached = asyncio.Event()
        if pump.call_later(reached.set):
            try:
                await asyncio.wait_for(reached.wait(), TURN_SECONDS)
            except TimeoutError:
                return
