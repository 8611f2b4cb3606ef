"""The OpenAPI document against the routes, the rules of the messages, and what is really answered."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from functools import partial
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import field_rules, http_port
from gateway.admin import AdminPort
from gateway.door import DoorLimits
from gateway.errors import MalformedMessage
from gateway.field_rules import FieldRule
from gateway.health import Pulse
from gateway.listener import Listener
from gateway.messages import parse_answer
from gateway.openapi import document
from gateway.platform_requests import CREATE_PAYMENT, START_ATTEMPT, BodyField
from store.shapes import payment_whole
from tests.gateway.admin_ports import Ports, answer_of, open_ports
from tests.gateway.events import PATIENCE_SECONDS, Events
from tests.makers import Shop

DOCUMENT: dict[str, Any] = document("https://pay.example.com")
MESSAGES = {
    "PayRequest": field_rules.PAY_RULES,
    "StatusRequest": field_rules.STATUS_RULES,
    "Answer": field_rules.ANSWER_RULES,
    "StatusReply": field_rules.ANSWER_RULES,
    "Acknowledgement": field_rules.ACKNOWLEDGEMENT_RULES,
}
METHODS = {"get", "post", "put", "patch", "delete", "head", "options"}


def pattern_of_json_schema(
    _validator: object, pattern: str, value: object, _schema: object
) -> Iterator[jsonschema.ValidationError]:
    """Read `$` as JSON Schema does: the very end, also where the text ends with a line break."""
    if isinstance(value, str) and not re.search(pattern.replace("$", r"\Z"), value):
        yield jsonschema.ValidationError(f"{value!r} does not match {pattern!r}")


Validator: Any = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft202012Validator, {"pattern": pattern_of_json_schema}
)


def validator(schema: dict[str, Any]) -> Any:
    return Validator({**schema, "components": DOCUMENT["components"]})


def named(name: str) -> Any:
    return validator({"$ref": f"#/components/schemas/{name}"})


@pytest.fixture
async def ports(shop: Shop) -> AsyncIterator[Ports]:
    async with open_ports(shop) as opened:
        yield opened


def test_the_document_has_every_route_of_both_ports_and_no_other(shop: Shop) -> None:
    admin = AdminPort(shop.store, Events(), asyncio.Event(), Pulse()).application()
    answers = Listener(shop.store, Events()).application()
    served = {
        (route.method.lower(), route.resource.canonical)
        for app in (admin, answers)
        for route in app.router.routes()
        if route.resource is not None
    }
    written = {(method, path) for path, of in DOCUMENT["paths"].items() for method in of if method in METHODS}
    assert written == served


def test_the_answers_are_taken_at_the_public_url() -> None:
    assert DOCUMENT["paths"]["/connectors/{connector_id}/answers"]["servers"][0]["url"] == "https://pay.example.com"
    assert document("")["openapi"] == "3.1.0"


def test_every_reference_leads_somewhere_and_every_component_is_used() -> None:
    found = set(references(DOCUMENT))
    for each in found:
        place: Any = DOCUMENT
        for part in each.removeprefix("#/").split("/"):
            place = place[part]
    kinds = ("schemas", "parameters", "headers", "responses")
    there = {f"#/components/{kind}/{name}" for kind in kinds for name in DOCUMENT["components"][kind]}
    assert found == there


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def test_the_document_is_openapi_3_1() -> None:
    for name in DOCUMENT["components"]["schemas"]:
        jsonschema.Draft202012Validator.check_schema(DOCUMENT["components"]["schemas"][name])
    operations = [
        operation
        for place in ("paths", "webhooks")
        for of in DOCUMENT[place].values()
        for method, operation in of.items()
        if method in METHODS
    ]
    assert len({each["operationId"] for each in operations}) == len(operations)
    schemes = set(DOCUMENT["components"]["securitySchemes"])
    assert {name for each in operations for need in each["security"] for name in need} == schemes


@pytest.mark.parametrize(("name", "rules"), MESSAGES.items(), ids=MESSAGES)
def test_a_message_has_the_fields_of_its_closed_list(name: str, rules: dict[str, FieldRule]) -> None:
    schema = DOCUMENT["components"]["schemas"][name]
    fields = [*rules, "settings"] if name.endswith("Request") else [*rules]
    assert list(schema["properties"]) == schema["required"] == fields
    assert schema["additionalProperties"] is False


VALUES = [
    *("", " ", "a", "A-_9", "x" * 64, "x" * 65, "a b", "ä", "a\n", "answer_id", "xcurrencyx", "timestamp", "settings"),
    *("pay", "status", "success", "failure", "pending", "unknown", "1", "2", "completed", "paid_from_balance", "late"),
    *("129.00", "0", "1.", ".5", "1.00000", "1" * 16, "-1", "EUR", "eur", "EURO", "second-success", "Second"),
    *("https://pay.example.com/x", "http://a", "ftp://a", "https://a b", "https://a/currency", "https://" + "a" * 2049),
    *("2026-03-02T09:00:00Z", "2026-03-02t09:00:60.5z", "2026-03-02T09:00:00+00:00", "2026-03-02T24:00:00Z", "now"),
    *("2026-03-02T09:00:00.1234567890Z", "2026-03-02T09:00:00+01:00", "2026-03-02 09:00:00Z"),
]


def held_to_each_other(name: str, field: str, rule: FieldRule, value: str) -> None:
    schema = DOCUMENT["components"]["schemas"][name]["properties"][field]
    if "enum" in schema and field in ("request", "result"):
        return  # these choices depend on the message, which test_an_answer_fits_its_schema_when_it_is_taken holds
    assert validator(schema).is_valid(value) is (rule.problem(field, value) is None), (field, value)


@pytest.mark.parametrize(("name", "rules"), MESSAGES.items(), ids=MESSAGES)
def test_the_schema_of_a_field_takes_what_its_rule_takes(name: str, rules: dict[str, FieldRule]) -> None:
    for field, rule in rules.items():
        for value in VALUES:
            held_to_each_other(name, field, rule, value)


@given(st.data())
def test_the_schema_of_an_id_takes_what_its_rule_takes(data: st.DataObject) -> None:
    name, rules = data.draw(st.sampled_from([*MESSAGES.items()]))
    field = data.draw(st.sampled_from([each for each in rules if each not in ("timestamp", "message")]))
    parts = st.sampled_from([*rules, "a", "-", "_", "tamp", "answer", "."])
    held_to_each_other(
        name, field, rules[field], data.draw(st.one_of(st.text(max_size=70), st.lists(parts, max_size=4).map("".join)))
    )


ANSWERS = [
    {},
    {"result": "failure"},
    {"result": "pending", "amount": "1", "currency": "EUR"},
    {"result": "unknown"},
    {"result": "success", "amount": ""},
    {"result": "success", "gateway_reference": ""},
    {"message": "\u202e\x00"},
    {"surplus": ""},
    {"timestamp": ""},
]


@pytest.mark.parametrize("changes", ANSWERS, ids=str)
def test_an_answer_fits_its_schema_when_it_is_taken(changes: dict[str, str]) -> None:
    answer = answer_of("a1", changes.get("result", "success")) | changes
    try:
        parse_answer(answer)
        taken = True
    except MalformedMessage:
        taken = False
    assert named("Answer").is_valid(answer) is taken


JSON_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(0, 3),
    st.sampled_from([10**15 - 1, 10**15]),
    st.text(max_size=12),
    st.from_regex(r"\A[0-9]{1,16}(\.[0-9]{0,5})?\Z"),
    st.dates().map(str),
    st.integers(995, 1005).map("x".__mul__),
)


@pytest.mark.parametrize(("name", "fields"), [("CreatePayment", CREATE_PAYMENT), ("StartAttempt", START_ATTEMPT)])
@given(data=st.data())
def test_the_schema_of_a_request_takes_what_its_checks_take(
    name: str, fields: dict[str, BodyField], data: st.DataObject
) -> None:
    schema = DOCUMENT["components"]["schemas"][name]
    assert list(schema["properties"]) == list(fields)
    for field, each in fields.items():
        value = data.draw(JSON_VALUES)
        assert validator(schema["properties"][field]).is_valid(value) is each.fits(value), (field, value)


def test_a_payment_has_exactly_the_fields_of_its_schema(shop: Shop) -> None:
    payment_id = shop.payment()
    shop.failure(shop.pay(payment_id))
    shop.pay(payment_id)
    shape: Any = payment_whole(shop.now(payment_id))
    assert list(DOCUMENT["components"]["schemas"]["Payment"]["properties"]) == list(shape)
    assert list(DOCUMENT["components"]["schemas"]["Attempt"]["properties"]) == list(shape["attempts"][0])
    assert list(DOCUMENT["components"]["schemas"]["HistoryLine"]["properties"]) == list(shape["history"][0])
    named("Payment").validate(shape)


HEAD = "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
REFUSED: dict[int, tuple[str, dict[str, float]]] = {
    400: ("nonsense\r\n\r\n", {}),
    405: (HEAD.replace("{method}", "TRACE") + "\r\n", {}),
    408: (HEAD, {"head_seconds": 0.1}),
    417: (HEAD + "Expect: something else\r\n\r\n", {}),
    431: (HEAD + "X: y\r\n" * 30, {"head_bytes": 100}),
    503: ("", {"connections": 0}),
}
EVERYWHERE = [(method, path) for path, of in DOCUMENT["paths"].items() for method in of if method in METHODS]


@pytest.mark.parametrize(("status", "sent", "limits"), [(each, *REFUSED[each]) for each in REFUSED], ids=REFUSED)
async def test_what_any_request_may_be_refused_with_is_described_at_every_operation(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, status: int, sent: str, limits: dict[str, Any]
) -> None:
    monkeypatch.setattr(http_port, "DoorLimits", partial(DoorLimits, **limits))
    told: dict[tuple[str, str], str] = {}
    async with open_ports(shop) as ports:
        for method, path in EVERYWHERE:
            url = ports.answers_url if path.endswith("/answers") else ports.url
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
            with closing(writer):
                line = {"method": method.upper(), "path": re.sub(r"\{.*?\}", "1", path)}
                writer.write(sent.format(**line).encode())
                async with asyncio.timeout(PATIENCE_SECONDS):
                    told[method, path] = (await reader.read()).decode()
    for (method, path), text in told.items():
        head, _, body = text.partition("\r\n\r\n")
        assert int(head.split()[1]) == status, (method, path)
        response = described(method, path, status)
        headers = dict(each.split(": ", 1) for each in head.splitlines()[1:])
        assert set(response.get("headers", {})) <= set(headers)
        content_type = headers["Content-Type"].partition(";")[0]
        schema = response["content"][content_type]["schema"]
        validator(schema).validate(json.loads(body) if content_type == "application/json" else body)


def described(method: str, path: str, status: int) -> Any:
    """Return the response of an operation as the document has it."""
    found = DOCUMENT["paths"][path][method]["responses"][str(status)]
    name = found.get("$ref", "").removeprefix("#/components/responses/")
    return DOCUMENT["components"]["responses"][name] if name else found


async def test_the_document_is_served_without_a_token_with_the_engines_own_urls(ports: Ports) -> None:
    async with ports.session.get(f"{ports.url}/openapi.json") as response:
        assert response.status == 200
        assert await response.json() == document(ports.answers_url)
