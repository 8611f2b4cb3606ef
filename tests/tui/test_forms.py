"""All forms: what is said beside fields and when, secrets, drafts, the person's own editor, and two people at once."""

from __future__ import annotations

import json
import stat
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input

from store import connectors, methods, shared_keys
from store.action_log import LogLine
from store.actors import Actor
from store.payment_method import PaymentMethod
from store.settings_schema import SCHEMA_FIELD
from store.store import Store
from tests.tui.cast import ANNA_EMAIL, CARD_STATIC, INES_EMAIL, panel
from tests.tui.conftest import Picture, press, settle
from tests.tui.form_driver import checked, fill, form, problems_of, said_beside, shown
from tests.tui.test_payments import is_on
from tui.app import GatewatchApp
from tui.drafts import Drafts
from tui.screens.answer_record import AnswerRecord
from tui.screens.connector_edit import ConnectorEdit
from tui.screens.connector_form import EXAMPLES, form_of
from tui.screens.connector_new import ConnectorNew
from tui.screens.connectors import ConnectorsPage
from tui.screens.form_page import FormPage
from tui.screens.look_at_both import LookAtBoth
from tui.screens.manager_form import ManagerEdit, ManagerPassword
from tui.screens.method_edit import MethodEdit
from tui.screens.methods import MethodsPage
from tui.screens.reseller_form import ResellerEdit
from tui.screens.schema_preview_dialog import SchemaPreviewDialog
from tui.settings import Settings
from tui.settings_file import NOTHING_SET
from tui.widgets.confirm import Confirm
from tui.widgets.json_area import JsonArea
from tui.widgets.question import Question
from tui.widgets.record_table import RecordTable
from tui.widgets.settings_form import FIELDS_AT_ONCE, SettingLine

ANNA = Actor(ANNA_EMAIL)
BO = Actor("bo@northwind.example")
WIDE, NARROW = (120, 36), (80, 24)


def change_connector(store: Store, by: Actor = BO, **fields: str) -> None:
    """Let somebody else change connector 1."""
    with store.transaction() as tx:
        current = connectors.get(tx, by, 1)
        connectors.update(tx, by, 1, replace(form_of(current), **fields), version=current.version)


def asked(app: GatewatchApp) -> str:
    """Return what the question on the screen says."""
    assert isinstance(app.screen, Question)
    return app.screen.says


def actions(store: Store) -> list[tuple[str, str]]:
    """Return action and subject of every line of the action log."""
    return [(each.action, each.subject) for each in store.view().all(LogLine)]


async def stale_edit(pilot: Pilot[None], store: Store) -> None:
    """Edit connector 1 while somebody else changes its name, URL and Static JSON, and press Save."""
    app = pilot.app
    assert isinstance(app, GatewatchApp)
    await press(pilot, "6", "e")
    change_connector(
        store, name="Theirs", url="https://theirs.example/pay", static_text='{"platform_token": "their-own"}'
    )
    with store.transaction() as tx:
        shared_keys.reveal_key(tx, ANNA, 1)  # who only looks has changed nothing
    fill(app, name="Mine", period="20")
    await press(pilot, "ctrl+s")


def test_picture_form_stale(picture: Picture, cast: Store) -> None:
    async def stale(pilot: Pilot[None]) -> None:
        await stale_edit(pilot, cast)

    assert picture(panel(cast), prepare=stale)


def test_picture_form_both(picture: Picture, cast: Store) -> None:
    async def look(pilot: Pilot[None]) -> None:
        await stale_edit(pilot, cast)
        await press(pilot, "right", "right", "right", "enter")

    assert picture(panel(cast), prepare=look)


def test_picture_schema_preview(picture: Picture, cast: Store) -> None:
    async def preview(pilot: Pilot[None]) -> None:
        await press(pilot, "tab", "tab", "tab", "f2", "f2")
        await checked(pilot)
        await press(pilot, "f9")

    assert picture(panel(cast), press=("6", "n"), prepare=preview)


async def test_a_field_says_what_is_wrong_when_it_is_left_and_is_silent_while_it_is_mended(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=NARROW) as pilot:
        await press(pilot, "6", "n", "tab")
        await pilot.press(*"ftp://x")
        assert said_beside(app, "Connector URL") == ""
        await press(pilot, "tab")
        assert "https://" in said_beside(app, "Connector URL")
        assert "write a name" in said_beside(app, "Name")
        assert problems_of(app) == ["Name", "Connector URL"]

        await press(pilot, "shift+tab", "y")
        await checked(pilot)
        assert said_beside(app, "Connector URL") == ""
        assert "write a name" in said_beside(app, "Name")


