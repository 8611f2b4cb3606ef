"""What the settings form of a payment method will look like, drawn from the schema while it is being typed.

It is only a drawing: two hundred fields cost no more than their lines.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from store.settings_schema import FieldKind, SettingField, SettingsSchema
from tui import look
from tui.look import Tone
from tui.widgets.form_field import REQUIRED

FIELD_WIDTH = 22
MASKED = "masked"
MOST_OPTIONS = 6
"""How many options of one field are drawn."""
NOT_YET = "The settings form that the JSON Schema makes appears here once the text is right."
NOTHING = "A payment method has nothing to set: only its name is asked for."


class SchemaPreview(VerticalScroll, can_focus=False):
    """The drawing; it scrolls."""

    def compose(self) -> ComposeResult:
        """Compose the head above the drawing."""
        yield Static("Settings form, as it will be", classes="preview-title")
        yield Static(look.dim(NOT_YET), classes="preview-form")

    def show(self, schema: SettingsSchema | None) -> None:
        """Draw a schema; None, while the text is wrong, dims what was drawn last."""
        drawing = self.query_one(".preview-form", Static)
        drawing.set_class(schema is None, "-old")
        if schema is not None:
            drawing.update(preview_of(schema))


def preview_of(schema: SettingsSchema) -> Text:
    """Return the settings form of a schema as a drawing."""
    if not schema.fields:
        return look.dim(NOTHING)
    return Text("\n").join(line for field in schema.fields for line in _lines(field))


def _lines(field: SettingField) -> Iterator[Text]:
    label = Text(look.safe(field.label), Tone.DIM.style)
    if field.required:
        label.append(f" {REQUIRED}", Tone.STRONG.style)
    if field.masked:
        label.append(f"  {MASKED}", Tone.DIM.style)
    yield label
    yield from _control(field)
    if field.hint:
        yield Text.assemble("  ", look.dim(look.safe(field.hint)))
    yield Text()


def _control(field: SettingField) -> Iterator[Text]:
    default = field.default
    if field.kind is FieldKind.BOOLEAN:
        yield Text(f"  {'[x]' if default is True else '[ ]'} on")
    elif field.kind in (FieldKind.RADIO, FieldKind.CHECKBOX):
        chosen = default if isinstance(default, tuple) else (default,)
        on, off = ("(•)", "( )") if field.kind is FieldKind.RADIO else ("[x]", "[ ]")
        for option in field.options[:MOST_OPTIONS]:
            yield Text(f"  {on if option.value in chosen else off} {look.safe(option.label)}")
        if len(field.options) > MOST_OPTIONS:
            yield look.dim(f"  and {len(field.options) - MOST_OPTIONS} more")
    elif field.kind is FieldKind.SELECT:
        shown = next((each.label for each in field.options if each.value == default), "Choose one")
        yield Text.assemble("  ", _box(look.safe(shown)), " ▼")
    elif field.kind is FieldKind.TEXT:
        yield Text.assemble("  ", _box("" if default is None else str(default)))
        yield Text.assemble("  ", _box(""))
    else:
        typed = "" if default is None else look.MASK if field.masked else str(default)
        yield Text.assemble("  ", _box(look.safe(typed)))


def _box(typed: str) -> Text:
    text = Text(typed.replace("\n", " "))
    text.truncate(FIELD_WIDTH, overflow="ellipsis")
    return text.append("▁" * (FIELD_WIDTH - text.cell_len), Tone.DIM.style)
