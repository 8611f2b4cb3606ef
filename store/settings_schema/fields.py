"""What both forms of a settings schema become: an ordered list of fields, and one JSON Schema made from it.

The JSON Schema is built from the fields and never copied from what was typed, so it holds no `$ref` and nothing else
that a validator could follow, fetch or run for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# The labels of the form's fields, as problem items name them.
SCHEMA_FIELD = "JSON Schema"
STATIC_FIELD = "Static JSON"
SETTINGS_FIELD = "Connector settings"

MAX_FIELDS = 200
MAX_OPTIONS = 500
MAX_OPTIONS_IN_ALL = 5_000
DRAFT = "https://json-schema.org/draft/2020-12/schema"

Scalar = str | int | float | bool
SettingValue = Scalar | tuple[Scalar, ...]


class FieldKind(StrEnum):
    """How a field is filled in; the first six are the types of a field list."""

    STRING = "string"
    PASSWORD = "password"  # noqa: S105 - the name of a kind of field
    TEXT = "text"
    SELECT = "select"
    RADIO = "radio"
    CHECKBOX = "checkbox"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"


class SchemaForm(StrEnum):
    """In which of the two accepted forms a schema was typed."""

    FIELD_LIST = "field list"
    JSON_SCHEMA = "JSON Schema"


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a select, a radio or a checkbox group: what is stored and sent, and what is shown."""

    value: Scalar
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingField:
    """One setting that a payment method can or must supply.

    `kind` says how it is filled in and `value_type` which JSON type its value has (for a checkbox group, that of each
    chosen option; the value is then a list). `default` is a tuple for a checkbox group. Limits that do not apply to the
    kind are None. `masked` fields are secrets: shown as dots, encrypted in the files, never quoted in a message.
    """

    key: str
    kind: FieldKind
    label: str
    hint: str = ""
    required: bool = False
    default: SettingValue | None = None
    options: tuple[Option, ...] = ()
    pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    minimum: int | float | None = None
    maximum: int | float | None = None
    exclusive_minimum: int | float | None = None
    exclusive_maximum: int | float | None = None
    multiple_of: int | float | None = None
    min_chosen: int | None = None
    max_chosen: int | None = None
    masked: bool = False
    value_type: str = "string"
    examples: tuple[SettingValue, ...] = ()

    @property
    def is_list(self) -> bool:
        """True where the value is a list of chosen options."""
        return self.kind is FieldKind.CHECKBOX

    @property
    def json_schema(self) -> dict[str, object]:
        """Return the JSON Schema of this field's value alone, new each time."""
        schema: dict[str, object] = {"type": self.value_type}
        if self.options:
            schema["enum"] = [option.value for option in self.options]
        limits = {
            "pattern": self.pattern,
            "minLength": self.min_length,
            "maxLength": self.max_length,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "exclusiveMinimum": self.exclusive_minimum,
            "exclusiveMaximum": self.exclusive_maximum,
            "multipleOf": self.multiple_of,
        }
        schema |= {keyword: limit for keyword, limit in limits.items() if limit is not None}
        if not self.is_list:
            return schema
        chosen = {"minItems": self.min_chosen, "maxItems": self.max_chosen}
        return {
            "type": "array",
            "items": schema,
            "uniqueItems": True,
            **{keyword: limit for keyword, limit in chosen.items() if limit is not None},
        }


@dataclass(frozen=True, slots=True)
class SettingsSchema:
    """The settings of a connector's payment methods: `fields` in display order, and the form they were typed in."""

    fields: tuple[SettingField, ...]
    form: SchemaForm

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the keys of all fields, in display order."""
        return tuple(field.key for field in self.fields)

    @property
    def masked_keys(self) -> frozenset[str]:
        """Return the keys whose values are secrets."""
        return frozenset(field.key for field in self.fields if field.masked)

    @property
    def json_schema(self) -> dict[str, object]:
        """Return the JSON Schema (draft 2020-12) that values are validated with, new each time."""
        return {
            "$schema": DRAFT,
            "type": "object",
            "properties": {field.key: field.json_schema for field in self.fields},
            "required": [field.key for field in self.fields if field.required],
            "additionalProperties": False,
        }

    def field(self, key: str) -> SettingField | None:
        """Return the field with this key, None if there is none."""
        return next((field for field in self.fields if field.key == key), None)
