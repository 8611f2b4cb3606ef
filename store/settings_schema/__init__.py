"""The settings schema: what a payment method must supply, in two typed forms that become one thing.

Here stands the whole public face. Every function that reads a text reports all problem items at once, each with its
JSON pointer and its line and column in that text, and never raises anything but `store.errors.Problems`.
"""

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
]
