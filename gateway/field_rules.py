"""What each field of a message may hold, as one table a message.

The rules serve two ends: a value means what it says, and the signed text (names and values with nothing between) can be
read in one way only. The second works like this. Reading from the left, every value up to a message's free text
(`message`, the settings) is followed by the next name, which the value cannot contain; from the right, every value
after it is of a closed set or of characters that no name is made of. No name that delimits so begins as it ends, so
that none can be found half in a value; `status`, the only one that does, is held by its closed set of values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gateway.errors import FieldProblem
from gateway.timestamps import TIMESTAMP_RIGHT, is_timestamp
from store.states import PaymentStatus

MAX_URL_CHARACTERS = 2048
PAY, STATUS = "pay", "status"
VERSION = "1"
SUCCESS, FAILURE, PENDING, UNKNOWN = "success", "failure", "pending", "unknown"

SETTINGS_MARK = "settings."
"""What stands before each setting's name in the signed text, and in no setting's value."""
SETTING_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,4})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_RULE = re.compile(r"[a-z]+(-[a-z]+)*")
_CALLBACK_URL = re.compile(rf"https?://[!-~]{{1,{MAX_URL_CHARACTERS}}}")


@dataclass(frozen=True, slots=True)
class FieldRule:
    """What one field may hold: `right` completes "right would be …"; `holds_no` are texts it may not contain.

    `fits` gives something true for a value that is well-formed.
    """

    right: str
    fits: Callable[[str], object]
    holds_no: tuple[str, ...] = ()
    may_be_empty: bool = False

    def problem(self, name: str, value: str) -> FieldProblem | None:
        """Return what is wrong with the value, or None."""
        if not value:
            return None if self.may_be_empty else FieldProblem(name, "is empty", self.right)
        if not self.fits(value):
            return FieldProblem(name, f"is {shown(value)}", self.right)
        for text in self.holds_no:
            if text in value:
                return FieldProblem(name, f"contains {text!r}, a field's name", "a value without it")
        return None


def shown(value: str) -> str:
    """Return a value fit for one line of a report: ASCII, quoted, cut."""
    return ascii(value if len(value) <= 64 else value[:64] + "…")


def _is(pattern: re.Pattern[str]) -> Callable[[str], object]:
    return pattern.fullmatch


def _one_of(values: Collection[str], *, may_be_empty: bool = False) -> FieldRule:
    right = " or ".join(f'"{value}"' for value in values)
    return FieldRule(right, frozenset(values).__contains__, may_be_empty=may_be_empty)


def _identity(names: tuple[str, ...], *, may_be_empty: bool = False) -> FieldRule:
    right = "1 to 64 of the characters A-Z, a-z, 0-9, _ and -"
    return FieldRule(right, _is(_ID), holds_no=names, may_be_empty=may_be_empty)


def _amount(*, may_be_empty: bool = False) -> FieldRule:
    right = 'an amount such as "129.00": up to 15 digits, a point and up to 4 decimals'
    return FieldRule(right, _is(_AMOUNT), may_be_empty=may_be_empty)


def _currency(*, may_be_empty: bool = False) -> FieldRule:
    return FieldRule('a currency code such as "EUR"', _is(_CURRENCY), may_be_empty=may_be_empty)


_TIMESTAMP = FieldRule(TIMESTAMP_RIGHT, is_timestamp)

_PAY_NAMES = (
    *("request", "version", "attempt_id", "payment_id", "payment_number", "account_id", "amount", "currency"),
    *("callback_url", "timestamp", "settings"),
)
_STATUS_NAMES = ("request", "version", "attempt_id", "gateway_reference", "timestamp", "settings")
_ANSWER_NAMES = (
    *("answer_id", "attempt_id", "result", "gateway_reference", "amount", "currency", "message", "timestamp"),
)
_ACKNOWLEDGEMENT_NAMES = ("answer_id", "attempt_id", "rule", "status", "timestamp")

PAY_RULES: Mapping[str, FieldRule] = MappingProxyType(
    {
        "request": _one_of([PAY]),
        "version": _one_of([VERSION]),
        "attempt_id": _identity(_PAY_NAMES),
        "payment_id": _identity(_PAY_NAMES),
        "payment_number": _identity(_PAY_NAMES),
        "account_id": _identity(_PAY_NAMES),
        "amount": _amount(),
        "currency": _currency(),
        # The next name in the signed text is `currency`: without it in the URL, all that follows is where it seems.
        "callback_url": FieldRule("an http or https URL in ASCII", _is(_CALLBACK_URL), holds_no=("currency",)),
        "timestamp": _TIMESTAMP,
    }
)
STATUS_RULES: Mapping[str, FieldRule] = MappingProxyType(
    {
        "request": _one_of([STATUS]),
        "version": _one_of([VERSION]),
        "attempt_id": _identity(_STATUS_NAMES),
        # As an answer brought it. It is followed by `requeststatus`, then `settings.` or a time: no id reads so.
        "gateway_reference": _identity(_ANSWER_NAMES, may_be_empty=True),
        "timestamp": _TIMESTAMP,
    }
)
ANSWER_RULES: Mapping[str, FieldRule] = MappingProxyType(
    {
        "answer_id": _identity(_ANSWER_NAMES),
        "attempt_id": _identity(_ANSWER_NAMES),
        "result": _one_of([SUCCESS, FAILURE, PENDING, UNKNOWN]),
        "gateway_reference": _identity(_ANSWER_NAMES, may_be_empty=True),
        "amount": _amount(may_be_empty=True),
        "currency": _currency(may_be_empty=True),
        # Any text: what stands before it in the signed text is found from the left, what stands after from the right.
        "message": FieldRule("a text", lambda _: True, may_be_empty=True),
        "timestamp": _TIMESTAMP,
    }
)
ACKNOWLEDGEMENT_RULES: Mapping[str, FieldRule] = MappingProxyType(
    {
        # As the answer brought them: every answer can be acknowledged. From `rule` on the text is read from the right.
        "answer_id": _identity(_ANSWER_NAMES),
        "attempt_id": _identity(_ANSWER_NAMES),
        "rule": FieldRule("a rule's name, such as answered-success", _is(_RULE), holds_no=_ACKNOWLEDGEMENT_NAMES),
        # `status` begins as it ends, so its values must be a closed set: "tatus" is none of them.
        "status": _one_of([status.value for status in PaymentStatus], may_be_empty=True),
        "timestamp": _TIMESTAMP,
    }
)
