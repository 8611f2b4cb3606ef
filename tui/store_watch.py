"""Looking whether the store has changed, and telling the page on top, which reads it anew in a worker.

On the event loop the store's files are only looked at (a stat), never read.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from store.errors import StoreNotUsable
from tui.repeating import repeat

if TYPE_CHECKING:
    from tui.app import GatewatchApp
    from tui.session import Signature

POLL_SECONDS = 0.15
"""How often the store's file is looked at; it is only a stat, but each time wakes the panel up."""
CHANGES_SECONDS = 0.25
"""How often, at most, a page is told of changes."""
TROUBLE_SECONDS = 1.0
"""How often a store that could not be read is tried again."""


class StoreWatch:
    """One panel's looks at its store, from its opening on."""

    def __init__(self, app: GatewatchApp) -> None:
        self._app = app
        self._seen: Signature | None = None
        self._told_at = 0.0

    def begin(self) -> None:
        """Look now and then from now on."""
        repeat(self._app, POLL_SECONDS, self.look)

    def look(self) -> None:
        """Look once; what cannot be read is told in the top bar, and tried again."""
        app = self._app
        try:
            signature = app.session.signature()
        except StoreNotUsable as error:
            app.store_trouble = str(error)
            return
        # After trouble the files may be as they were before it: only a look that goes well ends it.
        is_known = signature == self._seen and not app.store_trouble
        if is_known or monotonic() - self._told_at < (TROUBLE_SECONDS if app.store_trouble else CHANGES_SECONDS):
            return
        page = app.page
        if page is not None and page.is_ready:
            self._seen, self._told_at = signature, monotonic()
            page.reload()
