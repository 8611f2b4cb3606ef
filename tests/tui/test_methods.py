"""Payment methods: the list, the details, and the forms that connectors' schemas ask for."""

from __future__ import annotations

from typing import Any

from textual.await_complete import AwaitComplete
from textual.widgets import Input, Select, Static

from store import methods
from store.actors import Actor
from store.methods import MethodForm
from store.payment_method import PaymentMethod
from store.store import Store
from tests.tui.cast import ANNA_EMAIL, INES_EMAIL, TOMAS_EMAIL, panel
from tests.tui.conftest import Picture, press, settle
from tests.tui.test_payments import is_on, lines, page_name
from tui.app import GatewatchApp
from tui.screens.method_details import MethodDetails
from tui.screens.method_edit import MethodEdit
from tui.screens.method_new import MethodNew
from tui.screens.methods import MethodsPage
from tui.screens.page import StoreChanged
from tui.widgets.confirm import Confirm
from tui.widgets.form_field import FormField
from tui.widgets.record_table import RecordTable
from tui.widgets.settings_form import SettingsForm

ANNA = Actor(ANNA_EMAIL)


def field(app: GatewatchApp, name: str) -> FormField:
    """Return the form's field that problem items call so."""
    return next(each for each in app.screen.query(FormField) if each.called == name)


def wrong(app: GatewatchApp) -> list[str]:
    """Return the fields that have a problem."""
    return [each.called for each in app.screen.query(FormField) if each.has_class("-wrong")]


async def choose(pilot: Any, connector_id: int) -> None:
    """Choose a connector, and wait for its fields."""
    pilot.app.screen.query_one("#connector", Select).value = connector_id
    await settle(pilot)


def test_picture_methods(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["5"])


def test_picture_method_details(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["5", "enter"])


def test_picture_method_new(picture: Picture, cast: Store) -> None:
    async def chosen(pilot: Any) -> None:
        await choose(pilot, 1)

    assert picture(panel(cast), press=["5", "n"], prepare=chosen)


def test_picture_method_new_problems(picture: Picture, cast: Store) -> None:
    async def tried(pilot: Any) -> None:
        await choose(pilot, 1)
        await press(pilot, "ctrl+s", "f3")

    assert picture(panel(cast), press=["5", "n"], prepare=tried)


def test_picture_method_edit(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["5", "e"])


async def test_a_method_is_created_with_the_settings_that_its_connector_asks_for(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "5", "n")
        assert is_on(app, MethodNew)
        await press(pilot, "ctrl+s")
        assert wrong(app) == ["Name", "Connector"]
        app.screen.query_one("#name", Input).value = "Cards"
        await choose(pilot, 1)
        assert app.screen.query_one(SettingsForm).values() == {"mode": "test"}
        await press(pilot, "ctrl+s")
        assert wrong(app) == ["/merchant_id", "/api_key"]
        field(app, "/merchant_id").query_one(Input).value = "204417"
        field(app, "/api_key").query_one(Input).value = "nb_1"
        await press(pilot, "ctrl+s")
        assert wrong(app) == ["/merchant_id"]
        field(app, "/merchant_id").query_one(Input).value = "M-204417"
        await press(pilot, "ctrl+s")
        assert is_on(app, MethodsPage)
        assert app.screen.query_one(RecordTable).cursor_key == 5
        made = cast.view().get(PaymentMethod, 5)
        assert made.settings == {"merchant_id": "M-204417", "api_key": "nb_1", "mode": "test"}


async def test_another_connector_asks_for_other_settings(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "5", "n")
        await choose(pilot, 1)
        await choose(pilot, 2)
        assert [each.called for each in app.screen.query(FormField) if each.called.startswith("/")] == [
            "/shop_id",
            "/secret",
        ]
        await choose(pilot, 3)
        assert not [each for each in app.screen.query(FormField) if each.called.startswith("/")]
        assert "asks for no settings" in str(app.screen.query_one(".nothing-to-set", Static).render())


