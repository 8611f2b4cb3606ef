"""A transaction on its way into the journal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from store import journal
from store.image import Image, Key
from store.journal import Entry, Line

Written = dict[Key, bytes | None]
"""What a transaction writes: each record's JSON, None where it is gone."""


class Draft(msgspec.Struct, frozen=True):
    """One transaction to be appended: its line of the journal, the store after it, and which records it writes."""

    line: Line
    image: Image
    keys: tuple[Key, ...]


def draft(
    image: Image, at: datetime, next_ids: Mapping[str, int], written: Written, added: Mapping[str, int], *, safe_n: int
) -> Draft:
    """Return a transaction as its line of the journal, and the store after it; nothing is written yet."""
    put: journal.Writes = {}
    for (table, identity), each in written.items():
        put.setdefault(table, {})[identity] = msgspec.Raw(journal.GONE if each is None else each)
    entry = Entry(n=image.n + 1, safe=safe_n, was=image.hash, at=at, ids=next_ids, put=put)
    content, checksum = journal.line_of(entry)
    after = image.with_records(written, added, n=entry.n, line_hash=checksum, at=at, next_ids=next_ids)
    return Draft(Line(entry, checksum, content), after, tuple(written))
