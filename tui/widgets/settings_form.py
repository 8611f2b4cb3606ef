"""The form of a payment method's Connector settings, generated from the connector's settings schema.

Each kind of field has one control, and one way to read what is given with it. Nothing is judged here: what cannot be
read as the field's type is given as it was typed, and the schema says what is wrong with it.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, Select, Static, TextArea

from store.settings_schema import FieldKind, Option, SettingField, SettingsSchema
from tui import look
from tui.widgets.controls import Access
from tui.widgets.form_field import FormField
from tui.widgets.toggles import ChoiceSet, Toggle, ToggleGroup

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
"""A JSON number."""
LONGEST_NUMBER = 100
FIELDS_AT_ONCE = 25
"""How many fields are shown at once: laying out hundreds of controls at each key would be felt."""
MOUNTED_AT_FIRST = 8
"""How many are there at once when the form opens: what a small screen shows of them."""
MOUNTED_AT_ONCE = 10
"""How many of the others are made before what was typed meanwhile is heard."""


@dataclass(frozen=True, slots=True)
class Control:
    """How one kind of field is made with a value, how what is given is read from it, and how another value is put in.

    A value of None means that nothing is given.
    """

    make: Callable[[SettingField, Any], Widget]
    read: Callable[[SettingField, Any], object | None]
    write: Callable[[SettingField, Any, object | None], None]


def label_of(option: Option) -> Content:
    """Return an option's label, never as markup."""
    return Content(look.safe(option.label))


def _make_input(field: SettingField, value: object | None) -> Input:
    return Input(_typed(value), password=field.masked)


def _read_text(_: SettingField, control: Input) -> object | None:
    return control.value or None


def _read_number(_: SettingField, control: Input) -> object | None:
    text = control.value.strip()
    if len(text) > LONGEST_NUMBER or not NUMBER.fullmatch(text):
        return text or None
    number: int | float = json.loads(text)
    return number if math.isfinite(number) else text


def _write_input(_: SettingField, control: Input, value: object | None) -> None:
    control.value = _typed(value)


def _make_area(_: SettingField, value: object | None) -> TextArea:
    return TextArea(_typed(value), show_line_numbers=False, tab_behavior="focus")


def _read_area(_: SettingField, control: TextArea) -> object | None:
    return control.text or None


def _write_area(_: SettingField, control: TextArea, value: object | None) -> None:
    control.text = _typed(value)


def _typed(value: object | None) -> str:
    """Return how a value is typed."""
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def _make_select(field: SettingField, value: object | None) -> Select[int]:
    places = [(label_of(option), place) for place, option in enumerate(field.options)]
    chosen = _place(field, value)
    prompt = "Choose one" if field.required else "Nothing chosen"
    return Select(places, prompt=prompt, value=Select.NULL if chosen is None else chosen)


def _read_select(field: SettingField, control: Select[int]) -> object | None:
    place = control.value
    return field.options[place].value if isinstance(place, int) else None


def _write_select(field: SettingField, control: Select[int], value: object | None) -> None:
    place = _place(field, value)
    control.value = Select.NULL if place is None else place


def _make_radio(field: SettingField, value: object | None) -> ChoiceSet:
    return ChoiceSet([label_of(each) for each in field.options], _place(field, value))


def _read_radio(field: SettingField, control: ChoiceSet) -> object | None:
    place = control.chosen
    return None if place is None else field.options[place].value


def _write_radio(field: SettingField, control: ChoiceSet, value: object | None) -> None:
    control.choose(_place(field, value))


def _make_checks(field: SettingField, value: object | None) -> ToggleGroup:
    return ToggleGroup([label_of(each) for each in field.options], _places(field, value))


def _read_checks(field: SettingField, control: ToggleGroup) -> object | None:
    return [field.options[place].value for place in control.ticked] or None


def _write_checks(field: SettingField, control: ToggleGroup, value: object | None) -> None:
    control.tick(_places(field, value))


def _make_check(_: SettingField, value: object | None) -> Toggle:
    return Toggle("on", value=value is True, compact=True)


def _read_check(_: SettingField, control: Toggle) -> object | None:
    return control.value


def _write_check(_: SettingField, control: Toggle, value: object | None) -> None:
    control.value = value is True


def _place(field: SettingField, value: object | None) -> int | None:
    """Return which option a value is; 1 and true are two values."""
    same = (
        place
        for place, option in enumerate(field.options)
        if option.value == value and isinstance(option.value, bool) is isinstance(value, bool)
    )
    return next(same, None)


def _places(field: SettingField, value: object | None) -> list[int]:
    given = value if isinstance(value, list | tuple) else ()
    return [place for place in (_place(field, each) for each in given) if place is not None]


