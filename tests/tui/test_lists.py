"""Accounts with their books, resellers, managers, inbox and action log, worked by keys."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from textual.widgets import Input, Static

from store import inbox, managers
from store.accounts import Account
from store.action_log import LogLine
from store.actors import Actor
from store.store import Store, View
from tests.tui.cast import ANNA_EMAIL, INES_EMAIL, TOMAS_EMAIL, panel
from tests.tui.conftest import Picture, press, settle
from tests.tui.form_driver import shown
from tests.tui.test_payments import is_on, lines, page_name
from tui.app import GatewatchApp
from tui.screens.account_details import AccountDetails
from tui.screens.account_new import AccountNew
from tui.screens.accounts import AccountsPage
from tui.screens.action_log import ActionLogPage
from tui.screens.payment_details import PaymentDetails
from tui.screens.payment_new import PaymentNew
from tui.widgets.form_field import FormField
from tui.widgets.record_table import RecordTable

ANNA = Actor(ANNA_EMAIL)


def column(app: GatewatchApp, place: int) -> list[str]:
    """Return one word of each row, counted from 0 after the cursor's mark."""
    return [each.replace("▌", " ").split()[place] for each in lines(app)[1:] if each.strip()]


def about(app: GatewatchApp) -> str:
    """Return what is said below the table."""
    return str(app.screen.query_one("#about", Static).render())


def test_picture_accounts(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["1"])


def test_picture_account_book(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["1", "enter"])


def test_picture_account_book_empty(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["1", "j", "enter"])


def test_picture_account_new(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["1", "n", "tab", "e", "u", "x", "ctrl+s"])


def test_picture_resellers(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["2"])


def test_picture_inbox(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["4", "j"])


def test_picture_inbox_empty(picture: Picture, cast: Store) -> None:
    with cast.transaction() as tx:
        for each in inbox.visible_to(tx, ANNA):
            inbox.dismiss(tx, ANNA, each.code, "settled by phone")

    assert picture(panel(cast), press=["4"])


def test_picture_managers(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["7"])


async def test_the_log_holds_its_newest_lines_and_reads_them_off_the_event_loop(
    cast: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.screens.action_log.MOST_LINES", 3)
    readers: list[threading.Thread] = []
    rows = ActionLogPage.rows

    def watched(page: ActionLogPage, view: View) -> list[LogLine]:
        readers.append(threading.current_thread())
        return rows(page, view)

    monkeypatch.setattr(ActionLogPage, "rows", watched)
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "8")
        assert app.screen.query_one(RecordTable).row_count == 3
        assert f"3 lines, the newest of {cast.view().count(LogLine)}; gatewatch log has all" in shown(app)
    assert readers
    assert threading.main_thread() not in readers


def test_picture_action_log(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["8"])


async def test_an_accounts_book_shows_each_change_and_the_balance_after_it(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "1", "enter")
        assert is_on(app, AccountDetails)
        assert "Lindqvist AB · balance 80.00 EUR" in str(app.screen.query_one("#count", Static).render())
        assert column(app, 3) == ["-49.00", "+129.00"]
        assert "Paid from balance: payment P-000002" in about(app)


async def test_a_line_of_the_book_opens_its_payment(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "1", "enter", "j", "enter")
        assert is_on(app, PaymentDetails)
        assert page_name(app) == "Payment P-000001"
        await press(pilot, "escape", "escape")
        assert is_on(app, AccountsPage)


async def test_a_payment_is_made_from_the_account(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "1", "j", "j", "enter", "n")
        assert is_on(app, PaymentNew)
        assert "Kawasaki Prints" in str(app.screen.query_one("SelectCurrent Static").render())


async def test_an_account_is_created_and_selected(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "1", "n")
        assert is_on(app, AccountNew)
        app.screen.query_one("#currency", Input).value = "EUX"
        await press(pilot, "ctrl+s")
        assert [each.called for each in app.screen.query(FormField) if each.has_class("-wrong")] == ["Name", "Currency"]
        app.screen.query_one("#name", Input).value = "[b]Zoë[/b]"
        app.screen.query_one("#currency", Input).value = "chf"
        await press(pilot, "ctrl+s")
        assert is_on(app, AccountsPage)
        assert app.screen.query_one(RecordTable).cursor_key == 5
        assert any("[b]Zoë[/b]" in each for each in lines(app))
        made = cast.view().get(Account, 5)
        assert (made.currency, made.reseller_id) == ("CHF", 1)


async def test_accounts_are_sorted_by_name(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "1", "s", "s")
        assert column(app, 0) == ["3", "1", "2", "4"]


async def test_resellers_stand_below_their_parents(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "2")
        assert [each[9:30].rstrip() for each in lines(app)[1:4]] == [
            "Root reseller",
            "  Southern Region",
            "    Porto Hosting",
        ]


async def test_a_manager_of_another_reseller_sees_their_own_branch_only(cast: Store) -> None:
    app = panel(cast, TOMAS_EMAIL)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "1")
        assert column(app, 0) == ["4"]
        await press(pilot, "2")
        assert column(app, 0) == ["2", "3"]
        await press(pilot, "7")
        assert column(app, 0) == ["2"]
        await press(pilot, "4")
        assert any("The inbox is empty." in each for each in lines(app))
        await press(pilot, "8")
        table: RecordTable[Any] = app.screen.query_one(RecordTable)
        assert {row.by for row in map(table.row_of, table.keys) if row is not None} == {TOMAS_EMAIL}


async def test_the_inbox_says_why_an_answer_is_there_and_opens_its_payment(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        assert column(app, 2) == ["unmatched", "amount-mismatch"]
        assert "No attempt of this connector" in about(app)
        await press(pilot, "j")
        assert "another amount or currency" in about(app)
        assert "P-000009 (99.00 EUR), Waiting for payment now" in about(app)
        await press(pilot, "enter", "o")
        assert page_name(app) == "Payment P-000009"


async def test_a_blocked_manager_is_told_with_the_time_left(cast: Store) -> None:
    with cast.transaction() as tx:
        found = managers.by_email(tx, INES_EMAIL)
        assert found is not None
        for _ in range(managers.FAILURES_BEFORE_BLOCK):
            managers._count_failure(tx, managers.get(tx, ANNA, found.id))
    app = panel(cast)
    async with app.run_test(size=(140, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "7")
        assert any("blocked for 2:00" in each for each in lines(app))


async def test_lists_whose_rows_say_everything_open_nothing(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "8", "enter", "n")
        assert is_on(app, ActionLogPage)
        assert "attempt started: payment 13" in about(app)


@pytest.mark.parametrize("key", ["1", "2", "4", "7", "8"])
async def test_every_list_fits_80_columns_and_says_if_there_is_more(cast: Store, key: str) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, key)
        table: RecordTable[Any] = app.screen.query_one(RecordTable)
        assert table.region.right <= 80
        assert (table.max_scroll_x > 0) == lines(app)[0].endswith("›")
