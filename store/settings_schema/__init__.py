"""The settings schema: what a payment method must supply, in two typed forms that become one thing.

Here stands the whole public face. Every function that reads a text reports all problem items at once, each with its
JSON pointer and its line and column in that text, and never raises anything but `store.errors.Problems`.
"""

from store.settings_schema.examples import example_field_list, example_json_schema, example_settings
from store.settings_schema.fields import (
    SCHEMA_FIELD,
    SETTINGS_FIELD,
    STATIC_FIELD,
    FieldKind,
    Option,
    Scalar,
    SchemaForm,
    SettingField,
    SettingsSchema,
    SettingValue,
)
from store.settings_schema.formatting import format_json
from store.settings_schema.reading import check_schema, parse_schema
from store.settings_schema.settings import check_settings, read_settings, with_defaults
from store.settings_schema.static import check_static, parse_static
from store.settings_schema.wire_text import as_wire_text, merged_settings

__all__ = [
    "SCHEMA_FIELD",
    "SETTINGS_FIELD",
    "STATIC_FIELD",
    "FieldKind",
    "Option",
    "Scalar",
    "SchemaForm",
    "SettingField",
    "SettingValue",
    "SettingsSchema",
    "as_wire_text",
    "check_schema",
    "check_settings",
    "check_static",
    "example_field_list",
    "example_json_schema",
    "example_settings",
    "format_json",
    "merged_settings",
    "parse_schema",
    "parse_static",
    "read_settings",
    "with_defaults",
]
