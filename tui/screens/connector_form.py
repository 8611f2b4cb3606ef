"""The form of a payment gateway connector, as both New and Edit show it.

The two JSON fields are checked as they are typed, in a worker; Create and Save show all problem items below the form.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.css.query import NoMatches
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Static, TextArea

from store import connectors
from store.connectors import Connector, ConnectorForm
from store.errors import ProblemItem, Problems
from store.settings_schema import (
    SCHEMA_FIELD,
    STATIC_FIELD,
    check_schema,
    check_static,
    example_field_list,
    format_json,
)
from tui import look, work
from tui.screens.page import Page
from tui.widgets.json_area import JsonArea
from tui.widgets.problem_list import ProblemList

CHECK_AFTER_SECONDS = 0.3
"""How long the keys must rest before what is typed is checked."""
PERIOD_FIELD = "Period for payment processing"
FIELD_IDS = {
    "Name": "name",
    "Connector URL": "url",
    PERIOD_FIELD: "period",
    "Secret Shared Key": "shared-key",
    SCHEMA_FIELD: "schema",
    STATIC_FIELD: "static",
}
"""Where the form shows the field that a problem item names."""
EXAMPLES = {
    "name": "Nordbank Cards",
    "url": "https://pay.nordbank.example/gatewatch",
    "period": "15",
}
EXAMPLE_STATIC = '{\n  "platform": "our-shop",\n  "platform_token": "as the gateway gave it"\n}\n'
SCHEMA_HINT = "What a payment method must supply; F2 for an example."
STATIC_HINT = "Values that all methods share. Masked once saved."


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of the typed form has found; a summary is empty where nothing is typed."""

    items: tuple[ProblemItem, ...]
    schema_summary: str
    static_summary: str

    def of(self, field: str) -> tuple[ProblemItem, ...]:
        """Return the problem items of one field."""
        return tuple(each for each in self.items if each.field == field)


def look_over(form: ConnectorForm) -> Checked:
    """Check a form and say in short what its JSON texts are. Slow for a large text."""
    schema, _ = check_schema(form.schema_text)
    values, _ = check_static(form.static_text, schema)
    fields = "" if schema is None else _summary(len(schema.fields), "field", [each.key for each in schema.fields])
    shared = _summary(len(values), "shared value", list(values)) if form.static_text.strip() else ""
    return Checked(connectors.check(form), fields, shared)


