"""Strict JSON: what could be read in two ways, or is no object of texts, is refused with one kind of error."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import MalformedBody
from gateway.strict_body import MAX_BODY_BYTES, MAX_DEPTH, read_body


def nested(depth: int) -> bytes:
    return b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1)


def test_an_object_of_texts_is_read() -> None:
    raw = '{"a": "ä\\u00e9\\ud83d\\ude00", "settings": {"b": ""}}'.encode()
    assert read_body(raw) == {"a": "äé😀", "settings": {"b": ""}}


def test_objects_nest_as_deep_as_the_limit() -> None:
    read_body(nested(MAX_DEPTH))


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"a": "b"} x', "not JSON"),
        (b'{"a": "b",}', "not JSON"),
        (b'{"a": "\n"}', "not JSON"),
        (b'\xef\xbb\xbf{"a": "b"}', "not JSON"),
        ('{"a": "b"}'.encode("utf-16"), "not UTF-8"),
        (b'{"a": "\xff"}', "not UTF-8: byte 7"),
        (b'{"a": "\xed\xa0\x80"}', "not UTF-8"),
        (b"[]", "a list, not an object"),
        (b'"a"', "a text, not an object"),
        (b"3", "a number, not an object"),
        (b"null", "null, not an object"),
        (b"true", "true or false, not an object"),
        (b'{"a": "1", "a": "1"}', "'a' stands twice"),
        (b'{"b": {"a": "1", "\\u0061": "2"}}', "'a' stands twice"),
        (b'{"a": 1}', "'a' is a number"),
        (b'{"a": -1.5e400}', "'a' is a number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "'a' is a number"),
        (b'{"a": true}', "'a' is true or false"),
        (b'{"a": null}', "'a' is null"),
        (b'{"a": ["b"]}', "'a' is a list"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": -Infinity}', "-Infinity is not JSON"),
        (b'{"a": "\\ud800"}', "half a surrogate"),
        (b'{"\\udc00": "a"}', "half a surrogate"),
        (nested(MAX_DEPTH + 1), "deeper than 8"),
        (nested(5000), "deeper than 8"),
        (b"[" * 60_000, "deeper than 8"),
        (b" " * (MAX_BODY_BYTES + 1), "at most 65536"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(raw: bytes, sentence: str) -> None:
    with pytest.raises(MalformedBody, match=sentence):
        read_body(raw)


@given(st.binary() | st.text().map(str.encode))
def test_no_bytes_give_another_error(raw: bytes) -> None:
    try:
        body = read_body(raw)
    except MalformedBody:
        return
    assert isinstance(body, dict)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters()), inner, max_size=3),
    max_leaves=10,
)


def is_readable(value: object, depth: int = 1) -> bool:
    return isinstance(value, dict) and all(
        isinstance(inner, str) or (depth < MAX_DEPTH and is_readable(inner, depth + 1)) for inner in value.values()
    )


@given(json_values)
def test_exactly_objects_of_texts_are_read_and_read_as_json_reads_them(value: Any) -> None:
    raw = json.dumps(value).encode()
    whole = "\\ud" not in raw.decode()
    try:
        body = read_body(raw)
    except MalformedBody:
        assert not (is_readable(value) and whole)
    else:
        assert is_readable(value)
        assert body == value


TEXTS = st.text(st.sampled_from('ab"\\\u00e9\u2028\U0001f600 {}:,'), max_size=4)
PAIRS = st.lists(st.tuples(TEXTS, TEXTS), max_size=4)


@given(PAIRS, st.booleans())
def test_a_flat_object_is_what_was_written_unless_a_name_stands_twice(
    pairs: list[tuple[str, str]],
    ascii_only: bool,  # noqa: FBT001 - Hypothesis gives it by position
) -> None:
    def written(text: str) -> str:
        return json.dumps(text, ensure_ascii=ascii_only)

    raw = f"{{{', '.join(f'{written(name)}: {written(value)}' for name, value in pairs)}}}".encode()
    if len(dict(pairs)) == len(pairs):
        assert read_body(raw) == dict(pairs)
    else:
        with pytest.raises(MalformedBody, match="stands twice"):
            read_body(raw)
