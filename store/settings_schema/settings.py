"""The settings of one payment method, judged by the schema of its connector."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from store.errors import ProblemItem, Problems
from store.json_document import join_pointer
from store.settings_schema.fields import SETTINGS_FIELD, SettingField, SettingsSchema
from store.settings_schema.findings import Findings, kind_of, listed
from store.settings_schema.patterns import PatternRunner
from store.settings_schema.validation import schema_errors, sentence, too_many_choices
from store.settings_schema.wire_text import merged_settings, why_unsendable
from store.strict_json import MAX_BYTES, read_json


def check_settings(
    schema: SettingsSchema, values: Mapping[str, object], *, static: Mapping[str, object] | None = None
) -> tuple[ProblemItem, ...]:
    """Return every problem item of a payment method's settings as they stand, first in the order of the fields.

    `static` is the connector's Static JSON, which the settings are sent together with. Defaults are not filled in
    here (`with_defaults` does that). No message quotes a value.
    """
    return tuple(
        ProblemItem(SETTINGS_FIELD, message, pointer) for pointer, message in _problems(schema, values, static or {})
    )


def read_settings(
    text: str, schema: SettingsSchema, *, static: Mapping[str, object] | None = None
) -> dict[str, object]:
    """Return the settings that a JSON text gives, with defaults filled in; an empty text gives none.

    Problems with every problem item, each with its line and column in the text.
    """
    if not text.strip():
        text = "{}"
    document = read_json(text, field=SETTINGS_FIELD)
    if not document.complete:
        raise Problems(document.problems)
    findings = Findings(document)
    values: dict[str, object] = {}
    if isinstance(document.value, dict):
        values = with_defaults(schema, document.value)
        unknown = {join_pointer("", key) for key in values.keys() - set(schema.keys)}
        for pointer, message in _problems(schema, values, static or {}):
            # an unknown key is marked at the key, everything else at the value
            (findings.add_at_name if pointer in unknown else findings.add)(pointer, message)
    else:
        findings.add(
            "", f"An object is expected here: a key and its value for each setting, not {kind_of(document.value)}."
        )
    if findings.items:
        raise Problems(findings.items)
    return values


def with_defaults(schema: SettingsSchema, values: Mapping[str, object]) -> dict[str, object]:
    """Return the values, and the default of each field that has one and no value."""
    defaults: dict[str, object] = {
        field.key: list(field.default) if isinstance(field.default, tuple) else field.default
        for field in schema.fields
        if field.default is not None
    }
    return {**{key: value for key, value in defaults.items() if key not in values}, **values}


def _problems(
    schema: SettingsSchema, values: Mapping[str, object], static: Mapping[str, object]
) -> Iterator[tuple[str, str]]:
    """Yield the pointer and message of each problem."""
    by_key = {field.key: field for field in schema.fields}
    unsendable = {
        key: why
        for key, value in values.items()
        if (why := why_unsendable(value) or (key in by_key and too_many_choices(by_key[key], value)))
    }
    sound = {key: value for key, value in values.items() if key in by_key and key not in unsendable}
    sentences = _by_key(schema, sound)
    for key, field in by_key.items():
        pointer = join_pointer("", key)
        if key in unsendable:
            yield pointer, f"{field.label} {unsendable[key]}"
        elif key not in values and field.required:
            yield pointer, f"{field.label} is required; give it a value."
        for message in sentences.get(key, ()):
            yield pointer, message
        if key in values and key in static:
            yield (
                pointer,
                f'The key "{key}" stands in Static JSON of the connector too; it can stand in one of them only.',
            )
    known = f"there are: {listed(schema.keys)}" if schema.fields else "there is nothing to set"
    for key in values:
        if key not in by_key:
            where = ", and stands in Static JSON already" if key in static else ""
            yield join_pointer("", key), f'"{key}" is not a setting of this connector{where}; {known}.'
    if not unsendable:
        size = len(json.dumps(merged_settings(static, sound), ensure_ascii=False).encode("utf-8", "surrogatepass"))
        if size > MAX_BYTES:
            yield "", f"All settings together have {size:,} bytes; at most {MAX_BYTES:,} can be sent."


def _by_key(schema: SettingsSchema, values: Mapping[str, object]) -> dict[str, list[str]]:
    """Return what the JSON Schema says against the values, as sentences for each key."""
    fields: dict[object, SettingField] = {field.key: field for field in schema.fields}
    found: dict[str, list[str]] = {}
    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}
    for error in schema_errors(schema.json_schema, plain, PatternRunner()):
        # an error of the object itself is a missing key, which is told beside the other keys
        if error.absolute_path:
            field = fields[error.absolute_path[0]]
            found.setdefault(field.key, []).append(sentence(field, error, subject=field.label))
    return {key: list(dict.fromkeys(messages)) for key, messages in found.items()}
