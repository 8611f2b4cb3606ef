"""The panel around its screens: pages by key, back and forward, the top bar, help, small terminals, a crash."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.widgets import Static

from store import managers
from store.actors import Actor
from store.crash_report import LEFT_OUT
from store.engine_presence import held_by_this_engine
from store.errors import StoreNotUsable
from store.managers import Permission
from store.paths import JOURNAL_NAME
from store.store import Store, View
from tests.tui.cast import ANNA_EMAIL, INES_EMAIL, TOMAS_EMAIL, manager_of, panel
from tests.tui.conftest import LONGEST_WAIT_SECONDS, Picture, press, settle
from tests.tui.test_payments import is_on, lines
from tui import pages
from tui.app import GatewatchApp
from tui.drafts import Drafts
from tui.screens.connector_details import ConnectorDetails
from tui.screens.connectors import ConnectorsPage
from tui.screens.help import Help
from tui.screens.list_page import ListPage
from tui.screens.page import Page
from tui.screens.payments import PaymentsPage
from tui.screens.sign_in import SignIn
from tui.screens.too_small import TooSmall
from tui.session import Session
from tui.settings import Settings
from tui.settings_file import Loaded
from tui.widgets.confirm import Confirm
from tui.widgets.filter_bar import FilterBar
from tui.widgets.navigation import Navigation
from tui.widgets.top_bar import TopBar, TopLine


async def until(pilot: Pilot[Any], is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(LONGEST_WAIT_SECONDS):
        while not is_so():
            await pilot.pause(0.05)


def opened(app: GatewatchApp) -> str:
    """Return the key of the page on top."""
    assert isinstance(app.screen, Page)
    return app.screen.ENTRY


def top_bar(app: GatewatchApp) -> str:
    """Return all lines of the top bar that are shown."""
    bar = app.screen.query_one(TopBar)
    sentences = (str(each.render()) for each in bar.query(Static) if each.display)
    return "\n".join([bar.query_one(TopLine).render_line(0).text, *sentences])


def test_picture_navigation(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=("6", "0", "k"))


def test_picture_help(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=("6", "?"))


def test_picture_palette(picture: Picture, cast: Store) -> None:
    async def opened_palette(pilot: Pilot[None]) -> None:
        await press(pilot, "ctrl+p", "p", "a", "y")
        await pilot.pause(0.5)

    assert picture(panel(cast), press="6", prepare=opened_palette)


async def test_each_number_opens_its_page(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert opened(app) == pages.FIRST_PAGE
        for entry in pages.PAGES:
            await press(pilot, str(entry.number))
            assert opened(app) == entry.key


async def test_a_page_offers_nothing_before_it_is_composed(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "6")
        page = ConnectorDetails(1)
        keys = ("leave", "navigation", "edit", "reveal", "copy", "rotate", "delete")
        assert not any(page.check_action(action, ()) for action in keys)
        await app.push_screen(page)
        await settle(pilot)
        assert all(page.check_action(action, ()) for action in keys)


async def test_brackets_go_back_and_forward_along_the_pages(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "1", "6", "[")
        assert opened(app) == "accounts"
        await press(pilot, "[", "[")
        assert opened(app) == pages.FIRST_PAGE
        await press(pilot, "]", "]", "]")
        assert opened(app) == "connectors"


async def test_the_navigation_bar_is_hidden_under_100_columns_until_asked_for(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(99, 24)) as pilot:
        await press(pilot, "6")
        assert not app.screen.query_one(Navigation).display
        await press(pilot, "0")
        assert app.screen.query_one(Navigation).display
        await press(pilot, "escape")
        assert not app.screen.query_one(Navigation).display
        await press(pilot, "0", "k", "k", "enter")
        assert opened(app) == "inbox"


async def test_the_navigation_bar_stands_at_100_columns(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(100, 24)) as pilot:
        await press(pilot, "6")

        assert app.screen.query_one(Navigation).display


async def test_the_palette_opens_a_page_by_name(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(100, 24)) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+p", *"accounts")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await settle(pilot)

        assert opened(app) == "accounts"


@pytest.fixture
def engine(cast: Store) -> Iterator[None]:
    """Hold the engine's lock, as an engine does."""
    with held_by_this_engine(cast.folder):
        yield


async def test_the_top_bar_says_that_nothing_is_sent_without_an_engine(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "6")

        assert "No engine runs: nothing is sent or received." in top_bar(app)


