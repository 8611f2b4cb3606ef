"""First start: a new store asks for its root manager."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot
from textual.widgets import Static

from store import managers
from store.managers import Permission
from store.store import Store
from tests.tui.cast import PASSWORD, manager_of, panel
from tests.tui.conftest import Picture, settle
from tui.app import GatewatchApp
from tui.screens.first_start import FirstStart
from tui.screens.page import Page


async def fill(pilot: Pilot[Any], *fields: str) -> None:
    """Type name, email, password and password again, and press the button."""
    await settle(pilot)
    for text in fields:
        await pilot.press(*text, "tab")
    await pilot.press("enter")
    await settle(pilot)


def said(app: GatewatchApp) -> str:
    """Return what the form says."""
    return str(app.screen.query_one("#said", Static).render())


def test_picture_first_start(picture: Picture, store: Store) -> None:
    assert picture(panel(store, None))


async def test_a_new_store_gets_its_root_manager_who_is_signed_in_then(store: Store) -> None:
    app = panel(store, None)
    async with app.run_test(size=(80, 24)) as pilot:
        await fill(pilot, "Anna Berg", "anna@northwind.example", PASSWORD, PASSWORD)

        assert isinstance(app.screen, Page)
    made = manager_of(store)
    assert (made.name, made.reseller_id, made.permission) == ("Anna Berg", 1, Permission.FULL_CONTROL)


async def test_two_passwords_that_differ_are_told_and_nobody_is_made(store: Store) -> None:
    app = panel(store, None)
    async with app.run_test(size=(80, 24)) as pilot:
        await fill(pilot, "Anna Berg", "anna@northwind.example", PASSWORD, PASSWORD + "x")

        assert isinstance(app.screen, FirstStart)
        assert "differs" in said(app)
    assert not managers.any_exists(store.view())


async def test_every_problem_of_the_form_is_told_at_once(store: Store) -> None:
    app = panel(store, None)
    async with app.run_test(size=(80, 24)) as pilot:
        await fill(pilot, "", "anna", "short", "short")

        assert all(each in said(app) for each in ("Name", "Email", "Password"))


async def test_enter_goes_to_the_next_empty_field_and_sends_from_the_last(store: Store) -> None:
    app = panel(store, None)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press(*"Anna", "enter", *"a@b.example", "enter", *PASSWORD, "enter", *PASSWORD, "enter")
        await settle(pilot)

        assert isinstance(app.screen, Page)
