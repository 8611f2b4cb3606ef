from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.errors import ProblemItem
from store.settings_schema import check_schema


def schema_with(reference: object, definitions: object) -> str:
    return json.dumps({"type": "object", "properties": {"a": {"$ref": reference}}, "$defs": definitions})


def problems(reference: object, definitions: object) -> tuple[ProblemItem, ...]:
    return check_schema(schema_with(reference, definitions))[1]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)  # noqa: FBT003 - the socket module has it so
        yield server


@pytest.mark.parametrize("keyword", ["$ref", "$dynamicRef", "$schema", "$id"])
@pytest.mark.parametrize("place", ["root", "property", "items", "definition", "unknown"])
def test_nothing_is_ever_fetched(listener: socket.socket, keyword: str, place: str) -> None:
    link = {keyword: f"http://127.0.0.1:{listener.getsockname()[1]}/schema.json#/$defs/a"}
    document: dict[str, object] = {"type": "object", "properties": {"x": {"type": "string"}}}
    match place:
        case "root":
            document |= link
        case "property":
            document["properties"] = {"x": link}
        case "items":
            document["properties"] = {"x": {"type": "array", "items": link}}
        case "definition":
            document["$defs"] = {"d": link}
            document["properties"] = {"x": {"$ref": "#/$defs/d"}}
        case _:
            document["allOf"] = [{"if": link}]
    schema, items = check_schema(json.dumps(document))
    assert items or (schema and keyword == "$id")
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_a_file_is_never_read_for_a_reference(tmp_path: Path) -> None:
    planted = tmp_path / "schema.json"
    planted.write_text('{"type": "string", "title": "from the file"}', encoding="utf-8")
    for reference in (planted.as_uri(), str(planted), "schema.json"):
        (problem,) = problems(reference, {})
        assert problem.pointer == "/properties/a/$ref"
        assert "nothing is ever fetched" in problem.message


def test_a_reference_to_the_whole_text_is_a_problem() -> None:
    (problem,) = problems("#", {})
    assert problem.pointer == "/properties/a/$ref"


def test_sixteen_doubled_levels_are_counted_and_not_followed() -> None:
    doubled = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(16)}
    items = problems("#/$defs/d0", {**doubled, "d16": {"type": "string"}})
    assert "131,071 expansions" in items[0].message
    assert [item.pointer for item in items[1:]] == [f"/$defs/d{n}/allOf" for n in range(16)]


def test_a_number_of_expansions_that_has_no_name_is_told_too() -> None:
    doubled = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(500)}
    assert "more than 1,000,000,000 expansions" in problems("#/$defs/d0", {**doubled, "d500": {}})[0].message


def test_a_thousand_expansions_are_taken_and_one_more_is_not() -> None:
    chain: dict[str, object] = {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(999)}
    chain["d999"] = {"type": "string", "title": "At the end"}
    schema, items = check_schema(schema_with("#/$defs/d0", chain))
    assert items == ()
    assert schema is not None
    assert schema.fields[0].label == "At the end"
    chain["more"] = {"$ref": "#/$defs/d0"}
    assert "1,001 expansions" in problems("#/$defs/more", chain)[0].message


def test_every_reference_of_a_circle_is_marked_and_those_that_lead_there_are_not() -> None:
    definitions = {
        "a": {"$ref": "#/$defs/b"},
        "b": {"$ref": "#/$defs/c"},
        "c": {"$ref": "#/$defs/a"},
        "in": {"$ref": "#/$defs/a"},
        "out": {"type": "string"},
    }
    assert [item.pointer for item in problems("#/$defs/in", definitions)] == [f"/$defs/{name}/$ref" for name in "abc"]


def test_a_value_that_looks_like_a_reference_is_a_value() -> None:
    text = '{"type": "object", "properties": {"a": {"type": "string", "examples": [{"$ref": "http://127.0.0.1/"}]}}}'
    assert check_schema(text)[1] == ()


def test_a_property_may_have_the_name_of_a_keyword() -> None:
    text = '{"type": "object", "properties": {"properties": {"type": "string"}, "enum": {"$ref": "#/$defs/default"}},'
    schema, items = check_schema(text + ' "$defs": {"default": {"type": "string"}}}')
    assert items == ()
    assert schema is not None
    assert schema.keys == ("properties", "enum")
