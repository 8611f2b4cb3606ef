"""The form of a payment method, as both New and Edit show it: its own fields, then what its connector asks for."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Mapping
from functools import partial
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.types import CSSPathType
from textual.widgets import Input, Select, Static, TextArea

from store import methods
from store.connectors import Connector
from store.methods import MethodForm
from store.payment_method import INTEGRATION_TYPE, PaymentMethod
from store.settings_schema import SETTINGS_FIELD, SettingsSchema, example_settings, with_defaults
from store.store import View
from tui import look
from tui import work as tasks
from tui.screens.form_checks import Checker
from tui.screens.form_page import FormPage
from tui.widgets.form_field import FormField
from tui.widgets.settings_form import SettingsForm
from tui.widgets.toggles import Toggle

NAME_FIELD, ENABLED_FIELD, CONNECTOR_FIELD, DESCRIPTION_FIELD = "Name", "Enabled", "Connector", "Description"
NO_CONNECTOR = "There is no connector yet; the root reseller's managers make it on page 6"
NAME_HINT = "Customers choose by it."
MOST_UNCOUNTED = 12
"""Up to how many settings need not be counted in the title."""


class MethodFormPage(FormPage):
    """What New and Edit share."""

    ENTRY = "methods"
    CSS_PATH: ClassVar[CSSPathType | None] = ["form_page.tcss", "method_form.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f2",
            "example",
            "Example",
            key_display="F2",
            tooltip="Fill in the settings still empty",
            id="form.example",
        ),
    ]

    @property
    def not_kept(self) -> str:
        """Name the settings, which may not be composed yet."""
        return "Connector settings were not kept: they may be secret."

    def __init__(self) -> None:
        super().__init__()
        self._connectors: dict[int, Connector] | None = None
        self._shown_connector: int | None = None
        self._settings: SettingsForm | None = None

    @abstractmethod
    def start(self) -> MethodForm:
        """Return what the fields start with."""

    def compose_fields(self) -> ComposeResult:
        """Compose the method's own fields, the place for its settings, and the description."""
        start = self.start()
        yield FormField(NAME_FIELD, NAME_FIELD, Input(start.name, id="name"), required=True, hint=NAME_HINT)
        enabled = Toggle("new attempts can be started", value=start.enabled, id="enabled", compact=True)
        yield FormField(ENABLED_FIELD, ENABLED_FIELD, enabled)
        yield FormField("Integration type", "Integration type", Static(INTEGRATION_TYPE))
        connector: Select[int] = Select([], prompt="Choose a connector", id="connector")
        yield FormField(CONNECTOR_FIELD, CONNECTOR_FIELD, connector, required=True)
        yield Static(SETTINGS_FIELD, id="settings-title", classes="section")
        yield Vertical(id="settings")
        area = TextArea(start.description, id="description", show_line_numbers=False, tab_behavior="focus")
        yield FormField(DESCRIPTION_FIELD, DESCRIPTION_FIELD, area)

    def on_mount(self) -> None:
        """Show no settings before a connector is chosen."""
        for each in self.query("#settings-title"):  # none in a form that is left before it is composed
            each.display = False

    def show(self, view: View) -> None:
        """Offer the connectors; what is chosen stays chosen."""
        offered = {each.id: each for each in methods.connectors_to_choose(view)}
        if self._connectors is not None and offered.keys() == self._connectors.keys():
            return
        self._connectors = offered
        chosen = self.start().connector_id if self.connector.is_blank() else self.connector.value
        untouched = not self.has_changes()
        self.connector.prompt = "Choose a connector" if offered else NO_CONNECTOR
        self.connector.set_options([(Content(look.safe(each.name)), each.id) for each in offered.values()])
        if len(offered) == 1:
            (chosen,) = offered
        if chosen in offered:
            self.connector.value = chosen
        if untouched:
            self.remember()

    @property
    def connector(self) -> Select[int]:
        """The field of the connector."""
        return self.query_one("#connector", Select)

    @property
    def form(self) -> MethodForm:
        """The form as it is typed now."""
        values = self.values()
        return MethodForm(
            name=values[NAME_FIELD],
            connector_id=values[CONNECTOR_FIELD],
            enabled=values[ENABLED_FIELD],
            settings={} if self._settings is None else self._settings.values(),
            description=values[DESCRIPTION_FIELD],
        )

    @property
    def schema(self) -> SettingsSchema | None:
        """What the chosen connector asks for, None before its fields are shown."""
        return None if self._settings is None else self._settings.schema

    def typed(self) -> MethodForm:
        """Return what is typed and chosen now."""
        return self.form

    def checker(self) -> Checker:
        """Return the check of the form as it is typed now, its settings included."""
        form = self.form
        return lambda view: methods.check(view, form)

    def action_save(self) -> None:
        """Create or Save, once all settings are shown."""
        if self._settings is not None and not self._settings.is_complete:
            self.say_state("The settings are still being shown…")
        else:
            super().action_save()

    def on_select_changed(self, event: Select.Changed) -> None:
        """Show the fields that the chosen connector asks for."""
        connector_id = event.value
        if event.select is not self.connector or not isinstance(connector_id, int):
            return
        if self._connectors is not None and connector_id != self._shown_connector:
            self._shown_connector = connector_id
            start = self.start()
            values = start.settings if connector_id == start.connector_id else None
            self._show_settings(self._connectors[connector_id], values)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer an example only where there are settings."""
        if action == "example" and not (self.schema and self.schema.fields):
            return False
        return super().check_action(action, parameters)

    def action_example(self) -> None:
        """Fill the settings that are still empty with values that the schema takes."""
        if self._settings is not None:
            settings, given = self._settings, self._settings.values()

            def put(examples: Mapping[str, object]) -> None:
                if examples.keys() <= given.keys():
                    self.notify("No setting is empty; examples are for those that are.")
                else:
                    settings.put({**examples, **given})

            tasks.start(self, partial(example_settings, settings.schema), put)

    @work(group="schema", exclusive=True)
    async def _show_settings(self, connector: Connector, values: Mapping[str, object] | None) -> None:
        schema, found = await asyncio.to_thread(partial(_read_schema, connector, values))
        if not self.is_ready:
            return
        untouched = not self.has_changes()
        # Another choice cancels this worker, but never a change of widgets that has begun.
        await asyncio.shield(self._put_settings(SettingsForm(schema, found)))
        if untouched:
            self.remember()

    async def _put_settings(self, settings: SettingsForm) -> None:
        place = self.query_one("#settings", Vertical)
        async with self.batch():
            await place.remove_children()
            await place.mount(settings)
        if not self.is_ready:  # the form was left meanwhile
            return
        self._settings = settings
        title = self.query_one("#settings-title", Static)
        title.update(f"{SETTINGS_FIELD}{settings_count(settings.schema)}")
        title.display = True
        await settings.fill()
        if self.is_ready:
            self.refresh_bindings()


def settings_count(schema: SettingsSchema) -> str:
    """Return how many settings there are, where one may lose sight of them."""
    if len(schema.fields) <= MOST_UNCOUNTED:
        return ""
    required = sum(each.required for each in schema.fields)
    return f"   {len(schema.fields)}, {required} of them required; ^g finds one by name"


def _read_schema(
    connector: Connector, values: Mapping[str, object] | None
) -> tuple[SettingsSchema, Mapping[str, object]]:
    """Return a connector's schema and the values that its form starts with. Slow for a large schema."""
    schema = connector.schema
    return schema, with_defaults(schema, {}) if values is None else values


def form_of(method: PaymentMethod) -> MethodForm:
    """Return a payment method as its form shows it; secret settings are in it, and are masked on the screen."""
    return MethodForm(
        name=method.name,
        connector_id=method.connector_id,
        enabled=method.enabled,
        settings=method.settings,
        description=method.description,
    )
