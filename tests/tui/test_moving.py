"""Finding and moving by keys: `:`, the palette, back and forward, breadcrumbs, help from the bindings, other keys."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any

import pytest
from textual import events
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Static

from store import managers
from store.store import Store
from tests.tui.cast import ANNA_EMAIL, INES_EMAIL, PASSWORD, TOMAS_EMAIL, manager_of, panel
from tests.tui.conftest import Picture, press, settle
from tests.tui.form_driver import shown
from tests.tui.test_payments import is_on, lines, page_name
from tui import pages, screens, widgets
from tui.app import GatewatchApp
from tui.bar_facts import facts_of
from tui.keys import keys_of, own_keys
from tui.screens.account_details import AccountDetails
from tui.screens.connector_details import ConnectorDetails
from tui.screens.go_to import GoTo
from tui.screens.help import Help
from tui.screens.payment_new import PaymentNew
from tui.session import Session
from tui.settings import NEVER_BOUND, Settings
from tui.settings_file import Loaded
from tui.widgets.keys_footer import KeysFooter
from tui.widgets.record_table import RecordTable
from tui.widgets.top_bar import NOTHING_YET, Facts, top_line

DETAILS = ("1 enter", "2 enter", "3 enter", "4 enter", "5 enter", "6 enter", "7 enter")
"""Keys that open the details of each list's first row."""


async def go(pilot: Pilot[Any], text: str) -> None:
    """Type a text after `:` and Enter, in one burst."""
    burst(pilot.app, f":{text}\r")
    await settle(pilot)


def burst(app: App[Any], text: str) -> None:
    """Send keys at once, as a terminal does with what is pasted or typed fast; `pilot.press` waits after each."""
    names = {":": "colon", "/": "slash", " ": "space", "\r": "enter", "-": "minus"}
    for each in text:
        app.post_message(events.Key(names.get(each, each), each))


def with_keys(store: Store, **keys: str) -> GatewatchApp:
    """Return the panel, signed in, with other keys."""
    settings = Settings(keys={name.replace("__", "."): key for name, key in keys.items()})
    return GatewatchApp(Session(store, store.clock), start_signed_in_as=manager_of(store), loaded=Loaded(settings))


def test_picture_go_to(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["1", "colon", "n", "o", "r", "d"])


def test_picture_help_list(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["1", "question_mark"])


