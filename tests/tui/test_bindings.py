"""Every key that the panel shows does something or says why not, is in help, and is none that terminals need."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from textual.binding import ActiveBinding
from textual.dom import DOMNode
from textual.pilot import Pilot
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

import tui
from store.store import Store, open_store
from tests.tui.conftest import press, settle, still_cursors
from tests.tui.form_driver import checked
from tests.tui.places import PLACES, Place, screens_of_the_panel
from tui.app import GatewatchApp
from tui.keys import keys_of
from tui.screens.help import OWN_OF_FIELD, Help
from tui.settings import NEVER_BOUND
from tui.widgets.choices import Choices
from tui.widgets.keys_footer import KeysFooter
from tui.widgets.navigation import Navigation
from tui.widgets.problem_list import ProblemList
from tui.widgets.record_table import RecordTable

NEVER_OURS = NEVER_BOUND - {"escape", "tab"}
MOVE_FIRST = {
    "list.up": "G",
    "list.first": "G",
    "list.page_up": "G",
    "list.left": "l",
    "details.up": "G",
    "details.top": "G",
    "choices.up": "G",
    "choices.first": "G",
    "help.up": "j",
    "preview.up": "j",
    "preview.page_up": "pagedown",
    "both.up": "j",
    "columns.up": "j",
    "columns.reset": "space",
    "navigation.up": "j",
    "form.editor": "x",
    "form.reveal": "x",
}
"""What has to be done before a key can show that it works: who is at the top cannot go up."""
THROUGH_TEXT = frozenset({"dialog.down", "dialog.up", "details.down", "details.up", "details.top", "details.bottom"})
"""What moves through texts that may be long, and does nothing where they are short."""


SCREENS = {each.__name__: each for each in screens_of_the_panel()}
WIDGETS_AT = {
    RecordTable: "PaymentsPage-3",
    Choices: "CopyChoice-1-y",
    ProblemList: "ConnectorNew-6-n-ctrl+s-f3",
    Navigation: "AccountsPage-1-0",
}
"""Where the keys of what many screens have are pressed."""


def ours(screen: Screen[Any]) -> Iterator[tuple[str, ActiveBinding]]:
    """Yield the bindings of the panel's own that work on a screen now, with the first key of each."""
    met: set[tuple[int, str]] = set()
    for key, each in screen.active_bindings.items():
        place = (id(each.node), each.binding.id or "")
        if each.binding.id and place not in met:
            met.add(place)
            yield key, each


def picture(app: GatewatchApp) -> tuple[object, ...]:
    """Return all that somebody at the panel could notice."""
    still_cursors(app)
    drawn = [[(each.text, each.style) for each in line] for line in app.screen._compositor.render_strips()]
    told = [each.message for each in app._notifications]
    return drawn, told, app.screen_stack, app.focused, app.is_over, app._copied


def is_pressed_elsewhere(each: ActiveBinding, place: Place) -> bool:
    """Say whether another place has the same: the same widget, or the same code behind a key that only help has.

    What the footer shows is pressed on each screen.
    """
    kind = type(each.node)
    if kind in WIDGETS_AT:
        return WIDGETS_AT[kind] != str(place)
    method = f"action_{each.binding.action.partition('(')[0]}"
    does = next((each for each in kind.__mro__ if method in vars(each)), kind)
    first = next((one for one in PLACES if issubclass(SCREENS[one.screen], does)), place)
    return not each.binding.show and first is not place


@pytest.fixture
def at(place: Place, cast: Store, tmp_path: Path) -> tuple[GatewatchApp, Store]:
    """Return the panel of a place, and its store."""
    store = open_store(tmp_path / "new", clock=cast.clock, ids=cast.ids) if place.is_new else cast
    return place.panel(store), store


class Visit:
    """A place that is open, and is come back to after each key."""

    def __init__(self, place: Place, pilot: Pilot[Any], store: Store) -> None:
        self._place, self.pilot, self._store = place, pilot, store
        assert isinstance(pilot.app, GatewatchApp)
        self.app = pilot.app
        self.screen: Screen[Any] = pilot.app.screen
        self._focused = pilot.app.focused

    async def come_back(self) -> None:
        """Be where the place is, as it was; by Esc if a key has only opened something above it."""
        self.app.clear_notifications()
        if self.app.screen is not self.screen and self.screen in self.app.screen_stack:
            await press(self.pilot, "escape")
        if self.app.screen is not self.screen:
            await self._place.open(self.pilot, self._store)
            self.screen, self._focused = self.app.screen, self.app.focused
        elif self._focused is not None and self._focused.is_attached:
            self.screen.set_focus(self._focused)
        self.app.clear_notifications()
        await settle(self.pilot)

    async def does_something(self, key: str, first: str = "") -> bool:
        """Say whether a key has done something that can be noticed, and nothing has crashed."""
        await self.come_back()
        if first:
            await press(self.pilot, first)
        before = picture(self.app)
        await press(self.pilot, key)
        return picture(self.app) != before


