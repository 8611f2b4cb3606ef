"""The form of a payment gateway connector, as both New and Edit show it.

The two JSON texts are checked as they are typed, and the settings form that the JSON Schema makes is shown beside it
where there is room, else on request.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.types import CSSPathType
from textual.widgets import Input

from store import connectors
from store.connectors import LONGEST_PERIOD_MINUTES, SHORTEST_KEY, SHORTEST_PERIOD_MINUTES, Connector, ConnectorForm
from store.errors import ProblemItem
from store.settings_schema import (
    SCHEMA_FIELD,
    STATIC_FIELD,
    SettingsSchema,
    check_schema,
    check_static,
    example_field_list,
    example_json_schema,
    format_json,
)
from tui import look, work
from tui.newest_only import NewestOnly
from tui.screens.form_checks import Checker
from tui.screens.form_page import FormPage
from tui.screens.schema_preview_dialog import SchemaPreviewDialog
from tui.widgets.form_field import FormField
from tui.widgets.json_area import JsonArea
from tui.widgets.schema_preview import SchemaPreview

NAME_FIELD = "Name"
URL_FIELD = "Connector URL"
PERIOD_FIELD = "Period for payment processing"
KEY_FIELD = "Secret Shared Key"
EXAMPLES: Mapping[str, tuple[str, ...]] = {
    NAME_FIELD: ("Nordbank Cards",),
    URL_FIELD: ("https://pay.nordbank.example/gatewatch",),
    PERIOD_FIELD: ("15",),
    SCHEMA_FIELD: (example_field_list(), example_json_schema()),
    STATIC_FIELD: ('{\n  "platform": "our-shop",\n  "platform_token": "as the gateway gave it"\n}\n',),
}
"""What F2 puts into a field; pressed again, the next one."""
PERIOD_HINT = f"Minutes, decimals allowed, {SHORTEST_PERIOD_MINUTES} to {LONGEST_PERIOD_MINUTES:,}; empty: no deadline."
SCHEMA_HINT = (
    "What a payment method must supply; [] if nothing. F2 fills in an example, F2 again one in the other form."
)
STATIC_HINT = "Values that all methods share, sent with every request. Masked once saved."
KEY_HINT = f"At least {SHORTEST_KEY} characters; the gateway must have the same."
BESIDE_FROM = 120
"""From how many columns on the preview stands beside the form."""
ROOMY_FROM = 160
"""From how many columns on labels stand left of their fields although the preview is there too."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What the JSON texts of a form are: no schema where that text is wrong, no keys where the other one is."""

    schema: SettingsSchema | None
    static_keys: list[str]


def look_over(form: ConnectorForm) -> Texts:
    """Return what the JSON texts of a form are. Slow for large ones."""
    schema, _ = check_schema(form.schema_text)
    return Texts(schema, list(check_static(form.static_text, schema)[0]))


