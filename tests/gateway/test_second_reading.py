"""A search for a second reading: no two well-formed messages may have one signed text.

The reader here knows nothing of how `gateway.field_rules` argues. It takes a signed text apart in every way in which
the names of a message can be found in it, and keeps the ways that give a well-formed message.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import product
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import MalformedMessage
from gateway.field_rules import ACKNOWLEDGEMENT_RULES, ANSWER_RULES, PAY_RULES, STATUS_RULES, FieldRule
from gateway.messages import parse_acknowledgement, parse_pay, parse_status, parse_status_reply
from gateway.signing import flatten, signed_text
from store.states import PaymentStatus

Fields: TypeAlias = dict[str, Any]

TIME = "2026-01-31T12:00:00Z"
PAY: Fields = {
    "request": "pay",
    "version": "1",
    "attempt_id": "0b5c",
    "payment_id": "42",
    "payment_number": "P-000042",
    "account_id": "7",
    "amount": "129.00",
    "currency": "EUR",
    "callback_url": "http://h/connectors/1/answers",
    "timestamp": TIME,
    "settings": {},
}
STATUS: Fields = {
    "request": "status",
    "version": "1",
    "attempt_id": "0b5c",
    "gateway_reference": "",
    "timestamp": TIME,
    "settings": {},
}
ANSWER: Fields = {
    "answer_id": "a1",
    "attempt_id": "0b5c",
    "result": "success",
    "gateway_reference": "tx1",
    "amount": "129.00",
    "currency": "EUR",
    "message": "",
    "timestamp": TIME,
}
ACKNOWLEDGEMENT: Fields = {
    "answer_id": "a1",
    "attempt_id": "0b5c",
    "rule": "unmatched",
    "status": "",
    "timestamp": TIME,
}
MESSAGES: dict[str, tuple[Fields, Mapping[str, FieldRule], Callable[[Fields], object]]] = {
    "pay": (PAY, PAY_RULES, parse_pay),
    "status": (STATUS, STATUS_RULES, parse_status),
    "answer": (ANSWER, ANSWER_RULES, parse_status_reply),
    "acknowledgement": (ACKNOWLEDGEMENT, ACKNOWLEDGEMENT_RULES, parse_acknowledgement),
}
STATUSES = [status.value for status in PaymentStatus]
FREE = {  # the fields whose values are searched; the others have a closed set or a charset without letters
    "pay": ("attempt_id", "payment_id", "payment_number", "account_id", "callback_url"),
    "status": ("attempt_id", "gateway_reference"),
    "answer": ("answer_id", "attempt_id", "gateway_reference", "message"),
    "acknowledgement": ("answer_id", "attempt_id", "rule"),
}
NAMES = sorted({name for body, _, _ in MESSAGES.values() for name in body})
PIECES = [
    *NAMES,
    *("settings.", "settings.a", ".settings", ".asettings", ".", "settings.asettings", "requestpay", "requeststatus"),
    *("statu", "tatus", "attempt_", "id", "mount", "amoun", "currencyUSD", "payment_id7", "payment_number8"),
    *STATUSES,
    *("resultsuccess", "resultfailure", "success", "version1", f"timestamp{TIME}", TIME, "EUR", "1", "a", "x", "-", ""),
]
SETTING_KEYS = ["a", "as", "asettings", "settings", "requestpay", "A", "timestamp", "b", "_b"]


def splits(text: str, names: list[str]) -> Iterator[dict[str, str]]:
    """Yield every way to read `text` as the names, in this order, each followed by a value."""
    if not text.startswith(names[0]):
        return
    start = len(names[0])
    if len(names) == 1:
        yield {names[0]: text[start:]}
        return
    end = text.find(names[1], start)
    while end >= 0:
        for rest in splits(text[end:], names[1:]):
            yield {names[0]: text[start:end], **rest}
        end = text.find(names[1], end + 1)


def nested(leaves: Mapping[str, str]) -> Fields:
    """Undo `flatten`."""
    body: Fields = {}
    for name, value in leaves.items():
        inner = body
        *path, last = name.split(".")
        for step in path:
            inner = inner.setdefault(step, {})
        inner[last] = value
    return body


def is_well_formed(kind: str, body: Fields) -> bool:
    try:
        MESSAGES[kind][2](body)
    except MalformedMessage:
        return False
    return True


def readings(kind: str, text: str, setting_names: list[str]) -> list[Fields]:
    """Return every well-formed message of this kind that `text` can be read as, given the names of the settings."""
    fixed = [name for name in MESSAGES[kind][0] if name != "settings"]
    has_settings = "settings" in MESSAGES[kind][0]
    names = sorted(fixed + [f"settings.{name}" for name in setting_names if has_settings])
    bodies = [nested(leaves) for leaves in splits(text, names)]
    if has_settings and not setting_names:
        bodies = [{**body, "settings": {}} for body in bodies]
    return [body for body in bodies if is_well_formed(kind, body)]


def texts_that(fit: Callable[[str], bool], prefix: str = "") -> st.SearchStrategy[str]:
    """Draw texts that fit, made of pieces each of which fits by itself."""
    pieces = [piece for piece in PIECES if fit(prefix + piece)]
    return st.lists(st.sampled_from(pieces), max_size=5).map(lambda drawn: prefix + "".join(drawn)).filter(fit)


def fits(rule: FieldRule, value: str) -> bool:
    return rule.problem("a field", value) is None


def settings_with(keys: list[str]) -> st.SearchStrategy[Fields]:
    return st.fixed_dictionaries(dict.fromkeys(keys, texts_that(lambda value: "settings." not in value)))


@st.composite
def well_formed(draw: st.DrawFn, kind: str) -> Fields:
    """Draw a message whose values are made of names, parts of names and parts of a signed text."""
    sample, field_rules, _ = MESSAGES[kind]
    body: Fields = dict(sample)
    for name in FREE[kind]:
        rule = field_rules[name]
        prefix = "http://h/" if name == "callback_url" else ""
        fitting = texts_that(partial(fits, rule), prefix)
        body[name] = draw(st.just(str(sample[name])) | fitting)
    if kind == "answer":
        body["result"] = draw(st.sampled_from(["success", "failure", "pending", "unknown"]))
        if body["result"] != "success":
            body["amount"] = draw(st.sampled_from(["", "1", "1.00"]))
            body["currency"] = draw(st.sampled_from(["", "EUR"]))
        elif not body["gateway_reference"]:
            body["gateway_reference"] = "x"
    if kind == "acknowledgement":
        body["status"] = draw(st.sampled_from(["", *STATUSES]))
    if "settings" in sample:
        keys = draw(st.lists(st.sampled_from(SETTING_KEYS), unique=True, max_size=4))
        inner: Fields = draw(settings_with(keys))
        is_nested: bool = draw(st.booleans())
        body["settings"] = {"a": inner} if inner and is_nested else inner
    return body


@pytest.mark.parametrize("kind", MESSAGES)
@given(data=st.data())
@settings(max_examples=120, deadline=None)
def test_a_signed_text_is_read_as_its_message_and_as_no_other(kind: str, data: st.DataObject) -> None:
    body = data.draw(well_formed(kind))
    assert is_well_formed(kind, body)
    names = [name.removeprefix("settings.") for name in flatten(body) if name.startswith("settings.")]
    text = signed_text(body)
    assert readings(kind, text, names) == [body]
    for other in MESSAGES:
        if other != kind:
            assert readings(other, text, names) == []


@pytest.mark.parametrize("kind", ["pay", "status"])
@given(data=st.data())
@settings(max_examples=120, deadline=None)
def test_all_fields_but_settings_are_read_in_one_way_even_if_no_setting_is_known(
    kind: str, data: st.DataObject
) -> None:
    body = data.draw(well_formed(kind))
    text = signed_text(body)
    fixed = sorted(name for name in body if name != "settings")
    found = [*splits(text, fixed), *splits(text, sorted([*fixed, "settings."]))]
    read = [{name: leaves[name] for name in fixed} for leaves in found]
    right = {name: body[name] for name in fixed}
    assert right in read
    assert all(each == right for each in read if is_well_formed(kind, {**each, "settings": {}}))


def no_two_alike(kind: str, bodies: Iterator[Fields]) -> int:
    """Fail if two well-formed bodies of all these have one signed text; return how many were well-formed."""
    seen: dict[str, Fields] = {}
    for body in bodies:
        if is_well_formed(kind, body):
            text = signed_text(body)
            assert seen.setdefault(text, body) == body
    return len(seen)


def joined(parts: list[str], longest: int) -> list[str]:
    return sorted({"".join(each) for count in range(longest + 1) for each in product(parts, repeat=count)})


def test_no_two_acknowledgements_over_a_small_alphabet_are_signed_alike() -> None:
    rules = joined(["statu", "tatus", "s", "x", "status", "rule", "completed"], 3)
    statuses = ["", "completed", "processing", "tatus", "tatuscompleted", "s"]
    attempts = ["x", "xrule", "xrulestatu", "rule", "statusx"]
    bodies = (
        {**ACKNOWLEDGEMENT, "attempt_id": attempt, "rule": rule, "status": status}
        for attempt, rule, status in product(attempts, rules, statuses)
    )
    assert no_two_alike("acknowledgement", bodies) > 1500


def test_no_two_answers_over_a_small_alphabet_are_signed_alike() -> None:
    parts = ["message", "result", "success", "failure", "timestamp", TIME, "x"]
    values = product(joined(parts, 3), ["tx1", "tx1x", "xmessage", "mess", "x"], ["success", "failure", "unknown"])
    bodies = ({**ANSWER, "message": m, "gateway_reference": r, "result": result} for m, r, result in values)
    assert no_two_alike("answer", bodies) > 4000


def test_no_two_pay_requests_over_a_small_alphabet_are_signed_alike() -> None:
    tail = "currencyEURpayment_id42payment_numberP-000042requestpay"
    urls = [f"http://h/{part}" for part in joined([tail, "settings.a", "settings.asettings", "x"], 3)]
    values = product(urls, joined([tail, "timestamp", "x"], 2), joined([".asettings", "x", "."], 2))
    bodies = ({**PAY, "callback_url": url, "settings": {"a": a, "asettings": b}} for url, a, b in values)
    assert no_two_alike("pay", bodies) > 500


def test_no_two_status_requests_over_a_small_alphabet_are_signed_alike() -> None:
    references = joined(["request", "status", "tatus", "x", "reques", "requeststatustimes"], 3)
    values = product(references, joined(["request", "status", ".", "settings", "timestamp"], 3))
    bodies = ({**STATUS, "gateway_reference": r, "settings": {"a": a, "settings": "x"}} for r, a in values)
    assert no_two_alike("status", bodies) > 3000


TAIL = "currencyEURpayment_id42payment_numberP-000042requestpay"
NEEDED = {
    "an id may not hold a field's name": (
        "answer",
        {**ANSWER, "answer_id": "a1", "attempt_id": "b"},
        {**ANSWER, "answer_id": "a1attempt_idb", "attempt_id": "b"},
        {**ANSWER, "answer_id": "a1", "attempt_id": "battempt_idb"},
    ),
    "a reference in an answer may not hold `message`": (
        "answer",
        ANSWER,
        {**ANSWER, "gateway_reference": "tx1messagex", "message": "y"},
        {**ANSWER, "gateway_reference": "tx1", "message": "xmessagey"},
    ),
    "an optional amount must be well-formed": (
        "answer",
        {**ANSWER, "result": "failure", "amount": ""},
        {**ANSWER, "result": "failure", "amount": "1answer_idx", "answer_id": "y"},
        {**ANSWER, "result": "failure", "amount": "1", "answer_id": "xanswer_idy"},
    ),
    "an acknowledgement's status is of a closed set": (
        "acknowledgement",
        ACKNOWLEDGEMENT,
        {**ACKNOWLEDGEMENT, "rule": "x", "status": "tatus"},
        {**ACKNOWLEDGEMENT, "rule": "xstatu", "status": ""},
    ),
    "a callback URL may not hold `currency`": (
        "pay",
        {**PAY, "settings": {"a": "", "asettings": "Z"}},
        {**PAY, "callback_url": f"http://h/x{TAIL}settings.ay", "settings": {"a": "", "asettings": "Z"}},
        {**PAY, "callback_url": "http://h/x", "settings": {"a": f"y{TAIL}", "asettings": ".asettingsZ"}},
    ),
    "a setting's value may not hold `settings.`": (
        "pay",
        {**PAY, "settings": {"a": "1", "b": "2"}},
        {**PAY, "settings": {"a": "1settings.b2", "b": "3"}},
        {**PAY, "settings": {"a": "1", "b": "2settings.b3"}},
    ),
    "an object in settings may not be empty": (
        "pay",
        {**PAY, "settings": {}},
        {**PAY, "settings": {"a": {}}},
        {**PAY, "settings": {}},
    ),
}


@pytest.mark.parametrize(("kind", "good", "one", "two"), NEEDED.values(), ids=list(NEEDED))
def test_each_rule_is_needed_since_without_it_two_messages_are_signed_alike(
    kind: str, good: Any, one: Any, two: Any
) -> None:
    assert is_well_formed(kind, good)
    assert one != two
    assert signed_text(one) == signed_text(two)
    assert not (is_well_formed(kind, one) and is_well_formed(kind, two))


def test_the_names_of_settings_must_be_known_since_name_and_value_are_joined() -> None:
    one, two = {**PAY, "settings": {"api": "_keyX"}}, {**PAY, "settings": {"api_key": "X"}}
    assert signed_text(one) == signed_text(two)
    assert parse_pay(one)
    with pytest.raises(MalformedMessage):
        parse_pay(one, ["api_key"])
    assert parse_pay(two, ["api_key"])


def test_the_search_finds_a_second_reading_where_there_is_one() -> None:
    text = signed_text({**PAY, "settings": {"a": "1settings.b2", "b": "3"}})
    names = sorted([*(name for name in PAY if name != "settings"), "settings.a", "settings.b"])
    assert len(list(splits(text, names))) > 1
