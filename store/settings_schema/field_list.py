"""The first form of a settings schema: a field list, the platform's own form, an array of objects in display order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from store.json_document import join_pointer
from store.settings_schema.consistency import Places, check_default, checked_field
from store.settings_schema.fields import MAX_FIELDS, FieldKind, Option, SettingField, SettingValue
from store.settings_schema.findings import Findings, kind_of, listed
from store.settings_schema.keywords import Keywords
from store.settings_schema.patterns import PatternRunner
from store.settings_schema.wire_text import KEY, KEY_FORM

TYPES = tuple(FieldKind)[:6]
_WRITTEN = (FieldKind.STRING, FieldKind.PASSWORD, FieldKind.TEXT)
_EVERYWHERE = ("type", "key", "label", "hint", "required", "default")
_LIMITS = ("pattern", "min_length", "max_length")
_NAMES = (*_EVERYWHERE, "options", *_LIMITS)


def read_field_list(findings: Findings, elements: list[Any], runner: PatternRunner) -> tuple[SettingField, ...]:
    """Return the fields of a field list; what is wrong goes to the findings, and fields of no use are left out."""
    if len(elements) > MAX_FIELDS:
        findings.add(
            f"/{MAX_FIELDS}", f"There are {len(elements)} fields; at most {MAX_FIELDS} are allowed. Take out the rest."
        )
    fields: list[SettingField] = []
    keys: dict[str, int] = {}
    for number, element in enumerate(elements[:MAX_FIELDS]):
        pointer = f"/{number}"
        if not isinstance(element, dict):
            findings.add(
                pointer, f'A field is an object, as in {{"type": "string", "key": "api_key"}}, not {kind_of(element)}.'
            )
            continue
        typed = Keywords(findings, pointer, element)
        key = _key(typed, keys, number)
        field = _field(typed, key, runner)
        if field is not None:
            fields.append(field)
    return tuple(fields)


def _key(typed: Keywords, keys: dict[str, int], number: int) -> str:
    """Return the field's key, empty if it has none; a key that stands before is reported."""
    if "key" not in typed:
        typed.findings.add(typed.pointer, f'The field has no "key"; give it one: {KEY_FORM}.')
        return ""
    key = typed.members["key"]
    if not isinstance(key, str):
        typed.wrong("key", "a string")
        return ""
    if not KEY.fullmatch(key):
        typed.findings.add(typed.place("key"), f"A key is {KEY_FORM}.")
    elif key in keys:
        typed.findings.add(
            typed.place("key"), f'The key "{key}" is that of field {keys[key] + 1} already; keys are unique.'
        )
    else:
        keys[key] = number
    return key


def _field(typed: Keywords, key: str, runner: PatternRunner) -> SettingField | None:
    findings, members = typed.findings, typed.members
    for name in members:
        if name not in _NAMES:
            findings.add_at_name(
                join_pointer(typed.pointer, name), f'"{name}" is not known here; a field has: {listed(_NAMES)}.'
            )
    kind = _kind(typed)
    if kind is None:
        # without the type nothing can be said about what belongs to it; the rest is still read
        _common(typed, key, FieldKind.STRING)
        return None
    field = _common(typed, key, kind)
    if kind in _WRITTEN:
        field = _with_limits(typed, field)
        option_places: tuple[str, ...] = ()
        if "options" in typed:
            findings.add_at_name(
                typed.place("options"), f"options are for select, radio and checkbox, not for {kind}; take them out."
            )
    else:
        for name in _LIMITS:
            if name in typed:
                findings.add_at_name(
                    typed.place(name), f"{name} is for string, password and text, not for {kind}; take it out."
                )
        options, option_places = _options(typed, kind)
        field = replace(field, options=options)
    places = Places({name: typed.place(name) for name in _LIMITS}, option_places)
    field = checked_field(findings, field, places, runner)
    return _with_default(typed, field, runner)


def _kind(typed: Keywords) -> FieldKind | None:
    if "type" not in typed:
        typed.findings.add(typed.pointer, f'The field has no "type"; give it one of: {listed(TYPES)}.')
        return None
    written = typed.members["type"]
    if written in TYPES:
        return FieldKind(written)
    typed.findings.add(typed.place("type"), f"type must be one of: {listed(TYPES)}.")
    return None


def _common(typed: Keywords, key: str, kind: FieldKind) -> SettingField:
    return SettingField(
        key=key,
        kind=kind,
        label=typed.text("label", key),
        hint=typed.text("hint", lines=True),
        required=typed.flag("required"),
        masked=kind is FieldKind.PASSWORD,
    )


def _with_limits(typed: Keywords, field: SettingField) -> SettingField:
    pattern = typed.members.get("pattern")
    if pattern is not None and not isinstance(pattern, str):
        typed.wrong("pattern", "a string")
        pattern = None
    longest = typed.count("max_length")
    if longest == 0:
        typed.findings.add(
            typed.place("max_length"), "max_length must be at least 1; take the field out if not needed."
        )
        longest = None
    return replace(field, pattern=pattern, min_length=typed.count("min_length"), max_length=longest)


def _options(typed: Keywords, kind: FieldKind) -> tuple[tuple[Option, ...], tuple[str, ...]]:
    findings, shape = typed.findings, '{"value": "eu", "label": "Europe"}'
    if "options" not in typed:
        findings.add(typed.pointer, f'A {kind} needs "options": an array of objects as {shape}.')
        return (), ()
    written = typed.members["options"]
    if not isinstance(written, list) or not written:
        findings.add(typed.place("options"), f"options must be an array of one or more objects as {shape}.")
        return (), ()
    options: list[Option] = []
    places: list[str] = []
    for number, element in enumerate(written):
        pointer = join_pointer(typed.place("options"), number)
        option = _option(findings, pointer, element, shape)
        if option is not None:
            options.append(option)
            places.append(join_pointer(pointer, "value"))
    return tuple(options), tuple(places)


def _option(findings: Findings, pointer: str, element: Any, shape: str) -> Option | None:
    if not isinstance(element, dict):
        findings.add(pointer, f"An option is an object as {shape}, not {kind_of(element)}.")
        return None
    typed = Keywords(findings, pointer, element)
    for name in element:
        if name not in ("value", "label"):
            findings.add_at_name(
                join_pointer(pointer, name), f'"{name}" is not known here; an option has: value, label.'
            )
    for name in ("value", "label"):
        if name not in element:
            findings.add(pointer, f'The option has no "{name}"; write it as in {shape}.')
    value = element.get("value")
    if isinstance(value, str) and value:
        return Option(value, typed.text("label", value))
    if value == "":
        findings.add(typed.place("value"), "A value is not empty; for nothing, let the field be one not required.")
    elif "value" in element:
        typed.wrong("value", "a string")
    return None


def _with_default(typed: Keywords, field: SettingField, runner: PatternRunner) -> SettingField:
    """Return the field as values are judged by it: with its default, and not empty where it is required."""
    place = typed.place("default")
    if field.required and field.kind in _WRITTEN:
        field = replace(field, min_length=max(1, field.min_length or 0))
    elif field.required and field.is_list:
        field = replace(field, min_chosen=1)
    if "default" not in typed:
        return field
    default = typed.members["default"]
    if field.kind in _WRITTEN or field.options:
        check_default(typed.findings, field, default, place, runner)
    return replace(field, default=stored_default(default))


def stored_default(default: Any) -> SettingValue:
    """Return a default as a field keeps it: the choices of a group as a tuple."""
    value: SettingValue = tuple(default) if isinstance(default, list) else default
    return value
