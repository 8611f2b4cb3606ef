"""New payment method: choose a connector, and fill in the settings that it asks for."""

from __future__ import annotations

from functools import partial

from store import methods
from store.methods import MethodForm
from store.payment_method import PaymentMethod
from tui.screens.method_form import MethodFormPage


class MethodNew(MethodFormPage):
    """The empty form. Its result is the id of the payment method that it has created."""

    def __init__(self) -> None:
        super().__init__(MethodForm(name="", connector_id=None))

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return "New payment method"

    def store_form(self, form: MethodForm) -> None:
        """Create the payment method."""
        command = partial(methods.create, by=self.session.by, form=form)
        self.write(command, self._created, problems=self.show_problems, refused=self.refuse)

    def _created(self, method: PaymentMethod) -> None:
        self.notify(f"Payment method {method.id} is created.", markup=False)
        self.dismiss(method.id)