@pytest.mark.parametrize("place", PLACES, ids=str)
async def test_each_key_of_a_place_does_something_or_says_why_not_and_stands_in_help(
    place: Place, at: tuple[GatewatchApp, Store]
) -> None:
    app, store = at
    async with app.run_test(size=place.size) as pilot:
        await place.open(pilot, store)
        await checked(pilot)  # what is typed in a form is checked a moment later
        visit = Visit(place, pilot, store)
        assert_none_is_the_terminals(visit.screen)
        await assert_ctrl_c_only_copies_what_is_selected(visit)
        await assert_all_stand_in_help(visit)
        await visit.come_back()
        silent = []
        for key, each in list(ours(visit.screen)):
            name = each.binding.id or ""
            if each.node is app or not each.enabled or is_pressed_elsewhere(each, place):
                continue
            done = await visit.does_something(key, MOVE_FIRST.get(name, ""))
            if not done and not (name in THROUGH_TEXT and is_all_in_sight(visit.screen)):
                silent.append(f"{key} ({name})")
            assert not app.is_over
        assert not silent


def assert_none_is_the_terminals(screen: Screen[Any]) -> None:
    """Hold that keys which terminals need are at most those by which a text field is edited, and are not shown."""
    for key, each in screen.active_bindings.items():
        if key in NEVER_OURS:
            assert isinstance(each.node, Input | TextArea), (key, each)
            assert not each.binding.id, (key, each)
            assert not each.binding.show, (key, each)
            assert not each.binding.priority, (key, each)


def is_all_in_sight(screen: Screen[Any]) -> bool:
    """Say whether there is nothing to scroll to."""
    return not any(each.max_scroll_y for each in screen.query("*").results(Widget))


async def assert_ctrl_c_only_copies_what_is_selected(visit: Visit) -> None:
    """Hold that ctrl+c ends and changes nothing, and copies, with words, only in a field and what is selected there."""
    focused = visit.app.focused
    selected = focused.selected_text if isinstance(focused, Input | TextArea) else ""
    before = visit.app.screen_stack, focused
    assert await visit.does_something("ctrl+c") == bool(selected)
    assert (visit.app.screen_stack, visit.app.focused, visit.app.is_over) == (*before, False)


async def assert_all_stand_in_help(visit: Visit) -> None:
    """Hold that help has every key that works here, under the panel's own or among those of the field itself."""
    app, expected = visit.app, keys_of(visit.screen)
    working = set(visit.screen.active_bindings)
    if "f1" not in working or isinstance(visit.screen, Help):
        assert_all_stand_in_the_dialog(visit.screen)
        return
    await press(visit.pilot, "f1")
    assert isinstance(app.screen, Help)
    groups = {str(each.render()).partition("\n")[0]: str(each.render()) for each in app.screen.query(Static)}
    for each in expected:
        whose = [each.says in text and all(key in text for key in each.keys) for text in groups.values()]
        assert any(whose), each
        assert each.says != each.action, f"{each.keys} has no description"
    assert "Copy selected text" not in "".join(text for title, text in groups.items() if title != OWN_OF_FIELD.upper())
    await press(visit.pilot, "escape")


def assert_all_stand_in_the_dialog(screen: Screen[Any]) -> None:
    """Hold that a dialog, over which no help opens, tells its keys itself: those of its footer, all that there is."""
    assert isinstance(screen, ModalScreen)
    for footer in screen.query(KeysFooter):
        told = {each.does for each in footer.keys}
        assert {each.binding.description for _, each in ours(screen) if each.binding.show} <= told
        assert told, "a dialog with an empty footer"


def test_the_places_are_all_screens_of_the_panel() -> None:
    assert {each.__name__ for each in screens_of_the_panel()} == {each.screen for each in PLACES}


def test_no_binding_of_the_panel_is_a_key_that_terminals_need_or_takes_a_letter_from_whoever_types() -> None:
    for kind in set(nodes_of_the_panel()):
        for each in vars(kind).get("BINDINGS", ()):
            keys = each.key.split(",")
            assert not NEVER_OURS & set(keys), (kind, each)
            assert not (each.priority and any(len(key) == 1 for key in keys)), (kind, each)


def nodes_of_the_panel() -> Iterator[type[DOMNode]]:
    """Yield every screen, widget and app of the panel, in whatever module it stands."""
    for each in pkgutil.walk_packages(tui.__path__, "tui."):
        if each.name == "tui.__main__":
            continue
        for kind in vars(import_module(each.name)).values():
            if isinstance(kind, type) and issubclass(kind, DOMNode) and kind.__module__.startswith("tui."):
                yield kind
