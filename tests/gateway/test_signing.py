"""What is signed, how, and that nothing but the right signature is ever believed."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.signing import UnsignableBody, flatten, sign, signed_text, verify

VECTORS = json.loads((Path(__file__).parent / "vectors" / "signature.json").read_text("utf-8"))

texts = st.text(st.characters(codec="utf-8"), max_size=12)
bodies = st.recursive(
    st.dictionaries(texts.filter(lambda name: "." not in name), texts, max_size=4),
    lambda inner: st.dictionaries(texts.filter(lambda name: "." not in name), texts | inner, max_size=4),
    max_leaves=8,
)
keys = texts.filter(bool)


@pytest.mark.parametrize("case", VECTORS["good"], ids=lambda case: case["name"])
def test_a_published_good_case_has_this_text_and_this_signature(case: Any) -> None:
    assert signed_text(case["body"]) == case["text"]
    assert sign(case["body"], case["key"]) == case["signature"].lower()
    assert verify(case["body"], case["key"], case["signature"])


@pytest.mark.parametrize("case", VECTORS["bad"], ids=lambda case: case["name"])
def test_a_published_bad_case_is_not_verified(case: Any) -> None:
    assert not verify(case["body"], case["key"], case["signature"])


def test_nested_fields_are_flattened_with_points() -> None:
    body: Any = {"request": "pay", "settings": {"api_key": "k", "auth": {"user": "u"}}}
    assert flatten(body) == {"request": "pay", "settings.api_key": "k", "settings.auth.user": "u"}


def test_names_are_sorted_by_code_point_and_not_by_alphabet() -> None:
    assert signed_text({"b": "1", "Z": "2", "a_": "3", "aB": "4", "é": "5", "\U0001f600": "6", "\uffee": "7"}) == (
        "Z2aB4a_3b1é5\uffee7\U0001f6006"
    )


def test_an_empty_object_leaves_no_trace() -> None:
    assert signed_text({"a": "", "settings": {}}) == "a"


def test_two_fields_of_one_flattened_name_have_no_signed_text() -> None:
    body: Any = {"a.b": "1", "a": {"b": "2"}}
    with pytest.raises(UnsignableBody, match=r"a\.b"):
        flatten(body)
    assert not verify(body, "key", "0" * 64)


def test_a_value_that_is_no_text_has_no_signed_text() -> None:
    body: Any = {"settings": {"count": 3}}
    with pytest.raises(UnsignableBody, match=r"settings\.count"):
        sign(body, "key")


def test_half_a_surrogate_pair_cannot_be_signed() -> None:
    with pytest.raises(UnsignableBody, match="UTF-8"):
        sign({"a": "\ud800"}, "key")


def test_an_empty_key_signs_nothing_and_verifies_nothing() -> None:
    with pytest.raises(ValueError, match="empty"):
        sign({"a": "b"}, "")
    assert not verify({"a": "b"}, "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")


def test_a_body_of_any_depth_is_flattened() -> None:
    body: Any = {"x": "y"}
    for _ in range(1000):
        body = {"a": body}
    assert list(flatten(body).values()) == ["y"]


@pytest.mark.parametrize("leaf", ["", {}], ids=["texts", "objects"])
def test_a_long_name_over_thousands_of_leaves_is_not_written_once_for_each(leaf: Any) -> None:
    body: Any = {"n" * 28_000: dict.fromkeys(map(str, range(3_600)), leaf)}

    with pytest.raises(UnsignableBody, match="names"):
        flatten(body)
    assert not verify(body, "key", "0" * 64)


@given(body=bodies, key=keys)
def test_what_was_signed_is_verified_in_any_case_of_its_digits(body: Any, key: str) -> None:
    signature = sign(body, key)
    assert verify(body, key, signature)
    assert verify(body, key, signature.upper())


@given(body=bodies, key=keys, signature=st.none() | st.text() | st.from_regex("[0-9a-fA-F]{64}", fullmatch=True))
def test_any_other_signature_is_refused_without_an_error(body: Any, key: str, signature: str | None) -> None:
    right = signature is not None and signature.isascii() and signature.lower() == sign(body, key)
    assert verify(body, key, signature) == right


@given(body=bodies, key=keys, other=keys)
def test_another_key_does_not_verify(body: Any, key: str, other: str) -> None:
    assert verify(body, other, sign(body, key)) == (other == key)
