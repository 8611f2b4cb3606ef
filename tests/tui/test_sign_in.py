"""Sign in: email and password, the store's own sentence when it refuses."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot
from textual.widgets import Input, Static

from store.store import Store
from tests.tui.cast import ANNA_EMAIL, PASSWORD, manager_of, panel
from tests.tui.conftest import Picture, settle
from tui.app import GatewatchApp
from tui.screens.page import Page
from tui.screens.sign_in import SignIn


async def sign_in(pilot: Pilot[Any], password: str) -> None:
    """Type email and password, and press Enter."""
    await settle(pilot)
    email = pilot.app.screen.query_one("#email", Input)
    email.value = ANNA_EMAIL
    email.focus()
    await pilot.press("enter", *password, "enter")
    await settle(pilot)


def said(app: GatewatchApp) -> str:
    """Return what the form says."""
    return str(app.screen.query_one("#said", Static).render())


def test_picture_sign_in(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast, None))


def test_picture_sign_in_refused(picture: Picture, cast: Store) -> None:
    async def wrong(pilot: Pilot[None]) -> None:
        await sign_in(pilot, "not it")

    assert picture(panel(cast, None), prepare=wrong)


async def test_the_right_password_opens_the_first_page(cast: Store) -> None:
    app = panel(cast, None)
    async with app.run_test(size=(80, 24)) as pilot:
        await sign_in(pilot, PASSWORD)

        assert isinstance(app.screen, Page)
        assert app.session.by.name == ANNA_EMAIL


async def test_a_wrong_password_is_told_in_the_stores_sentence_and_can_be_typed_again(cast: Store) -> None:
    app = panel(cast, None)
    async with app.run_test(size=(80, 24)) as pilot:
        await sign_in(pilot, "not it")
        assert isinstance(app.screen, SignIn)
        assert said(app) == "✗ The email or the password is not right."
        assert app.focused is app.screen.query_one("#password")

        await pilot.press(*PASSWORD, "enter")
        await settle(pilot)
        assert isinstance(app.screen, Page)


async def test_enter_in_an_empty_password_is_not_a_wrong_one_that_blocks(cast: Store) -> None:
    app = panel(cast, None)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+s")
        assert said(app) == "✗ The email is empty; write it."
        app.screen.query_one("#email", Input).value = ANNA_EMAIL
        for _ in range(7):
            await pilot.press("ctrl+s")
            await settle(pilot)
        assert said(app) == "✗ The password is empty; write it."
        assert app.focused is app.screen.query_one("#password")
        assert manager_of(cast).failures == 0
        await sign_in(pilot, PASSWORD)
        assert isinstance(app.screen, Page)


async def test_the_password_is_never_on_the_screen(cast: Store) -> None:
    app = panel(cast, None)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.screen.query_one("#password").focus()
        await pilot.press(*"hunter2hunter2")

        assert "hunter2" not in app.export_screenshot()


async def test_no_page_can_be_opened_before_signing_in(cast: Store) -> None:
    app = panel(cast, None)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.screen.query_one("#go").focus()
        for key in ("3", "6", ":", "["):
            await pilot.press(key)
            await settle(pilot)

        assert isinstance(app.screen, SignIn)


async def test_signing_out_asks_who_is_there(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.presence.sign_out()
        await settle(pilot)

        assert isinstance(app.screen, SignIn)
        assert app.session.actor is None
