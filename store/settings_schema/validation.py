"""Values against the JSON Schema of a settings schema: jsonschema finds what is wrong, and it is said for people.

No message quotes a value: it may be a secret, and it may be long.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from store.settings_schema.fields import SettingField
from store.settings_schema.findings import kind_of, listed
from store.settings_schema.patterns import PatternRunner, PatternTooSlowError

if TYPE_CHECKING:
    from jsonschema import ValidationError

_TYPE_WORDS = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list of its choices",
}
_MAX_CHOICES_IN_MESSAGE = 12


def schema_errors(schema: dict[str, object], value: object, runner: PatternRunner) -> list[ValidationError]:
    """Return what is wrong with a value by a JSON Schema that was made from fields; nothing is ever fetched."""
    # jsonschema takes 0.16 s to import, which only a start that validates has to pay
    from jsonschema import Draft202012Validator, ValidationError  # noqa: PLC0415
    from jsonschema.validators import extend  # noqa: PLC0415
    from referencing import Registry  # noqa: PLC0415

    def pattern(_: Any, pattern: str, text: object, __: Any) -> Iterator[ValidationError]:
        if isinstance(text, str):
            try:
                if not runner.fits(pattern, text):
                    yield ValidationError("does not fit")
            except PatternTooSlowError as slow:
                yield ValidationError("takes too long", cause=slow)

    def multiple_of(_: Any, step: float, number: object, __: Any) -> Iterator[ValidationError]:
        if isinstance(number, int | float) and not isinstance(number, bool) and not is_multiple(number, step):
            yield ValidationError("is no multiple")

    overridden = {"pattern": pattern, "multipleOf": multiple_of, "uniqueItems": unique_elements}
    validator = extend(Draft202012Validator, overridden)  # type: ignore[no-untyped-call]
    errors = list(validator(schema, registry=Registry()).iter_errors(value))
    # a value of a wrong type violates more, which says nothing new
    wrong_type = {tuple(error.absolute_path) for error in errors if error.validator == "type"}
    return [error for error in errors if error.validator == "type" or tuple(error.absolute_path) not in wrong_type]


def unique_elements(_: Any, wanted: bool, value: object, __: Any) -> Iterator[ValidationError]:  # noqa: FBT001 - jsonschema calls it so
    """Yield an error if an array holds an element twice; jsonschema's own check compares each with each."""
    from jsonschema import ValidationError  # noqa: PLC0415 - as below

    if wanted and isinstance(value, list) and len({json.dumps(each, sort_keys=True) for each in value}) < len(value):
        yield ValidationError("holds an element twice")


def is_multiple(number: float, step: float) -> bool:
    """Say whether a number is a multiple of a step, in decimals as typed: 0.3 is one of 0.1."""
    return Fraction(repr(number)) % Fraction(repr(step)) == 0


def value_problems(field: SettingField, value: object, runner: PatternRunner, *, subject: str) -> list[str]:
    """Return what is wrong with one value of a field, as sentences about `subject`."""
    if too_many := too_many_choices(field, value):
        return [f"{subject} {too_many}"]
    return [sentence(field, error, subject=subject) for error in schema_errors(field.json_schema, value, runner)]


def option_problems(field: SettingField, runner: PatternRunner) -> list[tuple[int, str]]:
    """Return which options, by number, violate a limit of their own field, as sentences about the option."""
    schema: dict[str, object] = {"type": "array", "items": replace(field, options=()).json_schema}
    errors = schema_errors(schema, [option.value for option in field.options], runner)
    return [(int(error.absolute_path[0]), sentence(field, error, subject="The option")) for error in errors]


def too_many_choices(field: SettingField, value: object) -> str | None:
    """Return the end of a sentence if a list is longer than the choices of its field: nothing more need be compared."""
    if field.is_list and isinstance(value, list | tuple) and len(value) > len(field.options):
        return f"holds {len(value)} choices, but there are only {len(field.options)}: {_choices(field)}."
    return None


def sentence(field: SettingField, error: ValidationError, *, subject: str) -> str:
    """Return what jsonschema found in a field's value as a sentence that says what would be right."""
    keyword, value = str(error.validator), error.instance
    limit: Any = error.validator_value
    if keyword == "type":
        wanted = _TYPE_WORDS[limit]
        if field.is_list and limit != "array":
            return f"{subject}: each choice is {wanted}, not {kind_of(value)}."
        held = "one with a fraction" if limit == "integer" and isinstance(value, float) else kind_of(value)
        return f"{subject} must be {wanted}, not {held}."
    if keyword == "enum":
        choices = _choices(field)
        held = f"holds an unknown choice; there are: {choices}" if field.is_list else f"must be one of: {choices}"
        return f"{subject} {held}."
    if keyword == "pattern":
        if isinstance(error.cause, PatternTooSlowError):
            return f"{subject}: the pattern of this field takes too long on this value and was stopped; {_SLOW_ADVICE}."
        return f"{subject} must fit the pattern {limit}"
    if keyword in ("minLength", "minItems") and limit == 1:
        return f"{subject} is empty; give it {'a choice' if field.is_list else 'a value'}."
    return f"{subject} {_LIMIT_SENTENCES[keyword].format(limit=limit)}."


_SLOW_ADVICE = "a simpler pattern (no repeats within repeats) or another value is needed"
_LIMIT_SENTENCES = {
    "minLength": "must have at least {limit} characters",
    "maxLength": "must have at most {limit} characters",
    "minimum": "must be at least {limit}",
    "maximum": "must be at most {limit}",
    "exclusiveMinimum": "must be more than {limit}",
    "exclusiveMaximum": "must be less than {limit}",
    "multipleOf": "must be a multiple of {limit}",
    "minItems": "needs at least {limit} of its choices",
    "maxItems": "takes at most {limit} of its choices",
    "uniqueItems": "holds the same choice twice; each stands there once",
}


def _choices(field: SettingField) -> str:
    if field.masked:
        return "those of JSON Schema"
    names = list(dict.fromkeys(choice_text(option.value) for option in field.options))
    rest = len(names) - _MAX_CHOICES_IN_MESSAGE
    return listed(names[:_MAX_CHOICES_IN_MESSAGE]) + (f" and {rest} more" if rest > 0 else "")


def choice_text(value: object) -> str:
    """Return the value of an option as a message names it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
