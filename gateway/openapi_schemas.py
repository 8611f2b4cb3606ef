"""JSON Schemas of everything that is sent, as they stand in the OpenAPI document.

The messages' schemas are made from the rules that the messages are checked by (`gateway.field_rules`), the platform's
requests from those of `gateway.platform_requests`. A test holds what is written here besides against the code.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gateway import field_rules as rules
from gateway.field_rules import FieldRule
from gateway.platform_requests import CREATE_PAYMENT, ID_SCHEMA, START_ATTEMPT, BodyField
from store.states import AttemptState, PaymentStatus

Schema = dict[str, object]

_ID = "[A-Za-z0-9_-]{1,64}"
_AMOUNT = r"[0-9]{1,15}(\.[0-9]{1,4})?"
_PATTERNS: Mapping[str, str] = MappingProxyType(
    {
        "answer_id": _ID,
        "attempt_id": _ID,
        "payment_id": _ID,
        "payment_number": _ID,
        "account_id": _ID,
        "gateway_reference": _ID,
        "amount": _AMOUNT,
        "currency": "[A-Z]{3}",
        "callback_url": f"https?://[!-~]{{1,{rules.MAX_URL_CHARACTERS}}}",
        "rule": "[a-z]+(-[a-z]+)*",
        "timestamp": (
            r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]{1,9})?"
            r"([Zz]|[+-]00:00)"
        ),
    }
)
_CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "version": (rules.VERSION,),
        "status": tuple(each.value for each in PaymentStatus),
    }
)
ANSWERS = (rules.SUCCESS, rules.FAILURE, rules.PENDING)


def schemas() -> dict[str, Schema]:
    """Return every schema by its name."""
    return {
        "Payment": _payment(),
        "Attempt": _attempt(),
        "HistoryLine": _history_line(),
        "CreatePayment": _request(CREATE_PAYMENT),
        "StartAttempt": _request(START_ATTEMPT),
        "Error": _closed(
            {
                "error": {"type": "string", "description": "A sentence."},
                "problems": {"type": "array", "items": _ref("ProblemItem")},
            },
            required=["error"],
        ),
        "ProblemItem": _problem_item(),
        "PayRequest": _message(rules.PAY_RULES, request=(rules.PAY,), settings=True),
        "StatusRequest": _message(rules.STATUS_RULES, request=(rules.STATUS,), settings=True),
        "Answer": _answer(ANSWERS),
        "StatusReply": _answer((*ANSWERS, rules.UNKNOWN)),
        "Acknowledgement": _message(rules.ACKNOWLEDGEMENT_RULES),
        "Settings": _settings(),
        "Alive": _closed({"alive": {"const": True}}),
        "Readiness": _closed({"ready": {"type": "boolean"}, "wrong": {"type": "array", "items": {"type": "string"}}}),
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _closed(properties: Mapping[str, object], *, required: list[str] | None = None) -> Schema:
    """Return the schema of an object with these fields and no other; all of them required unless told."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties) if required is None else required,
        "additionalProperties": False,
    }


def _open(properties: Mapping[str, object]) -> Schema:
    """Return the schema of an object that may get more fields later."""
    return {"type": "object", "properties": dict(properties), "required": list(properties)}


def _request(fields: Mapping[str, BodyField]) -> Schema:
    properties = {name: {"description": f"{each.label}: {each.right}.", **each.schema} for name, each in fields.items()}
    return _closed(properties, required=[name for name, each in fields.items() if each.required])


def _message(
    field_rules: Mapping[str, FieldRule],
    *,
    request: tuple[str, ...] = (),
    settings: bool = False,
    **more: tuple[str, ...],
) -> Schema:
    choices = {**_CHOICES, **({"request": request} if request else {}), **more}
    properties: dict[str, object] = {name: _field(name, rule, choices) for name, rule in field_rules.items()}
    if settings:
        properties["settings"] = _ref("Settings")
    return _closed(properties)


