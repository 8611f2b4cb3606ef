from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import json_scanner
from store.json_document import Document, join_pointer, split_pointer
from store.strict_json import MAX_BYTES, MAX_DEPTH, read_json

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
INDENTS = st.sampled_from([None, 0, 2])


def read(text: str) -> Document:
    return read_json(text, field="Static JSON")


def told(text: str) -> list[tuple[int | None, int | None, str]]:
    return [(item.line, item.column, item.message) for item in read(text).problems]


def places(value: Any, pointer: str = "") -> list[tuple[str, Any]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [(pointer, value)]
    for token, each in inner:
        found += places(each, join_pointer(pointer, token))
    return found


def offset(text: str, line: int, column: int) -> int:
    return sum(len(each) + 1 for each in text.split("\n")[: line - 1]) + column - 1


@given(VALUES, INDENTS, st.booleans())
def test_it_reads_what_json_loads_reads(value: Any, indent: int | None, ascii_only: object) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=bool(ascii_only))
    document = read(text)
    assert document.problems == ()
    assert json.dumps(document.value) == json.dumps(json.loads(text))


@given(VALUES, INDENTS, st.booleans())
def test_every_position_points_at_the_first_character_of_its_value_and_of_its_name(
    value: Any, indent: int | None, ascii_only: object
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=bool(ascii_only))
    if "\r" in text:
        text = text.replace("\r", "\\r")
    document = read(text)
    decoder = json.JSONDecoder()
    for pointer, expected in places(value):
        found, _ = decoder.raw_decode(text, offset(text, *document.position(pointer)))
        assert found == expected
        parent = document.value
        for token in split_pointer(pointer)[:-1]:
            parent = parent[int(token)] if isinstance(parent, list) else parent[token]  # type: ignore[index]
        if pointer and isinstance(parent, dict):
            name, _ = decoder.raw_decode(text, offset(text, *document.name_position(pointer)))
            assert name == split_pointer(pointer)[-1]


@given(st.text() | st.text(alphabet="{}[],:\"'\\/*u0d8 \n\r-+.eE1ntf\ud800\ufeff"))
def test_any_text_is_either_read_or_has_problem_items_with_a_place(text: str) -> None:
    document = read(text)
    assert document.problems or document.complete
    for item in document.problems:
        assert item.line is not None
        assert item.column is not None
        assert item.message.endswith((".", '"...".', ")."))


@given(VALUES, st.integers(0, 200), st.text(alphabet='{}[],:"\\x1 ', max_size=2))
def test_what_json_loads_refuses_is_never_read_without_a_problem(value: Any, place: int, inserted: str) -> None:
    text = json.dumps(value)
    text = text[:place] + inserted + text[place + 1 :]
    try:
        json.loads(text)
    except ValueError:
        assert read(text).problems


def test_all_repeated_names_are_told_with_the_place_of_the_first() -> None:
    assert told('{"a": 1,\n "b": {"c": 1, "c": 2}, "a": 2,\n "a": 3}') == [
        (2, 16, 'The name "c" stands here again; the first one is in line 2, column 8. Keep one of the two.'),
        (2, 25, 'The name "a" stands here again; the first one is in line 1, column 2. Keep one of the two.'),
        (3, 2, 'The name "a" stands here again; the first one is in line 1, column 2. Keep one of the two.'),
    ]


def test_names_that_differ_in_their_escapes_only_are_repeated_too() -> None:
    assert [item.column for item in read('{"a": 1, "\\u0061": 2}').problems] == [10]


