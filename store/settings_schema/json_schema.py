"""The second form of a settings schema: JSON Schema draft 2020-12, an object with flat properties.

Each property becomes a field. Only keywords that a field can hold are taken, all of a closed list, so that what the
form shows and what values are validated with cannot differ; values may hold no other keys than those named.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from store.json_document import join_pointer
from store.settings_schema.fields import DRAFT, MAX_FIELDS, MAX_OPTIONS_IN_ALL, SettingField
from store.settings_schema.findings import Findings, kind_of, listed
from store.settings_schema.keywords import Keywords
from store.settings_schema.metaschema import check_against_metaschema
from store.settings_schema.patterns import PatternRunner
from store.settings_schema.property_schema import check_definitions, read_property
from store.settings_schema.references import check_references
from store.settings_schema.wire_text import KEY, KEY_FORM

_ROOT_KEYWORDS = (
    *("$schema", "$id", "$comment", "title", "description", "type"),
    *("properties", "required", "additionalProperties", "$defs"),
)


def read_json_schema(findings: Findings, root: Mapping[str, Any], runner: PatternRunner) -> tuple[SettingField, ...]:
    """Return the fields of a JSON Schema; what is wrong goes to the findings, and fields of no use are left out."""
    typed = Keywords(findings, "", root)
    _check_root(typed)
    followed = check_references(findings, root)
    properties = root.get("properties")
    if not isinstance(properties, dict):
        if "properties" in root:
            typed.wrong("properties", "an object: a key and its schema for each setting")
        else:
            findings.add("", 'The object has no "properties"; write there a key and its schema for each setting.')
        properties = {}
    required = _required(typed, properties)
    if len(properties) > MAX_FIELDS:
        over = list(properties)[MAX_FIELDS]
        findings.add_at_name(
            join_pointer("/properties", over),
            f"There are {len(properties)} properties; at most {MAX_FIELDS} are allowed. Take out the rest.",
        )
    definitions = root.get("$defs")
    if not isinstance(definitions, dict):
        if "$defs" in root:
            typed.wrong("$defs", "an object: a name and its schema for each definition")
        definitions = {}
    check_definitions(findings, definitions)
    known = definitions if followed else {}
    fields = _fields(findings, properties, known, required, runner)
    check_against_metaschema(findings, root)
    return fields


def _fields(
    findings: Findings,
    properties: Mapping[str, Any],
    definitions: Mapping[str, Any],
    required: frozenset[str],
    runner: PatternRunner,
) -> tuple[SettingField, ...]:
    fields: list[SettingField] = []
    options = 0
    for key, written in list(properties.items())[:MAX_FIELDS]:
        pointer = join_pointer("/properties", key)
        if options > MAX_OPTIONS_IN_ALL:
            # by a $ref a short text can mean any number of them
            findings.add_at_name(pointer, f"There are more than {MAX_OPTIONS_IN_ALL:,} choices in all before this one.")
            break
        if not KEY.fullmatch(key):
            findings.add_at_name(pointer, f"A key is {KEY_FORM}.")
        if not isinstance(written, dict):
            findings.add(pointer, f'A property is an object, as in {{"type": "string"}}, not {kind_of(written)}.')
            continue
        field = read_property(findings, key, pointer, written, definitions, runner, required=key in required)
        if field is not None:
            fields.append(field)
            options += len(field.options)
    return tuple(fields)


def _check_root(typed: Keywords) -> None:
    findings, root = typed.findings, typed.members
    for name in root:
        if name not in _ROOT_KEYWORDS:
            findings.add_at_name(
                join_pointer("", name),
                f'"{name}" is not taken here; a settings schema has: {listed(_ROOT_KEYWORDS)}.',
            )
    if "$schema" in root and root["$schema"] not in (DRAFT, DRAFT + "#"):
        findings.add("/$schema", f'$schema must be "{DRAFT}" (draft 2020-12), or be left out.')
    if "type" not in root:
        findings.add("", 'The object has no "type"; write "type": "object".')
    elif root["type"] != "object":
        findings.add("/type", 'type must be "object" here; a setting is one of its properties.')
    if root.get("additionalProperties", False) is not False:
        findings.add(
            "/additionalProperties",
            "additionalProperties must be false, or be left out: settings are those named in properties and no others.",
        )
    typed.text("title")
    typed.text("description", lines=True)


def _required(typed: Keywords, properties: Mapping[str, Any]) -> frozenset[str]:
    written = typed.members.get("required", [])
    if not isinstance(written, list):
        typed.wrong("required", "an array of keys")
        return frozenset()
    seen: set[str] = set()
    for number, key in enumerate(written):
        pointer = join_pointer("/required", number)
        if not isinstance(key, str):
            typed.findings.add(pointer, f"A key of properties is expected here, not {kind_of(key)}.")
        elif key in seen:
            typed.findings.add(pointer, f'"{key}" stands in required twice; keep one.')
        elif key not in properties:
            typed.findings.add(pointer, f'"{key}" is not one of properties; add it there, or take it out here.')
        else:
            seen.add(key)
    return frozenset(seen)
