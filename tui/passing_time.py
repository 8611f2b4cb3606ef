"""When time passes on the screen: each second, slower where nobody looks.

In a calm panel nothing is counted down, but what time alone has changed is shown all the same.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from tui.repeating import repeat

if TYPE_CHECKING:
    from tui.app import GatewatchApp

TICK_SECONDS = 1.0
UNFOCUSED_TICK_SECONDS = 10.0
"""How often time passes on a screen that nobody has before them: the terminal has lost the focus."""


class PassingTime:
    """The ticks of one panel."""

    def __init__(self, app: GatewatchApp) -> None:
        self._app = app
        self._ticked_at = monotonic()

    @property
    def is_on(self) -> bool:
        """Whether time passes on the screen on top: not behind a dialog."""
        page = self._app.page
        return page is not None and page.is_ready

    @property
    def pace(self) -> str:
        """What the top bar tells of it, empty for the usual one."""
        return "calm" if self._app.calm else "" if self._app.app_focus else f"each {UNFOCUSED_TICK_SECONDS:.0f} s"

    def begin(self) -> None:
        """Let time pass from now on."""
        repeat(self._app, TICK_SECONDS, self.tick)

    def tick(self) -> None:
        """Let time pass if it is time for that."""
        pace_seconds = TICK_SECONDS if self._app.app_focus else UNFOCUSED_TICK_SECONDS
        # Half a tick early is on time: timers are not exact.
        if self.is_on and monotonic() - self._ticked_at >= pace_seconds - TICK_SECONDS / 2:
            self.catch_up()

    def catch_up(self) -> None:
        """Show the time that it is now."""
        self._ticked_at = monotonic()
        page = self._app.page
        if page is None:
            return
        now = self._app.now()
        if not self._app.calm:
            page.refresh_bars()
            page.tick(now)
        page.follow_time(now)
