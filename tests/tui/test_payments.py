"""The payments monitor, worked by keys and by time."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from textual.geometry import Region
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, Select, Static

from store import managers, payment_commands
from store.actors import Actor
from store.archive import age_out
from store.errors import StoreNotUsable
from store.payments import Payment
from store.store import Store, View
from tests.makers import FixedClock
from tests.tui.cast import ANNA_EMAIL, INES_EMAIL, NOW, TOMAS_EMAIL, panel
from tests.tui.conftest import Picture, press, settle
from tui.app import GatewatchApp
from tui.screens.page import Page
from tui.screens.payment_details import PaymentDetails
from tui.screens.payment_new import PaymentNew
from tui.screens.payments import PaymentsPage
from tui.widgets.confirm import Confirm
from tui.widgets.form_field import FormField
from tui.widgets.record_table import RecordTable

ANNA = Actor(ANNA_EMAIL)


async def pass_time(pilot: Pilot[Any], store: Store, **time: float) -> None:
    """Let time pass at once, and tell the panel."""
    clock = store.clock
    assert isinstance(clock, FixedClock)
    clock.advance(**time)
    assert isinstance(pilot.app, GatewatchApp)
    if pilot.app.passing_time.is_on:
        pilot.app.passing_time.catch_up()
    await settle(pilot)


def is_on(app: GatewatchApp, kind: type[Screen[Any]]) -> bool:
    """Say whether a screen of this kind is on top."""
    return isinstance(app.screen, kind)


def page_name(app: GatewatchApp) -> str:
    """Return the name of the page on top."""
    assert isinstance(app.screen, Page)
    return app.screen.page_name


def lines(app: GatewatchApp) -> list[str]:
    """Return the table's lines, the header first."""
    table = app.screen.query_one(RecordTable)
    return [table.render_line(y).text.rstrip() for y in range(table.size.height)]


def numbers(app: GatewatchApp) -> list[str]:
    """Return the payment numbers in the order of the rows, by their last two digits."""
    table = app.screen.query_one(RecordTable)
    return [f"{key:02}"[-2:] for key in table.keys]


def counters(app: GatewatchApp) -> str:
    """Return what the head says."""
    return " ".join(" ".join(str(each.render()).split()) for each in app.screen.query("Counter"))


def test_picture_payments(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast))


def test_picture_payments_empty(picture: Picture, store: Store) -> None:
    clock = store.clock
    assert isinstance(clock, FixedClock)
    clock.now = NOW
    managers.create_first(store, name="Anna Berg", email=ANNA_EMAIL, password="correct horse battery")

    assert picture(panel(store))


def test_picture_payments_filtered(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["v", "v", "v", "v"])


def test_picture_payments_sideways(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["l", "l", "s"])


def test_picture_payment_new(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["n", "tab", "1", "2", "x", "ctrl+s"])


