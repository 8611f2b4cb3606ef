"""Doing something now and then for as long as the panel runs: on the event loop itself, past Textual's timers.

A timer of Textual's costs more than what is done here: a look at a file, a countdown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.app import GatewatchApp


def repeat(app: GatewatchApp, seconds: float, call: Callable[[], None], due_at: float | None = None) -> None:
    """Call something now and every so many seconds, until the panel is over; an error in it ends the panel."""
    if app.is_over:
        return
    loop = asyncio.get_running_loop()
    try:
        call()
    except Exception as error:  # noqa: BLE001 - the loop's outermost call: what goes wrong here ends the panel
        app.crash(error)
    else:
        # Counted from when it was due, or the clock on the screen would leave out a second sooner or later.
        next_at = (loop.time() if due_at is None else max(due_at, loop.time() - seconds)) + seconds
        loop.call_at(next_at, repeat, app, seconds, call, next_at)