async def test_an_example_fills_settings_that_are_taken(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "5", "n")
        app.screen.query_one("#name", Input).value = "Cards"
        await choose(pilot, 1)
        await press(pilot, "f2", "ctrl+s")
        assert is_on(app, MethodsPage)


async def test_a_setting_that_static_json_has_too_is_a_problem_of_the_form(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "5", "n")
        await choose(pilot, 1)
        page = app.screen
        assert isinstance(page, MethodNew)
        form = page.form
        problems = methods.check(
            cast.view(), MethodForm(name="x", connector_id=1, settings={**form.settings, "platform_token": "y"})
        )
        page.show_problems(problems)
        assert "platform_token" in str(page.query_one("#form-problem", Static).render())


async def test_an_edit_starts_from_what_is_stored_with_secrets_masked(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "5", "e")
        assert is_on(app, MethodEdit)
        assert app.screen.query_one(SettingsForm).values() == cast.view().get(PaymentMethod, 1).settings
        assert field(app, "/api_key").query_one(Input).password
        assert app.screen.query_one("#connector", Select).disabled
        await press(pilot, "escape")
        assert is_on(app, MethodsPage)


async def test_an_edit_is_saved(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "5", "enter", "e")
        app.screen.query_one("#name", Input).value = "Cards and more"
        await press(pilot, "ctrl+s")
        assert is_on(app, MethodDetails)
        assert "Cards and more" in str(app.screen.query_one("#method-name", Static).render())
        assert cast.view().get(PaymentMethod, 1).name == "Cards and more"


async def test_the_details_mask_secrets_and_show_options_by_their_labels(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "5", "enter")
        settings = app.screen.query_one("#settings", Static)
        shown = "\n".join(settings.render_line(y).text for y in range(settings.size.height))
        assert "nb_9f31c2" not in shown
        assert "••••••••" in shown
        assert "Visa, Mastercard" in shown


async def test_a_method_is_deleted_only_after_the_dialog(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "5", "enter", "D")
        assert is_on(app, Confirm)
        await press(pilot, "enter")
        assert is_on(app, MethodDetails)
        await press(pilot, "D", "tab", "enter")
        assert is_on(app, MethodsPage)
        assert [each.id for each in methods.visible_to(cast.view(), ANNA)] == [2, 3, 4]


async def test_details_that_have_deleted_their_own_record_do_not_miss_it(cast: Store) -> None:
    """The store's change may come to the page while it is being left."""
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "5", "enter", "D")
        page = app.screen_stack[-2]
        assert isinstance(page, MethodDetails)
        leave = page.dismiss

        def leave_late(result: int | None = None) -> AwaitComplete:
            page.post_message(StoreChanged(cast.view()))
            left = leave(result)
            page.post_message(StoreChanged(cast.view()))
            return left

        page.dismiss = leave_late  # type: ignore[method-assign]
        await press(pilot, "right", "enter")
        assert is_on(app, MethodsPage)
        assert [each.message for each in app._notifications] == ["Payment method 1 is deleted."]


async def test_a_manager_of_another_reseller_bases_a_method_on_any_connector(cast: Store) -> None:
    app = panel(cast, TOMAS_EMAIL)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "5")
        assert [each.split()[1] for each in lines(app)[1:] if each.strip()] == ["4"]
        await press(pilot, "n")
        app.screen.query_one("#name", Input).value = "Transfer"
        await choose(pilot, 3)
        await press(pilot, "ctrl+s")
        assert is_on(app, MethodsPage)
        assert cast.view().get(PaymentMethod, 5).reseller_id == 2


async def test_a_read_only_manager_changes_nothing(cast: Store) -> None:
    app = panel(cast, INES_EMAIL)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "5", "n", "e")
        assert is_on(app, MethodsPage)
        await press(pilot, "enter", "e", "D")
        assert page_name(app) == "Payment method 1"
