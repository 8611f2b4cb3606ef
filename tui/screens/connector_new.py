"""New payment gateway connector."""

from __future__ import annotations

from functools import partial

from textual.app import ComposeResult
from textual.widgets import Input

from store import connectors
from store.connectors import Connector, ConnectorForm
from tui.screens.connector_form import KEY_FIELD, KEY_HINT, ConnectorFormPage
from tui.widgets.form_field import FormField


class ConnectorNew(ConnectorFormPage):
    """The empty form. Its result is the id of the connector that it has created."""

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return "New payment gateway connector"

    def start(self) -> ConnectorForm:
        """Return an empty form."""
        return ConnectorForm(name="", url="")

    def compose_key_field(self) -> ComposeResult:
        """Compose the field of the key, which may stay empty."""
        key = Input(id="shared-key", password=True, placeholder="empty: made by itself")
        yield FormField(KEY_FIELD, KEY_FIELD, key, hint=KEY_HINT, secret=True)

    def save(self) -> None:
        """Create the connector."""
        self.send(partial(connectors.create, by=self.session.by, form=self.form), self._created)

    def _created(self, connector: Connector) -> None:
        key = "" if self.form.shared_key else " Its Secret Shared Key was made by itself."
        self.notify(f"Connector {connector.id} is created.{key}", markup=False)
        self.dismiss(connector.id)
