"""The JSON part of a message's arrival: bytes in, an object whose leaves are all texts out, or one error.

Nothing is guessed: no duplicate names, no numbers, no lists, no other encoding than UTF-8. What two readers could read
in two ways is refused before its signature is looked at.
"""

from __future__ import annotations

import json
from typing import TypeAlias, cast

import msgspec

from gateway.errors import MalformedBody

MAX_BODY_BYTES = 64 * 1024
"""No message is larger, ours or theirs."""
MAX_DEPTH = 8
"""The message itself is depth 1, its `settings` depth 2."""

JsonBody: TypeAlias = "dict[str, str | JsonBody]"


class _Number(str):
    """A number as it was written: never converted, only reported."""

    __slots__ = ()


def read_body(raw: bytes) -> JsonBody:
    """Return the JSON object in `raw`. Raises MalformedBody, and nothing else, for any other bytes."""
    if len(raw) > MAX_BODY_BYTES:
        raise MalformedBody(f"The body has {len(raw)} bytes; at most {MAX_BODY_BYTES} are taken.")
    flat = _plainly_flat(raw)
    if flat is not None:
        return flat
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise MalformedBody(f"The body is not UTF-8: byte {error.start} cannot be read.") from None
    try:
        # A mark of the byte order is refused by `loads` itself, in words of its own.
        body = json.loads(text) if text.startswith("\ufeff") else _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise MalformedBody(
            f"The body is not JSON: {error.msg} in line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        raise MalformedBody(_TOO_DEEP) from None
    if not isinstance(body, dict):
        raise MalformedBody(f"The body is {_kind(body)}, not an object.")
    _check_depth(body)
    return body


def _plainly_flat(raw: bytes) -> JsonBody | None:
    """Return an object of texts in which nothing is escaped and no name stands twice, as nearly all are; else None.

    Where nothing is escaped each quotation mark begins or ends a text, so a name that stands twice is one pair of texts
    more than the object has.
    """
    if b"\\" in raw:
        return None
    try:
        body = _FLAT.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None  # what is wrong with it is found out by whoever reads it with care
    return cast("JsonBody", body) if raw.count(b'"') == 4 * len(body) else None


_FLAT = msgspec.json.Decoder(dict[str, str])
_TOO_DEEP = f"The body nests deeper than {MAX_DEPTH} objects."


def _checked_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return one JSON object, after refusing whatever it may not hold."""
    checked: dict[str, object] = {}
    for name, value in pairs:
        if name in checked:
            raise MalformedBody("The name {name} stands twice in one object.", _shown(name))
        if isinstance(value, _Number) or not isinstance(value, (str, dict)):
            raise MalformedBody(
                f"The value of {{name}} is {_kind(value)}; every value is sent as a text.", _shown(name)
            )
        if not (_is_whole(name) and (isinstance(value, dict) or _is_whole(value))):
            raise MalformedBody("{name} holds half a surrogate pair, which is no character.", _shown(name))
        checked[name] = value
    return checked


def _refuse_constant(name: str) -> object:
    raise MalformedBody(f"{name} is not JSON.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_checked_object,
    parse_int=_Number,
    parse_float=_Number,
    parse_constant=_refuse_constant,
)


def _check_depth(body: dict[str, object]) -> None:
    level: list[dict[str, object]] = [body]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in outer.values() if isinstance(inner, dict)]
        if not level:
            return
    raise MalformedBody(_TOO_DEEP)


def _is_whole(text: str) -> bool:
    """Tell whether every character of the text can be written as UTF-8 (half a surrogate pair cannot)."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _kind(value: object) -> str:
    if isinstance(value, _Number):
        return "a number"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    return "a list" if isinstance(value, list) else "a text"


def _shown(name: str) -> str:
    """Return a name fit for one line of a report: ASCII, quoted, cut."""
    return ascii(name if len(name) <= 64 else name[:64] + "…")