@pytest.mark.usefixtures("engine")
async def test_the_top_bar_tells_page_reseller_engine_user_and_time(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 24)) as pilot:
        await press(pilot, "6")

        shown = top_bar(app)
        assert shown.count("\n") == 0
        for fact in ("Payment Gateway Connectors", "Root reseller", "engine runs", "Anna Berg", "09:26:53 UTC"):
            assert fact in shown


async def test_the_notice_of_a_demo_stays_on_the_screen(cast: Store) -> None:
    session = Session(cast, cast.clock)
    app = GatewatchApp(session, start_signed_in_as=manager_of(cast), notice="Demo: periods are 12 seconds.")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "6")

        assert "Demo: periods are 12 seconds." in top_bar(app)


async def test_a_store_that_cannot_be_read_any_more_is_told_and_the_page_stays(cast: Store) -> None:
    app = panel(cast)
    journal = cast.folder / JOURNAL_NAME
    whole = journal.read_bytes()

    def put(content: bytes) -> None:
        beside = cast.folder / "beside"
        beside.write_bytes(content)
        beside.rename(journal)

    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "6")
        put(whole[:10])
        await pilot.pause(0.6)
        await settle(pilot)
        assert str(journal) in top_bar(app)
        assert is_on(app, ConnectorsPage)

        put(whole)
        await until(pilot, lambda: str(journal) not in top_bar(app))


@pytest.mark.parametrize(("entry", "list_page"), [("3", PaymentsPage), ("6", ConnectorsPage)])
async def test_a_list_says_that_there_is_nothing_only_once_the_store_has_been_read(
    cast: Store, monkeypatch: pytest.MonkeyPatch, entry: str, list_page: type[ListPage[Any]]
) -> None:
    app = panel(cast)
    read = list_page.read

    def away(page: ListPage[Any]) -> View:
        raise StoreNotUsable(cast.folder, f"away from {page.page_name}")

    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "8")
        monkeypatch.setattr(list_page, "read", away)
        await press(pilot, entry)
        assert is_on(app, list_page)
        assert [each.strip() for each in lines(app)[1:] if each.strip()] == [
            "The store could not be read yet; above stands why.",
            "It is tried again by itself.",
        ]
        assert "away from" in top_bar(app)

        monkeypatch.setattr(list_page, "read", read)
        await until(pilot, lambda: "could not be read" not in "".join(lines(app)))
        assert "▌" in lines(app)[1]

        monkeypatch.setattr(list_page, "read", away)
        assert isinstance(app.screen, list_page)
        app.screen.reload()
        await settle(pilot)
        assert "▌" in lines(app)[1]


async def test_a_filter_in_force_from_the_start_says_nothing_before_the_store_has_been_read(
    cast: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(page: ConnectorsPage) -> View:
        raise StoreNotUsable(cast.folder, f"away from {page.page_name}")

    app = panel(cast)
    opened = Settings(filters={"connectors": {"mine": "nobody"}}, opening_filters={"connectors": "mine"})
    app._settings._loaded = Loaded(opened)
    monkeypatch.setattr(ConnectorsPage, "read", away)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "6")
        assert app.screen.query_one(FilterBar).filter.text == "nobody"
        assert lines(app)[-1].strip() == ""
        assert "could not be read yet" in "".join(lines(app))
        assert str(app.screen.query_one("#count", Static).render()) == ""


async def test_trouble_ends_also_where_the_store_is_as_it_was_before_it(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "6")
        app.store_trouble = "could not be read by a page that is not open any more"
        assert app.store_watch._seen == app.session.signature()
        await until(pilot, lambda: app.store_trouble == "")


async def test_a_permission_taken_away_counts_at_once(cast: Store) -> None:
    with cast.transaction() as tx:
        managers.update(
            tx,
            Actor(ANNA_EMAIL),
            manager_of(cast, INES_EMAIL).id,
            version=manager_of(cast, INES_EMAIL).version,
            permission=Permission.FULL_CONTROL,
        )
    app = panel(cast, INES_EMAIL)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "6")
        current = manager_of(cast, INES_EMAIL)
        with cast.transaction() as tx:
            managers.update(tx, Actor(ANNA_EMAIL), current.id, version=current.version, permission=Permission.READ_ONLY)
        await pilot.pause(0.6)
        await settle(pilot)
        await press(pilot, "n")

        assert is_on(app, ConnectorsPage)


