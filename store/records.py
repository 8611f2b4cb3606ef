"""Records: how the frozen objects that are stored become JSON and come back.

A kind of record is a frozen dataclass below `Record`. Its class says which TinyDB table holds it (`TABLE`) and what
people call one (`WORD`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass, fields
from functools import cache
from itertools import repeat
from operator import attrgetter, call
from typing import Any, ClassVar, TypeVar, cast

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
T = TypeVar("T")


_ENCODER = msgspec.json.Encoder()
"""One for all: what `msgspec.json.encode` makes anew for each record costs as much as encoding it."""


def to_json(record: Record) -> bytes:
    """Return a record as one line of JSON."""
    return _ENCODER.encode(record)


def from_json(kind: type[R], line: bytes) -> R:
    """Read a record of this kind. Raises msgspec.MsgspecError for JSON that is not one."""
    return cast("R", _decoder(cast("Hashable", kind)).decode(line))


@cache
def _decoder(kind: Hashable) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(cast("type[Record]", kind))


_AS_WRITTEN = re.compile(rb'\{"id":\d+,"version":(\d+)')


class _Versioned(msgspec.Struct):
    version: int = 0


_VERSIONED = msgspec.json.Decoder(_Versioned)


def version_of(line: bytes) -> int:
    """Return the version of a record, without reading the rest. Raises msgspec.MsgspecError for JSON that has none."""
    # As `to_json` writes a record its version stands at the beginning; another program may have written it otherwise.
    found = _AS_WRITTEN.match(line)
    return int(found.group(1)) if found else _VERSIONED.decode(line).version


def next_version(record: R) -> R:
    """Return the record as it is written next."""
    return changed(record, version=record.version + 1)


def changed(frozen: T, **changes: object) -> T:
    """Return a frozen dataclass with slots with other values in these fields: `dataclasses.replace` at half its cost.

    Every commit comes through here several times. Only for what nothing is worked out of when it is made.
    """
    kind = type(frozen)
    values, setters = _parts(cast("Hashable", kind))
    new = object.__new__(kind)
    for _ in map(call, setters.values(), repeat(new), values(frozen)):
        pass
    for name, value in changes.items():
        setters[name](new, value)
    return new


@cache
def _parts(kind: Hashable) -> tuple[Callable[[object], tuple[Any, ...]], dict[str, Callable[..., None]]]:
    """Return what gives all fields of a kind of object at once, and what sets each of them."""
    names = [each.name for each in fields(cast("type[Record]", kind))]
    return attrgetter(*names), {each: getattr(kind, each).__set__ for each in names}
