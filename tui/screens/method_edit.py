"""Edit a payment method; its connector stays, since its settings were made for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from store import methods
from store.methods import MethodForm
from store.payment_method import PaymentMethod
from store.settings_schema import SettingField
from store.store import Transaction, View
from tui.screens.method_form import (
    CONNECTOR_FIELD,
    DESCRIPTION_FIELD,
    ENABLED_FIELD,
    NAME_FIELD,
    MethodFormPage,
    form_of,
)
from tui.screens.record_form import RecordForm
from tui.widgets.form_field import FormField
from tui.widgets.settings_form import shown_value, value_text


class MethodEdit(RecordForm[PaymentMethod], MethodFormPage):
    """The form of a payment method as it was read. Its result is the method's id after it was saved."""

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return f"Edit payment method {self.record.id}"

    def start(self) -> MethodForm:
        """Return the method as it was read."""
        return form_of(self.record)

    def show(self, view: View) -> None:
        """Show the connector, which cannot be changed."""
        super().show(view)
        self.connector.disabled = True

    def reveals(self, field: FormField) -> Callable[[Transaction], object] | None:
        """Note that a stored secret was shown."""
        key = field.called.removeprefix("/")
        if self.record.settings.get(key) is None:
            return None
        return partial(methods.reveal_setting, by=self.session.by, method_id=self.record.id, key=key)

    def read_again(self, view: View) -> PaymentMethod:
        """Return the method as it is now."""
        return methods.get(view, self.session.by, self.record.id)

    def values_of(self, record: PaymentMethod) -> dict[str, Any]:
        """Return what the fields show of a payment method."""
        fields = self.schema.fields if self.schema else ()
        return {
            NAME_FIELD: record.name,
            ENABLED_FIELD: record.enabled,
            CONNECTOR_FIELD: record.connector_id,
            **{f"/{each.key}": shown_value(each, record.settings.get(each.key)) for each in fields},
            DESCRIPTION_FIELD: record.description,
        }

    def part_text(self, name: str, value: object) -> str:
        """Return a field's value for people; settings as their form shows them."""
        field = self._setting(name)
        if name == ENABLED_FIELD:
            return "on" if value else "off"
        return super().part_text(name, value) if field is None else value_text(field, value)

    def save(self) -> None:
        """Change the payment method, unless somebody else has changed it since it was read."""
        command = partial(
            methods.update,
            by=self.session.by,
            method_id=self.record.id,
            form=self.form,
            version=self.record.version,
        )
        self.send(command, self._saved)

    def _setting(self, name: str) -> SettingField | None:
        return self.schema.field(name.removeprefix("/")) if self.schema and name.startswith("/") else None

    def _saved(self, method: PaymentMethod) -> None:
        self.notify(f"Payment method {method.id} is saved.", markup=False)
        self.dismiss(method.id)
