"""What `Rotate` does on a connector: a new key, or, while the old one still matches, the end of its time.

Each change is of the connector as the person saw it: whoever has changed it since then is not overruled.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from store import shared_keys
from store.connectors import Connector
from tui.screens.old_key import OldKey, OldKeyChoice, OldKeyFacts
from tui.screens.page import Page
from tui.screens.rotate_key import RotateKey


def ask(page: Page, connector: Connector, old_key_used_at: datetime | None) -> None:
    """Ask for the grace time of a rotation, or what is to become of the old key; then do it."""
    now = page.session.now()
    until = connector.old_key_until(now)
    if until is None:
        page.app.push_screen(RotateKey(connector.name), partial(_rotate, page, connector))
    else:
        facts = OldKeyFacts(connector.name, until, old_key_used_at, connector.old_key_signs(now))
        page.app.push_screen(OldKey(facts, now), partial(_end_old_key, page, connector))


def _rotate(page: Page, connector: Connector, grace_seconds: int | None) -> None:
    if grace_seconds is not None:
        told = "The key is rotated. Press v for the new one, and give it to the gateway."
        _change(page, connector, partial(shared_keys.rotate_key, grace_seconds=grace_seconds), told)


def _end_old_key(page: Page, connector: Connector, choice: OldKeyChoice | None) -> None:
    match choice:
        case OldKeyChoice.USE_NEW:
            _change(page, connector, shared_keys.use_new_key, "Requests are signed with the new key now.")
        case OldKeyChoice.RETIRE_OLD:
            told = "The old key is retired: answers signed with it are refused."
            _change(page, connector, shared_keys.retire_old_key, told)


def _change(page: Page, connector: Connector, change: Callable[..., Connector], told: str) -> None:
    def done(_: Connector) -> None:
        page.notify(told, markup=False)
        page.reload()

    page.write(partial(change, by=page.session.by, connector_id=connector.id, version=connector.version), done)
