"""Managers and resellers worked by keys, and signing out: by hand, when idle, when disabled."""

from __future__ import annotations

from textual.widgets import Input, Select, Static

from store import managers
from store.action_log import LogLine
from store.actors import Actor
from store.managers import Manager, Permission
from store.resellers import Reseller
from store.store import Store
from tests.makers import FixedClock
from tests.tui.cast import ANNA_EMAIL, INES_EMAIL, TOMAS_EMAIL, manager_of, panel
from tests.tui.conftest import Picture, press, settle
from tests.tui.test_payments import is_on, page_name
from tui.app import GatewatchApp
from tui.drafts import Drafts
from tui.screens.form_page import FormPage
from tui.screens.look_at_both import LookAtBoth
from tui.screens.manager_details import ManagerDetails
from tui.screens.manager_form import ManagerEdit, ManagerNew
from tui.screens.managers import ManagersPage
from tui.screens.sign_in import SignIn
from tui.session import Session
from tui.settings import Settings
from tui.settings_file import Loaded
from tui.widgets.form_field import FormField
from tui.widgets.question import Question
from tui.widgets.toggles import Toggle

ANNA = Actor(ANNA_EMAIL)
NEW_PASSWORD = "a horse of another colour"


def last_line(store: Store) -> LogLine:
    """Return the action log's last line."""
    return list(store.view().all(LogLine))[-1]


def wrong_fields(app: GatewatchApp) -> list[str]:
    """Return which fields have a problem."""
    return [each.called for each in app.screen.query(FormField) if each.has_class("-wrong")]


def test_picture_manager(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["7", "j", "enter"])


def test_picture_manager_new(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["7", "n", "a", "ctrl+s"])


def test_picture_manager_edit(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["7", "j", "enter", "e"])


def test_picture_reseller(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["2", "j", "enter"])


async def test_a_manager_is_added_for_another_reseller(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "7", "n", "ctrl+s")
        assert is_on(app, ManagerNew)
        assert wrong_fields(app) == ["Name", "Email", "Password"]
        for name, value in (("name", "Rui Costa"), ("email", "rui@porto.example"), ("password", NEW_PASSWORD)):
            app.screen.query_one(f"#{name}", Input).value = value
        app.screen.query_one("#reseller", Select).value = 3
        await press(pilot, "ctrl+s")
        assert is_on(app, ManagersPage)
    made = managers.by_email(cast.view(), "rui@porto.example")
    assert made is not None
    assert (made.reseller_id, made.permission) == (3, Permission.READ_ONLY)


async def test_a_managers_rights_are_changed_and_who_changed_them_meanwhile_is_told(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "7", "G", "e")
        assert is_on(app, ManagerEdit)
        app.screen.query_one("#permission", Select).value = "full_control"
        ines = manager_of(cast, INES_EMAIL)
        with cast.transaction() as tx:
            managers.update(tx, Actor(TOMAS_EMAIL), ines.id, version=ines.version, name="Inês")
        await press(pilot, "ctrl+s")
        assert isinstance(app.screen, Question)
        assert f"{TOMAS_EMAIL} changed it" in app.screen.says
        assert "You changed: Permission." in app.screen.says
        assert manager_of(cast, INES_EMAIL).permission is Permission.READ_ONLY
        await press(pilot, "right", "right", "right", "enter")
        assert is_on(app, LookAtBoth)
        await press(pilot, "escape", "right", "enter")
    ines = manager_of(cast, INES_EMAIL)
    assert (ines.name, ines.permission) == ("Inês", Permission.FULL_CONTROL)


async def test_the_last_manager_in_control_cannot_be_disabled(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "7", "e")
        app.screen.query_one("#enabled", Toggle).value = False
        await press(pilot, "ctrl+s")
        assert "the last manager" in str(app.screen.query_one("#form-problem", Static).render())


async def test_a_password_is_typed_twice_and_set(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "7", "G", "enter")
        assert is_on(app, ManagerDetails)
        await press(pilot, "P", *"short", "ctrl+s")
        assert wrong_fields(app) == ["Again"]
        for name in ("password", "again"):
            app.screen.query_one(f"#{name}", Input).value = NEW_PASSWORD
        await press(pilot, "ctrl+s")
        assert is_on(app, ManagerDetails)
    assert managers.sign_in(cast, INES_EMAIL, NEW_PASSWORD).email == INES_EMAIL


async def test_resellers_are_created_below_the_one_under_the_cursor_and_renamed(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "2", "j", "n", *"Faro", "ctrl+s")
        assert page_name(app) == "Resellers"
        await press(pilot, "enter", "e")
        app.screen.query_one("#name", Input).value = "Faro Sul"
        await press(pilot, "ctrl+s")
        assert page_name(app) == "Reseller 4"
        facts = app.screen.query_one("#reseller-name", Static)
        assert str(facts.render()) == "Faro Sul"
    assert cast.view().get(Reseller, 4) == Reseller(id=4, version=2, name="Faro Sul", parent_id=2)


async def test_a_read_only_manager_is_offered_no_change_of_people(cast: Store) -> None:
    app = panel(cast, INES_EMAIL)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for keys in (("7", "n", "e", "P"), ("7", "enter", "e", "P"), ("2", "n", "e"), ("2", "enter", "e")):
            await press(pilot, *keys)
            assert not is_on(app, FormPage)
            shown = {each.binding.action for each in app.screen.active_bindings.values()}
            assert not shown & {"new", "edit", "set_password"}


async def test_who_does_not_press_a_key_for_long_is_warned_and_then_signed_out(cast: Store) -> None:
    loaded = Loaded(Settings(idle_sign_out_minutes=10))
    app = GatewatchApp(Session(cast, cast.clock), start_signed_in_as=manager_of(cast), loaded=loaded)
    clock = cast.clock
    assert isinstance(clock, FixedClock)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        clock.advance(minutes=9)
        await press(pilot, "1", "n", "x")
        clock.advance(minutes=9, seconds=45)
        app.presence.look_for_somebody()
        await settle(pilot)
        assert any("Press any key to stay" in each.message for each in app._notifications)
        clock.advance(seconds=15)
        app.presence.look_for_somebody()
        await settle(pilot)
        assert is_on(app, SignIn)
        assert "10 minutes without a key" in str(app.screen.query_one("#said", Static).render())
    assert (last_line(cast).action, last_line(cast).text) == ("signed out", "10 minutes without a key")
    kept = Drafts(cast.folder, manager_of(cast).id).find("new-account")
    assert kept is not None
    assert kept.values == {"Name": "x"}


async def test_who_is_disabled_is_signed_out_where_they_are(cast: Store) -> None:
    app = panel(cast, INES_EMAIL)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        ines = manager_of(cast, INES_EMAIL)
        with cast.transaction() as tx:
            managers.update(tx, ANNA, ines.id, version=ines.version, enabled=False)
        app.store_watch._told_at = 0.0  # a page is told of changes four times a second at most
        app.store_watch.look()
        await settle(pilot)
        assert is_on(app, SignIn)
        assert "you were disabled" in str(app.screen.query_one("#said", Static).render())
    assert not cast.view().get(Manager, ines.id).enabled