async def test_accounts_and_payments_say_it_beside_the_field_too(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=NARROW) as pilot:
        await press(pilot, "1", "n", "tab", *"eux", "tab")
        assert "ISO 4217" in said_beside(app, "Currency")
        await press(pilot, "escape", "tab", "enter", "3", "n", "ctrl+s")
        assert "choose whose payment" in said_beside(app, "Account")
        form(app).put({"Account": 1, "Total": "1.234", "Due date": "soon"})
        await press(pilot, "ctrl+s")
        assert problems_of(app) == ["Total", "Due date"]


@pytest.mark.parametrize(
    "kind", [ConnectorNew, ConnectorEdit, ManagerEdit, ManagerPassword, ResellerEdit, AnswerRecord]
)
def test_the_footer_calls_saving_what_the_button_calls_it(kind: type[FormPage]) -> None:
    [binding] = kind._merge_bindings().key_to_bindings["ctrl+s"]
    assert binding.description == kind.SAVE


async def test_f5_says_so_where_a_text_is_laid_out_already(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=NARROW) as pilot:
        await press(pilot, "6", "n", "tab", "tab", "tab", "f2", "f5")
        laid_out = form(app).focused_field
        assert laid_out is not None
        before = laid_out.value
        app.clear_notifications()
        await press(pilot, "f5")
        assert laid_out.value == before
        assert [each.message for each in app._notifications] == ["It is laid out already."]


async def test_f2_offers_both_forms_of_a_schema_and_f5_keeps_what_is_no_json(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=NARROW) as pilot:
        await press(pilot, "6", "n", "tab", "tab", "tab")
        area = app.screen.query_one("#schema", JsonArea)
        texts = []
        for _ in range(3):
            await press(pilot, "f2")
            texts.append(area.text)
        assert tuple(texts) == (*EXAMPLES[SCHEMA_FIELD], texts[0])

        area.fill('[{"key": "a",]')
        await press(pilot, "f5")
        assert area.text == '[{"key": "a",]'
        assert any("stays as it is" in each.message and "line 1" in each.message for each in app._notifications)
        assert area.cursor_place == (area.problems[0].line, area.problems[0].column)


async def test_f2_loses_nothing_that_was_typed(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=NARROW) as pilot:
        await press(pilot, "6", "n", *"Mine", "f2")
        assert form(app).values()["Name"] == "Mine"
        assert any("stays as you typed it" in each.message for each in app._notifications)

        area = app.screen.query_one("#schema", JsonArea)
        area.area.focus()
        await press(pilot, *"[1]")
        typed = area.text
        await press(pilot, "f2")
        assert area.text == EXAMPLES[SCHEMA_FIELD][0]
        assert any("ctrl+z brings that back" in each.message for each in app._notifications)
        await press(pilot, "ctrl+z")
        assert area.text == typed


async def test_the_preview_follows_what_is_typed_and_keeps_the_last_right_form(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "6", "n")
        fill(app, schema='[{"key": "shop", "type": "string", "label": "Shop number", "required": true}]')
        await checked(pilot)
        assert "Shop number *" in shown(app)
        fill(app, schema="[{")
        await checked(pilot)
        assert "Shop number *" in shown(app)
        assert app.screen.query_one(".preview-form").has_class("-old")


async def test_at_80_columns_f9_shows_the_preview_over_the_form(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=NARROW) as pilot:
        await press(pilot, "6", "n", "f9")
        assert is_on(app, ConnectorNew)
        await press(pilot, "tab", "tab", "tab", "f2")
        await checked(pilot)
        await press(pilot, "f9")
        assert is_on(app, SchemaPreviewDialog)
        assert "Merchant ID *" in shown(app)
        await press(pilot, "f9")
        assert app.focused is app.screen.query_one("#schema", JsonArea).area