async def test_a_manager_of_another_reseller_does_not_see_connectors_in_the_navigation(cast: Store) -> None:
    app = panel(cast, TOMAS_EMAIL)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        bar = app.screen.query_one(Navigation)
        shown = [bar.get_option_at_index(each).id for each in range(bar.option_count)]

        assert "connectors" not in shown
        assert {"payments", "managers"} <= set(shown)


async def test_help_lists_the_keys_of_the_screen_and_closes_with_escape(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "6", "f1")
        assert isinstance(app.screen, Help)
        keys = " ".join(str(each.render()) for each in app.screen.query(Static))
        assert all(each in keys for each in ("Create", "Edit", "Delete", "^q"))
        await press(pilot, "escape")

        assert is_on(app, ConnectorsPage)


async def test_a_terminal_that_is_too_small_is_told_so_and_work_goes_on_when_it_grows(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "6")
        await pilot.resize_terminal(60, 15)
        await settle(pilot)
        assert isinstance(app.screen, TooSmall)
        said = str(app.screen.query_one("#too-small", Static).render())
        assert "60x16" in said
        assert "60x15" in said

        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert is_on(app, ConnectorsPage)


async def test_a_terminal_that_is_too_small_from_the_start_is_told_so_and_goes_on_when_it_grows(cast: Store) -> None:
    app = panel(cast, None)
    async with app.run_test(size=(60, 15)) as pilot:
        await settle(pilot)
        assert isinstance(app.screen, TooSmall)

        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert isinstance(app.screen, SignIn)


async def test_ctrl_q_leaves_from_anywhere(cast: Store) -> None:
    for keys in (("6", "n"), ("6", "G", "D"), ()):
        app = panel(cast)
        async with app.run_test(size=(80, 24)) as pilot:
            await press(pilot, *keys)
            await pilot.press("ctrl+q")
        assert app.return_code == 0


async def test_ctrl_q_with_something_typed_asks_and_keeps_it(cast: Store) -> None:
    for keys, kept in (((), None), (("ctrl+q",), "x"), (("right", "enter"), "x"), (("enter",), None)):
        app = panel(cast)
        async with app.run_test(size=(80, 24)) as pilot:
            await press(pilot, "1", "n", "x", "ctrl+q")
            assert is_on(app, Confirm)
            if keys:
                await press(pilot, *keys)
            assert app.is_over == (kept is not None)
        draft = Drafts(cast.folder, manager_of(cast).id).find("new-account")
        assert (draft and draft.values["Name"]) == kept
        Drafts(cast.folder, manager_of(cast).id).forget("new-account")


class BrokenPage(Page):
    """A page with a mistake, and a secret in a local variable."""

    ENTRY = "accounts"

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return "Broken"

    def compose_workspace(self) -> ComposeResult:
        """Fail."""
        planted = "-".join(("planted", "secret"))
        try:
            yield Static(os.environ[planted])
        except KeyError:
            yield Static(str(int(planted)))


async def crash(app: GatewatchApp) -> None:
    """Open the broken page."""
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await app.push_screen(BrokenPage())
        await settle(pilot)


async def test_a_crash_is_told_without_any_value(
    cast: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither local variables nor what the errors say, which quotes them here."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with pytest.raises(ValueError, match="planted-secret"):
        await crash(panel(cast))
    shown = capsys.readouterr().err
    (report,) = tmp_path.rglob("crash-*.log")  # noqa: ASYNC240 - one small file of a test
    written = report.read_text()

    assert "Gatewatch has crashed: ValueError" in shown
    assert "KeyError\nwhich led to:" in written
    assert "in compose_workspace" in written
    assert LEFT_OUT in written
    assert "planted-secret" not in shown + written


def test_only_pages_of_the_navigation_have_a_screen_that_can_be_imported(cast: Store) -> None:
    app = panel(cast)
    app.session.begin(manager_of(cast))

    assert {pages.make(each).ENTRY for each in pages.PAGES} == {each.key for each in pages.PAGES}


def test_the_style_sheets_stand_beside_their_screens() -> None:
    folder = Path(pages.__file__).parent / "screens"

    assert all((folder / f"{each.stem}.py").exists() for each in folder.glob("*.tcss"))
