"""The choice of a reseller in a form: the person's own and those below it."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Select

from store.actors import Actor
from store.resellers import Reseller, level_and_below
from store.store import View
from tui import look


class ResellerSelect(Select[int]):
    """Offers what the store holds; `at_first` is chosen until somebody chooses another one, None: the person's own."""

    def __init__(self, at_first: int | None = None, *, id: str = "reseller") -> None:  # noqa: A002 - Textual's name
        super().__init__([], allow_blank=True, id=id)
        self._at_first = at_first
        self._offered: list[tuple[Content, int]] = []

    def offer(self, view: View, by: Actor) -> bool:
        """Offer the resellers in reach, what is chosen stays chosen; return whether others are offered than before."""
        levels = level_and_below(view, by.reseller_id)
        offered = [(Content(look.safe(each.name)), each.id) for each in view.all(Reseller) if each.id in levels]
        if offered == self._offered:
            return False
        self._offered = offered
        at_first = by.reseller_id if self._at_first is None else self._at_first
        chosen = at_first if self.is_blank() else self.value
        self.set_options(offered)
        self.value = chosen
        return True

    def name_of(self, reseller_id: object) -> str:
        """Return the name that a reseller is offered by; its id for one that is not."""
        return next((str(name) for name, each in self._offered if each == reseller_id), f"reseller {reseller_id}")
