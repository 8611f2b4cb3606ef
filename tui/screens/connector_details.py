"""One payment gateway connector: its fields, what its JSON Schema asks for, and its Secret Shared Key, masked.

The key is shown or copied only on request, and the request is logged by the store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import ClassVar

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from store import connectors, shared_keys
from store.connectors import Connector
from store.gateway_watch import GatewayWatch, watch_of
from store.old_key_use import old_key_last_used_at
from store.payment_method import PaymentMethod
from store.refused_messages import refused_of
from store.settings_schema import FieldKind, SettingsSchema, check_schema
from store.store import Transaction, View
from tui import look, work
from tui.gateway_texts import refused_table, watch_rows
from tui.look import Tone
from tui.screens.connector_form import shared_keys_of
from tui.screens.details_page import DetailsPage
from tui.screens.page import Page
from tui.targets import Target
from tui.widgets.confirm import Confirm

LABEL_WIDTH = 30
KEY_HINT = "v show, y copy, R rotate"


class ConnectorDetails(DetailsPage):
    """A connector as it is now. Its result is the connector's id, so that the list stays on it."""

    ENTRY = "connectors"
    CSS_PATH = ["details_page.tcss", "connector_details.tcss"]  # noqa: RUF012 - as Textual does
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", "Edit", id="connector.edit"),
        Binding("v", "reveal", "Show key", id="connector.show_key"),
        Binding("y", "copy", "Copy key", id="connector.copy_key"),
        Binding("R", "rotate", "Rotate", id="connector.rotate_key"),
        Binding("D", "delete", "Delete", id="connector.delete"),
    ]

    def __init__(self, connector_id: int) -> None:
        super().__init__()
        self._connector_id = connector_id
        self._connector: Connector | None = None
        self._methods: list[PaymentMethod] = []
        self._old_key_used_at: datetime | None = None
        self._parsed = ""

    @property
    def target(self) -> Target:
        """What the page is for back and forward."""
        return Target("connector", self._connector_id)

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return f"Payment gateway connector {self._connector_id}"

    def compose_workspace(self) -> ComposeResult:
        """Compose the fields, the schema and the shared values, all of which scroll."""
        with VerticalScroll(id="details", classes="-alone"):
            yield Static(id="connector-name", classes="section -first")
            yield Static(id="facts")
            yield Static("Refused messages", id="refused-title", classes="section")
            yield Static(id="refused")
            yield Static("Settings of a payment method", classes="section")
            yield Static(id="asked")
            yield Static("Static JSON", classes="section")
            yield Static(id="shared")
            yield Static("JSON Schema", classes="section")
            yield Static(id="schema-text")

    def show(self, view: View) -> None:
        """Show the connector, and its schema once it is parsed."""
        connector = connectors.get(view, self.session.by, self._connector_id)
        self._connector, self._methods = connector, connectors.methods_of(view, self._connector_id)
        self._old_key_used_at = old_key_last_used_at(view, connector)
        self.query_one("#connector-name", Static).update(look.safe_text(connector.name))
        watch = watch_of(view, self._connector_id)
        facts = facts_table(
            connector,
            self._methods,
            self._old_key_used_at,
            watch,
            view.now,
            hints=self.session.by.full_control,
        )
        self.query_one("#facts", Static).update(facts)
        for each in self.query("#refused, #refused-title"):
            each.display = watch.refused > 0
        newest = refused_of(view, self.session.by, self._connector_id)
        self.query_one("#refused", Static).update(refused_table(watch, newest, view.now))
        if self._parsed != connector.schema_text + connector.static_text:
            self._parsed = connector.schema_text + connector.static_text
            self.run_worker(self._show_schema(connector), group="schema", exclusive=True)
        self.refresh_bindings()

    async def _show_schema(self, connector: Connector) -> None:
        schema, _ = await asyncio.to_thread(check_schema, connector.schema_text)
        shared = await asyncio.to_thread(shared_keys_of, connector)
        if not self.is_ready:
            return
        self.query_one("#asked", Static).update(fields_table(schema))
        self.query_one("#shared", Static).update(shared_table(shared))
        typed = look.safe(connector.schema_text.strip(), keep_lines=True, limit=len(connector.schema_text) + 1)
        self.query_one("#schema-text", Static).update(Text(typed))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer changes to who has Full Control."""
        if action in {"edit", "reveal", "copy", "rotate", "delete"} and self.is_ready:
            return self.session.by.full_control and self._connector is not None
        return super().check_action(action, parameters)

    def action_edit(self) -> None:
        """Open the form."""
        edit(self, self._connector_id, lambda _: self.reload())

    def action_delete(self) -> None:
        """Ask, then delete."""
        if self._connector is not None:
            ask_to_delete(self, self._connector, lambda _: self.dismiss(None))

    def action_reveal(self) -> None:
        """Show the key; the store logs it."""
        self.write(partial(shared_keys.reveal_key, by=self.session.by, connector_id=self._connector_id), self._show_key)

    def action_copy(self) -> None:
        """Send the key to the terminal's clipboard; the store logs it."""
        self.write(partial(shared_keys.reveal_key, by=self.session.by, connector_id=self._connector_id), self._copy_key)

    def action_rotate(self) -> None:
        """Ask for the grace time, then rotate; while an old key still matches, ask whether to end its time."""
        from tui.screens.key_change import ask  # noqa: PLC0415 - opened on request

        if self._connector is not None:
            ask(self, self._connector, self._old_key_used_at)

    def _show_key(self, key: str) -> None:
        from tui.screens.key_shown import KeyShown  # noqa: PLC0415 - opened on request

        self.app.push_screen(KeyShown(self._connector.name if self._connector else "", key))

    def _copy_key(self, key: str) -> None:
        self.gatewatch.copy_secret(key, "The key was sent to the terminal's clipboard; this was logged. v shows it.")


