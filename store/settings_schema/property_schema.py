"""One property of a JSON Schema: which keywords it may have by its type, and the field that it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from store.json_document import join_pointer
from store.settings_schema.consistency import Places, check_default, checked_field
from store.settings_schema.field_list import stored_default
from store.settings_schema.fields import FieldKind, Option, SettingField
from store.settings_schema.findings import Findings, kind_of, listed
from store.settings_schema.keywords import Keywords
from store.settings_schema.patterns import PatternRunner
from store.settings_schema.references import referenced_name
from store.settings_schema.validation import choice_text

_NOTES = ("title", "description", "$comment", "deprecated", "examples", "default", "writeOnly")
_CHOICES = ("enum", "const", "oneOf")
_NUMBER_LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_BY_TYPE: dict[str, tuple[str, ...]] = {
    "string": (*_CHOICES, "format", "minLength", "maxLength", "pattern"),
    "integer": (*_CHOICES, *_NUMBER_LIMITS),
    "number": (*_CHOICES, *_NUMBER_LIMITS),
    "boolean": _CHOICES,
    "array": ("items", "minItems", "maxItems", "uniqueItems"),
}
_KNOWN = {name for names in _BY_TYPE.values() for name in names}
_KEYWORDS = _KNOWN.union(_NOTES, ("type", "$ref"))
_PYTHON_TYPES: dict[str, tuple[type, ...]] = {"string": (str,), "integer": (int,), "number": (int, float)}
_KINDS = {
    "string": FieldKind.STRING,
    "integer": FieldKind.INTEGER,
    "number": FieldKind.NUMBER,
    "boolean": FieldKind.BOOLEAN,
    "array": FieldKind.CHECKBOX,
}
_LIMIT_KEYWORDS = {
    "pattern": "pattern",
    "min_length": "minLength",
    "max_length": "maxLength",
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusive_minimum": "exclusiveMinimum",
    "exclusive_maximum": "exclusiveMaximum",
    "multiple_of": "multipleOf",
    "min_chosen": "minItems",
    "max_chosen": "maxItems",
}
# what a $ref gives and the place of the $ref may say otherwise: it asserts nothing about values
_OVERRIDABLE = (*_NOTES, "$ref")


def read_property(
    findings: Findings,
    key: str,
    pointer: str,
    written: Mapping[str, Any],
    definitions: Mapping[str, Any],
    runner: PatternRunner,
    *,
    required: bool,
) -> SettingField | None:
    """Return the field of one property; None, and something in the findings, if it is none."""
    typed = _with_references(Keywords(findings, pointer, written), definitions)
    value_type = _type(typed)
    if value_type is None:
        return None
    _check_keywords(typed, value_type, (*_BY_TYPE[value_type], *_NOTES))
    choices = _items(typed, definitions) if value_type == "array" else typed
    item_type = value_type if choices is typed else _type(choices) if choices else None
    if choices is None or item_type is None:
        return None
    options, option_places = _options(choices, item_type)
    field = SettingField(
        key=key,
        kind=FieldKind.SELECT if options and choices is typed else _KINDS[value_type],
        label=typed.text("title", key),
        hint=typed.text("description", lines=True),
        required=required,
        options=options,
        masked=typed.flag("writeOnly") or typed.members.get("format") == "password",
        value_type=item_type,
        pattern=typed.text("pattern", lines=True) or None if "pattern" in typed else None,
        min_length=typed.count("minLength"),
        max_length=typed.count("maxLength"),
        min_chosen=typed.count("minItems"),
        max_chosen=typed.count("maxItems"),
        minimum=typed.number("minimum"),
        maximum=typed.number("maximum"),
        exclusive_minimum=typed.number("exclusiveMinimum"),
        exclusive_maximum=typed.number("exclusiveMaximum"),
        multiple_of=_step(typed),
        examples=_examples(typed),
    )
    if field.masked and field.kind is FieldKind.STRING:
        field = replace(field, kind=FieldKind.PASSWORD)
    typed.flag("deprecated")
    if "format" in typed and not isinstance(typed.members["format"], str):
        typed.wrong("format", "a string")
    places = Places({name: typed.place(keyword) for name, keyword in _LIMIT_KEYWORDS.items()}, option_places)
    field = checked_field(findings, field, places, runner)
    if "default" not in typed:
        return field
    default = typed.members["default"]
    check_default(findings, field, default, typed.place("default"), runner)
    return replace(field, default=stored_default(default))


def check_definitions(findings: Findings, definitions: Mapping[str, Any]) -> None:
    """Report what no property could take out of `$defs`, whether a `$ref` leads there or not."""
    for name, definition in definitions.items():
        pointer = join_pointer("/$defs", name)
        if not isinstance(definition, dict):
            findings.add(pointer, f"A schema is an object here, not {kind_of(definition)}.")
            continue
        for keyword in definition:
            if keyword not in _KEYWORDS:
                message = f'"{keyword}" is not taken in a settings schema; settings are flat.'
                findings.add_at_name(join_pointer(pointer, keyword), message)


def _with_references(typed: Keywords, definitions: Mapping[str, Any]) -> Keywords:
    """Return the keywords of a property with those that its `$ref` means; what stands beside the `$ref` goes first."""
    members: dict[str, Any] = {}
    places: dict[str, str] = {}
    source: Mapping[str, Any] = typed.members
    pointer = typed.pointer
    while True:
        for name, value in source.items():
            place = join_pointer(pointer, name)
            if name not in members:
                members[name] = value
                places[name] = place
            elif name not in _OVERRIDABLE and (members[name] != value or kind_of(members[name]) != kind_of(value)):
                typed.findings.add_at_name(
                    places[name],
                    f'"{name}" stands in {pointer.removeprefix("/")} with another value; keep one of them.',
                )
        target = referenced_name(source.get("$ref"))
        following = definitions.get(target) if target is not None else None
        if not isinstance(following, dict):
            if "$ref" not in source:
                members.pop("$ref", None)  # followed to its end
            return Keywords(typed.findings, typed.pointer, members, places)
        source, pointer = following, join_pointer("/$defs", target or "")


def _type(typed: Keywords) -> str | None:
    """Return the type of a property; what has none but choices of one type has that one."""
    names = tuple(_BY_TYPE)
    written = typed.members.get("type")
    if "type" in typed:
        if isinstance(written, str) and written in names:
            return written
        typed.findings.add(typed.place("type"), f"type must be one of: {listed(names)}; settings are flat.")
        return None
    if "$ref" in typed:
        return None  # it leads nowhere, which is reported where it stands
    types = {_type_of(value) for value in _choice_values(typed)}
    if types == {"integer", "number"}:
        return "number"
    if len(types) == 1 and (only := types.pop()) is not None:
        return only
    typed.findings.add(typed.pointer, f'The schema has no "type"; give it one of: {listed(names)}.')
    return None


def _choice_values(typed: Keywords) -> list[Any]:
    written = typed.members.get("enum")
    values = list(written) if isinstance(written, list) else []
    if "const" in typed:
        values.append(typed.members["const"])
    branches = typed.members.get("oneOf")
    if isinstance(branches, list):
        values += [branch.get("const") for branch in branches if isinstance(branch, dict)]
    return values


def _type_of(value: object) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    return next((name for name, types in _PYTHON_TYPES.items() if isinstance(value, types)), None)


def _check_keywords(typed: Keywords, value_type: str, allowed: tuple[str, ...]) -> None:
    for name in typed.members:
        reported = name not in _KEYWORDS and typed.place(name).startswith("/$defs/")
        if name in allowed or name in ("type", "$ref") or reported:
            continue
        what = f"does not apply to type {value_type}" if name in _KNOWN else "is not taken in a settings schema"
        shown = [each for each in allowed if each not in ("$comment", "deprecated", "examples")]
        typed.findings.add_at_name(typed.place(name), f'"{name}" {what}; there are: {listed(shown)}.')


def _items(typed: Keywords, definitions: Mapping[str, Any]) -> Keywords | None:
    """Return the keywords of an array's `items`; None, and a finding, if they name no choices."""
    shape = '"items": {"enum": ["visa", "sepa"]}'
    if "uniqueItems" in typed and not typed.flag("uniqueItems"):
        typed.findings.add(
            typed.place("uniqueItems"), "uniqueItems must be true, or be left out: each choice is made once."
        )
    if "items" not in typed:
        typed.findings.add(typed.pointer, f"An array is a group of choices here; name them, as in {shape}.")
        return None
    written = typed.members["items"]
    if not isinstance(written, dict):
        typed.findings.add(typed.place("items"), f"items must be an object, as in {shape}, not {kind_of(written)}.")
        return None
    items = _with_references(Keywords(typed.findings, typed.place("items"), written), definitions)
    if not any(name in items for name in _CHOICES):
        if "$ref" not in items:
            typed.findings.add(items.pointer, f"items must name the choices, as in {shape}.")
        return None
    if items.members.get("type") == "array":
        typed.findings.add(items.place("type"), "A choice is a string, a number, true or false, and no array.")
        return None
    allowed = (*_CHOICES, "title", "description", "$comment")
    item_type = items.members.get("type")
    _check_keywords(items, item_type if isinstance(item_type, str) else "items", allowed)
    return items


