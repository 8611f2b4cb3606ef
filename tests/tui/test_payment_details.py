"""One payment's details, and what can be done with it."""

from __future__ import annotations

from typing import Any

import pytest
from textual.widgets import Button, Static

from store import payment_commands
from store.actors import Actor
from store.states import PaymentStatus
from store.store import Store
from tests.tui.cast import ANNA_EMAIL, INES_EMAIL, panel
from tests.tui.conftest import Picture, press, settle
from tests.tui.test_payments import is_on, pass_time
from tui.app import GatewatchApp
from tui.screens.pay_dialog import PayDialog
from tui.screens.payment_details import PaymentDetails
from tui.widgets.confirm import Confirm
from tui.widgets.countdown import Countdown

ANNA = Actor(ANNA_EMAIL)
TO_DECLINED = ["j", "j", "j", "j", "j", "j", "j", "enter"]
"""The keys from the monitor to the payment that was declined and waits."""


def text_of(app: GatewatchApp, selector: str) -> str:
    """Return what a static part shows, with the layout's spaces taken out."""
    shown = app.screen.query_one(selector, Static)
    return " ".join(" ".join(shown.render_line(y).text.split()) for y in range(shown.size.height)).strip()


async def opened(pilot: Any, cast: Store, payment_id: int) -> PaymentDetails:
    """Open a payment's details."""
    await settle(pilot)
    number = payment_commands.get(cast.view(), ANNA, payment_id).number
    page = PaymentDetails(payment_id, number)
    pilot.app.push_screen(page)
    await settle(pilot)
    return page


def test_picture_payment_processing(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["enter"])


def test_picture_payment_paid_twice(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["G", "enter"])


def test_picture_payment_history(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["G", "enter", "G"])


def test_picture_payment_declined(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=TO_DECLINED)


def test_picture_payment_pay(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=[*TO_DECLINED, "p"])


def test_picture_payment_cancel(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=[*TO_DECLINED, "X"])


async def test_it_shows_what_the_operator_sees_beside_what_the_customer_sees(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 60)) as pilot:
        await opened(pilot, cast, 8)
        assert "Waiting for payment" in text_of(app, "#status")
        assert "Card declined by the issuing bank." in text_of(app, "#customer-view")
        assert "failed Credit card Nordbank Cards" in text_of(app, "#attempts")
        assert "A5 failure, 09:01:14: answered-failure" in text_of(app, "#attempts")
        history = text_of(app, "#history")
        assert "09:01:14.000 +4.000s answered-failure attempt 1" in history
        assert "result failure" in text_of(app, "#answers")
        assert "P-000012" in text_of(app, "#related")
        assert history.index("answered-failure") < history.index("attempt-started") < history.index("created")
        assert "The gateway answered within the period: failure." in history


async def test_its_countdown_goes_on_and_ends_in_waiting_for_payment(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        page = await opened(pilot, cast, 10)
        assert page.query_one(Countdown).shown.plain.endswith("42s")
        await pass_time(pilot, cast, seconds=2)
        assert page.query_one(Countdown).shown.plain.endswith("40s")
        assert page.query_one("#pay", Button).disabled
        await pass_time(pilot, cast, seconds=40)
        assert "Waiting for payment" in text_of(app, "#status")
        assert "late" in page.query_one(Countdown).shown.plain
        assert not page.query_one("#pay", Button).disabled
        assert "period-over" in text_of(app, "#history")


async def test_an_attempt_is_started_through_the_chosen_method(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, cast, 8)
        await press(pilot, "p")
        assert is_on(app, PayDialog)
        assert "No engine runs" in text_of(app, "#says")
        await press(pilot, "j", "enter", "tab", "enter")
        assert is_on(app, PaymentDetails)
        payment = payment_commands.get(cast.view(), ANNA, 8)
        assert payment.status is PaymentStatus.PROCESSING
        assert payment.attempts[-1].method_id == 2


@pytest.mark.parametrize("keys", [["escape"], ["tab", "enter"]])
async def test_the_dialog_can_be_left_without_starting_anything(cast: Store, keys: list[str]) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, cast, 8)
        await press(pilot, "p", *keys)
        assert is_on(app, PaymentDetails)
        assert payment_commands.get(cast.view(), ANNA, 8).status is PaymentStatus.WAITING


async def test_a_payment_is_cancelled_only_after_the_dialog(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, cast, 8)
        await press(pilot, "X")
        assert is_on(app, Confirm)
        await press(pilot, "enter")
        assert payment_commands.get(cast.view(), ANNA, 8).status is PaymentStatus.WAITING
        await press(pilot, "X", "tab", "enter")
        assert payment_commands.get(cast.view(), ANNA, 8).status is PaymentStatus.CANCELLED
        assert "Cancelled" in text_of(app, "#status")
        assert "nothing more can be done" in text_of(app, "#why")


async def test_a_payment_is_paid_from_the_balance(cast: Store) -> None:
    with cast.transaction() as tx:
        made = payment_commands.create(tx, ANNA, account_id=1, total="30.00")
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, cast, made.id)
        await press(pilot, "B", "tab", "enter")
        assert payment_commands.get(cast.view(), ANNA, made.id).status is PaymentStatus.PAID_FROM_BALANCE


async def test_what_the_rules_refuse_cannot_be_pressed(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        page = await opened(pilot, cast, 10)
        await press(pilot, "p", "B", "X")
        assert app.screen is page
        assert any("wait for the gateway's answer" in each.message for each in app._notifications)
        assert "wait for the gateway's answer" in text_of(app, "#why")


async def test_what_was_decided_meanwhile_is_refused_in_words(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, cast, 8)
        await press(pilot, "X")
        with cast.transaction() as tx:
            payment_commands.start_attempt(tx, ANNA, 8, 1)
        await press(pilot, "tab", "enter")
        assert payment_commands.get(cast.view(), ANNA, 8).status is PaymentStatus.PROCESSING
        assert any("Processing" in each.message for each in app._notifications)


async def test_a_read_only_manager_is_told_why_nothing_can_be_pressed(cast: Store) -> None:
    app = panel(cast, INES_EMAIL)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, cast, 8)
        assert "Read Only" in text_of(app, "#why")


async def test_the_keys_of_lists_scroll_the_details(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        page = await opened(pilot, cast, 1)
        details = page.query_one("#details")
        await press(pilot, "j", "j", "k")
        assert details.scroll_y == 1
        await press(pilot, "G")
        assert details.scroll_y == details.max_scroll_y
        await press(pilot, "g")
        assert details.scroll_y == 0