async def test_it_is_the_first_page_and_counts(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert is_on(app, PaymentsPage)
        assert counters(app) == "Waiting 3 Processing 5 Ending 1 Late 1 Inbox 2 Late answers 0 Returned 0 Silent 2"


async def test_at_the_deadline_a_row_turns_by_itself_though_no_engine_runs(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert lines(app)[1].split()[:4] == ["▌", "━┄┄┄", "42s", "P-000010"]
        await pass_time(pilot, cast, seconds=41)
        assert "1s" in lines(app)[1]
        await pass_time(pilot, cast, seconds=1)
        own = next(each for each in lines(app) if "P-000010" in each)
        assert "Waiting for payment" in own
        assert "late" in own
        assert counters(app) == "Waiting 4 Processing 4 Ending 1 Late 2 Inbox 2 Late answers 0 Returned 0 Silent 2"


async def test_a_row_whose_status_has_changed_finds_its_place_and_the_cursor_goes_along(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert numbers(app)[:2] == ["10", "12"]
        await press(pilot, "j", "k")
        await pass_time(pilot, cast, seconds=45)
        assert numbers(app)[0] == "12"
        assert app.screen.query_one(RecordTable).cursor_key == 10


async def test_while_the_operator_navigates_rows_keep_their_places(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        before = numbers(app)
        await pass_time(pilot, cast, seconds=41)
        await press(pilot, "j")
        await pass_time(pilot, cast, seconds=2)
        assert numbers(app) == before
        await pass_time(pilot, cast, seconds=2)
        assert numbers(app) != before


async def test_what_others_change_is_shown(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        with cast.transaction() as tx:
            payment_commands.cancel(tx, ANNA, 8)
        app.store_watch._told_at = 0.0
        app.store_watch.look()
        await settle(pilot)
        assert "Cancelled" in next(each for each in lines(app) if "P-000008" in each)
        assert counters(app).startswith("Waiting 2 ")


async def test_a_second_of_countdowns_paints_only_their_cells(cast: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[Region] = []
    original = RecordTable.refresh

    def noting(self: RecordTable[Any], *regions: Region, **options: bool) -> RecordTable[Any]:
        painted.extend(regions or (Region(-1, -1, 0, 0),))
        return original(self, *regions, **options)

    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        monkeypatch.setattr(RecordTable, "refresh", noting)
        app.screen.query_one(RecordTable).tick(NOW + timedelta(seconds=1))
        assert painted == [Region(2, y, 10, 1) for y in (1, 2, 3)]


async def test_nothing_ticks_behind_a_dialog(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        page = app.screen
        app.push_screen(Confirm("Really?", "Nothing happens.", yes="Yes"))
        await settle(pilot)
        await pass_time(pilot, cast, seconds=10)
        assert "42s" in page.query_one(RecordTable).render_line(1).text
        await press(pilot, "escape")
        assert "32s" in page.query_one(RecordTable).render_line(1).text


async def test_a_counter_opens_its_rows_and_esc_shows_all_again(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "v", "v")
        assert numbers(app) == ["10", "12", "11", "13", "07"]
        await press(pilot, "v")
        assert numbers(app) == ["10"]
        await pass_time(pilot, cast, seconds=42)
        assert numbers(app) == ["12"]
        await press(pilot, "escape")
        assert len(numbers(app)) == 13


async def test_a_counter_is_clicked(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pilot.click("#counter-late")
        await settle(pilot)
        assert numbers(app) == ["09"]
        await pilot.click("#counter-inbox")
        await settle(pilot)
        assert page_name(app) == "Inbox"


async def test_where_no_payment_is_in_a_lane_it_says_how_to_go_on(cast: Store) -> None:
    app = panel(cast, TOMAS_EMAIL)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "v")
        assert any("No payment is here now." in each for each in lines(app))


async def test_enter_opens_the_details_and_esc_comes_back_to_the_same_row(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "j", "j", "enter")
        assert is_on(app, PaymentDetails)
        assert page_name(app) == "Payment P-000011"
        await press(pilot, "escape")
        assert is_on(app, PaymentsPage)
        assert app.screen.query_one(RecordTable).cursor_key == 11


async def test_a_manager_of_another_reseller_sees_neither_others_payments_nor_connectors(cast: Store) -> None:
    app = panel(cast, TOMAS_EMAIL)
    async with app.run_test(size=(160, 36)) as pilot:
        await settle(pilot)
        assert numbers(app) == ["11", "04"]
        assert "Connector" not in lines(app)[0]


async def test_a_read_only_manager_is_offered_nothing_to_create(cast: Store) -> None:
    app = panel(cast, INES_EMAIL)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "n")
        assert is_on(app, PaymentsPage)
        assert not app.screen.query("#create")


async def test_a_payment_is_created_and_selected(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "n")
        assert is_on(app, PaymentNew)
        app.screen.query_one("#account", Select).value = 3
        app.screen.query_one("#total", Input).value = "129.5"
        app.screen.query_one("#due", Input).value = "2026-02-30"
        await press(pilot, "ctrl+s")
        wrong = [each.called for each in app.screen.query(FormField) if each.has_class("-wrong")]
        assert wrong == ["Total", "Due date"]
        app.screen.query_one("#total", Input).value = "129"
        app.screen.query_one("#due", Input).value = ""
        await press(pilot, "ctrl+s")
        assert is_on(app, PaymentsPage)
        assert app.screen.query_one(RecordTable).cursor_key == 14
        assert str(payment_commands.get(cast.view(), ANNA, 14).total) == "129 JPY"


async def test_leaving_a_form_with_changes_asks(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "n", "escape")
        assert is_on(app, PaymentsPage)
        await press(pilot, "n", "tab", "1", "escape")
        assert is_on(app, Confirm)
        await press(pilot, "enter")
        assert is_on(app, PaymentNew)


async def test_without_an_account_nothing_is_created(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "n", "tab", "1", "ctrl+s")
        assert is_on(app, PaymentNew)
        assert app.screen.focused is app.screen.query_one("#account")


async def test_a_filter_keeps_what_fits_and_esc_ends_it(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "slash", *"connector:nord", "space", *"total>20", "enter")
        assert numbers(app) == ["10", "11", "09", "08", "05", "01"]
        await press(pilot, "S")
        assert numbers(app) == ["01", "05", "08", "09", "11", "10"]
        await press(pilot, "escape")
        assert len(numbers(app)) == 13


async def test_rows_are_sorted_by_each_column_and_the_cursor_stays_on_its_payment(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(160, 40)) as pilot:
        await settle(pilot)
        await press(pilot, "j")
        table: RecordTable[Any] = app.screen.query_one(RecordTable)
        table.sort_by("total")
        await settle(pilot)
        found = [table.row_at(each) for each in range(table.row_count)]
        totals = [(each.payment.total.currency, each.payment.total.amount) for each in found if each is not None]
        assert totals == sorted(totals)
        assert (table.cursor_key, "Total ▲" in lines(app)[0]) == (12, True)


async def test_while_paused_nothing_moves_and_changes_are_counted(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "space")
        shown = lines(app)
        with cast.transaction() as tx:
            payment_commands.cancel(tx, ANNA, 8)
        app.screen.reload()  # type: ignore[attr-defined]
        await settle(pilot)
        await pass_time(pilot, cast, seconds=50)
        assert lines(app) == shown
        pace = app.screen.query_one("#pace", Static)
        # One was changed, and the time of another one is over.
        assert str(pace.render()).strip() == "paused · 2 waiting"
        silent = app.screen.query_one("#counter-silent")
        assert silent.region.right <= 80
        await pilot.resize_terminal(160, 24)
        await settle(pilot)
        assert str(pace.render()).strip() == "paused at 09:26:53 · 2 changes waiting"
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        shown = lines(app)
        await press(pilot, "space")
        assert "Cancelled" in next(each for each in lines(app) if "P-000008" in each)
        assert numbers(app)[0] == "12"


async def test_a_payment_that_cannot_be_read_is_told_and_the_others_are_shown(
    cast: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = View._line

    def damaged(self: View, kind: type[Any], identity: int) -> bytes | None:
        if kind is Payment and identity == 12 and threading.current_thread() is threading.main_thread():
            raise StoreNotUsable(cast.folder, "record 12 cannot be read.")
        return original(self, kind, identity)

    app = panel(cast)
    monkeypatch.setattr(View, "_line", damaged)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert lines(app)[2].split() == ["?"] * 5
        assert "P-000011" in lines(app)[3]
        assert "record 12 cannot be read" in app.store_trouble


def marked(app: GatewatchApp) -> list[str]:
    """Return the numbers of the payments whose rows are marked."""
    return [line.split("P-")[1][:6] for line in lines(app) if line[1:2] == "•"]


async def test_what_changed_while_nobody_pressed_a_key_is_marked_until_it_is_looked_at(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        change(cast, 8)
        await tell_of_changes(pilot)
        assert marked(app) == []
        await pass_time(pilot, cast, seconds=31)
        change(cast, 8)
        await tell_of_changes(pilot)
        assert marked(app) == ["000008"]
        assert "m" in app.screen.active_bindings
        await press(pilot, *"jjjjjjj")
        assert marked(app) == []


async def test_what_changed_while_the_page_was_left_or_paused_is_marked_and_m_takes_the_marks_off(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "enter")
        change(cast, 8)
        await press(pilot, "escape")
        assert marked(app) == ["000008"]
        await press(pilot, "m")
        assert marked(app) == []
        assert "m" not in app.screen.active_bindings
        await press(pilot, "space")
        change(cast, 9)
        await tell_of_changes(pilot)
        await press(pilot, "space")
        assert marked(app) == ["000009"]


async def test_what_a_look_that_was_under_way_shows_late_does_not_end_the_marking_of_what_comes_after(
    cast: Store,
) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        page = app.screen
        assert isinstance(page, PaymentsPage)
        await press(pilot, "enter")
        view = page.read()
        page.show(view)  # as one that was under way when the page was left
        change(cast, 8)
        await press(pilot, "escape")
        assert marked(app) == ["000008"]


async def test_of_two_looks_that_are_shown_late_none_is_lost(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pass_time(pilot, cast, seconds=31)
        page = app.screen
        assert isinstance(page, PaymentsPage)
        change(cast, 8)
        page.read()
        change(cast, 6)
        page.show(page.read())
        assert sorted(marked(app)) == ["000006", "000008"]


async def test_a_clock_that_is_put_back_keeps_neither_the_order_nor_the_silent_connectors(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        silent = app.screen.query_one("#counter-silent", Static)
        assert str(silent.render()).strip() == "Silent 2"
        await pass_time(pilot, cast, minutes=30)
        await press(pilot, "j")
        await pass_time(pilot, cast, minutes=-30, seconds=10)
        page = app.screen
        assert isinstance(page, PaymentsPage)
        frame = page.session.monitor.look()
        assert frame.is_whole
        assert str(silent.render()).strip() == f"Silent {sum(each.silent_for is not None for each in frame.health)}"
        assert list(page.table.keys) == list(frame.ids)


async def test_while_paused_what_time_changes_is_counted_and_another_choice_stands_as_of_then(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        pace = app.screen.query_one("#pace", Static)
        await press(pilot, "space")
        before = lines(app)
        await pass_time(pilot, cast, minutes=1)
        assert lines(app) == before
        assert "1 waiting" in str(pace.render())
        await press(pilot, "v")
        assert "0 waiting" in str(pace.render())


async def test_a_mark_goes_with_the_payment_that_ages_out_whether_paused_or_not(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pass_time(pilot, cast, seconds=31)
        change(cast, 1)
        change(cast, 8)
        await tell_of_changes(pilot)
        assert marked(app) == ["000008", "000001"]
        age_out(cast, after=timedelta(seconds=1))
        await tell_of_changes(pilot)
        assert app.screen.query_one(RecordTable).marked == {8}

        await press(pilot, "m", "space")
        change(cast, 9)
        with cast.transaction() as tx:
            payment_commands.cancel(tx, ANNA, 8)
        await tell_of_changes(pilot)
        pace = app.screen.query_one("#pace", Static)
        assert "2 waiting" in str(pace.render())
        await pass_time(pilot, cast, seconds=2)
        age_out(cast, after=timedelta(seconds=1))
        await tell_of_changes(pilot)
        assert "1 waiting" in str(pace.render())
        await press(pilot, "space")
        assert marked(app) == ["000009"]


def change(store: Store, payment_id: int) -> None:
    """Write a payment as it is, as another process might."""
    with store.transaction() as tx:
        tx.put(replace(tx.get(Payment, payment_id), description=f"changed at {tx.now}"))


async def tell_of_changes(pilot: Pilot[Any]) -> None:
    """Let the page on top read what has changed."""
    assert isinstance(pilot.app.screen, Page)
    pilot.app.screen.reload()
    await settle(pilot)