def _options(typed: Keywords, value_type: str) -> tuple[tuple[Option, ...], tuple[str, ...]]:
    """Return the choices that enum, const or oneOf name, and the pointer of each."""
    present = [name for name in _CHOICES if name in typed]
    for name in present[1:]:
        typed.findings.add_at_name(typed.place(name), f'"{name}" names choices, and so does "{present[0]}"; keep one.')
    if not present:
        return (), ()
    name = present[0]
    written = typed.members[name]
    if name == "const":
        candidates = [(written, "", typed.place("const"))]
    elif not isinstance(written, list) or not written:
        typed.findings.add(typed.place(name), f"{name} must be an array with one or more choices.")
        return (), ()
    else:
        places = [join_pointer(typed.place(name), number) for number in range(len(written))]
        candidates = [
            _branch(typed.findings, value, place) if name == "oneOf" else (value, "", place)
            for value, place in zip(written, places, strict=True)
        ]
    options: list[Option] = []
    option_places: list[str] = []
    for value, label, place in candidates:
        if typed.findings.has_at(place):
            continue
        actual = _type_of(value)
        if actual != value_type and not (value_type == "number" and actual == "integer"):
            typed.findings.add(place, f"A choice must be of type {value_type} here; this is {kind_of(value)}.")
            continue
        options.append(Option(value, label or choice_text(value)))
        option_places.append(place)
    return tuple(options), tuple(option_places)


def _branch(findings: Findings, branch: Any, place: str) -> tuple[Any, str, str]:
    """Return value, label and place of one branch of a `oneOf`."""
    shape = '{"const": "eu", "title": "Europe"}'
    if not isinstance(branch, dict) or "const" not in branch:
        findings.add(place, f"oneOf lists choices here, each as {shape}.")
        return None, "", place
    typed = Keywords(findings, place, branch)
    for name in branch:
        if name not in ("const", "title", "description", "$comment"):
            findings.add_at_name(join_pointer(place, name), f'"{name}" is not taken here; a choice is {shape}.')
    return branch["const"], typed.text("title"), typed.place("const")


def _step(typed: Keywords) -> int | float | None:
    step = typed.number("multipleOf")
    if step is not None and step <= 0:
        typed.findings.add(typed.place("multipleOf"), "multipleOf must be more than 0, as in 0.01.")
        return None
    return step


def _examples(typed: Keywords) -> tuple[Any, ...]:
    written = typed.members.get("examples", [])
    if not isinstance(written, list):
        typed.wrong("examples", "an array of values")
        return ()
    return tuple(stored_default(each) for each in written)
