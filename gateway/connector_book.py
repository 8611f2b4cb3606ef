"""The connectors that answers come through, known without asking the store for each answer.

To look at the store costs more than to verify a message. Nothing is decided by what is remembered: before a refusal the
store is looked at anew, and an answer is judged only if its connector has not changed since (`need_unchanged`).
"""

from __future__ import annotations

import asyncio
import time

from gateway.errors import GatewayError
from store.connectors import Connector
from store.store import Store, View

GOOD_FOR_SECONDS = 0.1
"""How long what was seen is remembered."""


class ConnectorChanged(GatewayError):
    """The connector is not any more what its answer was verified by; verify it again."""


def need_unchanged(view: View, connector: Connector) -> None:
    """Raise ConnectorChanged if a connector, its keys for example, has changed since it was read."""
    if view.stored_version(Connector, connector.id) != connector.version:
        raise ConnectorChanged(f"Connector {connector.id} has changed.")


class ConnectorBook:
    """The connectors of one store. Lives in one event loop."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._view: View | None = None
        self._looked_at = 0.0
        self._found: dict[int, Connector | None] = {}

    async def find(self, identity: str, *, anew: bool = False) -> Connector | None:
        """Return the connector that a path names, None if there is none; `anew` as the store has it now.

        Raises StoreNotUsable.
        """
        if not (identity.isascii() and identity.isdigit() and len(identity) < 16):
            return None
        now = time.monotonic()
        if anew or self._view is None or now - self._looked_at > GOOD_FOR_SECONDS:
            # Before the look: whoever comes meanwhile goes on with what is known.
            self._looked_at = now
            self._view = await asyncio.to_thread(self._store.view)
            self._found = {}
        number = int(identity)
        if number not in self._found:
            self._found[number] = self._view.find(Connector, number)
        return self._found[number]
