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
    kind = type(record)
    values, setters, set_version = _parts(cast("Hashable", kind))
    written = object.__new__(kind)
    # As dataclasses.replace does it, but without a call with all fields: every commit comes through here.
    for _ in map(call, setters, repeat(written), values(record)):
        pass
    set_version(written, record.version + 1)
    return written


@cache
def _parts(kind: Hashable) -> tuple[Callable[[object], tuple[Any, ...]], tuple[Callable[..., None], ...], Any]:
    """Return what gives all fields of a kind of record at once, what sets each of them, and what sets the version."""
    names = [each.name for each in fields(cast("type[Record]", kind))]
    setters = {each: getattr(kind, each).__set__ for each in names}
    return attrgetter(*names), tuple(setters.values()), setters["version"]
