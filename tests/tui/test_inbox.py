"""Acting on the inbox from the panel: attach, return, dismiss, record by hand; each says first what it will do."""

from __future__ import annotations

import threading

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, Static

from store import answers, inbox
from store.accounts import Account
from store.actors import Actor
from store.answers import Answer, ChargePlace
from store.audit import money_problems
from store.payments import Payment
from store.states import PaymentStatus
from store.store import Store
from tests.makers import success_of
from tests.tui.cast import ANNA_EMAIL, INES_EMAIL, panel
from tests.tui.conftest import LONGEST_WAIT_SECONDS, Picture, press, settle
from tests.tui.test_payments import is_on, page_name
from tui.app import GatewatchApp
from tui.payment_actions import Outlook
from tui.screens import attach_dialog
from tui.screens.answer_details import AnswerDetails
from tui.screens.answer_record import AnswerRecord
from tui.screens.attach_dialog import AttachDialog
from tui.screens.reason_dialog import ReasonDialog
from tui.widgets.confirm import Confirm
from tui.widgets.form_field import FormField

ANNA = Actor(ANNA_EMAIL)


def lose_an_answer(store: Store, amount: str = "310.00") -> Answer:
    """Receive a success of the first connector for an attempt that nobody knows."""
    with store.transaction() as tx:
        return answers.receive(tx, success_of(1, "f" * 32, "NB-50200", amount, "EUR")).answer


def says(app: GatewatchApp, name: str = ".dialog-says") -> str:
    """Return what the dialog says will happen."""
    return str(app.screen.query_one(name, Static).render())


def focused(app: GatewatchApp) -> str | None:
    """Return the id of what has the focus."""
    return app.focused.id if app.focused is not None else None


def test_picture_answer(picture: Picture, cast: Store) -> None:
    lose_an_answer(cast)
    assert picture(panel(cast), press=["4", "G", "enter"])


def test_picture_answer_attach(picture: Picture, cast: Store) -> None:
    lose_an_answer(cast)
    assert picture(panel(cast), press=["4", "G", "enter", "A"])


def test_picture_answer_dismiss(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=["4", "j", "enter", "X"])


def test_picture_answer_record(picture: Picture, cast: Store) -> None:
    app, attempt = panel(cast), cast.view().get(Payment, 7).attempts[0].id

    async def fill_in(pilot: Pilot[None]) -> None:
        for name, text in (("attempt", attempt), ("reference", "NB-50177"), ("reason", "by phone")):
            app.screen.query_one(f"#{name}", Input).value = text
        await press(pilot, "ctrl+s")

    assert picture(app, press=["4", "n"], prepare=fill_in)


async def test_an_unmatched_success_is_attached_to_a_suggested_attempt(cast: Store) -> None:
    lost = lose_an_answer(cast)
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "4", "G", "enter")
        assert is_on(app, AnswerDetails)
        assert "P-000010 310.00 EUR" in str(app.screen.query_one("#suggested", Static).render())
        await press(pilot, "A")
        assert is_on(app, AttachDialog)
        told = says(app)
        assert "The rule answered-success applies" in told
        assert "Payment P-000010 (310.00 EUR) becomes Completed; it is Processing now." in told
        assert "The customer sees Completed" in told
        assert "No money moves; the account's balance stays 80.00 EUR." in told
        await press(pilot, "enter")
        assert focused(app) == "no"
        await press(pilot, "tab", "enter")
        assert not app.screen.query_one("#attach", Button).display
    kept = cast.view().get(Answer, lost.id)
    assert (kept.rule, kept.place, kept.in_inbox) == ("answered-success", ChargePlace.COMPLETED, False)
    assert cast.view().get(Payment, 10).status is PaymentStatus.COMPLETED
    assert money_problems(cast.view()) == []


