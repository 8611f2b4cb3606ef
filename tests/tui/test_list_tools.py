"""What every list has besides its rows: filter, saved filters, columns, copying; worked by keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input, Static

from store.store import Store
from tests.tui.cast import manager_of
from tests.tui.conftest import Picture, press, settle
from tests.tui.test_lists import column
from tests.tui.test_moving import burst
from tests.tui.test_payments import is_on, lines
from tui.app import GatewatchApp
from tui.screens.column_chooser import ColumnChooser
from tui.screens.copy_choice import CopyChoice
from tui.screens.saved_filters import SavedFilters
from tui.session import Session
from tui.settings_file import load
from tui.widgets.filter_bar import FilterBar
from tui.widgets.record_table import RecordTable


def panel_with(store: Store, file: Path) -> GatewatchApp:
    """Return the panel, signed in, with a settings file."""
    return GatewatchApp(Session(store, store.clock), start_signed_in_as=manager_of(store), loaded=load(file, {}))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the settings file is."""
    return tmp_path / "config.toml"


def said(app: GatewatchApp, name: str) -> str:
    """Return what a line of the page says."""
    return str(app.screen.query_one(name, Static).render())


def keys_typed(text: str) -> list[str]:
    """Return the keys that type a text."""
    names = {" ": "space", ":": "colon", ">": "greater_than_sign", "-": "minus", ".": "full_stop"}
    return [names.get(each, each) for each in text]


def test_picture_filter(picture: Picture, cast: Store, file: Path) -> None:
    assert picture(panel_with(cast, file), press=["1", "slash", *keys_typed("currency:eur b")])


def test_picture_filter_problem(picture: Picture, cast: Store, file: Path) -> None:
    assert picture(panel_with(cast, file), press=["8", "slash", *keys_typed("color:red")])


def test_picture_saved_filters(picture: Picture, cast: Store, file: Path) -> None:
    file.write_text('[filters.accounts]\nrich = "balance>1000"\n"in yen" = "currency:JPY"\n')
    assert picture(panel_with(cast, file), press=["1", "slash", *keys_typed("ber"), "enter", "f"])


def test_picture_columns(picture: Picture, cast: Store, file: Path) -> None:
    assert picture(panel_with(cast, file), press=["1", "c", "j", "space"])


def test_picture_copy(picture: Picture, cast: Store, file: Path) -> None:
    assert picture(panel_with(cast, file), press=["6", "y"])


async def test_a_filter_is_typed_stays_in_sight_and_escape_ends_it(cast: Store, file: Path) -> None:
    app = panel_with(cast, file)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "1", "slash", *keys_typed("currency:eur"))
        assert column(app, 0) == ["1", "2"]
        await press(pilot, "enter")
        assert app.screen.query_one(RecordTable).has_focus
        assert said(app, "#count") == "2 of 4 accounts"
        assert app.screen.query_one(FilterBar).display
        await press(pilot, "escape")
        assert said(app, "#count") == "4 accounts"
        assert not app.screen.query_one(FilterBar).display


async def test_a_filter_sent_in_one_burst_reaches_no_key_of_the_list(cast: Store, file: Path) -> None:
    app = panel_with(cast, file)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "1")
        burst(app, "/no ney")
        await settle(pilot)
        assert app.screen.query_one("#filter", Input).value == "no ney"


async def test_giving_up_a_filter_brings_back_the_one_before(cast: Store, file: Path) -> None:
    app = panel_with(cast, file)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "1", "slash", *keys_typed("oak"), "enter", "slash", *keys_typed("x"))
        assert column(app, 0) == ["Nothing", "/"]
        await press(pilot, "escape")
        assert column(app, 0) == ["4"]
        assert app.screen.query_one("#filter", Input).value == "oak"


async def test_a_mistake_is_told_with_the_fields_and_the_last_good_filter_stays(cast: Store, file: Path) -> None:
    app = panel_with(cast, file)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "1", "slash", *keys_typed("colour:red"), "enter")
        assert app.screen.query_one("#filter", Input).has_focus
        assert "There is no field colour" in said(app, "#filter-says")
        assert "fields: id name balance currency reseller created" in said(app, "#filter-says")
        await press(pilot, "tab")
        assert said(app, "#count") == "4 accounts"


async def test_names_of_fields_are_completed_by_the_right_arrow(cast: Store, file: Path) -> None:
    app = panel_with(cast, file)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "1", "slash", *keys_typed("cur"))
        assert "takes: currency:" in said(app, "#filter-says")
        await press(pilot, "right", *keys_typed("jpy"), "enter")
        assert column(app, 0) == ["3"]


async def test_a_filter_by_age_follows_time(cast: Store, file: Path) -> None:
    from tests.tui.test_payments import pass_time  # noqa: PLC0415 - a helper beside its own tests

    app = panel_with(cast, file)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "8", "slash", *keys_typed("newer:10s"), "enter")
        assert column(app, 1)[0] == "attempt"
        await pass_time(pilot, cast, seconds=30)
        assert column(app, 0) == ["Nothing", "/"]


async def test_a_filter_is_saved_chosen_made_the_opening_one_and_deleted(cast: Store, file: Path) -> None:
    app = panel_with(cast, file)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "1", "slash", *keys_typed("oak"), "enter", "f", *"mine", "enter")
        assert not is_on(app, SavedFilters)
        await press(pilot, "escape", "f", "o", "enter")
        assert column(app, 0) == ["4"]
        await press(pilot, "2", "1")
        assert column(app, 0) == ["4"]
    assert load(file, {}).settings.opening_filters == {"accounts": "mine"}

    again = panel_with(cast, file)
    async with again.run_test(size=(80, 24)) as pilot:
        await press(pilot, "1")
        assert column(again, 0) == ["4"]
        await press(pilot, "f", "D")
        assert "No filter of this list is saved." in said(again, "#none-saved")
    assert (load(file, {}).settings.filters, load(file, {}).settings.opening_filters) == ({"accounts": {}}, {})


async def test_columns_are_hidden_moved_and_kept(cast: Store, file: Path) -> None:
    app = panel_with(cast, file)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "1", "c", "space", "j", "j", "K", "enter")
        assert lines(app)[0].split() == ["Balance", "Name", "Reseller", "Created", "at"]
        await press(pilot, "2", "1")
        assert lines(app)[0].split()[:2] == ["Balance", "Name"]
        await press(pilot, "c")
        assert is_on(app, ColumnChooser)
        await press(pilot, "r")
        assert lines(app)[0].split()[0] == "ID"
    assert load(file, {}).settings.columns == {}


async def test_a_sort_by_a_column_that_is_hidden_ends(cast: Store, file: Path) -> None:
    app = panel_with(cast, file)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "1", "s", "S", "c", "space", "enter")
        table: RecordTable[Any] = app.screen.query_one(RecordTable)
        assert table.sorted_by == (None, True)


async def test_what_a_row_shows_is_copied(cast: Store, file: Path) -> None:
    app = panel_with(cast, file)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "6", "y")
        assert is_on(app, CopyChoice)
        await press(pilot, "G", "enter")
        assert app.clipboard == "https://pay.nordbank.example/gatewatch"


async def test_without_a_settings_file_the_panel_says_that_nothing_is_kept(cast: Store) -> None:
    app = GatewatchApp(Session(cast, cast.clock), start_signed_in_as=manager_of(cast))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "1", "c", "space", "enter")
        assert lines(app)[0].split()[0] == "Name"
        assert any("nothing can be saved" in each.message for each in app._notifications)
