"""Examples that fit: of settings for a schema, and of a schema in each of its forms."""

from __future__ import annotations

from collections.abc import Iterator

from store.settings_schema.fields import SettingField, SettingsSchema
from store.settings_schema.numbers import fitting_number
from store.settings_schema.patterns import PatternRunner, sample_texts
from store.settings_schema.validation import schema_errors
from store.settings_schema.wire_text import why_unsendable

_FIELD_LIST = """\
[
  {
    "type": "string",
    "key": "merchant_id",
    "label": "Merchant ID",
    "required": true,
    "pattern": "^[A-Z0-9]{6,12}$"
  },
  {
    "type": "password",
    "key": "api_key",
    "label": "API key",
    "required": true,
    "min_length": 16
  },
  {
    "type": "select",
    "key": "region",
    "label": "Region",
    "default": "eu",
    "options": [
      {"value": "eu", "label": "Europe"},
      {"value": "us", "label": "United States"}
    ]
  },
  {
    "type": "checkbox",
    "key": "means",
    "label": "Means of payment",
    "options": [
      {"value": "card", "label": "Card"},
      {"value": "sepa", "label": "SEPA direct debit"}
    ]
  },
  {
    "type": "text",
    "key": "note",
    "label": "Note to the customer",
    "hint": "Shown on the payment page.",
    "max_length": 500
  }
]
"""
_JSON_SCHEMA = """\
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "properties": {
    "merchant_id": {
      "type": "string",
      "title": "Merchant ID",
      "pattern": "^[A-Z0-9]{6,12}$"
    },
    "api_key": {
      "type": "string",
      "title": "API key",
      "format": "password",
      "minLength": 16
    },
    "region": {
      "type": "string",
      "title": "Region",
      "enum": ["eu", "us"],
      "default": "eu"
    },
    "means": {
      "type": "array",
      "title": "Means of payment",
      "items": {
        "enum": ["card", "sepa"]
      }
    },
    "retries": {
      "type": "integer",
      "title": "Retries",
      "minimum": 0,
      "maximum": 5,
      "default": 2
    },
    "capture": {
      "type": "boolean",
      "title": "Capture at once",
      "description": "Off: the amount is only reserved."
    }
  },
  "required": ["merchant_id", "api_key"]
}
"""


def example_field_list() -> str:
    """Return a field list as an example for the JSON Schema field."""
    return _FIELD_LIST


def example_json_schema() -> str:
    """Return a JSON Schema as an example for the JSON Schema field."""
    return _JSON_SCHEMA


def example_settings(schema: SettingsSchema) -> dict[str, object]:
    """Return settings that the schema takes, one value for each field.

    A field for which no value is found (its pattern asks for more than can be made up, by lookaround for example) is
    left out.
    """
    runner = PatternRunner()
    found = ((field.key, _example(field, runner)) for field in schema.fields)
    return {key: value for key, value in found if value is not None}


def _example(field: SettingField, runner: PatternRunner) -> object | None:
    for candidate in _candidates(field):
        value = list(candidate) if isinstance(candidate, tuple) else candidate
        if why_unsendable(value) is None and not schema_errors(field.json_schema, value, runner):
            return value
    return None


def _candidates(field: SettingField) -> Iterator[object]:
    """Yield what may do as a value, the likeliest first."""
    if field.default is not None:
        yield field.default
    yield from field.examples
    values = tuple(option.value for option in field.options)
    if field.is_list:
        yield values[: max(1, field.min_chosen or 0)][: field.max_chosen]
    elif values:
        yield from values
    elif field.value_type == "boolean":
        yield True
    elif field.value_type in ("integer", "number"):
        yield fitting_number(field)
    elif field.pattern is not None:
        yield from sample_texts(field.pattern, field.min_length or 0)
    else:
        yield from _texts(field)


def _texts(field: SettingField) -> Iterator[str]:
    least = field.min_length or 0
    most = least + 32 if field.max_length is None else field.max_length
    words = "example" if field.masked else f"Example of {field.label}".replace("settings.", "")
    yield (words + "x" * max(0, least - len(words)))[:most]
    yield "x" * least
