"""The golden shapes of `--json`: programs outside rely on every name and type here, so they are only ever added to."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from store.refused_messages import keep
from tests.makers import Shop, refused_message
from tests.tui.cli.terminal import CommandLine

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
ATTEMPT = re.compile(r"[0-9a-f]{32}")
AMOUNT = re.compile(r"-?\d+(\.\d+)?")

CONNECTOR = {
    "id": int,
    "name": str,
    "url": str,
    "period_minutes": (int, float, type(None)),
    "instances": int,
    "version": int,
    "created_at": MOMENT,
    "deleted_at": (MOMENT, type(None)),
}
CONNECTOR_WHOLE = CONNECTOR | {
    "json_schema": str,
    "settings": [{"key": str, "label": str, "type": str, "required": bool}],
    "static_keys": [str],
    "previous_key_until": (MOMENT, type(None)),
    "previous_key_last_used_at": (MOMENT, type(None)),
    "requests_signed_with": str,
    "methods": [int],
    "gateway": {
        "failing_since": (MOMENT, type(None)),
        "failures": int,
        "failure": (str, type(None)),
        "next_try_at": (MOMENT, type(None)),
        "refused_messages": int,
        "last_refused_at": (MOMENT, type(None)),
        "clock_skews": int,
        "last_clock_skew_at": (MOMENT, type(None)),
        "last_clock_skew_seconds": (int, type(None)),
    },
}
METHOD = {
    "id": int,
    "name": str,
    "enabled": bool,
    "integration_type": str,
    "connector_id": int,
    "connector_name": str,
    "settings": dict,
    "masked_settings": [str],
    "description": str,
    "reseller_id": int,
    "version": int,
    "created_at": MOMENT,
    "deleted_at": (MOMENT, type(None)),
}
ACCOUNT = {
    "id": int,
    "name": str,
    "reseller_id": int,
    "currency": str,
    "balance": AMOUNT,
    "version": int,
    "created_at": MOMENT,
}
ACCOUNT_WHOLE = ACCOUNT | {
    "transactions": [
        {
            "id": int,
            "balance": AMOUNT,
            "change": AMOUNT,
            "date": MOMENT,
            "description": str,
            "payment_id": int,
            "answer_id": (str, type(None)),
        }
    ]
}
PAYMENT = {
    "id": int,
    "number": str,
    "account_id": int,
    "status": str,
    "method_id": (int, type(None)),
    "total": AMOUNT,
    "currency": str,
    "due_date": (re.compile(r"\d{4}-\d\d-\d\d"), type(None)),
    "deadline": (MOMENT, type(None)),
    "created_at": MOMENT,
    "closed_at": (MOMENT, type(None)),
}
HISTORY_LINE = {
    "at": MOMENT,
    "rule": str,
    "status": str,
    "attempt_id": (ATTEMPT, type(None)),
    "answer_id": (str, type(None)),
    "by": (str, type(None)),
    "note": str,
}
PAYMENT_WHOLE = PAYMENT | {
    "description": str,
    "created_by": str,
    "version": int,
    "in_progress": (ATTEMPT, type(None)),
    "attempts": [
        {
            "id": ATTEMPT,
            "state": str,
            "method_id": int,
            "connector_id": int,
            "started_at": MOMENT,
            "started_by": str,
            "deadline": (MOMENT, type(None)),
            "sent_at": (MOMENT, type(None)),
            "answered_at": (MOMENT, type(None)),
            "outcome": str,
        }
    ],
    "customer": {"status": str, "message": str},
    "history": [HISTORY_LINE],
}
EXPLAINED = {"id": int, "number": str, "status": str, "history": [HISTORY_LINE | {"says": str}]}
ANSWER = {
    "id": re.compile(r"A\d+"),
    "reason": str,
    "attempt_id": str,
    "received_at": MOMENT,
    "connector_id": int,
    "payment_id": (int, type(None)),
    "result": str,
    "gateway_reference": str,
    "amount": (AMOUNT, type(None)),
    "currency": (str, type(None)),
    "message": str,
    "repeats": int,
}
ANSWER_WHOLE = ANSWER | {
    "says": str,
    "origin": str,
    "named_attempt_id": str,
    "gateway_answer_id": (str, type(None)),
    "gateway_timestamp": (str, type(None)),
    "key": (str, type(None)),
    "recorded_by": (str, type(None)),
    "recorded_reason": (str, type(None)),
    "in_inbox": bool,
    "place": (str, type(None)),
    "same_as": (str, type(None)),
    "transaction_id": (int, type(None)),
    "closed_by": (str, type(None)),
    "closed_at": (MOMENT, type(None)),
    "closed_reason": (str, type(None)),
    "last_repeated_at": (MOMENT, type(None)),
    "version": int,
}
ANSWER_SHOWN = ANSWER_WHOLE | {
    "raw": {
        "answer_id": str,
        "attempt_id": str,
        "result": str,
        "gateway_reference": str,
        "amount": str,
        "currency": str,
        "message": str,
        "timestamp": str,
    },
    "suggested": [
        {
            "attempt_id": ATTEMPT,
            "attempt_state": str,
            "started_at": MOMENT,
            "payment_id": int,
            "payment_number": str,
            "payment_status": str,
            "reasons": [str],
        }
    ],
}
REFUSED_MESSAGE = {
    "id": int,
    "at": MOMENT,
    "connector_id": int,
    "origin": str,
    "status": (int, type(None)),
    "reason": str,
    "attempt_id": (str, type(None)),
    "peer": (str, type(None)),
    "size_bytes": int,
    "body": str,
}
VERDICT = ANSWER_WHOLE | {"rule": str, "status": (str, type(None))}
CHARGE = {
    "id": re.compile(r"A\d+"),
    "received_at": MOMENT,
    "connector_id": int,
    "gateway_reference": str,
    "amount": AMOUNT,
    "currency": str,
    "place": str,
    "rule": str,
    "payment_id": (int, type(None)),
    "payment_number": (str, type(None)),
    "attempt_id": str,
    "same_as": (str, type(None)),
    "transaction_id": (int, type(None)),
}
MANAGER = {
    "id": int,
    "name": str,
    "email": str,
    "reseller_id": int,
    "permission": str,
    "enabled": bool,
    "blocked_until": (MOMENT, type(None)),
    "version": int,
    "created_at": MOMENT,
}
RESELLER = {"id": int, "name": str, "parent_id": (int, type(None)), "version": int}
LOG_LINE = {"id": int, "at": MOMENT, "by": str, "action": str, "subject": str, "text": str}
MONITOR = {
    "at": MOMENT,
    "engine": (str, type(None)),
    "counters": {
        "waiting_for_payment": int,
        "processing": int,
        "ending_within_a_minute": int,
        "late": int,
        "late_answers_today": int,
        "returned_today": int,
        "in_the_inbox": int,
    },
    "payments": [PAYMENT],
}
CHECK = {
    "sound": bool,
    "folder": str,
    "revision": int,
    "records": dict,
    "wrong": [str],
    "stopped": (str, type(None)),
    "written_anew": bool,
    "encrypted": bool,
}
CHECKPOINT = {"folder": str, "file": str, "revision": int, "bytes": int}
PROBLEM_ITEM = {
    "field": str,
    "pointer": (str, type(None)),
    "line": (int, type(None)),
    "column": (int, type(None)),
    "message": str,
}


def fits(value: Any, shape: Any) -> bool:
    """Say whether a value has a shape: a type, a pattern of a text, several of them, or a list or an object of them."""
    match shape:
        case tuple():
            return any(fits(value, each) for each in shape)
        case list():
            return isinstance(value, list) and all(fits(each, shape[0]) for each in value)
        case dict():
            return (
                isinstance(value, dict)
                and list(value) == list(shape)
                and all(fits(value[key], within) for key, within in shape.items())
            )
        case re.Pattern():
            return isinstance(value, str) and shape.fullmatch(value) is not None
        case _:
            return type(value) is shape


@pytest.fixture
def busy(at_shop: CommandLine, shop: Shop) -> CommandLine:
    """Return the command line on a shop where payment 1 is Completed twice, 2 is overdue, and the inbox holds A3."""
    paid_twice = shop.payment()
    first = shop.overdue(paid_twice)
    second = shop.pay(paid_twice)
    shop.success(first, "r1")
    shop.success(second, "r2")
    shop.overdue(shop.payment(due_date="2026-12-31"))
    shop.unmatched("r3")
    shop.do(lambda tx: keep(tx, shop.connector.id, [refused_message()], count=1))
    return at_shop


@pytest.mark.parametrize(
    ("args", "shape"),
    [
        (("connector", "list"), [CONNECTOR]),
        (("connector", "show", "1"), CONNECTOR_WHOLE),
        (("connector", "show", "1", "--reveal-key"), CONNECTOR_WHOLE | {"secret_shared_key": str}),
        (("connector", "create", "--name", "B", "--url", "https://b.example.com"), CONNECTOR_WHOLE),
        (("connector", "update", "1", "--name", "B"), CONNECTOR_WHOLE),
        (("connector", "rotate-key", "1"), CONNECTOR_WHOLE),
        (("method", "list"), [METHOD]),
        (("method", "show", "1"), METHOD),
        (("method", "create", "--name", "B", "--connector", "1"), METHOD),
        (("method", "update", "1", "--disabled"), METHOD),
        (("method", "delete", "1"), METHOD),
        (("account", "list"), [ACCOUNT]),
        (("account", "show", "1"), ACCOUNT_WHOLE),
        (("account", "create", "--name", "B", "--currency", "EUR"), ACCOUNT_WHOLE),
        (("payment", "list"), [PAYMENT]),
        (("payment", "show", "1"), PAYMENT_WHOLE),
        (("payment", "create", "--account", "1", "--total", "129.00"), PAYMENT_WHOLE),
        (("payment", "pay", "2", "--method", "1"), PAYMENT_WHOLE),
        (("payment", "pay", "2", "--from-balance"), PAYMENT_WHOLE),
        (("payment", "why", "1"), EXPLAINED),
        (("answer", "list"), [ANSWER]),
        (("answer", "show", "A1"), ANSWER_SHOWN),
        (("answer", "refused"), [REFUSED_MESSAGE]),
        (("answer", "dismiss", "A3", "--reason", "Settled by telephone."), ANSWER_WHOLE),
        (("charge", "list"), [CHARGE]),
        (("manager", "list"), [MANAGER]),
        (("reseller", "list"), [RESELLER]),
        (("reseller", "create", "--name", "Shop"), RESELLER),
        (("log",), [LOG_LINE]),
        (("store", "check"), CHECK),
        (("store", "checkpoint"), CHECKPOINT),
        (("--once",), MONITOR),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_json_has_the_shape_that_programs_rely_on(busy: CommandLine, args: tuple[str, ...], shape: Any) -> None:
    written = busy(*args, "--json").json
    assert fits(written, shape), written


def test_a_cancelled_payment_has_the_shape_of_a_payment(at_shop: CommandLine, shop: Shop) -> None:
    assert fits(at_shop("payment", "cancel", shop.payment(), "--json").json, PAYMENT_WHOLE)


def test_a_deleted_connector_has_the_shape_of_a_connector(at_shop: CommandLine, shop: Shop) -> None:
    at_shop("method", "delete", shop.method.id)
    assert fits(at_shop("connector", "delete", shop.connector.id, "--json").json, CONNECTOR)


def test_attached_recorded_and_returned_answers_have_their_shapes(at_shop: CommandLine, shop: Shop) -> None:
    attempt_id = shop.pay(shop.payment())
    code = shop.unmatched().code
    assert fits(at_shop("answer", "attach", code, attempt_id, "--json").json, VERDICT)
    recorded = ("answer", "record", attempt_id, "--result", "success", "--reference", "r9", "--reason", "By letter.")
    assert fits(at_shop(*recorded, "--json").json, VERDICT)
    assert fits(at_shop("answer", "return", "A2", "--json").json, ANSWER_WHOLE)


def test_managers_have_their_shape(at_shop: CommandLine) -> None:
    add = ("manager", "add", "--name", "Anna", "--email", "anna@example.com", "--password-stdin", "--json")
    assert fits(at_shop(*add, stdin="a long sentence").json, MANAGER)
    assert fits(at_shop("manager", "list", "--json").json, [MANAGER])


def test_problem_items_have_their_shape(at_shop: CommandLine) -> None:
    create = ("connector", "create", "--name", "", "--url", "ftp://x", "--period", "0", "--schema", "-", "--json")
    ended = at_shop(*create, stdin='[{"type": "string"},\n {"type": "strange", "key": "a"}]')
    assert ended.code == 1
    assert fits(json.loads(ended.out), {"problems": [PROBLEM_ITEM]})