async def test_an_id_that_is_typed_is_tried_before_it_can_be_attached(cast: Store) -> None:
    lost = lose_an_answer(cast, "129.00")
    attempt = cast.view().get(Payment, 1).attempts[0]
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "4", "G", "enter", "A")
        field = app.screen.query_one("#attempt", Input)
        field.focus()
        await pilot.press("x")
        await press(pilot, "backspace")
        assert app.screen.query_one("#yes", Button).disabled
        field.value = "nobody"
        await press(pilot, "end")
        assert "There is no attempt with ID nobody" in says(app)
        assert app.screen.query_one("#yes", Button).disabled
        field.value = attempt.id
        await press(pilot, "enter")
        assert "The charge" not in says(app)
        assert "stays Completed" in says(app)
        await press(pilot, "escape")
    assert cast.view().get(Answer, lost.id).in_inbox


async def test_a_held_charge_is_returned_after_saying_what_the_balance_becomes(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "4", "j", "enter", "R")
        assert is_on(app, Confirm)
        assert focused(app) == "no"
        assert "The account's balance goes from 0.00 EUR to 9.90 EUR." in says(app)
        await press(pilot, "tab", "enter")
    assert str(cast.view().get(Account, 2).balance) == "9.90 EUR"
    assert money_problems(cast.view()) == []


async def test_dismissing_needs_a_reason_and_cancel_is_the_next_key(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "4", "enter", "X")
        assert is_on(app, ReasonDialog)
        assert "leaves the inbox for good. Its charge of 210.00 EUR counts as settled elsewhere." in says(app)
        await press(pilot, "enter")
        assert focused(app) == "no"
        await press(pilot, "tab", "enter")
        assert "Write why" in says(app, "#reason-problem")
        await press(pilot, *"lost", "enter", "tab", "enter")
        await press(pilot, "escape")
        assert page_name(app) == "Inbox"
    settled = [each for each in cast.view().all(Answer) if each.closed_reason == "lost"]
    assert [each.place for each in settled] == [ChargePlace.DISMISSED]


async def test_an_answer_is_recorded_by_hand_after_saying_what_it_will_do(cast: Store) -> None:
    attempt = cast.view().get(Payment, 7).attempts[0].id
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "4", "n", "ctrl+s")
        assert is_on(app, AnswerRecord)
        assert "is empty" in str(app.screen.query_one(FormField).query_one(".field-problem", Static).render())
        app.screen.query_one("#attempt", Input).value = attempt
        await press(pilot, "ctrl+s")
        wrong = [each.called for each in app.screen.query(FormField) if each.has_class("-wrong")]
        assert wrong == ["Gateway reference", "Reason"]
        for name, value in (("reference", "GT-77"), ("reason", "statement of 14 March")):
            app.screen.query_one(f"#{name}", Input).value = value
        await press(pilot, "ctrl+s")
        assert is_on(app, Confirm)
        assert "becomes Completed; it is Processing now." in says(app)
        await press(pilot, "tab", "enter")
        assert page_name(app) == "Inbox"
    assert cast.view().get(Payment, 7).status is PaymentStatus.COMPLETED


async def test_a_read_only_manager_is_offered_nothing_to_act_with(cast: Store) -> None:
    app = panel(cast, INES_EMAIL)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "4", "enter", "A", "R", "X")
        assert is_on(app, AnswerDetails)
        assert not app.screen.query_one("#attach", Button).display
        assert "A manager with Full Control" in says(app, "#why")
        keys = {each.binding.action for each in app.screen.active_bindings.values()}
        assert not keys & {"attach", "give_back", "dismiss_answer", "new"}
    assert len(inbox.visible_to(cast.view(), ANNA)) == 2


async def test_what_was_found_out_of_an_attempt_that_is_not_typed_any_more_can_not_be_attached_to(
    cast: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = threading.Event()

    def slowly(*_: object) -> Outlook:
        goes_on.wait(LONGEST_WAIT_SECONDS)
        return Outlook(says="It is attached.")

    monkeypatch.setattr(attach_dialog, "attach_outlook", slowly)
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "4", "enter", "A")
        typed = app.screen.query_one("#attempt", Input)
        typed.focus()
        await pilot.press("f")
        await pilot.press("backspace")
        goes_on.set()
        await settle(pilot)
        assert app.screen.query_one("#yes", Button).disabled
        await press(pilot, "f")
        assert not app.screen.query_one("#yes", Button).disabled
