"""Records: how the frozen objects that are stored become JSON and come back.

A kind of record is a frozen msgspec.Struct below `Record`: it is made, changed (`msgspec.structs.replace`), read and
written in a tenth to a half of a dataclass's time. Its class says which TinyDB table holds it (`TABLE`) and what people
call one (`WORD`).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Hashable
from functools import cache
from typing import Any, ClassVar, TypeVar, cast

import msgspec
from msgspec.structs import replace


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What every record has: an `id` that is never used twice in its table, and `version`, which counts its changes.

    A record that was never written has version 0. `SECRETS` names the fields that are sealed wherever the record is
    kept (`store.sealing`); in memory they are plain, and its `repr` leaves them out.
    """

    TABLE: ClassVar[str]
    WORD: ClassVar[str]
    SECRETS: ClassVar[tuple[str, ...]] = ()

    id: int
    version: int = 0

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Return which record it is, and no value: what shows objects nicely asks here, and not for the `repr`."""
        return [("id", self.id), ("version", self.version)]


R = TypeVar("R", bound=Record)


_ENCODER = msgspec.json.Encoder()
"""One for all: what `msgspec.json.encode` makes anew for each record costs as much as encoding it."""


def to_json(record: Record) -> bytes:
    """Return a record as one line of JSON."""
    return _ENCODER.encode(record)


def from_json(kind: type[R], line: bytes) -> R:
    """Read a record of this kind. Raises msgspec.MsgspecError for JSON that is not one."""
    return cast("R", _decoder(cast("Hashable", kind)).decode(line))


_MAKING = threading.Lock()


@cache
def _decoder(kind: Hashable) -> msgspec.json.Decoder[Any]:
    # One at a time: while msgspec finds out of what a struct is made, another thread that asks for the same one, or for
    # one that has it as a part, is given what is found so far, and decoding by that ends the process.
    with _MAKING:
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
    return replace(record, version=record.version + 1)
