"""The footer with a mouse: the keys can be pressed there, and tell more when they are pointed at."""

from __future__ import annotations

from store.store import Store
from tests.tui.cast import panel
from tests.tui.conftest import press, settle
from tests.tui.form_driver import checked
from tui.app import GatewatchApp
from tui.screens.accounts import AccountsPage
from tui.widgets.keys_footer import KeysFooter


def footer_of(app: GatewatchApp) -> KeysFooter:
    return app.screen.query_one(KeysFooter)


def column_of(app: GatewatchApp, does: str) -> int:
    """Return where in the last line of the terminal a key's description stands."""
    return footer_of(app).render().plain.index(does)


async def test_a_click_on_a_key_presses_it(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "1")
        await pilot.click(KeysFooter, offset=(column_of(app, "Create"), 0))
        await settle(pilot)
        assert not isinstance(app.screen, AccountsPage)
        await pilot.click(KeysFooter, offset=(column_of(app, "Cancel"), 0))
        await settle(pilot)
        assert isinstance(app.screen, AccountsPage)
        screen = app.screen
        await pilot.click(KeysFooter, offset=(60, 0))
        await settle(pilot)
        assert app.screen is screen


async def test_nothing_is_marked_where_no_mouse_is(cast: Store) -> None:
    app = panel(cast, None)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        footer = footer_of(app)
        assert [each.does for each in footer.keys] == ["Quit", "Help"]
        assert footer.pointed_at is None


async def test_the_key_that_is_pointed_at_is_marked_also_when_the_keys_change_under_the_pointer(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "6", "n", "ctrl+s")
        footer = footer_of(app)
        plain = footer.render().spans
        column = column_of(app, "Problem")
        await pilot.hover(KeysFooter, offset=(column, 0))
        assert footer.tooltip == "Go to the next problem"
        assert footer.render().spans != plain
        for key in (
            *"Nordbank",
            "tab",
            *"https://pay.example/",
            "tab",
            "tab",
            "left_square_bracket",
            "right_square_bracket",
        ):
            await pilot.press(key)
        await checked(pilot)
        assert "Problem" not in footer.render().plain
        assert footer.pointed_at == footer._at(column)
        assert footer.tooltip != "Go to the next problem"
        await pilot.hover("#name")
        assert footer.pointed_at is None
