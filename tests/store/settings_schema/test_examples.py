from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import Problems
from store.settings_schema import (
    check_schema,
    check_settings,
    example_field_list,
    example_json_schema,
    example_settings,
    format_json,
    parse_schema,
)

CORPUS = Path(__file__).parent / "corpus"
PATTERNS = st.sampled_from(["^[a-z]+$", "^[A-Z0-9]{6,12}$", r"^\d*$", "x", "^(eu|us)-[0-9]+$", r"\p{Lu}"])
LENGTHS = st.integers(0, 20)
CHOICES = st.lists(st.text(min_size=1, max_size=4), max_size=4)
NUMBERS = st.integers(-100, 100) | st.floats(-1e6, 1e6) | st.sampled_from([0.01, 0.1, 1e300, 2**62, 7])


@st.composite
def field_lists(draw: st.DrawFn) -> str:
    elements: list[dict[str, Any]] = []
    for number in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(["string", "password", "text", "select", "radio", "checkbox"]))
        element: dict[str, Any] = {"type": kind, "key": f"k{number}"}
        if kind in ("select", "radio", "checkbox"):
            element["options"] = [{"value": value, "label": "L"} for value in draw(CHOICES)]
        else:
            limits = st.fixed_dictionaries({}, optional={"min_length": LENGTHS, "max_length": LENGTHS})
            element |= draw(limits)
        element |= draw(st.fixed_dictionaries({}, optional={"required": st.booleans(), "label": st.text(max_size=5)}))
        elements.append(element)
    return json.dumps(elements)


@st.composite
def json_schemas(draw: st.DrawFn) -> str:
    properties: dict[str, Any] = {}
    number = st.fixed_dictionaries(
        {"type": st.sampled_from(["integer", "number"])},
        optional={
            "minimum": NUMBERS,
            "maximum": NUMBERS,
            "exclusiveMinimum": NUMBERS,
            "exclusiveMaximum": NUMBERS,
            "multipleOf": NUMBERS,
        },
    )
    text = st.fixed_dictionaries({"type": st.just("string")}, optional={"minLength": LENGTHS, "maxLength": LENGTHS})
    pattern = st.fixed_dictionaries({"type": st.just("string"), "pattern": PATTERNS})
    group = st.fixed_dictionaries(
        {"type": st.just("array"), "items": st.fixed_dictionaries({"enum": CHOICES})},
        optional={"minItems": LENGTHS, "maxItems": LENGTHS},
    )
    other = st.sampled_from(
        [{"type": "boolean"}, {"const": 2}, {"enum": [1, 2.5]}, {"type": "boolean", "enum": [False]}]
    )
    for index in range(draw(st.integers(0, 4))):
        properties[f"k{index}"] = draw(number | text | pattern | group | other)
    return json.dumps({"type": "object", "properties": properties, "required": list(properties)})


@given(field_lists() | json_schemas())
def test_every_schema_that_is_taken_has_an_example_that_it_takes(text: str) -> None:
    schema, items = check_schema(text)
    assert (schema is None) == bool(items)
    if schema is not None:
        assert check_settings(schema, example_settings(schema)) == ()


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*_*/good/*.json")), ids=lambda path: path.stem)
def test_every_good_schema_of_the_corpus_has_an_example_for_each_field(path: Path) -> None:
    schema = parse_schema(path.read_text(encoding="utf-8"))
    example = example_settings(schema)
    assert tuple(example) == schema.keys
    assert check_settings(schema, example) == ()


def test_a_field_whose_pattern_asks_for_too_much_is_left_out_of_the_example() -> None:
    schema = parse_schema(r'[{"type": "string", "key": "a", "pattern": "^(?=.*q)(?=.*7)[a-z0-9]{3}$"}]')
    assert example_settings(schema) == {}
    schema = parse_schema(
        json.dumps(
            {"type": "object", "properties": {"a": {"type": "string", "pattern": "^(?=q)q7$", "examples": ["q7"]}}}
        )
    )
    assert example_settings(schema) == {"a": "q7"}


@pytest.mark.parametrize("text", [example_field_list(), example_json_schema()])
def test_the_examples_of_a_schema_are_taken_and_laid_out_as_f5_does(text: str) -> None:
    schema = parse_schema(text)
    assert check_settings(schema, example_settings(schema)) == ()
    assert format_json(text) == text
    assert schema.masked_keys


@given(st.text() | st.text(alphabet='[]{}",:typekystring 1'))
def test_any_text_is_a_schema_or_has_problem_items(text: str) -> None:
    schema, items = check_schema(text)
    assert (schema is None) == bool(items)
    assert all(item.field == "JSON Schema" and item.line is not None for item in items)


KEYWORDS = st.sampled_from(
    [
        *("type", "key", "options", "default", "pattern", "min_length", "value", "label", "required", "properties"),
        *("$defs", "$ref", "items", "enum", "const", "oneOf", "minimum", "maximum", "multipleOf", "minLength", "title"),
    ]
)
DOCUMENTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 70_000)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["string", "object", "array", "select", "checkbox", "integer", "#/$defs/a", "(", "a", "settings."]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYWORDS | st.just("a"), inner, max_size=5),
    max_leaves=20,
)


@given(DOCUMENTS)
def test_any_json_value_is_a_schema_or_has_problem_items(document: Any) -> None:
    for value in (document, [document], {"type": "object", "properties": {"a": document}, "$defs": {"a": document}}):
        schema, items = check_schema(json.dumps(value))
        assert (schema is None) == bool(items)
        assert len(set(items)) == len(items)


@given(DOCUMENTS, st.sampled_from([None, 0, 1, 7]))
def test_laying_out_changes_no_value_and_twice_is_once(document: Any, indent: int | None) -> None:
    text = json.dumps(document, indent=indent)
    laid_out = format_json(text)
    assert json.dumps(json.loads(laid_out)) == json.dumps(document)
    assert format_json(laid_out) == laid_out


def test_laying_out_keeps_the_order_of_keys_and_the_spelling() -> None:
    text = '{"b":1.50,"a":[ ],"c":{"x":"\\u0041\\/","y":1E2},"d":[[1,2],{}],\t"e:\\"":-0}'
    assert format_json(text) == (
        '{\n  "b": 1.50,\n  "a": [],\n  "c": {"x": "\\u0041\\/", "y": 1E2},\n  "d": [\n    [1, 2],\n    {}\n  ],\n'
        '  "e:\\"": -0\n}\n'
    )


@pytest.mark.parametrize("text", ["", "[1,]", '{"a": 1, "a": 2}', "[NaN]"])
def test_broken_json_is_not_laid_out(text: str) -> None:
    with pytest.raises(Problems) as raised:
        format_json(text, field="Static JSON")
    assert raised.value.items[0].field == "Static JSON"