async def test_static_json_is_shown_only_after_asking_and_then_one_value_can_be_changed(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=NARROW) as pilot:
        await press(pilot, "6", "e", "tab", "tab", "tab", "tab")
        area = app.screen.query_one("#static", JsonArea)
        assert "2 shared values: platform, platform_token" in shown(app)
        await press(pilot, "x", "f2", "f5", "f8", "enter")
        assert area.text == CARD_STATIC
        assert "nb_live_7hV2kQ" not in shown(app)
        await press(pilot, "f8", "tab", "enter")
        assert "nb_live_7hV2kQ" in shown(app)
        assert actions(cast)[-1] == ("static json revealed", "connector 1")
        area.area.text = CARD_STATIC.replace("northwind", "southern")
        await press(pilot, "f8")
        assert "nb_live_7hV2kQ" not in shown(app)
        await press(pilot, "ctrl+s")
        assert is_on(app, ConnectorsPage)
    assert connectors.get(cast.view(), ANNA, 1).static_text == CARD_STATIC.replace("northwind", "southern")


async def test_a_stored_password_is_shown_only_after_asking_also_when_something_was_typed_to_it(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "5", "e")
        field = form(app).field("/api_key")
        field.go_to()
        await press(pilot, "end", "x", "f8")
        assert is_on(app, Confirm)
        await press(pilot, "enter")
        assert field.query_one(Input).password
        await press(pilot, "f8", "tab", "enter")
        assert not field.query_one(Input).password
        assert actions(cast)[-1] == ("setting revealed", "payment method 1")
        await press(pilot, "f8")
        assert field.query_one(Input).password


async def test_a_stale_edit_asks_with_cancel_focused_and_changes_nothing_before(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=NARROW) as pilot:
        await settle(pilot)
        await stale_edit(pilot, cast)
        assert is_on(app, Question)
        assert app.focused is app.screen.query_one("#cancel", Button)
        assert "bo@northwind.example changed it" in asked(app)
        assert "Name, Connector URL, Static JSON" in asked(app)
        assert "You changed: Name, Period for payment processing" in asked(app)
        assert "puts yours over theirs in Name" in asked(app)

        await press(pilot, "right", "right", "right", "enter")
        assert is_on(app, LookAtBoth)
        text = shown(app)
        assert "https://theirs.example/pay" in text
        assert "both of you changed it" in text
        assert "their-own" not in text
        await press(pilot, "escape", "enter")
        assert is_on(app, ConnectorEdit)
        assert form(app).values()["Name"] == "Mine"
    assert connectors.get(cast.view(), ANNA, 1).name == "Theirs"


async def test_keep_mine_saves_what_was_changed_here_and_nothing_else(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=NARROW) as pilot:
        await settle(pilot)
        await stale_edit(pilot, cast)
        await press(pilot, "right", "enter")
        assert is_on(app, ConnectorsPage)
    kept = connectors.get(cast.view(), ANNA, 1)
    assert (kept.name, kept.url, str(kept.period_minutes)) == ("Mine", "https://theirs.example/pay", "20")
    assert kept.static_text == '{"platform_token": "their-own"}'


async def test_take_theirs_shows_what_is_stored_now_and_saves_nothing(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=NARROW) as pilot:
        await settle(pilot)
        await stale_edit(pilot, cast)
        version = connectors.get(cast.view(), ANNA, 1).version
        await press(pilot, "right", "right", "enter")
        page = form(app)
        assert page.values()["Name"] == "Theirs"
        assert page.values()["Period for payment processing"] == "15"
        assert not page.has_changes()
        assert connectors.get(cast.view(), ANNA, 1).version == version
        fill(app, period="30")
        await press(pilot, "ctrl+s")
        assert is_on(app, ConnectorsPage)
    assert str(connectors.get(cast.view(), ANNA, 1).period_minutes) == "30"


async def test_two_people_change_two_settings_of_one_method_and_both_changes_stay(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "5", "e")
        with cast.transaction() as tx:
            current = methods.get(tx, BO, 1)
            settings = {**current.settings, "api_key": "nb_theirs", "mode": "test", "brands": []}
            theirs = methods.MethodForm(name=current.name, connector_id=1, settings=settings, description="Theirs")
            methods.update(tx, BO, 1, theirs, version=current.version)
        form(app).put({"/merchant_id": "M-111111", "Description": "Mine"})
        await press(pilot, "ctrl+s")
        assert is_on(app, Question)
        assert "API key, Mode, Card brands, Description" in asked(app)
        await press(pilot, "right", "right", "right", "enter")
        text = shown(app)
        assert "nb_theirs" not in text
        assert "nb_9f31c2" not in text
        await press(pilot, "escape", "right", "enter")
    kept = cast.view().get(PaymentMethod, 1)
    assert kept.description == "Mine"
    assert kept.settings["merchant_id"] == "M-111111"
    assert (kept.settings["api_key"], kept.settings["mode"], kept.settings.get("brands")) == ("nb_theirs", "test", None)


