"""New Payment Gateway Connector."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Label

from store import connectors
from store.connectors import Connector, ConnectorForm
from tui.screens.connector_form import ConnectorFormPage


class ConnectorNew(ConnectorFormPage):
    """The empty form. Its result is the id of the connector that it has created."""

    SAVE = "Create"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "save", "Create", key_display="^s")]

    def __init__(self) -> None:
        super().__init__(ConnectorForm(name="", url=""))

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return "New Payment Gateway Connector"

    def compose_key_field(self) -> ComposeResult:
        """Compose the field of the key, which may stay empty."""
        with Horizontal(classes="form-line"):
            yield Label("Secret Shared Key", classes="form-label")
            yield Input(id="shared-key", password=True, placeholder="empty: made by itself")

    def save(self, form: ConnectorForm) -> None:
        """Create the connector."""
        self.write(
            partial(connectors.create, by=self.session.by, form=form),
            self._created,
            problems=self.show_problems,
            refused=self.refuse,
        )

    def _created(self, connector: Connector) -> None:
        key = "" if self.form.shared_key else " Its Secret Shared Key was made by itself."
        self.notify(f"Connector {connector.id} is created.{key}", markup=False)
        self.dismiss(connector.id)