class ConnectorFormPage(Page):
    """What New and Edit share. A subclass says what it starts from and how it is saved."""

    ENTRY = "connectors"
    CSS_PATH = "connector_form.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Save", key_display="^s"),
        Binding("f2", "example", "Example", key_display="F2"),
        Binding("f3", "next_problem", "Next problem", key_display="F3"),
        Binding("f5", "format", "Format", key_display="F5"),
        Binding("escape", "leave", "Cancel"),
    ]
    SAVE: ClassVar[str]

    def __init__(self, start: ConnectorForm) -> None:
        super().__init__()
        self._start = start
        self._pause: Timer | None = None
        self._tried = False

    @abstractmethod
    def save(self, form: ConnectorForm) -> None:
        """Create or change the connector in a worker."""

    def compose_key_field(self) -> ComposeResult:
        """Compose the field of the Secret Shared Key, if the form has one."""
        yield from ()

    def schema_is_fixed(self) -> str:
        """Return why the JSON Schema cannot be changed, empty if it can."""
        return ""

    def static_hint(self) -> str:
        """Return what is said below the Static JSON while nothing is typed."""
        return STATIC_HINT

    def compose_workspace(self) -> ComposeResult:
        """Compose the fields, which scroll, above the problems and the buttons, which stay."""
        with VerticalScroll(classes="fields", can_focus=False):
            yield from _line("Name", Input(self._start.name, id="name", placeholder="how operators know the gateway"))
            yield from _line("Connector URL", Input(self._start.url, id="url", placeholder="https://…"))
            period = Input(self._start.period_minutes, id="period", placeholder="15, or 0.5; empty: no deadline")
            yield from _line(f"{PERIOD_FIELD} (minutes)", period)
            why = self.schema_is_fixed()
            schema = JsonArea(SCHEMA_FIELD, self._start.schema_text, hint=why or SCHEMA_HINT, id="schema")
            yield from _line(SCHEMA_FIELD, schema)
            static = JsonArea(STATIC_FIELD, self._start.static_text, hint=self.static_hint(), id="static")
            yield from _line(STATIC_FIELD, static)
            yield from self.compose_key_field()
        yield ProblemList()
        with Horizontal(classes="buttons form-buttons"):
            yield Button(self.SAVE, id="save", variant="primary", compact=True)
            yield Button("Cancel", id="cancel", compact=True)
            yield Static(id="doing", markup=False)

    def on_mount(self) -> None:
        """Close the JSON Schema if it cannot be changed."""
        for each in self.query("#schema").results(JsonArea):  # none in a form that is left before it is composed
            each.area.read_only = bool(self.schema_is_fixed())

    @property
    def form(self) -> ConnectorForm:
        """The form as it is typed now."""
        keys = self.query("#shared-key").results(Input)
        return ConnectorForm(
            name=self.query_one("#name", Input).value,
            url=self.query_one("#url", Input).value,
            period_minutes=self.query_one("#period", Input).value,
            schema_text=self.query_one("#schema", JsonArea).text,
            static_text=self.query_one("#static", JsonArea).text,
            shared_key=next((each.value for each in keys), ""),
        )

    def has_changes(self) -> bool:
        """Say whether something was typed that leaving would lose."""
        try:
            return self.is_ready and self.form != self._start
        except NoMatches:  # it is being taken apart, whoever does that has asked before
            return False

    def on_input_changed(self) -> None:
        """Check soon."""
        self._check_soon()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Check soon."""
        event.stop()
        self._check_soon()

    def on_input_submitted(self) -> None:
        """Go to the next field."""
        self.app.action_focus_next()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Save or leave."""
        event.stop()
        if event.button.id == "save":
            self.action_save()
        else:
            self.gatewatch.leave(self)

    def on_problem_list_chosen(self, message: ProblemList.Chosen) -> None:
        """Go to the field, line and column of a problem."""
        message.stop()
        problem = message.problem
        field = self.query_one(f"#{FIELD_IDS[problem.field]}", Widget)
        if isinstance(field, JsonArea):
            field.jump_to(problem.line or 1, problem.column or 1)
        else:
            field.focus()
        field.scroll_visible(animate=False)

    def action_save(self) -> None:
        """Create or Save, or show all problem items."""
        self._tell(f"{self.SAVE.removesuffix('e')}ing…")
        self.save(self.form)

    def action_next_problem(self) -> None:
        """Go to the next problem of the list."""
        self.query_one(ProblemList).choose_next()

    def action_example(self) -> None:
        """Fill the field that has the focus with an example."""
        area = self._focused_area()
        if area is not None and not area.area.read_only:
            area.fill(example_field_list() if area.label == SCHEMA_FIELD else EXAMPLE_STATIC)
        elif isinstance(self.focused, Input) and self.focused.id in EXAMPLES:
            self.focused.value = EXAMPLES[self.focused.id]

    def action_format(self) -> None:
        """Lay out the JSON text that has the focus."""
        area = self._focused_area()
        if area is None or area.area.read_only:
            self.notify("Put the cursor into JSON Schema or Static JSON first.", markup=False)
            return
        work.start(
            self,
            partial(format_json, area.text, field=area.label),
            area.fill,
            problems=lambda items: area.tell(items, ""),
        )

    def show_problems(self, items: tuple[ProblemItem, ...]) -> None:
        """Show all problem items below the form, which from now on follow what is typed."""
        self._tried = True
        self._tell("")
        self.query_one(ProblemList).set_items(items)
        self._check()

    def refuse(self, sentence: str) -> None:
        """Tell why the store did not take it."""
        self._tell("")
        self.notify(sentence, severity="error", markup=False, timeout=12)

    def _tell(self, doing: str) -> None:
        self.query_one("#doing", Static).update(doing)

    def _focused_area(self) -> JsonArea | None:
        focused = self.focused
        return next((each for each in self.query(JsonArea) if focused is not None and each.area is focused), None)

    def _check_soon(self) -> None:
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(CHECK_AFTER_SECONDS, self._check)

    def _check(self) -> None:
        self.run_worker(self._check_typed(self.form), group="check", exclusive=True)

    async def _check_typed(self, form: ConnectorForm) -> None:
        checked = await asyncio.to_thread(look_over, form)
        schema, static = self.query_one("#schema", JsonArea), self.query_one("#static", JsonArea)
        if not schema.area.read_only:
            typed = checked.of(SCHEMA_FIELD) if form.schema_text.strip() else ()
            schema.tell(typed, checked.schema_summary, listed=self._tried)
        static.tell(checked.of(STATIC_FIELD), checked.static_summary, listed=self._tried)
        if self._tried:
            self.query_one(ProblemList).set_items(checked.items)


def form_of(connector: Connector) -> ConnectorForm:
    """Return a connector as its form shows it: without its secrets."""
    period = connector.period_minutes
    return ConnectorForm(
        name=connector.name,
        url=connector.url,
        period_minutes="" if period is None else f"{period:f}",
        schema_text=connector.schema_text,
    )


def shared_keys_of(connector: Connector) -> list[str]:
    """Return the names of a connector's shared values, none of which is shown."""
    try:
        schema = connector.schema
    except Problems:
        schema = None
    return list(check_static(connector.static_text, schema)[0])


def _line(label: str, field: Widget) -> ComposeResult:
    with Horizontal(classes="form-line"):
        yield Label(label, classes="form-label", markup=False)
        yield field


def _summary(count: int, noun: str, names: list[str]) -> str:
    if not count:
        return "nothing to set" if noun == "field" else "no shared values"
    return f"{look.counted(count, noun)}: {look.safe(', '.join(names), limit=120)}"