async def test_a_record_that_was_deleted_meanwhile_is_told(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "5", "e")
        fill(app, name="Mine")
        with cast.transaction() as tx:
            methods.delete(tx, ANNA, 1)
        await press(pilot, "ctrl+s")
        assert "There is no payment method" in shown(app)


async def test_what_is_typed_when_the_panel_is_ended_is_offered_again_without_secrets(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=NARROW) as pilot:
        await press(pilot, "6", "n")
        fill(app, name="Half done", schema="[", static='{"token": "s3cret"}', **{"shared-key": "k" * 20})
        app.keep_drafts()
    folder = cast.folder / "drafts"
    [kept] = folder.iterdir()
    assert (stat.S_IMODE(folder.stat().st_mode), stat.S_IMODE(kept.stat().st_mode)) == (0o700, 0o600)
    assert kept.name == "new-payment-gateway-connector.1.json"
    assert "s3cret" not in kept.read_text()
    assert "k" * 20 not in kept.read_text()

    app = panel(cast)
    async with app.run_test(size=NARROW) as pilot:
        await press(pilot, "6", "n")
        assert is_on(app, Question)
        await press(pilot, "enter")
        assert form(app).values()["Name"] == ""
        await press(pilot, "escape", "n", "right", "enter")
        values = form(app).values()
        assert (values["Name"], values["JSON Schema"], values["Static JSON"]) == ("Half done", "[", "")
        assert form(app).has_changes()
        assert not list(folder.iterdir())
        await press(pilot, "escape")
        assert is_on(app, Confirm)


async def test_a_kept_edit_meets_what_others_have_changed_since(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=NARROW) as pilot:
        await press(pilot, "6", "e")
        fill(app, name="Mine")
        app.keep_drafts()
    change_connector(cast, url="https://theirs.example/pay")
    app = panel(cast)
    async with app.run_test(size=NARROW) as pilot:
        await press(pilot, "6", "e", "right", "enter", "ctrl+s")
        assert is_on(app, Question)
        assert "changed it" in asked(app)
        assert "): Connector URL." in asked(app)
        assert "You changed: Name." in asked(app)
        await press(pilot, "right", "enter")
    kept = connectors.get(cast.view(), ANNA, 1)
    assert (kept.name, kept.url) == ("Mine", "https://theirs.example/pay")


async def test_a_methods_connector_is_kept_and_none_of_its_settings(cast: Store) -> None:
    """They are all sealed in the store, also those that no schema masks."""
    app = panel(cast)
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "5", "n")
        form(app).put({"Name": "Cards", "Connector": 1})
        await settle(pilot)
        form(app).put({"/merchant_id": "M-1", "/api_key": "s3cret", "/brands": ["mc"]})
        app.keep_drafts()
    [kept] = (cast.folder / "drafts").iterdir()
    assert [each for each in ("M-1", "s3cret", "mc") if each in kept.read_text()] == []
    app = panel(cast)
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "5", "n")
        assert "Connector settings were not kept" in asked(app)
        await press(pilot, "escape", "escape", "1", "n", "x")
        app.keep_drafts()
        await press(pilot, "escape", "right", "enter", "n")
        assert "You began to fill this form in" in asked(app)
        assert "not kept" not in asked(app)
        await press(pilot, "escape", "escape", "5", "n")
        await press(pilot, "right", "enter")
        await settle(pilot)
        values = form(app).values()
        assert (values["Name"], values["Connector"]) == ("Cards", 1)
        assert (values["/merchant_id"], values["/api_key"]) == (None, None)


async def test_a_draft_of_an_edit_holds_no_setting_also_while_their_fields_are_not_there(cast: Store) -> None:
    """A signal may come while they are being shown."""
    stored = cast.view().get(PaymentMethod, 1).settings
    assert stored["api_key"]
    app = panel(cast)
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "5", "e")
        form(app).put({"Name": "Mine"})
        await form(app).query(SettingLine).remove()
        app.keep_drafts()
    [kept] = (cast.folder / "drafts").iterdir()
    assert "Mine" in kept.read_text()
    assert [each for each in stored.values() if str(each) in kept.read_text()] == []