class ConnectorFormPage(FormPage):
    """What New and Edit share."""

    ENTRY = "connectors"
    CSS_PATH: ClassVar[CSSPathType | None] = ["form_page.tcss", "connector_form.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "example", "Example", key_display="F2", id="form.example"),
        Binding("f5", "format", "Format", key_display="F5", id="form.format"),
        # Not in the footer, which is full at 80 columns: the line below the JSON Schema names it.
        Binding("f9", "preview", "Preview of the settings form", key_display="F9", show=False, id="form.preview"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._schema: SettingsSchema | None = None
        self._static_keys: list[str] = []
        self._texts = NewestOnly(self, self._show_texts, group="texts")

    @abstractmethod
    def start(self) -> ConnectorForm:
        """Return what the fields start with."""

    def compose_key_field(self) -> ComposeResult:
        """Compose the field of the Secret Shared Key, if the form has one."""
        yield from ()

    def compose_fields(self) -> ComposeResult:
        """Compose the fields in the order of the Operator Control Panel."""
        start = self.start()
        name = Input(start.name, id="name", placeholder="how operators know the gateway")
        yield FormField(NAME_FIELD, NAME_FIELD, name, required=True)
        url = Input(start.url, id="url", placeholder="https://…")
        yield FormField(URL_FIELD, URL_FIELD, url, required=True)
        period = Input(start.period_minutes, id="period", placeholder="such as 15 or 0.5")
        yield FormField(PERIOD_FIELD, PERIOD_FIELD, period, hint=PERIOD_HINT)
        schema = JsonArea(start.schema_text, hint=SCHEMA_HINT, id="schema")
        yield FormField(SCHEMA_FIELD, SCHEMA_FIELD, schema, required=True)
        hidden = static_hidden(self._static_keys) if start.static_text.strip() else ""
        static = JsonArea(start.static_text, hint=STATIC_HINT, hidden=hidden, id="static")
        yield FormField(STATIC_FIELD, STATIC_FIELD, static, secret=True)
        yield from self.compose_key_field()

    def compose_beside(self) -> ComposeResult:
        """Compose the preview."""
        yield SchemaPreview(id="preview")

    def on_mount(self) -> None:
        """Look at what the form starts with."""
        self._look_at_texts()

    def on_resize(self, event: events.Resize) -> None:
        """Show the preview beside the form where there is room."""
        self.set_class(event.size.width >= BESIDE_FROM, "-beside")
        self.set_class(BESIDE_FROM <= event.size.width < ROOMY_FROM, "-tight")

    def checker(self) -> Checker:
        """Return the check of the form as it is typed now."""
        form = self.form
        return lambda _: connectors.check(form)

    def check(self) -> None:
        """Check what is typed, and look at what its JSON texts are."""
        super().check()
        self._look_at_texts()

    @property
    def form(self) -> ConnectorForm:
        """The form as it is typed now."""
        values = self.values()
        return ConnectorForm(
            name=values[NAME_FIELD],
            url=values[URL_FIELD],
            period_minutes=values[PERIOD_FIELD],
            schema_text=values[SCHEMA_FIELD],
            static_text=values[STATIC_FIELD],
            shared_key=values.get(KEY_FIELD, ""),
        )

    def hidden_says(self, field: FormField) -> str:
        """Return which values the Static JSON holds, without the values."""
        del field
        return static_hidden(self._static_keys)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer Example and Format only in a field that takes them, Preview where it is not there already."""
        if action == "preview" and (self._schema is None or self.has_class("-beside")):
            return False
        if action in ("example", "format") and self.is_ready:
            field = self.focused_field
            area = None if field is None else field.control
            if isinstance(area, JsonArea) and (area.locked or area.is_hidden):
                return False
            if field is None or field.called not in EXAMPLES or (action == "format" and not isinstance(area, JsonArea)):
                return False
        return super().check_action(action, parameters)

    def action_example(self) -> None:
        """Fill the field that has the focus with an example; with the next one, where there are several.

        What was typed is not lost: a line of it stays, and a longer text can be brought back.
        """
        field = self.focused_field
        if field is None:
            return
        examples = EXAMPLES[field.called]
        shown = examples.index(str(field.value)) if field.value in examples else -1
        example = examples[(shown + 1) % len(examples)]
        if example == field.value:
            self.notify("The example stands there already.")
            return
        is_typed = shown < 0 and bool(str(field.value).strip())
        if is_typed and not isinstance(field.control, JsonArea):
            self.notify(f"{field.label} stays as you typed it; an example is filled in where nothing is.")
            return
        field.replace_text(example)
        if is_typed:
            self.notify("The example stands in the place of your text; ctrl+z brings that back.")

    def action_format(self) -> None:
        """Lay out the JSON text that has the focus; one that is no JSON stays, and is told of."""
        field = self.focused_field
        if field is None or not isinstance(field.control, JsonArea):
            return
        area, before = field.control, field.control.text

        def lay_out(text: str) -> None:
            if text == before:
                self.notify("It is laid out already.")
            elif area.text == before:  # it may have been typed on meanwhile
                area.fill(text)

        def tell(items: tuple[ProblemItem, ...]) -> None:
            self.notify(f"It stays as it is: {items[0]}", severity="warning", markup=False)
            field.tell(items)
            area.jump_to(items[0].line or 1, items[0].column or 1)

        work.start(self, partial(format_json, before, field=field.called), lay_out, problems=tell)

    def action_preview(self) -> None:
        """Show the settings form that the JSON Schema makes over the whole screen."""
        self.app.push_screen(SchemaPreviewDialog(self._schema))

    def _look_at_texts(self) -> None:
        if work.is_there(self):
            self._texts.ask(partial(look_over, self.form))

    def _show_texts(self, texts: Texts) -> None:
        if not self.is_ready:
            return
        self._schema, self._static_keys = texts.schema, texts.static_keys
        preview = "" if self.has_class("-beside") else "F9 preview · "
        summary = "" if texts.schema is None else f"{preview}{schema_summary(texts.schema)}"
        self.query_one("#schema", JsonArea).summarize(summary)
        self.query_one("#static", JsonArea).summarize(static_summary(texts.static_keys) if texts.static_keys else "")
        self.query_one(SchemaPreview).show(texts.schema)


def form_of(connector: Connector) -> ConnectorForm:
    """Return a connector as its form shows it, without its Secret Shared Key, which no form shows."""
    period = connector.period_minutes
    return ConnectorForm(
        name=connector.name,
        url=connector.url,
        period_minutes="" if period is None else f"{period:f}",
        schema_text=connector.schema_text,
        static_text=connector.static_text,
    )


def shared_keys_of(connector: Connector) -> list[str]:
    """Return the names of a connector's shared values, none of which is shown. Slow for a large text."""
    return look_over(form_of(connector)).static_keys


def static_hidden(keys: list[str]) -> str:
    """Return what may be said of a Static JSON that is hidden."""
    return f"{static_summary(keys)}. F8 shows them, for reading and changing."


def schema_summary(schema: SettingsSchema) -> str:
    """Return in short what a schema asks for."""
    if not schema.fields:
        return "nothing to set"
    keys = look.safe(", ".join(schema.keys), limit=120)
    return f"{schema.form.value}, {look.counted(len(schema.fields), 'field')}: {keys}"


def static_summary(keys: list[str]) -> str:
    """Return in short which values are shared."""
    if not keys:
        return "no shared values"
    return f"{look.counted(len(keys), 'shared value')}: {look.safe(', '.join(keys), limit=120)}"