def _field(name: str, rule: FieldRule, choices: Mapping[str, tuple[str, ...]]) -> Schema:
    """Return the schema of one field of a message."""
    may_be_empty = ", or empty" if rule.may_be_empty else ""
    schema: Schema = {"type": "string", "description": f"{rule.right[0].upper()}{rule.right[1:]}{may_be_empty}."}
    if name in choices:
        schema["enum"] = [*choices[name], *([""] if rule.may_be_empty else [])]
    elif name in _PATTERNS:
        pattern = _PATTERNS[name]
        schema["pattern"] = f"^({pattern})?$" if rule.may_be_empty else f"^({pattern})$"
    if rule.holds_no:
        schema["not"] = {"pattern": "|".join(rule.holds_no)}
    return schema


def _answer(results: tuple[str, ...]) -> Schema:
    in_success = {name: {"minLength": 1} for name in ("gateway_reference", "amount", "currency")}
    return _message(rules.ANSWER_RULES, result=results) | {
        "if": {"properties": {"result": {"const": rules.SUCCESS}}},
        "then": {"properties": in_success},
    }


def _settings() -> Schema:
    return {
        "type": "object",
        "description": (
            "The payment method's settings and the connector's Static JSON. Numbers and booleans are sent as their "
            "JSON text, lists as their compact JSON text. All names of the connector are always there, empty where "
            f"nothing is set. No value contains `{rules.SETTINGS_MARK}`."
        ),
        "propertyNames": {"pattern": f"^{rules.SETTING_KEY.pattern}$"},
        "additionalProperties": {"anyOf": [{"type": "string"}, _ref("Settings")]},
    }


def _problem_item() -> Schema:
    return _closed(
        {
            "field": {"type": "string"},
            "pointer": {"type": ["string", "null"], "description": "A JSON pointer into the body."},
            "line": {"type": ["integer", "null"], "description": "From 1, in the body as it was sent."},
            "column": {"type": ["integer", "null"]},
            "message": {"type": "string", "description": "What is wrong and what would be right."},
        }
    )


_TEXT: Schema = {"type": "string"}
_MOMENT: Schema = {"type": "string", "format": "date-time"}
_MOMENT_OR_NULL: Schema = {"type": ["string", "null"], "format": "date-time"}
_ATTEMPT_ID: Schema = {"type": "string", "pattern": "^[0-9a-f]{32}$"}


def _id() -> Schema:
    return dict(ID_SCHEMA)


def _status() -> Schema:
    return {"type": "string", "enum": [each.value for each in PaymentStatus]}


def _payment() -> Schema:
    return _open(
        {
            "id": _id(),
            "number": {"type": "string", "description": "The Payment number."},
            "account_id": _id(),
            "status": _status(),
            "method_id": {"type": ["integer", "null"], "description": "The payment method of the last attempt."},
            "total": {"type": "string", "pattern": f"^{_AMOUNT}$"},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
            "due_date": {"type": ["string", "null"], "format": "date"},
            "deadline": _MOMENT_OR_NULL,
            "created_at": _MOMENT,
            "closed_at": _MOMENT_OR_NULL,
            "description": _TEXT,
            "created_by": _TEXT,
            "version": {"type": "integer", "minimum": 1},
            "in_progress": {"type": ["string", "null"], "description": "The id of the attempt in progress."},
            "attempts": {"type": "array", "items": _ref("Attempt")},
            "customer": _open({"status": _status(), "message": _TEXT}),
            "history": {"type": "array", "items": _ref("HistoryLine")},
        }
    )


def _attempt() -> Schema:
    return _open(
        {
            "id": _ATTEMPT_ID,
            "state": {"type": "string", "enum": [each.value for each in AttemptState]},
            "method_id": _id(),
            "connector_id": _id(),
            "started_at": _MOMENT,
            "started_by": _TEXT,
            "deadline": _MOMENT_OR_NULL,
            "sent_at": _MOMENT_OR_NULL,
            "answered_at": _MOMENT_OR_NULL,
            "outcome": {"type": "string", "description": "How the last request to the gateway ended."},
        }
    )


def _history_line() -> Schema:
    return _open(
        {
            "at": _MOMENT,
            "rule": {"type": "string", "description": "The rule that was applied."},
            "status": _status(),
            "attempt_id": {"type": ["string", "null"]},
            "answer_id": {"type": ["string", "null"]},
            "by": {"type": ["string", "null"]},
            "note": _TEXT,
        }
    )