def edit(page: Page, connector_id: int, come_back: Callable[[int | None], object]) -> None:
    """Read a connector in a worker of the page and open its form."""
    from tui.screens.connector_edit import ConnectorEdit  # noqa: PLC0415 - opened on request

    def read() -> ConnectorEdit:
        view = page.session.view()
        connector = connectors.get(view, page.session.by, connector_id)
        return ConnectorEdit(connector, shared_keys_of(connector))

    def come_back_typed(result: int | None) -> None:
        come_back(result)

    work.start(page, read, lambda form: page.app.push_screen(form, come_back_typed))


def ask_to_delete(page: Page, connector: Connector, done: Callable[[Connector], object]) -> None:
    """Ask the store whether the connector can be deleted, say what that does, delete it, then call `done`."""

    def decide(tx: Transaction) -> Connector:
        return connectors.delete(tx, page.session.by, connector.id)

    def answered(sure: bool | None) -> None:  # noqa: FBT001 - the dialog's answer
        if sure:
            page.write(decide, done)

    says = (
        "No new attempts can be started through it. Its keys stay: answers for earlier attempts are still taken.\n"
        "It cannot be brought back."
    )
    question = Confirm(f"Delete {connector.name}?", says, yes="Delete")
    work.start(page, lambda: page.session.preview(decide), lambda _: page.app.push_screen(question, answered))


def facts_table(
    connector: Connector,
    methods: list[PaymentMethod],
    old_key_used_at: datetime | None,
    watch: GatewayWatch,
    now: datetime,
    *,
    hints: bool,
) -> Table:
    """Return the connector's fields, labels in a column."""
    based = ", ".join(f"{each.name} (ID {each.id})" for each in methods)
    table = _table()
    table.add_row(look.dim("ID"), str(connector.id))
    table.add_row(look.dim("Connector URL"), look.safe_text(connector.url))
    table.add_row(look.dim("Period for payment processing"), _period(connector))
    key_hint = KEY_HINT if hints else ""
    table.add_row(look.dim("Secret Shared Key"), Text.assemble(look.MASK, "  ", (key_hint, look.DIM)))
    until = connector.old_key_until(now)
    if until is not None:
        signs = "the old key" if connector.old_key_signs(now) else "the new key"
        used = f"{look.moment_text(old_key_used_at)} UTC" if old_key_used_at else "not since the rotation"
        changes = "  R changes that" if hints else ""
        table.add_row(look.dim("Old key matches until"), Text(f"{look.moment_text(until)} UTC", look.AMBER))
        table.add_row(look.dim("Old key last used"), used)
        table.add_row(look.dim("Requests are signed with"), Text.assemble(signs, (changes, look.DIM)))
    table.add_row(look.dim("Instances"), Text.assemble(str(len(methods)), (f"  {look.safe(based)}", look.DIM)))
    table.add_row(look.dim("Created at"), f"{look.moment_text(connector.created_at)} UTC")
    for label, text in watch_rows(watch, now):
        table.add_row(look.dim(label), text)
    return table


def fields_table(schema: SettingsSchema | None) -> RenderableType:
    """Return what a payment method must supply, one field a line."""
    if schema is None:
        return look.said("The JSON Schema cannot be read; edit the connector to see why.", Tone.WRONG)
    if not schema.fields:
        return look.dim("Nothing to set.")
    table = _table()
    for field in schema.fields:
        needed = "required" if field.required else "optional"
        kind = f"{field.kind.value}, {needed}" + (
            ", masked" if field.masked and field.kind is not FieldKind.PASSWORD else ""
        )
        table.add_row(look.safe_text(field.key), look.safe_text(field.label), look.dim(kind))
    return table


def shared_table(keys: list[str]) -> RenderableType:
    """Return the names of the shared values, each with a mask for its value."""
    if not keys:
        return look.dim("No shared values.")
    table = _table()
    for key in keys:
        table.add_row(look.safe_text(key), look.MASK)
    return table


def _table() -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(min_width=LABEL_WIDTH, max_width=LABEL_WIDTH)
    return table


def _period(connector: Connector) -> Text:
    if connector.period_minutes is None:
        return Text.assemble("none", ("  no deadline and no countdown", look.DIM))
    return Text(look.period_text(connector.period_minutes))