_TEXT = Control(_make_input, _read_text, _write_input)
_NUMBER = Control(_make_input, _read_number, _write_input)
CONTROLS: Mapping[FieldKind, Control] = MappingProxyType(
    {
        FieldKind.STRING: _TEXT,
        FieldKind.PASSWORD: _TEXT,
        FieldKind.TEXT: Control(_make_area, _read_area, _write_area),
        FieldKind.SELECT: Control(_make_select, _read_select, _write_select),
        FieldKind.RADIO: Control(_make_radio, _read_radio, _write_radio),
        FieldKind.CHECKBOX: Control(_make_checks, _read_checks, _write_checks),
        FieldKind.INTEGER: _NUMBER,
        FieldKind.NUMBER: _NUMBER,
        FieldKind.BOOLEAN: Control(_make_check, _read_check, _write_check),
    }
)


class SettingsForm(Widget):
    """The fields of a settings schema in their order. A problem item finds its field by the JSON pointer.

    Of many fields only some are shown at once, so that typing stays quick; all of them keep their values. The first
    ones are there at once, `fill` brings the others.
    """

    DEFAULT_CSS = """
    SettingsForm { height: auto; }
    SettingsForm Button { margin: 0 0 1 22; }
    """

    def __init__(self, schema: SettingsSchema, values: Mapping[str, object]) -> None:
        super().__init__()
        self.schema = schema
        self.is_complete = len(schema.fields) <= MOUNTED_AT_FIRST
        self._fields = schema.fields
        self._lines = [_line(each, values.get(each.key)) for each in schema.fields]
        self._first = 0
        self._before = Button(id="settings-before", compact=True)
        self._after = Button(id="settings-after", compact=True)

    def compose(self) -> ComposeResult:
        """Compose the first fields."""
        if not self._fields:
            yield Static("This connector asks for no settings.", classes="nothing-to-set")
        yield self._before
        yield from self._lines[:MOUNTED_AT_FIRST]
        yield self._after

    def on_mount(self) -> None:
        """Say how many there are more."""
        self._show_part()

    async def fill(self) -> None:
        """Compose the other fields, some at a time, so that the keys work meanwhile."""
        for start in range(MOUNTED_AT_FIRST, len(self._lines), MOUNTED_AT_ONCE):
            if not self.is_attached:  # the form was left meanwhile
                return
            part = self._lines[start : start + MOUNTED_AT_ONCE]
            await self.mount_all(part, before=self._after)
            await asyncio.sleep(0)
        self.is_complete = True

    def bring(self, line: SettingLine) -> None:
        """Show the part that a field is in."""
        self._first = self._lines.index(line) // FIELDS_AT_ONCE * FIELDS_AT_ONCE
        self._show_part()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Go to the part before or after."""
        event.stop()
        place = self._first + (FIELDS_AT_ONCE if event.button is self._after else -FIELDS_AT_ONCE)
        self._lines[place].go_to()

    def _show_part(self) -> None:
        end = self._first + FIELDS_AT_ONCE
        for place, each in enumerate(self._lines):
            each.display = self._first <= place < end
        count = len(self._lines)
        self._before.display = self._first > 0
        self._before.label = f"Settings {self._first - FIELDS_AT_ONCE + 1} to {self._first} of {count}"
        self._after.display = end < count
        self._after.label = f"Settings {end + 1} to {min(end + FIELDS_AT_ONCE, count)} of {count}"

    def values(self) -> dict[str, object]:
        """Return what is given, by key; fields with nothing in them are left out."""
        given = {field.key: line.value for field, line in zip(self._fields, self._lines, strict=True)}
        return {key: value for key, value in given.items() if value is not None}

    def put(self, values: Mapping[str, object]) -> None:
        """Put other values in, nothing into the fields that have none."""
        for field, line in zip(self._fields, self._lines, strict=True):
            line.value = values.get(field.key)


def shown_value(field: SettingField, value: object | None) -> object | None:
    """Return what a control gives for a stored value: an unticked box is False, and what is empty is None."""
    if field.kind is FieldKind.BOOLEAN:
        return value is True
    if field.is_list:
        return list(value) if isinstance(value, list | tuple) and value else None
    return None if value == "" else value


def value_text(field: SettingField, value: object | None) -> str:
    """Return a setting for people: its options by their labels. The value of a masked field must not come here."""
    if isinstance(value, list | tuple):
        return ", ".join(value_text(field, each) for each in value)
    place = _place(field, value)
    return field.options[place].label if place is not None else _typed(value)


class SettingLine(FormField):
    """The field of one setting."""

    def go_to(self, place: tuple[int, int] = (0, 0)) -> None:
        """Put the cursor here, after bringing the part that this is in."""
        for each in self.ancestors:
            if isinstance(each, SettingsForm):
                each.bring(self)
        super().go_to(place)


def _line(field: SettingField, value: object | None) -> SettingLine:
    control = CONTROLS[field.kind]
    return SettingLine(
        f"/{field.key}",
        field.label,
        control.make(field, value),
        hint=field.hint,
        required=field.required,
        secret=field.masked,
        sealed=True,
        access=Access(partial(control.read, field), partial(control.write, field)),
    )