def test_a_draft_that_cannot_be_read_is_none_and_is_removed(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path, 1)
    (tmp_path / "drafts").mkdir()
    broken = tmp_path / "drafts" / "new-connector.1.json"
    broken.write_text('{"kept_at": "yesterday"}')
    assert drafts.find("new-connector") is None
    assert not broken.exists()


def with_editor(app: GatewatchApp, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """Let F4 start a program, in a terminal that has nothing to suspend."""
    monkeypatch.setattr(app._settings, "_loaded", replace(NOTHING_SET, settings=Settings(editor=True)))
    monkeypatch.setattr(app, "environment", {"EDITOR": command})
    monkeypatch.setattr(app, "suspend", nullcontext)


async def test_f4_brings_the_text_back_from_the_editor_and_never_takes_a_masked_one(
    cast: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "seen"
    script = tmp_path / "editor"
    script.write_text(f'#!/bin/sh\ncat "$1" >>{seen}\nprintf \'{{"token": "new"}}\\n\' >"$1"\n')
    script.chmod(0o700)
    app = panel(cast)
    async with app.run_test(size=NARROW) as pilot:
        await press(pilot, "6", "n", "tab", "tab", "tab", "tab", "{", "f4")
        assert not seen.exists()
        with_editor(app, monkeypatch, str(script))
        await press(pilot, "f4")
        area = app.screen.query_one("#static", JsonArea)
        assert (seen.read_text(), area.text) == ("{", '{"token": "new"}')
        await press(pilot, "f8", "ctrl+o")
        assert seen.read_text() == "{"
        await press(pilot, "f8")
        with_editor(app, monkeypatch, "false")
        await press(pilot, "ctrl+o")
        assert any("ended with code 1" in each.message for each in app._notifications)
        assert area.text == '{"token": "new"}'


async def test_a_read_only_manager_cannot_have_a_form(cast: Store) -> None:
    app = panel(cast, INES_EMAIL)
    async with app.run_test(size=NARROW) as pilot:
        await press(pilot, "6")
        app.push_screen(ConnectorNew())
        await settle(pilot)
        assert is_on(app, ConnectorsPage)
        app.push_screen(MethodEdit(cast.view().get(PaymentMethod, 1)))
        await settle(pilot)
        assert is_on(app, ConnectorsPage)
        assert app.screen.query_one(RecordTable).row_count == 4


async def test_of_many_settings_a_part_is_shown_and_any_is_reached_by_name_and_by_its_problem(
    cast: Store,
) -> None:
    asked_for = [
        {"key": f"f{number}", "type": "string", "label": f"Field {number}", "required": number in (3, 55)}
        for number in range(60)
    ]
    form_of_many = connectors.ConnectorForm(name="Many", url="https://many.example", schema_text=json.dumps(asked_for))
    with cast.transaction() as tx:
        many = connectors.create(tx, ANNA, form_of_many)
    app = panel(cast)
    async with app.run_test(size=NARROW) as pilot:
        await press(pilot, "5", "n")
        form(app).put({"Name": "M", "Connector": many.id})
        await settle(pilot)
        on_screen = [each.called for each in form(app).fields if each.called.startswith("/") and each.display]
        assert len(form(app).fields) > 60
        assert len(on_screen) == FIELDS_AT_ONCE

        await press(pilot, "ctrl+s")
        await press(pilot, "f3")
        assert form(app).focused_field is form(app).field("/f55")
        await pilot.press(*"here")
        await pilot.press("ctrl+g")
        await pilot.pause()
        await pilot.press(*"Field 37", "enter")
        await settle(pilot)
        assert form(app).focused_field is form(app).field("/f37")
        form(app).field("/f3").value = "there"
        await press(pilot, "ctrl+s")
        assert is_on(app, MethodsPage)
    assert cast.view().get(PaymentMethod, 5).settings == {"f55": "here", "f3": "there"}


async def test_what_is_typed_into_an_edit_form_is_added_and_only_what_is_masked_is_replaced(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "5", "e", "x")
        assert app.screen.query_one("#name", Input).value == "Credit cardx"
        masked = next(each for each in app.screen.query(Input) if each.password)
        masked.focus()
        await press(pilot, "x")
        assert masked.value == "x"


async def test_a_secret_that_is_shown_is_typed_on_like_any_text(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "6", "n")
        app.screen.query_one("#shared-key", Input).focus()
        await press(pilot, "x", "f8", "shift+tab", "tab", "y")
        assert app.screen.query_one("#shared-key", Input).value == "xy"
