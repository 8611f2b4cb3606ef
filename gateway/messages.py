"""The messages of the wire: four closed lists of fields, each of them always present, empty where there is nothing.

Every instance is well-formed: making one and parsing one go through the same rules (`gateway.field_rules`), which also
make sure that no two messages have one signed text. For `settings` this holds relative to their names: "api" + "_keyX"
and "api_key" + "X" are joined to the same text. Therefore the names belong to the closed list: a connector always sends
all of its own, empty where nothing is set, and a reader who relies on a setting gives the names that it expects.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias, TypeVar, cast

from gateway import field_rules as rules
from gateway.errors import FieldProblem, MalformedMessage
from gateway.field_rules import FieldRule
from gateway.settings_text import MAX_SETTINGS_DEPTH, Settings, copied, setting_problems
from gateway.strict_body import JsonBody

Result: TypeAlias = Literal["success", "failure", "pending", "unknown"]


@dataclass(frozen=True, kw_only=True)
class _Message:
    """What all messages share. Raises MalformedMessage when made with a value that its rules refuse."""

    title: ClassVar[str]
    field_rules: ClassVar[Mapping[str, FieldRule]]

    def __post_init__(self) -> None:
        problems = self._problems()
        if problems:
            raise MalformedMessage(self.title, tuple(problems))

    def _problems(self) -> list[FieldProblem]:
        return _value_problems(self.field_rules, vars(self))

    def body(self) -> JsonBody:
        """Return every field as it is signed and sent; nothing in it is shared with the message."""
        return {name: getattr(self, name) for name in self.field_rules}


@dataclass(frozen=True, kw_only=True)
class _Request(_Message):
    """What both requests share: settings, which are never shown, since they hold passwords."""

    settings: Settings = field(repr=False, hash=False)

    def _problems(self) -> list[FieldProblem]:
        return super()._problems() + setting_problems(self.settings)

    def body(self) -> JsonBody:
        return {**super().body(), "settings": copied(self.settings)}


@dataclass(frozen=True, kw_only=True)
class PayRequest(_Request):
    """`pay`: the gateway is asked to take this amount, once for each attempt id."""

    title = "pay request"
    field_rules = rules.PAY_RULES

    request: Literal["pay"] = "pay"
    version: str = rules.VERSION
    attempt_id: str
    payment_id: str
    payment_number: str
    account_id: str
    amount: str
    currency: str
    callback_url: str
    timestamp: str


@dataclass(frozen=True, kw_only=True)
class StatusRequest(_Request):
    """`status`: the gateway is asked what became of an attempt; `gateway_reference` is empty if not known."""

    title = "status request"
    field_rules = rules.STATUS_RULES

    request: Literal["status"] = "status"
    version: str = rules.VERSION
    attempt_id: str
    gateway_reference: str
    timestamp: str


@dataclass(frozen=True, kw_only=True)
class GatewayAnswer(_Message):
    """What a gateway says of an attempt, in its reply or later. `message` is as it was sent: never show it raw.

    A success has a gateway reference, an amount and a currency. With other results they may be empty; if they are not,
    they are well-formed (else the signed text could be read in two ways), but nothing is concluded from them.
    """

    title = "answer"
    field_rules = rules.ANSWER_RULES

    answer_id: str
    attempt_id: str
    result: Result
    gateway_reference: str
    amount: str
    currency: str
    message: str
    timestamp: str

    def _problems(self) -> list[FieldProblem]:
        problems = super()._problems()
        if self.result == rules.SUCCESS:
            problems += _empty_in_success(vars(self))
        return problems


@dataclass(frozen=True, kw_only=True)
class Acknowledgement(_Message):
    """That an answer is durable, with the rule that judged it; `status` is empty if the answer met no payment."""

    title = "acknowledgement"
    field_rules = rules.ACKNOWLEDGEMENT_RULES

    answer_id: str
    attempt_id: str
    rule: str
    status: str
    timestamp: str


def acknowledgement(answer: GatewayAnswer, rule: str, status: str, timestamp: str) -> dict[str, str]:
    """Return the body of an `Acknowledgement` of an answer.

    Nothing in it needs to be checked again: two fields were when the answer was read, the others are of closed sets.
    """
    return {
        "answer_id": answer.answer_id,
        "attempt_id": answer.attempt_id,
        "rule": rule,
        "status": status,
        "timestamp": timestamp,
    }


def parse_pay(body: Mapping[str, object], setting_names: Collection[str] | None = None) -> PayRequest:
    """Return the `pay` request in `body`; `setting_names` are those expected, if known: flattened, without `settings.`.

    Raises MalformedMessage with all that is wrong.
    """
    return _parsed(PayRequest, body, _settings_problems(body, setting_names))


def parse_status(body: Mapping[str, object], setting_names: Collection[str] | None = None) -> StatusRequest:
    """Return the `status` request in `body`; arguments and error as in `parse_pay`."""
    return _parsed(StatusRequest, body, _settings_problems(body, setting_names))


def parse_answer(body: Mapping[str, object]) -> GatewayAnswer:
    """Return the answer that a gateway sent by itself, or in reply to `pay`; `unknown` is none.

    Raises MalformedMessage with all that is wrong.
    """
    if body.get("result") == rules.UNKNOWN:
        only_in_reply = FieldProblem("result", 'is "unknown"', f"{_ANSWERS}; unknown only in reply to status")
        return _parsed(GatewayAnswer, body, [only_in_reply])
    return _parsed(GatewayAnswer, body, [])


def parse_status_reply(body: Mapping[str, object]) -> GatewayAnswer:
    """Return the answer in a reply to `status`, where `unknown` says that the gateway never saw the attempt.

    Raises MalformedMessage with all that is wrong.
    """
    return _parsed(GatewayAnswer, body, [])


def parse_acknowledgement(body: Mapping[str, object]) -> Acknowledgement:
    """Return the acknowledgement in `body`. Raises MalformedMessage with all that is wrong."""
    return _parsed(Acknowledgement, body, [])


_ANSWERS = f'"{rules.SUCCESS}", "{rules.FAILURE}" or "{rules.PENDING}"'
_M = TypeVar("_M", bound=_Message)
_TEXTS_ONLY = frozenset({str})


def _parsed(kind: type[_M], body: Mapping[str, object], found: list[FieldProblem]) -> _M:
    """Make the message, or report what was `found` before together with all else that is wrong."""
    make = cast("Callable[..., _M]", kind)
    if not found and body.keys() == kind.field_rules.keys() and {*map(type, body.values())} == _TEXTS_ONLY:
        return make(**body)  # as nearly all are; what may be wrong with its values it says itself
    names = [*kind.field_rules, "settings"] if issubclass(kind, _Request) else list(kind.field_rules)
    problems = [*_shape_problems(kind.field_rules, body, names), *found]
    if not problems:
        return make(**body)
    texts = {name: value for name, value in body.items() if isinstance(value, str)}
    problems += _value_problems({n: rule for n, rule in kind.field_rules.items() if n in texts}, texts)
    settings = body.get("settings")
    if issubclass(kind, _Request) and isinstance(settings, Mapping):
        problems += setting_problems(settings)
    if body.get("result") == rules.SUCCESS and issubclass(kind, GatewayAnswer):
        problems += _empty_in_success(texts)
    position = {name: place for place, name in enumerate(names)}
    problems.sort(key=lambda each: position.get(each.field.partition(".")[0], len(names)))
    raise MalformedMessage(kind.title, tuple(problems))


def _shape_problems(
    field_rules: Mapping[str, FieldRule], body: Mapping[str, object], names: list[str]
) -> Iterable[FieldProblem]:
    """Yield what is missing, what is not a text where a text belongs, and what does not belong to the message."""
    for name, rule in field_rules.items():
        if name not in body:
            yield FieldProblem(name, "is missing", f"{rule.right}{' or empty' if rule.may_be_empty else ''}")
        elif not isinstance(body[name], str):
            yield FieldProblem(name, "is not a text", rule.right)
    right = f"only {', '.join(names)}"
    for name in body:
        if name not in names:
            yield FieldProblem(rules.shown(name), "is not a field of this message", right, surplus=True)


def _settings_problems(body: Mapping[str, object], expected: Collection[str] | None) -> list[FieldProblem]:
    """Return what is wrong with the presence, the kind and the names of `settings`; its values are the message's."""
    settings = body.get("settings")
    if not isinstance(settings, Mapping):
        wrong = "is not an object" if "settings" in body else "is missing"
        return [FieldProblem("settings", wrong, "an object of settings")]
    if expected is None:
        return []
    names = {*_leaf_names(settings)}
    missing = [FieldProblem(f"settings.{name}", "is missing", "a text") for name in sorted({*expected} - names)]
    extra = [
        FieldProblem(f"settings.{name}", "is not a setting of this connector", "only those that it has")
        for name in sorted(names - {*expected})
    ]
    return missing + extra


def _leaf_names(settings: Mapping[str, object], depth: int = 1) -> Iterable[str]:
    for key, value in settings.items():
        if isinstance(value, Mapping) and depth < MAX_SETTINGS_DEPTH:
            yield from (f"{key}.{name}" for name in _leaf_names(value, depth + 1))
        else:
            yield key


def _value_problems(field_rules: Mapping[str, FieldRule], values: Mapping[str, str]) -> list[FieldProblem]:
    return [problem for name, rule in field_rules.items() if (problem := rule.problem(name, values[name])) is not None]


def _empty_in_success(values: Mapping[str, str]) -> list[FieldProblem]:
    needed = ("gateway_reference", "amount", "currency")
    return [
        FieldProblem(name, "is empty, which it may not be in a success", rules.ANSWER_RULES[name].right)
        for name in needed
        if values.get(name) == ""
    ]