async def test_colon_opens_pages_and_objects_by_id_and_name_in_one_burst(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await go(pilot, "payment 7")
        assert page_name(app) == "Payment P-000007"
        await go(pilot, "connector nord")
        assert is_on(app, ConnectorDetails)
        await go(pilot, "inbox")
        assert page_name(app) == "Inbox"
        await go(pilot, "oak")
        assert page_name(app) == "Account 4"
        await press(pilot, "escape")
        assert page_name(app) == "Accounts"


async def test_colon_says_when_there_is_nothing_and_goes_nowhere(cast: Store) -> None:
    app = panel(cast, TOMAS_EMAIL)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await go(pilot, "connector nord")
        assert is_on(app, GoTo)
        assert app.screen.query_one("#nothing").display
        await press(pilot, "escape")
        assert page_name(app) == "Payments"


async def test_back_and_forward_go_along_pages_and_objects(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "1", "enter", "j", "enter")
        assert page_name(app) == "Payment P-000001"
        await press(pilot, "6", "[")
        assert page_name(app) == "Payment P-000001"
        assert facts_of(app).above == ("Accounts", "Account 1")
        await press(pilot, "[")
        assert is_on(app, AccountDetails)
        await press(pilot, "]", "]")
        assert page_name(app) == "Payment Gateway Connectors"
        await press(pilot, "[", "escape", "]")
        assert page_name(app) == "Payment P-000001"


async def test_forms_are_no_places_to_come_back_to_and_are_not_left_unasked(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "1", "enter", "n")
        assert is_on(app, PaymentNew)
        await press(pilot, "escape", "2", "[")
        assert page_name(app) == "Account 1"


@pytest.mark.parametrize(
    ("width", "begins"),
    [
        (120, "Accounts › Account 1 › Payment P-1"),
        (80, "Accounts › Account 1 › Payment P-1"),
        (66, "… › Account 1 › Payment P-1"),
        (60, "Payment P-1"),
    ],
)
def test_the_pages_above_are_told_as_far_as_there_is_room(width: int, begins: str) -> None:
    facts = Facts("Root reseller", engine_runs=True, user="Anna Berg", time="09:26:53", above=("Accounts", "Account 1"))
    line = top_line("Payment P-1", facts, width).plain
    assert len(line) == width
    assert line.startswith(begins)
    assert "09:26:53" in line
    assert top_line("Payments", NOTHING_YET, 20).plain.rstrip() == "Payments"


async def test_the_palette_offers_the_actions_of_the_page_and_objects(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(100, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "6", "enter")
        names = [each.title for each in app.get_system_commands(app.screen)]
        assert {"Edit", "Rotate", "Back", "Payments", "Sign out"} <= set(names)
        await pilot.press("ctrl+p", *"iberia")
        await pilot.pause(0.5)
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert page_name(app) == "Payment gateway connector 2"


async def test_every_key_that_works_for_who_may_only_read_is_in_help_and_is_there(cast: Store) -> None:
    app = panel(cast, INES_EMAIL)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for opening in (*(str(each.number) for each in pages.PAGES), *DETAILS):
            await press(pilot, *opening.split())
            screen = app.screen
            expected = keys_of(screen)
            working = {key for key, each in screen.active_bindings.items()}
            await press(pilot, "f1")
            assert is_on(app, Help), opening
            told = "\n".join(str(each.render()) for each in app.screen.query(Static))
            for each in expected:
                assert each.says in told, (opening, each)
                assert all(key in told for key in each.keys), (opening, each)
                assert each.says != each.action, f"{opening}: {each.keys} has no description"
                assert works(app, each.node, each.action), (opening, each)
            assert not working & NEVER_BOUND - {"ctrl+c", "escape", "tab"}, opening
            await press(pilot, "escape")


def works(app: GatewatchApp, node: Any, action: str) -> bool:
    """Say whether an action of a binding is really there to run."""
    from textual.actions import parse  # noqa: PLC0415 - one test's tool

    destination, name, _ = parse(action)
    owner = {"": node, "app": app, "screen": app.screen, "focused": app.focused}[destination]
    return any(callable(getattr(owner, f"{prefix}action_{name}", None)) for prefix in ("", "_"))


async def test_keys_that_help_does_not_list_do_nothing(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "1")
        working = set(app.screen.active_bindings)
        before = (app.screen, lines(app))
        for key in (
            "a",
            "b",
            "d",
            "i",
            "m",
            "o",
            "p",
            "q",
            "t",
            "u",
            "w",
            "x",
            "z",
            "9",
            "f6",
            "f9",
            "ctrl+k",
            "space",
        ):
            assert key not in working, key
            await pilot.press(key)
        await settle(pilot)
        assert (app.screen, lines(app)) == before


async def test_other_keys_are_given_by_the_name_of_a_binding(cast: Store) -> None:
    app = with_keys(cast, list__open="o", list__down="w,down", app__help="f8")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "1", "w", "j")
        assert app.screen.query_one(RecordTable).cursor_key == 2
        await press(pilot, "enter", "o")
        assert page_name(app) == "Account 2"
        await press(pilot, "f8")
        assert is_on(app, Help)


async def test_an_empty_list_names_the_key_that_was_given(store: Store) -> None:
    managers.create_first(store, name="Anna Berg", email=ANNA_EMAIL, password=PASSWORD)
    app = with_keys(store, list__new="ctrl+n,f8")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for page in "1", "3", "5", "6":
            await press(pilot, page)
            assert "^n" in app.screen.query_one(RecordTable).empty.press


async def test_a_name_that_no_binding_has_and_a_key_that_was_taken_are_told(cast: Store) -> None:
    app = with_keys(cast, list__opem="o", list__open="s")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "1")
        told = " ".join(each.message for each in app._notifications)
        assert "there is no binding list.opem; perhaps list.open is meant" in told
        assert "keys: s is list.sort's; list.open takes it." in told


async def test_a_key_of_the_whole_panel_that_a_list_has_stays_the_lists_and_so_it_is_told(cast: Store) -> None:
    app = with_keys(cast, app__help="s")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "1")
        assert "keys: s is list.sort's; there it stays list.sort's." in [each.message for each in app._notifications]
        await press(pilot, "s")
        assert not is_on(app, Help)
        await press(pilot, "enter", "tab", "s")
        assert is_on(app, Help)


def test_every_binding_of_the_panel_has_a_name_of_its_own_kind() -> None:
    ids = set(own_keys())
    assert {"app.quit", "list.open", "filter.give_up", "dialog.cancel", "manager.edit"} <= ids
    assert all(each.count(".") == 1 for each in ids)
    for package in (screens, widgets):
        for name in pkgutil.iter_modules(package.__path__):
            for kind in vars(import_module(f"{package.__name__}.{name.name}")).values():
                own = isinstance(kind, type) and kind.__module__.startswith("tui.") and vars(kind).get("BINDINGS", ())
                assert all(each.id and each.description for each in own or ()), kind


async def test_help_and_quit_stay_in_the_footer_of_a_narrow_terminal(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(60, 20)) as pilot:
        await settle(pilot)
        footer = app.screen.query_one(KeysFooter)
        assert footer.left_out
        drawn = shown(app).splitlines()[-1]
        assert drawn.rstrip().endswith("Quit  F1 Help")
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert not footer.left_out
