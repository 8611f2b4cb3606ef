"""What the platform may send: two closed lists of typed fields, read strictly, with all problem items at once.

A field's JSON Schema stands beside its check: the OpenAPI document shows what is kept here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import TypeAlias

from store.errors import ProblemItem
from store.json_document import Document, join_pointer
from store.money import AMOUNT_PATTERN
from store.strict_json import read_json

LARGEST_ID = 999_999_999_999_999
LONGEST_DESCRIPTION = 1000
LONGEST_KEY = 255
MOST_PROBLEMS = 100
"""How many problem items are told: a body can hold thousands."""
MAX_DEPTH = 8
IDEMPOTENCY_HEADER = "Idempotency-Key"
KEY_PATTERN = re.compile(rf"[!-~]{{1,{LONGEST_KEY}}}")

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BODY = "Body"

Fields: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class BodyField:
    """One field: its label as in problem items, what is right, the check and the same as JSON Schema."""

    label: str
    right: str
    fits: Callable[[object], bool]
    schema: Mapping[str, object]
    required: bool = True


def is_id(value: object) -> bool:
    """Say whether a JSON value can be a record's id."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LARGEST_ID


def _is_total(value: object) -> bool:
    return isinstance(value, str) and AMOUNT_PATTERN.fullmatch(value) is not None


def _is_day(value: object) -> bool:
    if value is None:
        return True
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_description(value: object) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_DESCRIPTION


ID_SCHEMA: Mapping[str, object] = MappingProxyType({"type": "integer", "minimum": 1, "maximum": LARGEST_ID})
CREATE_PAYMENT: Mapping[str, BodyField] = MappingProxyType(
    {
        "account_id": BodyField("Account", "the ID of an account: a whole number", is_id, ID_SCHEMA),
        "total": BodyField(
            "Total",
            'an amount in the account\'s currency, as a text: "129.00"',
            _is_total,
            MappingProxyType({"type": "string", "pattern": rf"^{AMOUNT_PATTERN.pattern}$", "examples": ["129.00"]}),
        ),
        "due_date": BodyField(
            "Due date",
            'a date as "2026-12-31", or null for none',
            _is_day,
            MappingProxyType({"type": ["string", "null"], "format": "date", "pattern": f"^{_DAY.pattern}$"}),
            required=False,
        ),
        "description": BodyField(
            "Description",
            f"a text of at most {LONGEST_DESCRIPTION:,} characters",
            _is_description,
            MappingProxyType({"type": "string", "maxLength": LONGEST_DESCRIPTION}),
            required=False,
        ),
    }
)
START_ATTEMPT: Mapping[str, BodyField] = MappingProxyType(
    {"method_id": BodyField("Payment method", "the ID of a payment method: a whole number", is_id, ID_SCHEMA)}
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A body that was read: the fields that are right, every problem item, and where each field stands."""

    fields: Fields
    problems: tuple[ProblemItem, ...]
    document: Document | None
    allowed: Mapping[str, BodyField]

    def at_field(self, name: str, message: str) -> ProblemItem:
        """Return a problem item at a field's value."""
        pointer = join_pointer("", name)
        label = self.allowed[name].label
        if self.document is None:
            return ProblemItem(label, message, pointer)
        return replace(self.document.problem(pointer, message), field=label)

    def placed(self, item: ProblemItem) -> ProblemItem:
        """Return a problem item of the store, which knows labels only, at the field that it is about."""
        name = next((name for name, each in self.allowed.items() if each.label == item.field), None)
        return item if name is None else self.at_field(name, item.message)


def read_request(raw: bytes, allowed: Mapping[str, BodyField]) -> Asked:
    """Return what `raw` asks for; nothing is raised, whatever it holds."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        wrong = ProblemItem(_BODY, f"is not UTF-8: byte {error.start} cannot be read.")
        return Asked({}, (wrong,), None, allowed)
    document = read_json(text, field=_BODY, max_depth=MAX_DEPTH)
    if not document.complete:
        return Asked({}, document.problems[:MOST_PROBLEMS], document, allowed)
    body = document.value
    if not isinstance(body, dict):
        wrong = document.problem("", f"An object is expected here, with {', '.join(allowed)}.")
        return Asked({}, (*document.problems, wrong)[:MOST_PROBLEMS], document, allowed)
    asked = Asked({name: body[name] for name in allowed if name in body}, (), document, allowed)
    found = [*document.problems, *_field_problems(asked), *_surplus(document, body, allowed)]
    return replace(asked, problems=tuple(found[:MOST_PROBLEMS]))


def key_problems(key: str | None) -> tuple[ProblemItem, ...]:
    """Return what is wrong with the header `Idempotency-Key`, None if it did not come."""
    if key is not None and KEY_PATTERN.fullmatch(key):
        return ()
    wrong = "is missing" if key is None else "is not well-formed"
    right = f"1 to {LONGEST_KEY} visible ASCII characters, a new key for each new request and the same for a repeat"
    return (ProblemItem(IDEMPOTENCY_HEADER, f"{wrong}; right would be {right}."),)


def _field_problems(asked: Asked) -> list[ProblemItem]:
    problems: list[ProblemItem] = []
    for name, each in asked.allowed.items():
        if name not in asked.fields:
            if each.required:
                problems.append(asked.at_field(name, f"is missing; right would be {each.right}."))
        elif not each.fits(asked.fields[name]):
            problems.append(asked.at_field(name, f"is not right; right would be {each.right}."))
    return problems


def _surplus(document: Document, body: Mapping[str, object], allowed: Mapping[str, BodyField]) -> list[ProblemItem]:
    names = ", ".join(allowed)
    return [
        document.problem(join_pointer("", name), f"is not a field of this request; it has {names}.", at_name=True)
        for name in body
        if name not in allowed
    ]
