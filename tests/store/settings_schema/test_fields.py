from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from store.errors import Problems
from store.settings_schema import FieldKind, Option, SchemaForm, SettingsSchema, check_schema, parse_schema

CORPUS = Path(__file__).parent / "corpus"


def read(path: str) -> SettingsSchema:
    return parse_schema((CORPUS / path).read_text(encoding="utf-8"))


def test_a_field_list_becomes_fields_in_the_order_of_the_text() -> None:
    schema = read("field_list/good/every_type.json")
    assert schema.form is SchemaForm.FIELD_LIST
    assert schema.keys == ("merchant_id", "_api_key", "note", "region", "mode", "means")
    assert [field.kind.value for field in schema.fields] == [
        *("string", "password", "text", "select", "radio", "checkbox")
    ]
    merchant, key, note, region, mode, means = schema.fields
    assert (merchant.label, merchant.hint, merchant.required) == ("Merchant ID", "From the gateway's contract.", True)
    assert (merchant.pattern, merchant.min_length, merchant.max_length) == ("^[A-Z0-9]{6,12}$", 6, 12)
    assert merchant.default == "ACME01"
    assert (key.masked, note.masked) == (True, False)
    assert schema.masked_keys == {"_api_key"}
    assert note.label == "note"
    assert region.options == (Option("eu", "Europe"), Option("us", "United States"))
    assert (mode.required, mode.default) == (True, None)
    assert (means.default, means.is_list) == (("card",), True)


def test_a_json_schema_becomes_the_same_kind_of_fields() -> None:
    schema = read("json_schema/good/every_type.json")
    assert schema.form is SchemaForm.JSON_SCHEMA
    kinds = {field.key: field.kind for field in schema.fields}
    assert kinds == {
        "merchant_id": FieldKind.STRING,
        "api_key": FieldKind.PASSWORD,
        "pin": FieldKind.INTEGER,
        "region": FieldKind.SELECT,
        "mode": FieldKind.SELECT,
        "version": FieldKind.SELECT,
        "retries": FieldKind.INTEGER,
        "fee": FieldKind.NUMBER,
        "capture": FieldKind.BOOLEAN,
        "means": FieldKind.CHECKBOX,
    }
    assert schema.masked_keys == {"api_key", "pin"}
    assert [field.key for field in schema.fields if field.required] == ["merchant_id", "api_key"]
    fields = {field.key: field for field in schema.fields}
    assert fields["merchant_id"].label == "Merchant ID"
    assert fields["merchant_id"].hint == "From the contract."
    assert fields["mode"].options == (Option("test", "Test"), Option("live", "Live"))
    assert fields["version"].options == (Option(2, "2"),)
    assert (fields["retries"].exclusive_minimum, fields["retries"].maximum) == (0, 5)
    assert fields["capture"].default is False
    assert fields["means"].min_chosen == 1


def test_what_a_reference_means_is_taken_over_and_what_stands_beside_it_goes_first() -> None:
    fields = {field.key: field for field in read("json_schema/good/references.json").fields}
    assert (fields["first_key"].label, fields["second_key"].label) == ("First key", "Key")
    assert (fields["second_key"].min_length, fields["second_key"].max_length) == (8, 64)
    assert [option.value for option in fields["means"].options] == ["card", "sepa"]


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*_*/good/*.json")), ids=lambda path: path.stem)
def test_the_one_json_schema_is_a_closed_schema_of_draft_2020_12_without_references(path: Path) -> None:
    schema = parse_schema(path.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema.json_schema)
    assert schema.json_schema["additionalProperties"] is False
    assert "$ref" not in json.dumps(schema.json_schema)


def test_the_json_schema_of_a_schema_can_be_typed_again() -> None:
    schema = read("json_schema/good/every_type.json")
    assert parse_schema(json.dumps(schema.json_schema)).json_schema == schema.json_schema


def test_changing_a_json_schema_that_was_given_out_changes_no_field() -> None:
    schema = read("json_schema/good/every_type.json")
    schema.json_schema.clear()
    assert schema.json_schema["type"] == "object"


def test_an_empty_text_says_what_to_write_if_there_is_nothing_to_set() -> None:
    with pytest.raises(Problems) as raised:
        parse_schema("")
    (problem,) = raised.value.items
    assert problem.field == "JSON Schema"
    assert "[]" in problem.message
    assert parse_schema("[]").fields == ()


def test_more_choices_than_can_be_shown_are_refused() -> None:
    many = {"type": "integer", "enum": list(range(501)), "minimum": 0}
    _, (problem,) = check_schema(json.dumps({"type": "object", "properties": {"a": many}}))
    assert (problem.pointer, "at most 500" in problem.message) == ("/properties/a/enum/500", True)


def test_a_reference_cannot_multiply_choices_without_end() -> None:
    definitions = {"many": {"type": "integer", "enum": list(range(500)), "minimum": 0}}
    properties = {f"k{number}": {"$ref": "#/$defs/many"} for number in range(200)}
    _, (problem,) = check_schema(json.dumps({"type": "object", "properties": properties, "$defs": definitions}))
    assert (problem.pointer, "5,000" in problem.message) == ("/properties/k11", True)


def test_ten_thousand_different_elements_are_not_compared_each_with_each() -> None:
    required = [each for number in range(4_000) for each in (number, str(number))]
    _, items = check_schema(
        json.dumps({"type": "object", "properties": {}, "required": required}, separators=(",", ":"))
    )
    assert len(items) == 8_000


def test_a_required_text_may_not_be_empty_in_a_field_list() -> None:
    (field,) = parse_schema('[{"type": "string", "key": "a", "required": true}]').fields
    assert field.min_length == 1
