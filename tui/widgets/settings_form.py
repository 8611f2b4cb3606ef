"""The form of a payment method's Connector settings, generated from the connector's settings schema.

Each kind of field has one control, and one way to read what is given with it. Nothing is judged here: what cannot be
read as the field's type is given as it was typed, and the schema says what is wrong with it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, RadioSet, Select, Static, TextArea

from store.settings_schema import FieldKind, Option, SettingField, SettingsSchema
from tui import look
from tui.widgets.form_field import FormField
from tui.widgets.toggles import Choice, Toggle, ToggleGroup

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
"""A JSON number."""
LONGEST_NUMBER = 100


@dataclass(frozen=True, slots=True)
class Control:
    """How one kind of field is made, with a value or None for nothing given, and how what is given is read from it."""

    make: Callable[[SettingField, Any], Widget]
    read: Callable[[SettingField, Any], object | None]


def label_of(option: Option) -> Content:
    """Return an option's label, never as markup."""
    return Content(look.safe(option.label))


def _make_input(field: SettingField, value: object | None) -> Input:
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value)
    return Input(text, password=field.masked)


def _read_text(_: SettingField, control: Input) -> object | None:
    return control.value or None


def _read_number(_: SettingField, control: Input) -> object | None:
    text = control.value.strip()
    if len(text) > LONGEST_NUMBER or not NUMBER.fullmatch(text):
        return text or None
    number: int | float = json.loads(text)
    return number if math.isfinite(number) else text


def _make_area(_: SettingField, value: object | None) -> TextArea:
    return TextArea("" if value is None else str(value), show_line_numbers=False, tab_behavior="focus")


def _read_area(_: SettingField, control: TextArea) -> object | None:
    return control.text or None


def _make_select(field: SettingField, value: object | None) -> Select[int]:
    places = [(label_of(option), place) for place, option in enumerate(field.options)]
    chosen = _place(field, value)
    prompt = "Choose one" if field.required else "Nothing chosen"
    return Select(places, prompt=prompt, value=Select.NULL if chosen is None else chosen)


def _read_select(field: SettingField, control: Select[int]) -> object | None:
    place = control.value
    return field.options[place].value if isinstance(place, int) else None


def _make_radio(field: SettingField, value: object | None) -> RadioSet:
    chosen = _place(field, value)
    buttons = (
        Choice(label_of(option), value=place == chosen, compact=True) for place, option in enumerate(field.options)
    )
    return RadioSet(*buttons, compact=True)


def _read_radio(field: SettingField, control: RadioSet) -> object | None:
    place = control.pressed_index
    return field.options[place].value if place >= 0 else None


def _make_checks(field: SettingField, value: object | None) -> ToggleGroup:
    given = value if isinstance(value, list | tuple) else ()
    places = (_place(field, each) for each in given)
    return ToggleGroup([label_of(each) for each in field.options], [each for each in places if each is not None])


def _read_checks(field: SettingField, control: ToggleGroup) -> object | None:
    return [field.options[place].value for place in control.ticked] or None


def _make_check(_: SettingField, value: object | None) -> Toggle:
    return Toggle("on", value=value is True, compact=True)


def _read_check(_: SettingField, control: Toggle) -> object | None:
    return control.value


def _place(field: SettingField, value: object | None) -> int | None:
    """Return which option a value is; 1 and true are two values."""
    same = (
        place
        for place, option in enumerate(field.options)
        if option.value == value and isinstance(option.value, bool) is isinstance(value, bool)
    )
    return next(same, None)


CONTROLS: Mapping[FieldKind, Control] = MappingProxyType(
    {
        FieldKind.STRING: Control(_make_input, _read_text),
        FieldKind.PASSWORD: Control(_make_input, _read_text),
        FieldKind.TEXT: Control(_make_area, _read_area),
        FieldKind.SELECT: Control(_make_select, _read_select),
        FieldKind.RADIO: Control(_make_radio, _read_radio),
        FieldKind.CHECKBOX: Control(_make_checks, _read_checks),
        FieldKind.INTEGER: Control(_make_input, _read_number),
        FieldKind.NUMBER: Control(_make_input, _read_number),
        FieldKind.BOOLEAN: Control(_make_check, _read_check),
    }
)


class SettingsForm(Widget):
    """The fields of a settings schema in their order. A problem item finds its field by the JSON pointer."""

    DEFAULT_CSS = "SettingsForm { height: auto; }"

    def __init__(self, schema: SettingsSchema, values: Mapping[str, object]) -> None:
        super().__init__()
        self._fields = schema.fields
        self._controls = {field.key: CONTROLS[field.kind].make(field, values.get(field.key)) for field in schema.fields}

    def compose(self) -> ComposeResult:
        """Compose a line for each field."""
        if not self._fields:
            yield Static("This connector asks for no settings.", classes="nothing-to-set")
        for field in self._fields:
            control = self._controls[field.key]
            yield FormField(f"/{field.key}", field.label, control, hint=field.hint, required=field.required)

    def values(self) -> dict[str, object]:
        """Return what is given, by key; fields with nothing in them are left out."""
        given = {field.key: CONTROLS[field.kind].read(field, self._controls[field.key]) for field in self._fields}
        return {key: value for key, value in given.items() if value is not None}
