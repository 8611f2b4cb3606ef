"""How settings are put together and sent: every value as one text, under a name that can be read in one way only.

The signed text is names and values without separators. So keys have a closed form, no value contains `settings.`, and
objects within objects are refused: `{"a": {"b": "x"}}` and `{"a": ".bx"}` would both be signed as `settings.a.bx`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

from store.settings_schema.fields import SettingsSchema
from store.settings_schema.findings import kind_of

KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
KEY_FORM = "a letter or _, then letters, digits and _ (ASCII), as in api_key"
NAME_PREFIX = "settings."


def as_wire_text(value: object) -> str:
    """Return a value as it is sent: a string as it is, a number, boolean or list as its compact JSON text.

    ValueError if it has no JSON text (NaN), TypeError if it is no JSON value.
    """
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def merged_settings(
    static: Mapping[str, object], settings: Mapping[str, object], *, schema: SettingsSchema | None = None
) -> dict[str, object]:
    """Return what is sent for a payment method: Static JSON, and its own settings over it.

    With `schema`, every key of it is there, with an empty text where nothing is set: a gateway then knows all names
    that the signed text holds, and can read it in one way only.
    """
    empty = dict.fromkeys(schema.keys if schema else (), "")
    return {**static, **empty, **settings}


def why_unsendable(value: object) -> str | None:
    """Return what stands against sending a value, as the end of a sentence with what would be right; None if nothing.

    The value itself is not quoted: it may be a secret.
    """
    match value:
        case None:
            return "is null, which cannot be sent; leave the key out, or give a value."
        case Mapping():
            return "is an object, which could be signed in two ways; write a key of its own for each of its values."
        case str():
            return _why_unsendable_text(value)
        case list() | tuple():
            if any(not isinstance(each, str | int | float) for each in value):
                return "holds more than strings, numbers and booleans; only these can be sent in a list."
            return next((why for each in value if (why := why_unsendable(each))), None) or _why_unsendable_text(
                as_wire_text(value)
            )
        case float() if not math.isfinite(value):
            return "is not a finite number; write a number, or a text."
        case bool() | int() | float():
            return None
        case _:
            return (
                f"is {kind_of(value)}, which cannot be sent; give a string, a number, true, false or a list of these."
            )


def _why_unsendable_text(text: str) -> str | None:
    if NAME_PREFIX in text:
        return f'contains "{NAME_PREFIX}", by which the names of settings are known in a signed message; take it out.'
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "contains half of a character (a lone surrogate), which cannot be sent; take it out."
    return None
