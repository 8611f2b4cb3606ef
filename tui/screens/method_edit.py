"""Edit a payment method; its connector stays, since its settings were made for it."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType

from store import methods
from store.methods import MethodForm
from store.payment_method import PaymentMethod
from store.store import View
from tui.screens.method_form import MethodFormPage, form_of


class MethodEdit(MethodFormPage):
    """The form of a payment method as it was read. Its result is the method's id after it was saved."""

    SAVE: ClassVar[str] = "Save"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "save", "Save", key_display="^s")]

    def __init__(self, method: PaymentMethod) -> None:
        super().__init__(form_of(method))
        self._method = method

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return f"Edit payment method {self._method.id}"

    def show(self, view: View) -> None:
        """Show the connector, which cannot be changed."""
        super().show(view)
        self.connector.disabled = True

    def store_form(self, form: MethodForm) -> None:
        """Change the payment method, unless somebody else has changed it since it was read."""
        command = partial(
            methods.update, by=self.session.by, method_id=self._method.id, form=form, version=self._method.version
        )
        self.write(command, self._saved, problems=self.show_problems, refused=self.refuse)

    def _saved(self, method: PaymentMethod) -> None:
        self.notify(f"Payment method {method.id} is saved.", markup=False)
        self.dismiss(method.id)