@pytest.mark.parametrize(
    ("text", "column", "part"),
    [
        ("", 1, "the text is empty"),
        ("[NaN]", 2, "no JSON numbers"),
        ("[-Infinity]", 2, "no JSON numbers"),
        ("[1,]", 3, "No comma"),
        ('{"a": 1,}', 8, "No comma"),
        ("[,1]", 2, "before the comma"),
        ("['a']", 2, "double quotes"),
        ("[“a”]", 2, "double quotes"),
        ("{a: 1}", 2, "double quotes"),
        ("[True]", 2, "Write true in lower case"),
        ("[None]", 2, "no such word"),
        ("[01]", 2, "no JSON number"),
        ("[+1]", 2, "no JSON number"),
        ("[.5]", 2, "no JSON number"),
        ("[1.]", 2, "no JSON number"),
        ("[0x10]", 2, "no JSON number"),
        ("[1e999999]", 2, "too large"),
        ("[1e-999999999999999999999]", 2, "exactly"),
        ("[0.12345678901234567890123]", 2, "exactly"),
        ("[9223372036854775808]", 2, "whole number"),
        ("[" + "9" * 50_000 + "]", 2, "whole number"),
        ('["\\x"]', 3, "begins no escape"),
        ('["\\u12"]', 3, "Four hexadecimal digits"),
        ('["\\ud800"]', 3, "half of a pair"),
        ('["\\udc00\\ud800"]', 3, "half of a pair"),
        ('["\ud800"]', 3, "half of a pair"),
        ('["a\tb"]', 4, "\\u0009"),
        ("\ufeff[]", 1, "byte order mark"),
        ("\u00a0[]", 1, "U+00A0"),
        ("/* why */ []", 1, "no comments"),
        ("[] []", 4, "end of the text"),
        ("[1 2]", 4, "comma"),
        ('{"a" 1}', 6, '":" is expected'),
        ('{"a":}', 6, 'after ":"'),
        ("[1}", 3, '"]" is expected'),
        ('{"a": "b}', 10, "closing double quote"),
        ("[1", 3, "not closed"),
        ('{"' + "n" * 257 + '": 1}', 2, "256 characters"),
    ],
)
def test_each_mistake_is_told_where_it_stands_with_what_would_be_right(text: str, column: int, part: str) -> None:
    first = read(text).problems[0]
    assert (first.line, first.column) == (1, column)
    assert part in first.message


def test_reading_goes_on_after_a_mistake_whose_meaning_is_plain() -> None:
    text = '{\n  \'a\': NaN,\n  "b": [01, True,],\n  "c": "\\q" "d": 1,\n}'
    assert [(item.line, item.column) for item in read(text).problems] == [
        *((2, 3), (2, 8), (3, 9), (3, 13), (3, 17)),
        *((4, 9), (4, 13), (4, 19)),
    ]


def test_the_depth_limit_is_kept_to_the_bracket() -> None:
    assert read("[" * MAX_DEPTH + "]" * MAX_DEPTH).problems == ()
    assert told("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)) == [
        (1, 21, "At most 20 brackets may be open at once; this is one more.")
    ]


@pytest.mark.parametrize("bracket", ["[", '{"a":', '[{"a":'])
def test_a_hundred_thousand_brackets_are_one_problem(bracket: str) -> None:
    document = read_json(bracket * 100_000, field="X", max_bytes=10_000_000)
    assert len(document.problems) == 1
    assert "brackets" in document.problems[0].message


def test_the_size_limit_counts_bytes_and_is_kept_to_the_byte() -> None:
    assert read('"' + "é" * ((MAX_BYTES - 2) // 2) + '"').problems == ()
    assert told('"' + "é" * ((MAX_BYTES - 2) // 2) + '" ') == [
        (1, 32770, "The text has 65,537 bytes; at most 65,536 are allowed.")
    ]


def test_columns_count_characters_and_lines_end_as_any_system_ends_them() -> None:
    assert [(line, column) for line, column, _ in told('["é😀\u2028", NaN,\r\nNaN,\rNaN,\nNaN]')] == [
        *((1, 9), (2, 1), (3, 1), (4, 1))
    ]


def test_the_position_of_what_is_not_there_is_that_of_what_is_around_it() -> None:
    document = read('{"a": [1, {"b": 2}]}')
    assert document.position("/a/1/c/d") == document.position("/a/1") == (1, 11)
    assert document.name_position("/a/1/b") == (1, 12)
    assert document.position("/a/7") == document.position("/a") == (1, 7)
    assert document.name_position("/a") == (1, 2)


def test_pointers_escape_what_stands_in_names() -> None:
    document = read('{"a/b": {"~": NaN}}')
    assert document.problems[0].pointer == "/a~1b/~0"
    assert document.position("/a~1b/~0") == (1, 15)


class LookedThrough:
    """A pattern that counts how many characters it is asked to search."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern
        self.characters = 0

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        return self._pattern.finditer(text)

    def search(self, text: str, start: int, end: int | None = None) -> re.Match[str] | None:
        end = len(text) if end is None else end
        self.characters += end - start
        return self._pattern.search(text, start, end)


def test_texts_in_wrong_quotes_are_each_looked_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    line_break = LookedThrough(json_scanner._LINE_BREAK)
    monkeypatch.setattr(json_scanner, "_LINE_BREAK", line_break)
    text = "[" + "'a'," * 5_000 + "1]"

    assert len(read(text).problems) == 5_000
    assert line_break.characters <= len(text)


def test_no_message_quotes_a_value() -> None:
    text = '{"a": secret, "b": \'secret\', "c": "secret\\q", "d": secret1, "e": "secret"} secret'
    problems = read(text).problems
    assert len(problems) == 5
    assert not any("secret" in item.message for item in problems)
