"""Secrets at the edge between records and JSON: plain in memory, sealed in every file.

`Record.SECRETS` names the fields. An empty one stays as it is: there is nothing to hide. The store's own record of its
key says that it holds sealed secrets, and with which key, so that never another one is made for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import msgspec
from msgspec.structs import replace

from store.records import R, Record
from store.vault import SEALED, SealedPlace

STORE_KEY_ID = 1
"""The id of the one StoreKey of a store."""
WHOLE = "*"
"""Where the sealed text of a field that is no text stands, in its place: no setting has this name."""


class StoreKey(Record, frozen=True, kw_only=True):
    """Which key the store's secrets are sealed with.

    `plain_before`: they were written in clear by an older version, which checkpoints of before this record still hold.
    """

    TABLE: ClassVar[str] = "store_keys"
    WORD: ClassVar[str] = "store key"

    key_id: str
    plain_before: bool = False


def sealed(record: R, seal: Callable[[SealedPlace, str], str]) -> R:
    """Return a record as it is kept."""
    if not record.SECRETS:
        return record
    changes: dict[str, Any] = {}
    for name in record.SECRETS:
        value = getattr(record, name)
        place = SealedPlace(record.TABLE, record.id, name)
        if value and isinstance(value, str):
            changes[name] = seal(place, value)
        elif value:
            changes[name] = {WHOLE: seal(place, msgspec.json.encode(value).decode())}
    return replace(record, **changes)


def opened(record: R, open_sealed: Callable[[SealedPlace, str], str]) -> R:
    """Return a kept record with its secrets plain; one that an older version kept in clear is taken as it is."""
    if not record.SECRETS:
        return record
    changes: dict[str, Any] = {}
    for name in record.SECRETS:
        text = sealed_text(getattr(record, name))
        if text is not None:
            plain = open_sealed(SealedPlace(record.TABLE, record.id, name), text)
            changes[name] = plain if isinstance(getattr(record, name), str) else msgspec.json.decode(plain)
    return replace(record, **changes)


def plain_secrets(record: Record) -> tuple[str, ...]:
    """Return the names of the fields that a kept record has in clear, but should not."""
    values = {name: getattr(record, name) for name in record.SECRETS}
    return tuple(name for name, value in values.items() if value and sealed_text(value) is None)


def sealed_text(value: object) -> str | None:
    """Return the sealed text that stands in a kept field, None if it is in clear."""
    if isinstance(value, dict) and set(value) == {WHOLE}:
        value = value[WHOLE]
    return value if isinstance(value, str) and value.startswith(SEALED) else None
