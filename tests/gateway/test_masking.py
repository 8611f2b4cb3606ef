"""What is shown of a message that was not believed: nothing that may be a secret."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.field_rules import FieldRule
from gateway.masking import MASK, MAX_SHOWN_CHARACTERS, masked, shown_body, shown_reason
from tests.gateway.admin_ports import answer_of

SECRET = 'pa"ss\nwörd'
SECRETS = frozenset({SECRET, "hunter", "hunterhunter"})
ATTEMPT = "00ff" * 8
LARGEST = 64 * 1024
WORST_TEXTS = (
    "a",
    "a" * 11 + " ",
    "a" * 4_000 + " ",
    "a-_.=",
    "ä",
    "a" * 9 + "é",
    "1 ",
    "1-",
    "1234567 ",
    "a1 ",
    "1  ",
)
"""Repeated, each is hard on a pattern that goes back to look for a digit or for more of them."""
A_WORD_WITH_A_DIGIT = re.compile(r"\w*\d\w*")
A_KEY_OR_CARD = re.compile(r"(?=[A-Za-z0-9+/=_.%-]*\d)[A-Za-z0-9+/=_.%-]{12,}|\d(?:[ -]?\d){7,}")
"""What is masked, said plainly: fit for short texts only, since it looks ahead from each character."""
NEAR_TO_KEYS = st.text(alphabet="aZ09_-./ +é٣\n{", max_size=60) | st.lists(
    st.sampled_from(["a" * 11, "a" * 12, "1", "1234567", "-", " ", "٣", "é", "."]), max_size=12
).map("".join)


def shown(body: object) -> str:
    return shown_body(json.dumps(body).encode(), SECRETS)[0]


def test_the_fields_of_an_answer_are_shown_as_they_are() -> None:
    body = answer_of(ATTEMPT, message="Card declined.")

    text, attempt_id = shown_body(json.dumps(body).encode(), SECRETS)

    assert json.loads(text) == body
    assert attempt_id == ATTEMPT


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("message", "Card 4111 1111 1111 1111 declined", f"Card {MASK} declined"),
        ("message", "token sk_live_51Hq2 is bad", f"token {MASK} is bad"),
        ("message", "hunter2 and hunterhunter", f"{MASK}2 and {MASK}"),
        ("message", "Try again in 30 minutes.", "Try again in 30 minutes."),
        ("gateway_reference", "hunter", MASK),
        ("currency", "4111111111111111", MASK),
        ("amount", SECRET, MASK),
        ("password", "any value", MASK),
        ("settings", {"api_key": "k"}, MASK),
        ("empty", "", ""),
    ],
)
def test_whatever_may_be_a_secret_is_masked(field: str, value: object, kept: str) -> None:
    assert json.loads(shown(answer_of(ATTEMPT) | {field: value}))[field] == kept


def test_of_a_name_that_is_no_field_a_secret_is_masked_too() -> None:
    assert shown({"hunter": "1", "sk_live_51Hq2": ""}) == json.dumps({MASK: ""}, ensure_ascii=False)


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (b"card=4111111111111111&cvv=123&name=Ada", f"card={MASK}&cvv={MASK}&name=Ada"),
        (b"<html>Bad Gateway 502</html>", f"<html>Bad Gateway {MASK}</html>"),
        (b'{"a": "hunter"', f'{{"a": "{MASK}"'),
        (json.dumps({"a": SECRET}).encode()[:-1], f'{{"a": "{MASK}"'),
        (b"\xff\x00", "\ufffd\x00"),
        (b"", ""),
    ],
)
def test_of_what_is_no_json_of_texts_every_word_with_a_digit_is_masked(raw: bytes, kept: str) -> None:
    assert shown_body(raw, SECRETS) == (kept, "")


def test_a_body_is_masked_before_it_is_cut() -> None:
    long = "x" * (MAX_SHOWN_CHARACTERS - len('{"message": "') - 3) + "hunterhunter"

    text = shown({"message": long})

    assert len(text) == MAX_SHOWN_CHARACTERS
    assert "hun" not in text


def test_a_reason_that_quotes_a_secret_is_masked_and_cut() -> None:
    problem = FieldRule("an amount", lambda _: False).problem("amount", SECRET)

    assert shown_reason(str(problem), SECRETS) == f"amount: is '{MASK}'; right would be an amount"
    assert len(shown_reason("a b " * MAX_SHOWN_CHARACTERS, SECRETS)) == MAX_SHOWN_CHARACTERS


def test_no_more_fields_are_looked_at_than_can_be_shown_and_the_others_are_told_of() -> None:
    text = shown({f"x{number}": "" for number in range(3_000)})

    assert text.endswith("…")
    assert len(text) == MAX_SHOWN_CHARACTERS
    assert shown(dict.fromkeys((f"{'x' * 12}{number}" for number in range(2_000)), "")) == f'{{"{MASK}": ""}}…'


@given(text=NEAR_TO_KEYS)
def test_what_looks_like_a_key_or_a_card_is_masked_and_nothing_else(text: str) -> None:
    assert masked(text, ()) == A_KEY_OR_CARD.sub(MASK, text)


@given(text=NEAR_TO_KEYS)
def test_of_what_is_no_json_all_words_with_a_digit_are_masked_and_nothing_else(text: str) -> None:
    raw = "{" + text

    assert shown_body(raw.encode(), ()) == (A_WORD_WITH_A_DIGIT.sub(MASK, raw), "")


@pytest.mark.parametrize("part", WORST_TEXTS)
def test_the_largest_texts_are_masked_in_one_pass_however_they_are_made(part: str) -> None:
    # With a pattern that looks at the rest of a run from each of its characters this takes minutes.
    text = part * (LARGEST // len(part.encode()))

    assert len(masked(text, ())) <= len(text)
    assert len(shown_body(text.encode(), ())[0]) <= MAX_SHOWN_CHARACTERS
    assert len(shown({"message": text})) <= MAX_SHOWN_CHARACTERS


def test_an_attempt_id_that_is_a_secret_is_not_told() -> None:
    assert shown_body(json.dumps(answer_of("hunter")).encode(), SECRETS)[1] == ""


@given(before=st.text(max_size=30), after=st.text(max_size=30), as_json=st.booleans())
def test_no_secret_is_shown_wherever_it_stands(before: str, after: str, as_json: bool) -> None:  # noqa: FBT001 - drawn
    secret = "s3cr3t-key-of-the-shop"
    text = before + secret + after
    raw = json.dumps({"message": text}).encode() if as_json else text.encode(errors="replace")

    assert secret not in shown_body(raw, {secret})[0]
    assert secret not in masked(text, {secret})
