"""The signature of a message: which text is signed, and how it is signed and checked.

Fields are flattened (`settings.api_key`), sorted by name in code point order, and joined as name + value with nothing
between; the text is signed with HMAC-SHA256 under the UTF-8 text of the Secret Shared Key, written in lower-case hex.
Pure and of the standard library alone, so that the panel may use it too. That the joined text can be read in one way
only is not the business of this file: `gateway.messages` keeps the rules that make it so.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from typing import TypeAlias

Body: TypeAlias = "Mapping[str, str | Body]"
"""A message's fields: each a text, or an object of fields."""


MOST_CHARACTERS_OF_NAMES = 1 << 20
"""What the flattened names of a message may have in all: a long name over thousands of leaves stands in each."""
_TEXTS_ONLY = frozenset({str})
"""The types of the values of a body that is flat already."""


class UnsignableBody(ValueError):
    """The body has no signed text: a value is not a text, two fields have one flattened name, or names are too long."""


def flatten(body: Body) -> dict[str, str]:
    """Return every leaf of `body` under its flattened name (`settings.api_key`), in the order of the body.

    An empty object has no leaf and leaves no trace. Raises UnsignableBody.
    """
    leaves: dict[str, str] = {}
    for name, value in _leaves(body):
        if name in leaves:
            raise UnsignableBody(f"Two fields flatten to the name {name!r}.")
        leaves[name] = value
    return leaves


def _leaves(body: Body) -> Iterator[tuple[str, str]]:
    """Yield flattened name and value of each leaf, without recursion: the depth is whatever was sent."""
    unread: list[Iterator[tuple[str, object]]] = [iter(body.items())]
    prefixes = [""]
    characters = 0
    while unread:
        for name, value in unread[-1]:
            characters += len(prefixes[-1]) + len(name)
            if characters > MOST_CHARACTERS_OF_NAMES:
                raise UnsignableBody(f"Its flattened names have more than {MOST_CHARACTERS_OF_NAMES} characters.")
            full_name = prefixes[-1] + name
            if isinstance(value, str):
                yield full_name, value
            elif isinstance(value, Mapping):
                unread.append(iter(value.items()))
                prefixes.append(f"{full_name}.")
                break
            else:
                raise UnsignableBody(f"The value of {full_name!r} is not a text: every value is signed as text.")
        else:
            unread.pop()
            prefixes.pop()


def signed_text(body: Body) -> str:
    """Return the text that is signed: names and values of all leaves, sorted by name. Raises UnsignableBody."""
    leaves = body if {*map(type, body.values())} <= _TEXTS_ONLY else flatten(body)
    return "".join([f"{name}{leaves[name]}" for name in sorted(leaves)])


def sign(body: Body, key: str) -> str:
    """Return the signature of `body` under the text of the Secret Shared Key: 64 lower-case hex digits.

    Raises UnsignableBody, also for half a surrogate pair, and ValueError for an empty key, which would sign nothing.
    """
    if not key:
        raise ValueError("The Secret Shared Key is empty: nothing can be signed with it.")
    try:
        text = signed_text(body).encode()
        key_bytes = key.encode()
    except UnicodeEncodeError as error:
        raise UnsignableBody(f"The text cannot be written as UTF-8: {error.reason}.") from None
    # By name: looked up by its function, the algorithm takes as long to find as to apply.
    return hmac.new(key_bytes, text, "sha256").hexdigest()


def verify(body: Body, key: str, signature: str | None) -> bool:
    """Tell whether `signature` is that of `body` under `key`, in constant time and whatever the case of its digits.

    None (no header), any other text, an empty key and a body that cannot be signed are all just not verified.
    """
    if signature is None or not signature.isascii() or not key:
        return False
    try:
        expected = sign(body, key)
    except UnsignableBody:
        return False
    return hmac.compare_digest(expected.encode(), signature.lower().encode())
