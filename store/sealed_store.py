"""A store whose secrets are all sealed: its key is had before anything is done, and what was in clear is sealed once.

Old secrets are sealed in one transaction; the checkpoint after it takes the clear text out of journal and checkpoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from store.actors import Actor
from store.engine_presence import engine_of
from store.errors import StoreNotUsable
from store.kinds import SECRET_KINDS
from store.records import R, from_json
from store.sealing import STORE_KEY_ID, StoreKey, plain_secrets
from store.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator

    from store.database import Database
    from store.store import Store

GATEWATCH = Actor("gatewatch")
"""Who does it: no person asks for it."""
SEALED_NOW = (
    "The secrets in the store were in clear and are encrypted now. Backups and other copies made before still hold "
    "them in clear: destroy them, or rotate the shared keys and change what the gateways gave you."
)


class SealedView(View):
    """The store without the key of its secrets: they stay sealed in what is read, and all else is as it is."""

    def _decoded(self, kind: type[R], identity: int, line: bytes) -> R:
        try:
            return from_json(kind, line)
        except msgspec.MsgspecError as error:
            raise self._unreadable(kind, identity, error) from error


def have_key(store: Store) -> None:
    """Have the key that the store's secrets are sealed with, if it has any. Raises KeyNotUsable."""
    key = store.view().stored(StoreKey, STORE_KEY_ID)
    if key is not None:
        store.vault.need(key.key_id)


def holds_plain(view: View) -> bool:
    """Say whether an older version wrote the store, so that its secrets are in clear."""
    return view.stored(StoreKey, STORE_KEY_ID) is None and any(view.count(kind) for kind in SECRET_KINDS)


def seal_old_secrets(store: Store) -> bool:
    """Seal what an older version wrote in clear; say whether there was any. A stopped store is left as it is.

    Raises StoreNotUsable if an engine of that version still runs on it, or if it cannot be written; KeyNotUsable.
    """
    if not holds_plain(store.view()) or store.database.stopped_because() is not None:
        return False
    engine = engine_of(store.folder)
    if engine is not None:
        raise StoreNotUsable(
            store.folder,
            f"its secrets are in clear and are to be encrypted now, but {engine} of the older version runs on it and "
            "could not read them any more. Stop that first, and the panels of the older version.",
        )
    with store.transaction() as tx:
        if not holds_plain(tx):
            return False
        tx.seal_secrets()
        tx.log(GATEWATCH, "secrets encrypted", "store", SEALED_NOW)
    return True


def holds_old_text(database: Database) -> bool:
    """Say whether the files still hold secrets in clear that are sealed by now: a checkpoint takes them out.

    One that was killed in the middle has put the checkpoint in its place, and left the journal of before.
    """
    image = database.image()
    line = image.get(StoreKey.TABLE, STORE_KEY_ID)
    folded = image.checkpoint is not None and image.checkpoint.get(StoreKey.TABLE, STORE_KEY_ID) is not None
    is_left = not folded or database.is_half_folded()
    return line is not None and is_left and from_json(StoreKey, line).plain_before


def plain_problems(view: View) -> Iterator[str]:
    """Yield where a secret is kept in clear though the store is sealed. An older version's store has no problem yet."""
    if view.stored(StoreKey, STORE_KEY_ID) is None:
        return
    for kind in SECRET_KINDS:
        for identity in view.every_id(kind):
            line = view.image.get(kind.TABLE, identity)
            for name in plain_secrets(from_json(kind, line)) if line is not None else ():
                yield f"{kind.WORD.capitalize()} {identity}: its {name} is in clear, though the store is encrypted."
