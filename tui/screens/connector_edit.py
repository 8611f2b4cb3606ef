"""Edit a payment gateway connector. The JSON Schema is closed while Instances > 0; the key is rotated, not edited."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from store import connectors
from store.connectors import Connector, ConnectorForm
from store.store import Transaction
from tui import look
from tui.screens.connector_form import STATIC_HINT, ConnectorFormPage, form_of


class ConnectorEdit(ConnectorFormPage):
    """The form of a connector as it was read. Its result is the connector's id after a change.

    The Static JSON is a secret and is not shown; left empty, it stays as it is.
    """

    SAVE = "Save"

    def __init__(self, connector: Connector, *, instances: int, shared_keys: list[str]) -> None:
        super().__init__(form_of(connector))
        self._connector = connector
        self._instances = instances
        self._shared_keys = shared_keys

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return f"Edit Connector {self._connector.id}"

    def schema_is_fixed(self) -> str:
        """Return why the JSON Schema cannot be changed, empty if it can."""
        if not self._instances:
            return ""
        return f"Instances is {self._instances}: the JSON Schema cannot change while payment methods hold settings."

    def static_hint(self) -> str:
        """Say what is kept while nothing is typed."""
        if not self._shared_keys:
            return STATIC_HINT
        names = look.safe(", ".join(self._shared_keys), limit=120)
        return f"{look.MASK} Kept as it is: {names}. Type a whole object to replace it, {{}} to empty it."

    def save(self, form: ConnectorForm) -> None:
        """Change the connector, unless somebody else has changed it meanwhile."""
        kept = form if form.static_text.strip() else replace(form, static_text=self._connector.static_text)
        self.write(partial(self._update, form=kept), self._changed, problems=self.show_problems, refused=self.refuse)

    def _update(self, tx: Transaction, form: ConnectorForm) -> Connector:
        version = self._connector.version
        return connectors.update(tx, self.session.by, self._connector.id, form, version=version)

    def _changed(self, connector: Connector) -> None:
        self.notify(f"Connector {connector.id} is changed.", markup=False)
        self.dismiss(connector.id)
