"""Closed messages: every field always there, every problem told at once, nothing malformed ever made."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import MOST_PROBLEMS, MalformedMessage
from gateway.messages import (
    Acknowledgement,
    GatewayAnswer,
    PayRequest,
    StatusRequest,
    parse_acknowledgement,
    parse_answer,
    parse_pay,
    parse_status,
    parse_status_reply,
)
from store.states import RULES, PaymentStatus

TIME = "2026-01-31T12:00:00.000Z"
ATTEMPT = "0b5c1f2e3d4a59687786a5b4c3d2e1f0"
PAY = PayRequest(
    attempt_id=ATTEMPT,
    payment_id="42",
    payment_number="P-000042",
    account_id="7",
    amount="129.00",
    currency="EUR",
    callback_url="https://panel.example.com/connectors/3/answers",
    timestamp=TIME,
    settings={"api_key": "secret-1", "auth": {"user": "shop"}, "empty": ""},
)
STATUS = StatusRequest(attempt_id=ATTEMPT, gateway_reference="", timestamp=TIME, settings={})
SUCCESS = GatewayAnswer(
    answer_id="ans-1",
    attempt_id=ATTEMPT,
    result="success",
    gateway_reference="tx-1",
    amount="129.00",
    currency="EUR",
    message="",
    timestamp=TIME,
)
FAILURE = {**SUCCESS.body(), "result": "failure", "gateway_reference": "", "amount": "", "currency": ""}
ACKNOWLEDGEMENT = Acknowledgement(
    answer_id="ans-1", attempt_id=ATTEMPT, rule="answered-success", status="completed", timestamp=TIME
)
PARSERS: dict[Any, Any] = {
    parse_pay: PAY,
    parse_status: STATUS,
    parse_answer: SUCCESS,
    parse_acknowledgement: ACKNOWLEDGEMENT,
}


def problems(parse: Any, body: Any, *more: Any) -> dict[str, str]:
    with pytest.raises(MalformedMessage) as refusal:
        parse(body, *more)
    return {each.field: each.wrong for each in refusal.value.problems}


@pytest.mark.parametrize(("parse", "message"), PARSERS.items())
def test_a_message_is_parsed_from_its_own_body(parse: Any, message: Any) -> None:
    assert parse(message.body()) == message


@pytest.mark.parametrize(
    ("message", "names"),
    [
        (
            PAY,
            "request version attempt_id payment_id payment_number account_id amount currency callback_url timestamp "
            "settings",
        ),
        (STATUS, "request version attempt_id gateway_reference timestamp settings"),
        (SUCCESS, "answer_id attempt_id result gateway_reference amount currency message timestamp"),
        (ACKNOWLEDGEMENT, "answer_id attempt_id rule status timestamp"),
    ],
)
def test_a_body_has_every_field_of_its_closed_list(message: Any, names: str) -> None:
    assert list(message.body()) == names.split()


@pytest.mark.parametrize(("parse", "message"), PARSERS.items())
def test_every_field_must_be_there(parse: Any, message: Any) -> None:
    for name in message.body():
        rest = {other: value for other, value in message.body().items() if other != name}
        assert problems(parse, rest) == {name: "is missing"}


@pytest.mark.parametrize(("parse", "message"), PARSERS.items())
def test_no_other_field_may_be_there(parse: Any, message: Any) -> None:
    assert problems(parse, {**message.body(), "fee": "1"}) == {"'fee'": "is not a field of this message"}


def test_all_problems_are_told_at_once_in_the_order_of_the_message() -> None:
    body = {"answer_id": "", "attempt_id": "a b", "result": "success", "gateway_reference": "", "amount": "1,00"}
    with pytest.raises(MalformedMessage) as refusal:
        parse_answer({**body, "message": {}, "extra": "x"})
    assert [(each.field, each.wrong) for each in refusal.value.problems] == [
        ("answer_id", "is empty"),
        ("attempt_id", "is 'a b'"),
        ("gateway_reference", "is empty, which it may not be in a success"),
        ("amount", "is '1,00'"),
        ("currency", "is missing"),
        ("message", "is not a text"),
        ("timestamp", "is missing"),
        ("'extra'", "is not a field of this message"),
    ]
    assert "amount: is '1,00'; right would be an amount such as \"129.00\"" in str(refusal.value)


@pytest.mark.parametrize(("surplus", "ends"), [(1, "There is 1 more."), (8_000, "There are 8000 more.")])
def test_of_many_problems_the_first_are_told_and_the_others_counted(surplus: int, ends: str) -> None:
    names = [f"n{number}" for number in range(MOST_PROBLEMS + surplus)]
    with pytest.raises(MalformedMessage) as refusal:
        parse_answer(SUCCESS.body() | dict.fromkeys(names, ""))

    assert len(refusal.value.problems) == len(names)
    said = str(refusal.value)
    assert said.endswith(f" {ends}")
    assert all(f"'{name}'" in said for name in names[:MOST_PROBLEMS])
    assert f"'{names[MOST_PROBLEMS]}'" not in said


@pytest.mark.parametrize(
    ("parse", "body", "said"),
    [
        (parse_answer, {"SECRET": ""}, "The answer is malformed in 1 field that is not of this message."),
        (
            parse_answer,
            {"amount": "SECRET", "SECRET": "", "SECRET.a": {}},
            "The answer is malformed in amount, 2 fields that are not of this message.",
        ),
        (
            parse_pay,
            {"settings": {"SECRET-": "", "SECRET": {}, "a": {"SECRET": {}}}},
            "The pay request is malformed in settings.",
        ),
    ],
)
def test_what_is_logged_and_stored_of_a_malformed_message_quotes_nothing_that_came(
    parse: Any, body: Any, said: str
) -> None:
    with pytest.raises(MalformedMessage) as refusal:
        parse(PARSERS[parse].body() | body)

    assert refusal.value.without_values == said


def test_a_malformed_message_cannot_be_made() -> None:
    with pytest.raises(MalformedMessage, match="currency: is 'eur'"):
        replace(PAY, currency="eur")


@pytest.mark.parametrize("identity", ["7", "P-000042", ATTEMPT, "A_b-9", "x" * 64])
def test_ids_as_we_make_them_are_taken(identity: str) -> None:
    names = ("attempt_id", "payment_id", "payment_number", "account_id")
    assert parse_pay({**PAY.body(), **dict.fromkeys(names, identity)})
    assert parse_answer({**SUCCESS.body(), "answer_id": identity, "gateway_reference": identity})


@pytest.mark.parametrize("identity", ["x" * 65, "a b", "ä", "1.5", "a\n", "٣", "xresultx", "message"])
def test_an_id_with_other_characters_or_a_name_of_its_message_is_refused(identity: str) -> None:
    assert set(problems(parse_answer, {**SUCCESS.body(), "gateway_reference": identity})) == {"gateway_reference"}


def test_a_name_of_another_message_is_no_matter() -> None:
    assert parse_answer({**SUCCESS.body(), "gateway_reference": "request-77"})


@pytest.mark.parametrize("identity", ["request-77", "status_1", "rule", "version", "settings"])
def test_what_an_answer_names_can_be_asked_for_and_acknowledged(identity: str) -> None:
    answer = parse_answer(
        {**SUCCESS.body(), "answer_id": identity, "attempt_id": identity, "gateway_reference": identity}
    )
    assert replace(STATUS, gateway_reference=answer.gateway_reference)
    assert replace(ACKNOWLEDGEMENT, answer_id=answer.answer_id, attempt_id=answer.attempt_id)


@pytest.mark.parametrize("amount", ["0", "1", "129.00", "0.0001", "9" * 15 + ".9999"])
def test_an_amount_is_digits_with_up_to_four_decimals(amount: str) -> None:
    assert parse_answer({**SUCCESS.body(), "amount": amount}).amount == amount


@pytest.mark.parametrize(
    "amount", ["-1", "+1", "1.", ".5", "1,00", "1e3", " 1", "1.00000", "9" * 16, "١", "1\n", "NaN"]
)
def test_anything_else_is_no_amount(amount: str) -> None:
    assert set(problems(parse_answer, {**SUCCESS.body(), "amount": amount})) == {"amount"}


@pytest.mark.parametrize("currency", ["eur", "EURO", "EU", "€", "ÀÀÀ"])
def test_a_currency_is_three_capitals(currency: str) -> None:
    assert set(problems(parse_answer, {**SUCCESS.body(), "currency": currency})) == {"currency"}


@pytest.mark.parametrize("result", ["failure", "pending"])
def test_without_success_reference_amount_and_currency_may_be_empty(result: str) -> None:
    assert parse_answer({**FAILURE, "result": result}).amount == ""


def test_without_success_what_is_there_must_still_be_well_formed() -> None:
    body = {**FAILURE, "gateway_reference": "a b", "amount": "much", "currency": "x"}
    assert set(problems(parse_answer, body)) == {"gateway_reference", "amount", "currency"}


def test_unknown_is_only_an_answer_in_reply_to_status() -> None:
    body = {**FAILURE, "result": "unknown"}
    assert parse_status_reply(body).result == "unknown"
    assert problems(parse_answer, body) == {"result": 'is "unknown"'}


@pytest.mark.parametrize("result", ["", "Success", "ok"])
def test_any_other_result_is_refused(result: str) -> None:
    assert set(problems(parse_status_reply, {**FAILURE, "result": result})) == {"result"}


def test_a_message_text_is_kept_as_sent() -> None:
    text = "\u202e\x00\x1b[31m [b]no[/b] result success 🙁"
    assert parse_answer({**FAILURE, "message": text}).message == text


@pytest.mark.parametrize(
    "url", ["ftp://h/", "https://h/a b", "https://h/ä", "https://currency.example.com/", "https://"]
)
def test_a_callback_url_is_ascii_and_without_the_name_that_follows_it(url: str) -> None:
    assert set(problems(parse_pay, {**PAY.body(), "callback_url": url})) == {"callback_url"}


def test_settings_are_told_one_by_one_and_never_shown() -> None:
    bad = {"a": "SECRETsettings.b", "b c": "SECRET", "c": {}, "d": 3, "e": {"f-g": "SECRET"}}
    with pytest.raises(MalformedMessage) as refusal:
        parse_pay({**PAY.body(), "settings": bad})
    assert [each.field for each in refusal.value.problems] == [
        "settings.a",
        "settings.'b c'",
        "settings.c",
        "settings.d",
        "settings.e.'f-g'",
    ]
    assert "SECRET" not in str(refusal.value)
    assert "secret" not in repr(PAY)


def test_settings_of_other_names_than_expected_are_refused() -> None:
    assert parse_pay(PAY.body(), ["api_key", "auth.user", "empty"]) == PAY
    assert problems(parse_pay, PAY.body(), ["api_key", "auth.user", "other"]) == {
        "settings.other": "is missing",
        "settings.empty": "is not a setting of this connector",
    }


def test_settings_nested_too_deep_are_refused() -> None:
    deep: dict[str, object] = {"x": "y"}
    for _ in range(6):
        deep = {"a": deep}
    assert parse_pay({**PAY.body(), "settings": deep})
    for _ in range(5000):
        deep = {"a": deep}
    assert problems(parse_pay, {**PAY.body(), "settings": deep}, ["a"])["settings.a.a.a.a.a.a.a"] == "nests too deep"


def test_a_body_shares_nothing_with_its_message() -> None:
    body: Any = PAY.body()
    body["settings"]["auth"]["user"] = "other"
    assert PAY.settings["auth"] == {"user": "shop"}


@pytest.mark.parametrize("rule", sorted({rule.name for rule in RULES}))
def test_every_rule_and_status_of_the_store_can_be_acknowledged(rule: str) -> None:
    for status in ["", *PaymentStatus]:
        assert parse_acknowledgement({**ACKNOWLEDGEMENT.body(), "rule": rule, "status": str(status)}).rule == rule


@pytest.mark.parametrize(("name", "value"), [("rule", "No"), ("rule", "status"), ("status", "tatus"), ("rule", "")])
def test_another_rule_or_status_is_refused(name: str, value: Any) -> None:
    assert set(problems(parse_acknowledgement, {**ACKNOWLEDGEMENT.body(), name: value})) == {name}


values = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=3)
leaves = st.text(max_size=5) | st.sampled_from(["success", "unknown", "pay", "1", "EUR", TIME, "1.00"]) | values
names = st.sampled_from([*PAY.body(), *SUCCESS.body(), *ACKNOWLEDGEMENT.body(), "x"]) | st.text(max_size=3)
bodies = st.dictionaries(names, leaves | st.dictionaries(st.text(max_size=3), leaves, max_size=3), max_size=14)


@given(body=bodies, base=st.sampled_from([{}, PAY.body(), STATUS.body(), SUCCESS.body(), ACKNOWLEDGEMENT.body()]))
def test_a_parser_gives_a_message_with_the_same_body_or_one_kind_of_error(body: Any, base: Any) -> None:
    body = {**base, **body}
    for parse in (*PARSERS, parse_status_reply):
        try:
            message = parse(body)
        except MalformedMessage:
            continue
        assert message.body() == body
