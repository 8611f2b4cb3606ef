"""Records: how the frozen objects that are stored become JSON and come back.

A kind of record is a frozen dataclass below `Record`. Its class says which TinyDB table holds it (`TABLE`) and what
people call one (`WORD`).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, fields
from functools import cache
from typing import ClassVar, TypeVar, cast

import msgspec


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What every record has: an `id` that is never used twice in its table, and `version`, which counts its changes.

    A record that was never written has version 0. `SECRETS` names the fields that are sealed wherever the record is
    kept (`store.sealing`); in memory they are plain, and its `repr` leaves them out.
    """

    TABLE: ClassVar[str]
    WORD: ClassVar[str]
    SECRETS: ClassVar[tuple[str, ...]] = ()

    id: int
    version: int = 0


R = TypeVar("R", bound=Record)


def to_json(record: Record) -> bytes:
    """Return a record as one line of JSON."""
    return msgspec.json.encode(record)


def from_json(kind: type[R], line: bytes) -> R:
    """Read a record of this kind. Raises msgspec.MsgspecError for JSON that is not one."""
    return msgspec.json.decode(line, type=kind)


def next_version(record: R) -> R:
    """Return the record as it is written next."""
    kind = type(record)
    written = object.__new__(kind)
    # As dataclasses.replace does it, but without a call with all fields: every commit comes through here.
    for name in _names(cast("Hashable", kind)):
        object.__setattr__(written, name, getattr(record, name))
    object.__setattr__(written, "version", record.version + 1)
    return written


@cache
def _names(kind: Hashable) -> tuple[str, ...]:
    return tuple(each.name for each in fields(cast("type[Record]", kind)))
