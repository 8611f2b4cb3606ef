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
from tui.screens.form_page import FormPage
from tui.widgets.form_field import FormField
from tui.widgets.settings_form import SettingsForm
from tui.widgets.toggles import Toggle


class MethodFormPage(FormPage):
    """What New and Edit share."""

    ENTRY = "methods"
    CSS_PATH: ClassVar[CSSPathType | None] = ["form_page.tcss", "method_form.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f2", "example", "Example settings", key_display="F2")]

    def __init__(self, start: MethodForm) -> None:
        super().__init__()
        self._start = start
        self._connectors: dict[int, Connector] = {}
        self._shown_connector: int | None = None

    @abstractmethod
    def store_form(self, form: MethodForm) -> None:
        """Create or change the payment method in a worker."""

    def compose_fields(self) -> ComposeResult:
        """Compose the method's own fields, the place for its settings, and the description."""
        yield FormField(
            "Name", "Name", Input(self._start.name, id="name"), required=True, hint="Customers choose by it."
        )
        enabled = Toggle("new attempts can be started", value=self._start.enabled, id="enabled", compact=True)
        yield FormField("Enabled", "Enabled", enabled)
        yield FormField("Integration type", "Integration type", Static(INTEGRATION_TYPE))
        connector: Select[int] = Select([], prompt="Choose a connector", id="connector")
        yield FormField("Connector", "Connector", connector, required=True)
        yield Static(SETTINGS_FIELD, id="settings-title", classes="section")
        yield Vertical(id="settings")
        area = TextArea(self._start.description, id="description", show_line_numbers=False, tab_behavior="focus")
        yield FormField("Description", "Description", area)

    def on_mount(self) -> None:
        """Show no settings before a connector is chosen."""
        for each in self.query("#settings-title"):  # none in a form that is left before it is composed
            each.display = False
        super().on_mount()

    def show(self, view: View) -> None:
        """Offer the connectors; what is chosen stays chosen."""
        offered = {each.id: each for each in methods.connectors_to_choose(view)}
        if offered.keys() == self._connectors.keys():
            return
        self._connectors = offered
        chosen = self._start.connector_id if self.connector.is_blank() else self.connector.value
        untouched = not self.has_changes()
        self.connector.set_options([(Content(look.safe(each.name)), each.id) for each in offered.values()])
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
        connector_id = self.connector.value
        settings = self.query(SettingsForm)
        return MethodForm(
            name=self.query_one("#name", Input).value,
            connector_id=connector_id if isinstance(connector_id, int) else None,
            enabled=self.query_one("#enabled", Toggle).value,
            settings=settings.first().values() if settings else {},
            description=self.query_one("#description", TextArea).text,
        )

    def typed(self) -> MethodForm:
        """Return what is typed and chosen now."""
        return self.form

    def save(self) -> None:
        """Create or change the payment method."""
        self.store_form(self.form)

    def on_select_changed(self, event: Select.Changed) -> None:
        """Show the fields that the chosen connector asks for."""
        connector_id = event.value
        if event.select is not self.connector or not isinstance(connector_id, int):
            return
        event.stop()
        if connector_id != self._shown_connector:
            self._shown_connector = connector_id
            values = self._start.settings if connector_id == self._start.connector_id else None
            self._show_settings(self._connectors[connector_id], values)

    def action_example(self) -> None:
        """Fill the settings with values that the schema takes."""
        connector = self._connectors.get(self._shown_connector or 0)
        if connector is not None:
            self._show_settings(connector, None, examples=True)

    @work(group="schema", exclusive=True)
    async def _show_settings(
        self, connector: Connector, values: Mapping[str, object] | None, *, examples: bool = False
    ) -> None:
        schema, found = await asyncio.to_thread(partial(_read_schema, connector, values, examples=examples))
        untouched = not self.has_changes()
        # Another choice cancels this worker, but never a change of widgets that has begun.
        await asyncio.shield(self._put_settings(SettingsForm(schema, found)))
        if untouched and not examples:
            self.remember()

    async def _put_settings(self, settings: SettingsForm) -> None:
        place = self.query_one("#settings", Vertical)
        async with self.batch():
            await place.remove_children()
            await place.mount(settings)
        self.query_one("#settings-title").display = True


def _read_schema(
    connector: Connector, values: Mapping[str, object] | None, *, examples: bool
) -> tuple[SettingsSchema, Mapping[str, object]]:
    """Return a connector's schema and the values that its form starts with. Slow for a large schema."""
    schema = connector.schema
    if examples:
        return schema, example_settings(schema)
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
