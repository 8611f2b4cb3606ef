"""Static JSON: an object of values that all payment methods of a connector share, sent under their own settings."""

from __future__ import annotations

from store.errors import ProblemItem, Problems
from store.json_document import join_pointer
from store.settings_schema.fields import MAX_FIELDS, STATIC_FIELD, SettingsSchema
from store.settings_schema.findings import Findings, kind_of
from store.settings_schema.wire_text import KEY, KEY_FORM, why_unsendable
from store.strict_json import read_json


def check_static(text: str, schema: SettingsSchema | None) -> tuple[dict[str, object], tuple[ProblemItem, ...]]:
    """Return the shared values of a text, and every problem item; with a problem the values are empty.

    An empty text gives no values. `schema` is the connector's, whose keys may not stand here; None if it has none yet.
    The values are secrets: no message quotes one.
    """
    if not text.strip():
        return {}, ()
    document = read_json(text, field=STATIC_FIELD)
    if not document.complete:
        return {}, document.problems
    if not isinstance(document.value, dict):
        message = (
            f"An object is expected here: a key and its value for each shared setting, not {kind_of(document.value)}."
        )
        return {}, (*document.problems, document.problem("", message))
    findings = Findings(document)
    values: dict[str, object] = document.value
    taken = schema.keys if schema else ()
    if len(values) > MAX_FIELDS:
        over = join_pointer("", list(values)[MAX_FIELDS])
        findings.add_at_name(
            over, f"There are {len(values)} keys; at most {MAX_FIELDS} are allowed. Take out the rest."
        )
    for key, value in values.items():
        pointer = join_pointer("", key)
        if not KEY.fullmatch(key):
            findings.add_at_name(pointer, f"A key is {KEY_FORM}.")
        elif key in taken:
            findings.add_at_name(
                pointer, f'The key "{key}" is one of the settings in JSON Schema; it can stand in one of them only.'
            )
        if why := why_unsendable(value):
            findings.add(pointer, f"The value {why}")
    return ({} if findings.items else values), findings.items


def parse_static(text: str, schema: SettingsSchema | None) -> dict[str, object]:
    """Return the shared values of a text, none for an empty one; Problems with every problem item."""
    values, items = check_static(text, schema)
    if items:
        raise Problems(items)
    return values
