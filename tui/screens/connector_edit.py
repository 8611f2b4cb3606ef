"""Edit a payment gateway connector. The JSON Schema is closed while Instances > 0; the key is rotated, not edited."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from store import connectors
from store.connectors import Connector, ConnectorForm
from store.payment_method import PaymentMethod
from store.settings_schema import SCHEMA_FIELD, STATIC_FIELD
from store.store import Transaction, View
from tui import look
from tui.screens.connector_form import NAME_FIELD, PERIOD_FIELD, URL_FIELD, ConnectorFormPage, form_of
from tui.screens.record_form import RecordForm
from tui.widgets.form_field import FormField
from tui.widgets.json_area import JsonArea

MOST_NAMED = 5
"""How many of the methods that lock the JSON Schema are named."""


class ConnectorEdit(RecordForm[Connector], ConnectorFormPage):
    """The form of a connector as it was read. Its result is the connector's id after a change.

    `shared_keys` are the names of the values in its Static JSON, which is hidden until somebody asks for it.
    """

    def __init__(self, connector: Connector, shared_keys: list[str]) -> None:
        super().__init__(connector)
        self._static_keys = shared_keys

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return f"Edit payment gateway connector {self.record.id}"

    def start(self) -> ConnectorForm:
        """Return the connector as it was read."""
        return form_of(self.record)

    def show(self, view: View) -> None:
        """Close the JSON Schema while payment methods are based on the connector, and name them."""
        methods = connectors.methods_of(view, self.record.id)
        self.query_one("#schema", JsonArea).set_locked(why_locked(methods))
        self.refresh_bindings()

    def reveals(self, field: FormField) -> Callable[[Transaction], object] | None:
        """Note that the stored Static JSON was shown."""
        if field.called != STATIC_FIELD or not self.record.static_text.strip():
            return None
        return partial(connectors.reveal_static, by=self.session.by, connector_id=self.record.id)

    def read_again(self, view: View) -> Connector:
        """Return the connector as it is now."""
        return connectors.get(view, self.session.by, self.record.id)

    def values_of(self, record: Connector) -> dict[str, Any]:
        """Return what the fields show of a connector."""
        form = form_of(record)
        return {
            NAME_FIELD: form.name,
            URL_FIELD: form.url,
            PERIOD_FIELD: form.period_minutes,
            SCHEMA_FIELD: form.schema_text,
            STATIC_FIELD: form.static_text,
        }

    def save(self) -> None:
        """Change the connector, unless somebody else has changed it meanwhile."""
        command = partial(
            connectors.update,
            by=self.session.by,
            connector_id=self.record.id,
            form=self.form,
            version=self.record.version,
        )
        self.send(command, self._saved)

    def _saved(self, connector: Connector) -> None:
        self.notify(f"Connector {connector.id} is changed.", markup=False)
        self.dismiss(connector.id)


def why_locked(methods: list[PaymentMethod]) -> str:
    """Return why the JSON Schema cannot be changed, naming the methods; empty if there are none."""
    if not methods:
        return ""
    names = [f"{look.safe(each.name, limit=40)} (ID {each.id})" for each in methods[:MOST_NAMED]]
    more = f" and {len(methods) - MOST_NAMED} more" if len(methods) > MOST_NAMED else ""
    return (
        f"Locked, since Instances is {len(methods)}: {', '.join(names)}{more} "
        f"{'holds' if len(methods) == 1 else 'hold'} settings made for it."
    )
