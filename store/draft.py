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
    image: Image,
    at: datetime,
    next_ids: Mapping[str, int],
    written: Mapping[Key, tuple[bytes, object] | None],
    added: Mapping[str, int],
    *,
    safe_n: int,
) -> Draft:
    """Return a transaction as its line of the journal, and the store after it; nothing is written yet.

    `written` gives for each record its JSON first, None where it is gone.
    """
    put: journal.Writes = {}
    records: Written = {}
    for key, each in written.items():
        record = None if each is None else each[0]
        records[key] = record
        put.setdefault(key[0], {})[key[1]] = msgspec.Raw(journal.GONE if record is None else record)
    n = image.n + 1
    entry = Entry(n=n, safe=safe_n, was=image.hash, at=at, ids=next_ids, put=put)
    content, checksum = journal.line_of(entry)
    after = image.with_records(records, added, n=n, line_hash=checksum, at=at, next_ids=next_ids)
    return Draft(Line(entry, checksum, content), after, tuple(written))
