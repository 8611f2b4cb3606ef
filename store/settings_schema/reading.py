"""The JSON Schema field of a connector: its text becomes a settings schema, or all that is wrong with it."""

from __future__ import annotations

from store.errors import ProblemItem, Problems
from store.settings_schema.field_list import read_field_list
from store.settings_schema.fields import SCHEMA_FIELD, SchemaForm, SettingsSchema
from store.settings_schema.findings import Findings, kind_of
from store.settings_schema.json_schema import read_json_schema
from store.settings_schema.patterns import PatternRunner
from store.strict_json import read_json


def check_schema(text: str) -> tuple[SettingsSchema | None, tuple[ProblemItem, ...]]:
    """Return the schema that a text describes, or None and every problem item, in the order of the text."""
    if not text.strip():
        empty = "Nothing is typed here. Write [] if there is nothing to set, or press F2 for an example."
        return None, (ProblemItem(SCHEMA_FIELD, empty, "", 1, 1),)
    document = read_json(text, field=SCHEMA_FIELD)
    if not document.complete:
        return None, document.problems
    findings = Findings(document)
    runner = PatternRunner()
    schema = None
    match document.value:
        case list() as elements:
            schema = SettingsSchema(read_field_list(findings, elements, runner), SchemaForm.FIELD_LIST)
        case dict() as root:
            schema = SettingsSchema(read_json_schema(findings, root, runner), SchemaForm.JSON_SCHEMA)
        case other:
            findings.add(
                "", f"An array (a field list) or an object (a JSON Schema) is expected here, not {kind_of(other)}."
            )
    return (None if findings.items else schema), findings.items


def parse_schema(text: str) -> SettingsSchema:
    """Return the schema that a text describes; Problems with every problem item if it describes none."""
    schema, items = check_schema(text)
    if schema is None:
        raise Problems(items)
    return schema
