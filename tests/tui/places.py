"""Every screen, form and dialog of the panel, and how to get there by keys: for tests of what holds for all of them."""

from __future__ import annotations

import pkgutil
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from textual.dom import DOMNode
from textual.pilot import Pilot
from textual.screen import ModalScreen, Screen

from store.store import Store
from tests.tui.cast import ANNA_EMAIL, manager_of
from tests.tui.conftest import press, settle
from tests.tui.test_connectors import rotated_and_still_used
from tests.tui.test_forms import stale_edit
from tui import screens, widgets
from tui.app import GatewatchApp
from tui.screens.form_page import FormPage
from tui.session import Session
from tui.settings_file import load
from tui.widgets.confirm import Confirm

SIZE = (80, 20)
"""So low that most texts have somewhere to scroll to."""
SETTINGS = 'editor = true\n\n[alerts.late]\nmeasure = "late"\nabove = 0\n'
"""What brings keys of its own."""
DECLINED = "3 j j j j j j enter"
FILTERED = "1 slash b e r enter"
MOST_STEPS_BACK = 12

Arrange = Callable[[Pilot[Any], Store], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Place:
    """One screen: its class, and the keys that lead there from any list, or what arranges it.

    `before` is done to the store first. At a door nobody is signed in; `is_new`: the store has nothing in it.
    """

    screen: str
    keys: str = ""
    arrange: Arrange | None = None
    before: Callable[[Store], object] | None = None
    at_door: bool = False
    is_new: bool = False
    size: tuple[int, int] = SIZE

    def __str__(self) -> str:
        """Return its name among the tests."""
        return f"{self.screen} {self.keys}".strip().replace(" ", "-")

    def panel(self, store: Store) -> GatewatchApp:
        """Return the panel on a store, with a settings file beside it."""
        if self.before is not None:
            self.before(store)
        signed_in = None if self.at_door else manager_of(store, ANNA_EMAIL)
        file = store.folder.parent / "config.toml"
        file.write_text(SETTINGS, encoding="utf-8")
        environment = {"VISUAL": "true"}
        loaded = load(file, environment)
        assert not loaded.problems
        return GatewatchApp(
            Session(store, store.clock), start_signed_in_as=signed_in, loaded=loaded, environment=environment
        )

    async def open(self, pilot: Pilot[Any], store: Store) -> None:
        """Go there, from wherever the panel is."""
        await settle(pilot)
        if type(pilot.app.screen).__name__ != self.screen or self.keys:
            await _to_a_list(pilot)
        if self.arrange is not None:
            await self.arrange(pilot, store)
        await press(pilot, *self.keys.split())
        assert type(pilot.app.screen).__name__ == self.screen, self


async def _to_a_list(pilot: Pilot[Any]) -> None:
    """Leave dialogs and forms, without doing what they ask."""
    app = pilot.app
    assert isinstance(app, GatewatchApp)
    for _ in range(MOST_STEPS_BACK):
        if isinstance(app.screen, Confirm) and isinstance(app.screen_stack[-2], FormPage):
            await press(pilot, "right", "enter")
        elif isinstance(app.screen, ModalScreen | FormPage):
            await press(pilot, "escape")
        else:
            return
    raise AssertionError(f"{app.screen} cannot be left by Esc")


async def _both(pilot: Pilot[Any], store: Store) -> None:
    await stale_edit(pilot, store)
    await press(pilot, "right", "right", "right", "enter")


PLACES = (
    Place("AccountsPage", "1"),
    Place("AccountsPage", FILTERED),
    Place("AccountsPage", "1 slash x"),
    Place("AccountsPage", "1 0"),
    Place("ResellersPage", "2"),
    Place("PaymentsPage", "3"),
    Place("InboxPage", "4"),
    Place("MethodsPage", "5"),
    Place("ConnectorsPage", "6"),
    Place("ManagersPage", "7"),
    Place("ActionLogPage", "8"),
    Place("ConnectorHealthPage", "3 t"),
    Place("AccountDetails", "1 enter"),
    Place("ResellerDetails", "2 enter"),
    Place("PaymentDetails", DECLINED),
    Place("AnswerDetails", "4 enter"),
    Place("AnswerDetails", "4 G enter"),
    Place("MethodDetails", "5 enter"),
    Place("ConnectorDetails", "6 enter"),
    Place("ManagerDetails", "7 j enter"),
    Place("AccountNew", "1 n"),
    Place("PaymentNew", "1 enter n"),
    Place("ResellerNew", "2 n"),
    Place("ResellerEdit", "2 j e"),
    Place("AnswerRecord", "4 n"),
    Place("MethodNew", "5 n"),
    Place("MethodEdit", "5 e"),
    Place("ConnectorEdit", "6 e"),
    Place("ConnectorNew", "6 n"),
    Place("ConnectorNew", "6 n x tab tab tab f2 f2"),
    Place("ConnectorNew", "6 n ctrl+s f3"),
    Place("ManagerNew", "7 n"),
    Place("ManagerEdit", "7 j e"),
    Place("ManagerPassword", "7 j P"),
    Place("Confirm", "6 G D"),
    Place("Confirm", "6 n x escape"),
    Place("Question", arrange=stale_edit),
    Place("LookAtBoth", arrange=_both),
    Place("SchemaPreviewDialog", "6 enter e tab tab tab f9"),
    Place("RotateKey", "6 enter R"),
    Place("OldKey", "6 enter R", before=rotated_and_still_used),
    Place("KeyShown", "6 enter v"),
    Place("PayDialog", f"{DECLINED} p"),
    Place("ReasonDialog", "4 j enter X"),
    Place("AttachDialog", "4 enter A"),
    Place("ColumnChooser", "1 c"),
    Place("SavedFilters", f"{FILTERED} f m i n e enter f"),
    Place("CopyChoice", "1 y"),
    Place("Copied", "1 y enter Y"),
    Place("AlertsDialog", "1 colon a l e r t s enter"),
    Place("GoTo", "1 colon n"),
    Place("Help", "1 f1"),
    Place("Palette", "1 ctrl+p"),
    Place("SignIn", at_door=True),
    Place("FirstStart", at_door=True, is_new=True),
    Place("TooSmall", size=(60, 15)),
)


def screens_of_the_panel() -> Iterator[type[DOMNode]]:
    """Yield every screen that can be on top: those that none other is made of."""
    kinds = [
        kind
        for package in (screens, widgets)
        for each in pkgutil.iter_modules(package.__path__)
        for kind in vars(import_module(f"{package.__name__}.{each.name}")).values()
        if isinstance(kind, type) and issubclass(kind, Screen) and kind.__module__.startswith("tui.")
    ]
    yield from (kind for kind in kinds if not any(other is not kind and issubclass(other, kind) for other in kinds))
