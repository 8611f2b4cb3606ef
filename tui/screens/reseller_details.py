"""One reseller: where it stands in the sales tree, and what it has."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from store import accounts, managers, methods, resellers
from store.resellers import Reseller, level_and_above, level_and_below
from store.store import View
from tui import look
from tui.screens.details_page import DetailsPage, facts
from tui.targets import Target

LABEL_WIDTH = 18
MOST_NAMES = 8
"""How many names of a kind are told; their lists have all."""


class ResellerDetails(DetailsPage):
    """A reseller as it is now. Its result is the reseller's id."""

    ENTRY = "resellers"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("e", "edit", "Edit", id="reseller.edit")]

    def __init__(self, reseller_id: int) -> None:
        super().__init__()
        self._reseller_id = reseller_id
        self._reseller: Reseller | None = None

    @property
    def target(self) -> Target:
        """What the page is for back and forward."""
        return Target("reseller", self._reseller_id)

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return f"Reseller {self._reseller_id}"

    def compose_workspace(self) -> ComposeResult:
        """Compose the parts, which scroll."""
        with VerticalScroll(id="details", classes="-alone"):
            yield Static(id="reseller-name", classes="section -first")
            yield Static(id="facts")

    def show(self, view: View) -> None:
        """Show the reseller. Raises NotFound."""
        reseller = resellers.get(view, self.session.by, self._reseller_id)
        self._reseller = reseller
        self.query_one("#reseller-name", Static).update(look.safe_text(reseller.name))
        self.query_one("#facts", Static).update(facts(self._facts(view, reseller), label_width=LABEL_WIDTH))
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer changes to who has Full Control."""
        if action == "edit":
            return self._reseller is not None and self.session.by.full_control
        return super().check_action(action, parameters)

    def action_edit(self) -> None:
        """Open the form."""
        from tui.screens.reseller_form import ResellerEdit  # noqa: PLC0415 - opened on request

        if self._reseller is not None:
            self.app.push_screen(ResellerEdit(self._reseller))

    def _facts(self, view: View, reseller: Reseller) -> list[tuple[str, Text | str]]:
        by, here = self.session.by, reseller.id
        reach = level_and_below(view, by.reseller_id)
        above = [view.get(Reseller, each).name for each in level_and_above(view, here)[:0:-1] if each in reach]
        return [
            ("ID", str(here)),
            ("Below", look.safe(" › ".join(above)) if above else look.dim("nothing that you see")),
            ("Resellers below", _named([each.name for each in view.all(Reseller) if each.parent_id == here])),
            ("Accounts", _named([each.name for each in accounts.visible_to(view, by) if each.reseller_id == here])),
            (
                "Payment methods",
                _named([each.name for each in methods.visible_to(view, by) if each.reseller_id == here]),
            ),
            ("Managers", _named([each.email for each in managers.visible_to(view, by) if each.reseller_id == here])),
        ]


def _named(names: list[str]) -> Text:
    """Return how many there are, and the names of the first ones."""
    if not names:
        return look.dim("none")
    more = f", {look.ELLIPSIS}" if len(names) > MOST_NAMES else ""
    return Text.assemble(f"{len(names):,}  ", (look.safe(", ".join(names[:MOST_NAMES])) + more, look.DIM))
