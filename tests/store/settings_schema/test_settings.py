from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import Problems
from store.settings_schema import (
    as_wire_text,
    check_settings,
    check_static,
    merged_settings,
    parse_schema,
    parse_static,
    read_settings,
    with_defaults,
)

SCHEMA = parse_schema(
    json.dumps(
        {
            "type": "object",
            "properties": {
                "api_key": {
                    "type": "string",
                    "title": "API key",
                    "format": "password",
                    "minLength": 8,
                    "pattern": "^k",
                },
                "pin": {"type": "integer", "title": "PIN", "writeOnly": True, "maximum": 9999},
                "region": {"type": "string", "title": "Region", "enum": ["eu", "us"], "default": "eu"},
                "fee": {"type": "number", "title": "Fee", "multipleOf": 0.01, "minimum": 0, "exclusiveMaximum": 1},
                "capture": {"type": "boolean", "title": "Capture"},
                "means": {"type": "array", "title": "Means", "items": {"enum": ["card", "sepa"]}, "default": ["card"]},
                "secret_choice": {"type": "string", "title": "Choice", "enum": ["hidden"], "format": "password"},
            },
            "required": ["api_key"],
        }
    )
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(b"bytes"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


def told(values: dict[str, object], **static: object) -> list[tuple[str | None, str]]:
    return [(item.pointer, item.message) for item in check_settings(SCHEMA, values, static=static)]


def test_good_settings_have_no_problem() -> None:
    assert told({"api_key": "k1234567", "pin": 1, "fee": 0.29, "capture": False, "means": ["sepa"]}) == []
    assert told({"api_key": "k1234567", "fee": 0, "means": ()}) == []


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("api_key", "k", "API key must have at least 8 characters."),
        ("api_key", "secret_value", "API key must fit the pattern ^k"),
        ("api_key", 7, "API key must be a string, not a number."),
        ("api_key", None, "API key is null, which cannot be sent; leave the key out, or give a value."),
        ("pin", 10_000, "PIN must be at most 9999."),
        ("pin", 1.5, "PIN must be a whole number, not one with a fraction."),
        ("pin", True, "PIN must be a whole number, not true."),
        ("region", "moon", "Region must be one of: eu, us."),
        ("fee", 0.305, "Fee must be a multiple of 0.01."),
        ("fee", -1, "Fee must be at least 0."),
        ("fee", 1, "Fee must be less than 1."),
        ("fee", float("nan"), "Fee is not a finite number; write a number, or a text."),
        ("fee", "0.2", "Fee must be a number, not a string."),
        ("capture", "true", "Capture must be true or false, not a string."),
        ("means", ["cash"], "Means holds an unknown choice; there are: card, sepa."),
        ("means", ["card", "card"], "Means holds the same choice twice; each stands there once."),
        ("means", ["card"] * 50_000, "Means holds 50000 choices, but there are only 2: card, sepa."),
        ("means", "card", "Means must be a list of its choices, not a string."),
        ("secret_choice", "x", "Choice must be one of: those of JSON Schema."),
    ],
)
def test_each_problem_is_a_sentence_about_the_label(key: str, value: object, message: str) -> None:
    assert (f"/{key}", message) in told({"api_key": "k1234567", key: value})


def test_all_problems_come_at_once_in_the_order_of_the_fields_and_unknown_keys_last() -> None:
    values = {"colour": "red", "region": 1, "pin": "x"}
    assert [pointer for pointer, _ in told(values)] == ["/api_key", "/pin", "/region", "/colour"]


def test_a_key_that_stands_in_static_json_is_a_problem() -> None:
    (problem,) = told({"api_key": "k1234567", "shared": "x"}, shared="y")
    assert "Static JSON" in problem[1]
    (problem,) = told({"api_key": "k1234567"}, api_key="k7654321")
    assert problem[0] == "/api_key"


@pytest.mark.parametrize("value", ["my settings.pin", "\ud800", ["settings."], {"a": 1}, float("inf"), [None], [[1]]])
def test_what_cannot_be_signed_in_one_way_is_a_problem_everywhere(value: Any) -> None:
    assert told({"api_key": value})
    if value == "\ud800":
        value = "\\ud800"
        assert check_static('{"x": "\\ud800"}', None)[1]
    else:
        assert check_static(json.dumps({"x": value}), None)[1]


