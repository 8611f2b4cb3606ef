"""What the top bar tells of the panel: who is there, the time and its pace, the engine, and what needs attention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui import look
from tui.widgets.top_bar import Facts

if TYPE_CHECKING:
    from tui.app import GatewatchApp


def facts_of(app: GatewatchApp) -> Facts:
    """Return the facts as they are now."""
    manager, watch = app.session.manager, app.presence.alert_watch
    return Facts(
        reseller=app.session.reseller_name,
        engine_runs=app.session.engine() is not None,
        user=manager.name if manager else "",
        time=look.clock_text(app.now()),
        pace=app.passing_time.pace,
        notice=app.notice,
        trouble=app.store_trouble,
        alert="" if watch is None else watch.says,
        above=app.moving.above,
    )
