"""One payment method: its fields, and its Connector settings with the secret ones masked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from store import methods
from store.connectors import Connector
from store.payment_method import INTEGRATION_TYPE, PaymentMethod
from store.resellers import Reseller
from store.settings_schema import SETTINGS_FIELD, SettingField, as_wire_text
from store.store import View
from tui import look
from tui.look import Tone
from tui.screens.details_page import DetailsPage, facts
from tui.screens.page import Page
from tui.targets import Target
from tui.widgets.confirm import Confirm

LABEL_WIDTH = 20


class MethodDetails(DetailsPage):
    """A payment method as it is now. Its result is None once it was deleted."""

    ENTRY = "methods"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", "Edit", id="method.edit"),
        Binding("D", "delete", "Delete", id="method.delete"),
    ]

    def __init__(self, method_id: int) -> None:
        super().__init__()
        self._method_id = method_id
        self._method: PaymentMethod | None = None

    @property
    def target(self) -> Target:
        """What the page is for back and forward."""
        return Target("method", self._method_id)

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return f"Payment method {self._method_id}"

    def compose_workspace(self) -> ComposeResult:
        """Compose the parts, which scroll."""
        with VerticalScroll(id="details", classes="-alone"):
            yield Static(id="method-name", classes="section -first")
            yield Static(id="facts")
            yield Static(SETTINGS_FIELD, classes="section")
            yield Static(id="settings")

    def show(self, view: View) -> None:
        """Show the method, and its settings once the connector's schema is read."""
        method = methods.get(view, self.session.by, self._method_id)
        connector = view.get(Connector, method.connector_id)
        reseller = view.get(Reseller, method.reseller_id).name
        self._method = method
        self.query_one("#method-name", Static).update(look.safe_text(method.name))
        self.query_one("#facts", Static).update(
            facts(method_facts(method, connector.name, reseller), label_width=LABEL_WIDTH)
        )
        self._show_settings(method, connector)
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer changes to who has Full Control."""
        if action in {"edit", "delete"}:
            return self._method is not None and self.session.by.full_control
        return super().check_action(action, parameters)

    def action_edit(self) -> None:
        """Open the form."""
        from tui.screens.method_edit import MethodEdit  # noqa: PLC0415 - opened on request

        if self._method is not None:
            self.app.push_screen(MethodEdit(self._method))

    def action_delete(self) -> None:
        """Say what deleting does, then delete."""
        if self._method is not None:
            ask_to_delete(self, self._method, lambda _: self.dismiss(None))

    @work(group="schema", exclusive=True)
    async def _show_settings(self, method: PaymentMethod, connector: Connector) -> None:
        schema = await asyncio.to_thread(lambda: connector.schema)
        if not self.is_ready:
            return
        rows = [
            (look.safe(field.label), shown_setting(field, method.settings.get(field.key))) for field in schema.fields
        ]
        settings = self.query_one("#settings", Static)
        settings.update(facts(rows, label_width=LABEL_WIDTH) if rows else look.dim("Nothing to set."))


def ask_to_delete(page: Page, method: PaymentMethod, done: Callable[[PaymentMethod], object]) -> None:
    """Say what deleting does; delete the payment method if the person wants it, then call `done`."""

    def deleted(gone: PaymentMethod) -> None:
        page.notify(f"Payment method {gone.id} is deleted.", markup=False)
        done(gone)

    def answered(sure: bool | None) -> None:  # noqa: FBT001 - the dialog's answer
        if sure:
            page.write(partial(methods.delete, by=page.session.by, method_id=method.id), deleted)

    says = (
        "No new attempts can be started through it. Attempts under way go on, and their answers are taken.\n"
        "No payment changes its status, no money moves. It cannot be brought back."
    )
    page.app.push_screen(Confirm(f"Delete {method.name}?", says, yes="Delete"), answered)


def method_facts(method: PaymentMethod, connector: str, reseller: str) -> list[tuple[str, Text | str]]:
    """Return a method's own fields."""
    rows: list[tuple[str, Text | str]] = [
        ("ID", str(method.id)),
        ("Enabled", enabled_text(method)),
        ("Integration type", INTEGRATION_TYPE),
        ("Connector", look.safe(connector)),
        ("Reseller", look.safe(reseller)),
        ("Created at", f"{look.moment_text(method.created_at)} UTC"),
    ]
    if method.description:
        rows.append(("Description", look.safe(method.description, keep_lines=True)))
    return rows


def enabled_text(method: PaymentMethod) -> Text:
    """Return whether new attempts can be started, as a sign and a word."""
    return Text("● Enabled") if method.enabled else look.said("○ Not enabled", Tone.DIM)


def shown_setting(field: SettingField, value: object | None) -> Text:
    """Return a setting's value for the screen: secrets masked, options by their labels, nothing told as such."""
    if value is None:
        return look.dim("not set")
    if field.masked:
        return Text(look.MASK)
    labels = {option.value: option.label for option in field.options}
    given = value if isinstance(value, list | tuple) else (value,)
    words = [labels.get(each) or _plain(each) for each in given]
    return look.safe_text(", ".join(words)) if field.options else Text(look.safe(words[0], keep_lines=True))


def _plain(value: object) -> str:
    return value if isinstance(value, str) else as_wire_text(value)
