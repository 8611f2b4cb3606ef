"""What must hold within one field, in both forms: limits that can be met, options that differ, a default that fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from store.settings_schema.fields import MAX_OPTIONS, SettingField
from store.settings_schema.findings import Findings
from store.settings_schema.numbers import fitting_number
from store.settings_schema.pattern_syntax import PatternSyntaxError
from store.settings_schema.patterns import PatternRunner, compile_pattern
from store.settings_schema.validation import option_problems, value_problems
from store.settings_schema.wire_text import why_unsendable

_LIMITS = (
    *("pattern", "min_length", "max_length", "multiple_of"),
    *("minimum", "maximum", "exclusive_minimum", "exclusive_maximum"),
)


@dataclass(frozen=True, slots=True)
class Places:
    """The pointers of what was typed: for the limits of a field by their attribute, and for the options by order."""

    limits: Mapping[str, str]
    options: tuple[str, ...]


def checked_field(findings: Findings, field: SettingField, places: Places, runner: PatternRunner) -> SettingField:
    """Report what contradicts itself in a field; return the field without the limits that cannot be used.

    The default is not judged here, but by `check_default`.
    """
    field = _with_pattern_that_compiles(findings, field, places)
    field = _with_ordered_limits(findings, field, places)
    _check_numbers(findings, field, places)
    return _with_options(findings, field, places, runner)


def check_default(findings: Findings, field: SettingField, value: object, pointer: str, runner: PatternRunner) -> None:
    """Report at `pointer` what is wrong with a default, by the rules that values of the field are held to."""
    if why := why_unsendable(value):
        findings.add(pointer, f"The default {why}")
        return
    for problem in value_problems(field, value, runner, subject="The default"):
        findings.add(pointer, problem)


def _with_pattern_that_compiles(findings: Findings, field: SettingField, places: Places) -> SettingField:
    if field.pattern is None:
        return field
    try:
        compile_pattern(field.pattern)
    except PatternSyntaxError as error:
        findings.add(places.limits["pattern"], f"The pattern is not a regular expression (ECMA 262): {error}.")
        return replace(field, pattern=None)
    return field


def _with_ordered_limits(findings: Findings, field: SettingField, places: Places) -> SettingField:
    if field.min_length is not None and field.max_length is not None and field.max_length < field.min_length:
        findings.add(
            places.limits["max_length"],
            f"The longest length, {field.max_length}, is below the shortest, {field.min_length}.",
        )
        field = replace(field, min_length=None, max_length=None)
    if field.min_chosen is not None and field.max_chosen is not None and field.max_chosen < field.min_chosen:
        findings.add(
            places.limits["max_chosen"],
            f"The most choices, {field.max_chosen}, are below the fewest, {field.min_chosen}.",
        )
        field = replace(field, min_chosen=None, max_chosen=None)
    if field.is_list and field.options and (field.min_chosen or 0) > len(field.options):
        findings.add(
            places.limits["min_chosen"],
            f"{field.min_chosen} choices are needed, but there are only {len(field.options)}.",
        )
        field = replace(field, min_chosen=None)
    return field


def _check_numbers(findings: Findings, field: SettingField, places: Places) -> None:
    if field.value_type not in ("integer", "number") or field.options or fitting_number(field) is not None:
        return
    limits = ("maximum", "exclusive_maximum", "minimum", "exclusive_minimum", "multiple_of")
    last = next(name for name in limits if getattr(field, name) is not None)
    what = "whole number" if field.value_type == "integer" else "number"
    findings.add(places.limits[last], f"No {what} can meet all limits of this field; widen them.")


def _with_options(findings: Findings, field: SettingField, places: Places, runner: PatternRunner) -> SettingField:
    if len(field.options) > MAX_OPTIONS:
        findings.add(
            places.options[MAX_OPTIONS], f"There are {len(field.options)} options; at most {MAX_OPTIONS} are allowed."
        )
        field = replace(field, options=field.options[:MAX_OPTIONS])
    seen: dict[tuple[bool, object], int] = {}
    for number, (option, pointer) in enumerate(zip(field.options, places.options, strict=False)):
        # 1 and true are one key of a dict, but two JSON values
        identity = (isinstance(option.value, bool), option.value)
        if identity in seen:
            findings.add(pointer, f"This value is that of option {seen[identity] + 1} already; each stands there once.")
            continue
        seen[identity] = number
        if why := why_unsendable(option.value):
            findings.add(pointer, f"The value {why}")
    if field.options and any(getattr(field, limit) is not None for limit in _LIMITS):
        for number, problem in option_problems(field, runner):
            findings.add(places.options[number], problem)
    return field
