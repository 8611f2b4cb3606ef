"""The drawing of the settings form that a schema makes."""

from __future__ import annotations

import json

from store.settings_schema import example_field_list, example_json_schema, parse_schema
from tui import look
from tui.widgets.schema_preview import FIELD_WIDTH, NOTHING, preview_of


def test_each_kind_of_field_is_drawn_with_its_label_default_and_hint() -> None:
    drawn = preview_of(parse_schema(example_field_list())).plain.splitlines()
    assert "Merchant ID *" in drawn
    assert f"  {'Europe' + '▁' * (FIELD_WIDTH - 6)} ▼" in drawn
    assert "  [ ] SEPA direct debit" in drawn
    assert "  Shown on the payment page." in drawn
    drawn = preview_of(parse_schema(example_json_schema())).plain.splitlines()
    assert "  [ ] on" in drawn
    assert f"  2{'▁' * (FIELD_WIDTH - 1)}" in drawn


def test_secrets_are_masked_and_long_choices_cut() -> None:
    schema = [
        {"key": "a", "type": "password", "label": "Password", "default": "s3cret"},
        {"key": "b", "type": "radio", "options": [{"value": str(n), "label": f"[b]{n}"} for n in range(20)]},
    ]
    drawn = preview_of(parse_schema(json.dumps(schema))).plain
    assert "s3cret" not in drawn
    assert look.MASK in drawn
    assert drawn.count("Password  masked\n") == 1
    assert "( ) [b]5" in drawn
    assert "and 14 more" in drawn
    assert preview_of(parse_schema("[]")).plain == NOTHING
