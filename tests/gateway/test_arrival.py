"""What arrives, whatever it is, becomes a message or one of three errors, in the order of the wire; nothing escapes."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.arrival import SignatureRefused, media_type, verified_body
from gateway.errors import MalformedBody, MalformedMessage
from gateway.messages import parse_acknowledgement, parse_answer, parse_pay, parse_status, parse_status_reply
from gateway.signing import UnsignableBody, sign, verify
from gateway.strict_body import MAX_BODY_BYTES, read_body
from tests.gateway.test_messages import ACKNOWLEDGEMENT, PAY, STATUS, SUCCESS

KEY = "5f2c9a7be1d04438a6f3c05d9b8e7712"
PARSERS: tuple[Callable[[Any], object], ...] = (
    parse_pay,
    parse_status,
    parse_answer,
    parse_status_reply,
    parse_acknowledgement,
)
ANSWER = json.dumps(SUCCESS.body()).encode()


def swapped(old: bytes, new: bytes) -> bytes:
    """Return the answer with a part of it put for another."""
    assert old in ANSWER
    return ANSWER.replace(old, new)


CORPUS = {
    "nothing": b"",
    "one brace": b"{",
    "an empty object": b"{}",
    "a byte order mark": b"\xef\xbb\xbf" + ANSWER,
    "UTF-16": ANSWER.decode().encode("utf-16"),
    "UTF-8 that is too long": swapped(b"129.00", b"\xc0\xb1"),
    "half of a pair, raw": swapped(b"129.00", b"\xed\xa0\x80"),
    "half of a pair, escaped": swapped(b"129.00", rb"\ud800"),
    "half of a pair in a name": swapped(b"message", rb"\udfff"),
    "a zero byte, raw": swapped(b"129.00", b"\x00"),
    "a zero byte, escaped": swapped(b"129.00", rb"\u0000"),
    "an overlong integer": swapped(b'"129.00"', b"9" * 20_000),
    "an exponent": swapped(b'"129.00"', b"1e999999999"),
    "not a number": swapped(b'"129.00"', b"NaN"),
    "minus infinity": swapped(b'"129.00"', b"-Infinity"),
    "digits of another script": swapped(b"129.00", "١٢٩".encode()),
    "a name twice": swapped(b'"message": ""', b'"message": "", "message": ""'),
    "a name twice, once escaped": swapped(b'"message": ""', rb'"message": "", "mess\u0061ge": ""'),
    "a name that is only alike": swapped(b'"message"', b'"Message"'),
    "no name at all": swapped(b'"message"', b'""'),
    "names of Python's own": b'{"__class__": "x", "__init__": {"__globals__": "y"}, "self": "z", "kind": "w"}',
    "a point in a name, and the same flattened": b'{"settings.a": "1", "settings": {"a": "2"}}',
    "settings that are a text": json.dumps({**PAY.body(), "settings": "x"}).encode(),
    "settings in an answer": swapped(b'"message": ""', b'"message": "", "settings": {"a": "1"}'),
    "an object for a text": swapped(b'"129.00"', b'{"amount": "129.00"}'),
    "a list for a text": swapped(b'"129.00"', b'["129.00"]'),
    "eight deep": b'{"a":' * 7 + b"{}" + b"}" * 7,
    "nine deep": b'{"a":' * 8 + b"{}" + b"}" * 8,
    "so deep that a parser recurses": b'{"a":' * 13_000,
    "lists so deep that a parser recurses": b"[" * MAX_BODY_BYTES,
    "as large as may be": swapped(b'"message": ""', b'"message": "' + b"m" * (MAX_BODY_BYTES - len(ANSWER)) + b'"'),
    "one byte larger": swapped(b'"message": ""', b'"message": "' + b"m" * (MAX_BODY_BYTES - len(ANSWER) + 1) + b'"'),
    "many names": json.dumps({f"n{number}": "" for number in range(5_000)}).encode(),
    "a time that does not exist": swapped(b"2026-01-31", b"2026-02-31"),
    "a leap second": swapped(b"12:00:00.000Z", b"12:00:60Z"),
    "the year 0": swapped(b"2026-01-31", b"0000-01-31"),
    "the last moment of all": swapped(b"2026-01-31T12:00:00.000Z", b"9999-12-31T23:59:60Z"),
    "what follows the object": ANSWER + b"{}",
    "two answers": b"[" + ANSWER + b"," + ANSWER + b"]",
}


def arrives(raw: bytes, signature: str | None) -> object:
    """Take bytes as the port for answers does; return the message, or the one error that it is refused with."""
    try:
        body, place = verified_body(raw, signature, ["another key", KEY])
        assert place == 1
        return parse_answer(body)
    except (MalformedBody, SignatureRefused, MalformedMessage) as error:
        refused = error
    assert str(refused)
    assert KEY not in str(refused)
    return refused


def signature_of(raw: bytes) -> str | None:
    """Return the right signature, as far as there is one: of what cannot be signed a reader can make none either."""
    try:
        return sign(read_body(raw), KEY)
    except (MalformedBody, UnsignableBody):
        return None


@pytest.mark.parametrize("raw", CORPUS.values(), ids=CORPUS)
def test_each_of_the_corpus_is_a_message_or_one_error_signed_or_not(raw: bytes) -> None:
    assert isinstance(arrives(raw, None), MalformedBody | SignatureRefused)
    assert isinstance(arrives(raw, "0" * 64), MalformedBody | SignatureRefused)
    signature = signature_of(raw)
    if signature is not None:
        assert not isinstance(arrives(raw, signature), SignatureRefused | MalformedBody)
        body: Any = read_body(raw)
        for parse in PARSERS:
            with suppress(MalformedMessage):
                parse(body)


def test_of_the_corpus_only_these_are_answers() -> None:
    taken = [name for name, raw in CORPUS.items() if not isinstance(arrives(raw, signature_of(raw)), Exception)]
    assert taken == ["as large as may be", "a leap second"]


mutations = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 3), st.binary(max_size=4)),
    min_size=1,
    max_size=4,
)


@given(changes=mutations, base=st.sampled_from([each.body() for each in (PAY, STATUS, SUCCESS, ACKNOWLEDGEMENT)]))
def test_no_change_of_a_messages_bytes_gives_another_error(changes: list[tuple[int, int, bytes]], base: Any) -> None:
    raw = json.dumps(base).encode()
    for place, length, put in changes:
        at = place % (len(raw) + 1)
        raw = raw[:at] + put + raw[at + length :]
    arrives(raw, signature_of(raw))
    arrives(raw, sign(base, KEY))


@given(changes=mutations)
def test_the_signature_of_an_answer_fits_no_other_answer(changes: list[tuple[int, int, bytes]]) -> None:
    raw = ANSWER
    for place, length, put in changes:
        at = place % (len(raw) + 1)
        raw = raw[:at] + put + raw[at + length :]
    told = arrives(raw, sign(SUCCESS.body(), KEY))
    assert isinstance(told, Exception) or told == SUCCESS


@given(raw=st.binary(max_size=200) | st.sampled_from(list(CORPUS.values())), signature=st.none() | st.text(max_size=80))
@example(raw=ANSWER, signature="\udcff" * 64)
@example(raw=ANSWER, signature="ſ" * 64)
def test_no_bytes_and_no_header_give_another_error(raw: bytes, signature: str | None) -> None:
    assert isinstance(arrives(raw, signature), MalformedBody | SignatureRefused)


anything: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=6)
    | st.binary(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(), max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(body=st.dictionaries(st.text(st.characters(), max_size=6), anything, max_size=5), key=st.text(st.characters()))
def test_verify_says_no_to_whatever_it_is_given_and_raises_nothing(body: Any, key: str) -> None:
    assert verify(body, key, "0" * 64) is False


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("application/json", "application/json"),
        (" Application/JSON ; charset=utf-8", "application/json"),
        ("application/json" + ";" * 8_000, "application/json"),
        ("text/plain", "text/plain"),
        (None, ""),
        ("", ""),
        (";;;;", ""),
        ("json", ""),
        ("a/b/c", ""),
        ("(" * 8_000, ""),
        ("a/" + "b" * 128, ""),
    ],
)
def test_the_media_type_is_told_without_its_parameters_and_only_if_it_is_one(header: str | None, found: str) -> None:
    assert media_type(header) == found