@given(st.dictionaries(st.sampled_from(SCHEMA.keys) | st.text(max_size=4), ANYTHING, max_size=5))
def test_any_settings_have_problem_items_and_never_a_traceback(values: dict[str, object]) -> None:
    for item in check_settings(SCHEMA, values):
        assert item.field == "Connector settings"
        assert item.message.endswith((".", "^k"))


@given(st.text(min_size=6, max_size=20, alphabet="QXZ€"))
def test_no_message_shows_a_value(value: str) -> None:
    for item in check_settings(SCHEMA, dict.fromkeys(SCHEMA.keys, value)):
        assert value not in item.message


@given(st.text(alphabet='{}[],:"a1 \n'))
def test_any_broken_text_of_settings_is_refused_with_problem_items(text: str) -> None:
    with pytest.raises(Problems) as raised:  # no text of this alphabet has the API key
        read_settings(text, SCHEMA)
    assert all(item.line is not None for item in raised.value.items)


@given(st.text() | st.text(alphabet='{}[],:"a1 '))
def test_any_text_of_static_json_is_read_or_refused_with_problem_items(text: str) -> None:
    values, items = check_static(text, SCHEMA)
    assert not (values and items)
    assert all(item.field == "Static JSON" and item.line is not None for item in items)


def test_settings_that_are_too_large_to_send_are_a_problem() -> None:
    (problem,) = told({"api_key": "k" * 70_000})
    assert problem[0] == ""
    assert "65,536" in problem[1]


def test_defaults_are_filled_in_where_no_value_is_given() -> None:
    filled = with_defaults(SCHEMA, {"region": "us"})
    assert filled == {"region": "us", "means": ["card"]}
    assert read_settings('{"api_key": "k1234567"}', SCHEMA) == {
        "api_key": "k1234567",
        "region": "eu",
        "means": ["card"],
    }
    filled["means"].append("x")  # type: ignore[attr-defined]
    assert with_defaults(SCHEMA, {})["means"] == ["card"]


def test_read_settings_marks_a_value_at_its_value_and_an_unknown_key_at_its_key() -> None:
    with pytest.raises(Problems) as raised:
        read_settings('{"api_key": "k1234567",\n "region":   "moon",\n "colour": 1}', SCHEMA)
    assert [(item.pointer, item.line, item.column) for item in raised.value.items] == [
        ("/region", 2, 14),
        ("/colour", 3, 2),
    ]


def test_a_key_of_static_json_that_the_schema_has_is_marked_at_the_key() -> None:
    values, (problem,) = check_static('{"other": 1, "api_key": "x"}', SCHEMA)
    assert values == {}
    assert (problem.pointer, problem.line, problem.column) == ("/api_key", 1, 14)
    with pytest.raises(Problems):
        parse_static('{"api_key": "x"}', SCHEMA)
    assert parse_static('{"api_key": "x"}', None) == {"api_key": "x"}
    assert parse_static(" ", SCHEMA) == {}


def test_static_json_lies_under_the_settings_and_every_key_of_the_schema_is_sent() -> None:
    assert merged_settings({"shared": 1}, {"pin": 2}) == {"shared": 1, "pin": 2}
    sent = merged_settings({"shared": 1}, {"pin": 2}, schema=SCHEMA)
    assert sent == {"shared": 1, **dict.fromkeys(SCHEMA.keys, ""), "pin": 2}


@pytest.mark.parametrize(
    ("value", "text"),
    [("ä b", "ä b"), (3, "3"), (0.5, "0.5"), (True, "true"), (["ä", 1, False], '["ä",1,false]'), ([], "[]"), ("", "")],
)
def test_values_are_sent_as_their_json_text_and_strings_as_they_are(value: object, text: str) -> None:
    assert as_wire_text(value) == text


def test_reading_a_field_list_without_defaults_does_not_import_jsonschema() -> None:
    code = (
        "import sys; from store.settings_schema import parse_schema, parse_static;"
        'parse_schema(\'[{"type": "select", "key": "a", "options": [{"value": "x", "label": "X"}]}]\');'
        "parse_static('{\"b\": 1}', None);"
        "assert 'jsonschema' not in sys.modules and 'regex' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
