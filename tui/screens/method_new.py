"""New payment method: choose a connector, and fill in the settings that it asks for."""

from __future__ import annotations

from functools import partial

from store import methods
from store.methods import MethodForm
from store.payment_method import PaymentMethod
from tui.screens.method_form import MethodFormPage


class MethodNew(MethodFormPage):
    """The empty form. Its result is the id of the payment method that it has created."""

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return "New payment method"

    def start(self) -> MethodForm:
        """Return an empty form."""
        return MethodForm(name="", connector_id=None)

    def save(self) -> None:
        """Create the payment method."""
        self.send(partial(methods.create, by=self.session.by, form=self.form), self._created)

    def _created(self, method: PaymentMethod) -> None:
        self.notify(f"Payment method {method.id} is created.", markup=False)
        self.dismiss(method.id)
