"""The generated settings form: every kind of field, filled in and read back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Input, Label, RadioButton, Select

from store.errors import ProblemItem
from store.settings_schema import (
    FieldKind,
    check_settings,
    example_field_list,
    example_json_schema,
    example_settings,
    parse_schema,
    with_defaults,
)
from tui.widgets.form_field import FormField
from tui.widgets.settings_form import CONTROLS, SettingsForm
from tui.widgets.toggles import Toggle

EVERY_KIND = json.dumps(
    {
        "type": "object",
        "properties": {
            "shop": {"type": "string", "title": "Shop [b]"},
            "secret": {"type": "string", "format": "password"},
            "region": {"type": "string", "enum": ["eu", "us"]},
            "level": {"type": "integer", "enum": [1, 2]},
            "brands": {"type": "array", "items": {"enum": ["visa", "mc", "amex"]}},
            "retries": {"type": "integer"},
            "share": {"type": "number"},
            "capture": {"type": "boolean"},
        },
        "required": ["shop"],
    }
)
FILLED = {
    "shop": "north",
    "secret": "s3cret",
    "region": "us",
    "level": 2,
    "brands": ["visa", "amex"],
    "retries": 3,
    "share": 0.5,
    "capture": True,
}


class Bench(App[None]):
    def __init__(self, schema_text: str, values: dict[str, Any]) -> None:
        super().__init__()
        self.schema = parse_schema(schema_text)
        self.values = values

    def compose(self) -> ComposeResult:
        yield SettingsForm(self.schema, self.values)

    @property
    def form(self) -> SettingsForm:
        return self.query_one(SettingsForm)

    def field(self, key: str) -> FormField:
        return next(each for each in self.query(FormField) if each.called == f"/{key}")

    def fill(self, key: str, text: str) -> None:
        self.field(key).query_one(Input).value = text


def test_every_kind_of_field_has_a_control() -> None:
    assert set(CONTROLS) == set(FieldKind)


@pytest.mark.parametrize(
    "schema_text", [example_field_list(), example_json_schema(), EVERY_KIND], ids=["list", "JSON", "every"]
)
async def test_what_is_filled_in_is_read_back_and_valid(schema_text: str) -> None:
    schema = parse_schema(schema_text)
    values = FILLED if schema_text == EVERY_KIND else example_settings(schema)
    app = Bench(schema_text, values)

    async with app.run_test():
        assert app.form.values() == values
        assert check_settings(schema, app.form.values()) == ()


async def test_an_empty_form_gives_nothing_but_boxes_and_defaults() -> None:
    app = Bench(EVERY_KIND, {})
    async with app.run_test():
        assert app.form.values() == {"capture": False}

    schema = parse_schema(example_json_schema())
    app = Bench(example_json_schema(), with_defaults(schema, {}))
    async with app.run_test():
        assert app.form.values() == {"region": "eu", "retries": 2, "capture": False}


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("12", 12),
        (" 12 ", 12),
        ("-0.5e1", -5.0),
        ("1e999", "1e999"),
        ("twelve", "twelve"),
        ("012", "012"),
        ("٣", "٣"),
        ("9" * 101, "9" * 101),
        ("NaN", "NaN"),
        ("  ", None),
    ],
)
async def test_a_number_that_is_none_is_given_as_typed_so_that_the_schema_says_what_is_wrong(
    typed: str, read: object
) -> None:
    app = Bench(EVERY_KIND, {"shop": "north"})
    async with app.run_test():
        app.fill("share", typed)
        assert app.form.values().get("share") == read
        problems = check_settings(parse_schema(EVERY_KIND), app.form.values())
        assert [each.pointer for each in problems] == (["/share"] if isinstance(read, str) else [])


async def test_secrets_are_masked_and_required_fields_marked() -> None:
    app = Bench(EVERY_KIND, FILLED)
    async with app.run_test():
        assert app.field("secret").query_one(Input).password
        assert not app.field("shop").query_one(Input).password
        assert str(app.field("shop").query_one(Label).render()) == "Shop [b] *"
        assert str(app.field("share").query_one(Label).render()) == "share"


async def test_choices_are_made_by_keys_and_told_by_signs() -> None:
    app = Bench(example_field_list(), {})
    async with app.run_test(size=(80, 40)) as pilot:
        box = app.field("means").query(Toggle).first()
        box.focus()
        await pilot.press("space")
        assert "[x]" in str(box.render())
        assert app.form.values()["means"] == ["card"]
        await pilot.press("space")
        assert "[ ]" in str(box.render())
        app.field("region").query_one(Select).focus()
        await pilot.press("enter", "down", "enter")
        await pilot.pause()
        assert app.form.values()["region"] in {"eu", "us"}


async def test_one_of_several_is_told_by_a_sign() -> None:
    schema = (
        '[{"key": "mode", "type": "radio", "options": [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]}]'
    )
    app = Bench(schema, {"mode": "b"})
    async with app.run_test():
        assert [str(each.render()).strip() for each in app.query(RadioButton)] == ["( ) A", "(•) B"]


async def test_option_labels_are_never_markup() -> None:
    schema = '[{"key": "k", "type": "select", "options": [{"value": "a", "label": "[red]A[/]"}]}]'
    app = Bench(schema, {"k": "a"})
    async with app.run_test():
        assert "[red]A[/]" in str(app.query_one("SelectCurrent Static").render())


async def test_a_connector_that_asks_for_nothing_says_so() -> None:
    app = Bench("[]", {})
    async with app.run_test():
        assert "no settings" in str(app.query_one(".nothing-to-set").render())
        assert app.form.values() == {}


async def test_a_problem_is_said_beside_its_field_and_taken_back() -> None:
    app = Bench(EVERY_KIND, {})
    async with app.run_test():
        field = app.field("shop")
        field.tell((ProblemItem("Shop", "is [missing]."),))
        said = field.query_one(".field-problem")
        assert said.display
        assert "✗ is [missing]." in str(said.render())
        field.tell(())
        assert not said.display
