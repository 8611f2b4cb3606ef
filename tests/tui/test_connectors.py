"""The connectors' screens, worked by keys."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Input, Static

from store import connectors, methods, shared_keys
from store.action_log import LogLine
from store.actors import Actor
from store.connectors import Connector
from store.gateway_watch import note_failure, note_skew
from store.old_key_use import OLD_KEY, note_use
from store.refused_messages import keep
from store.store import Store
from tests.makers import FixedClock, refused_message
from tests.tui.cast import ANNA_EMAIL, CARD_STATIC, INES_EMAIL, NOW, TOMAS_EMAIL, panel
from tests.tui.conftest import Picture, press, settle
from tests.tui.form_driver import checked, fill, problems_of
from tests.tui.test_payments import is_on
from tui.app import GatewatchApp
from tui.screens.connector_details import ConnectorDetails
from tui.screens.connector_edit import ConnectorEdit
from tui.screens.connector_new import ConnectorNew
from tui.screens.connectors import ConnectorsPage
from tui.screens.form_fields import field_of
from tui.screens.key_shown import KeyShown
from tui.screens.old_key import OldKey
from tui.screens.rotate_key import RotateKey
from tui.widgets.confirm import Confirm
from tui.widgets.json_area import JsonArea
from tui.widgets.problem_list import ProblemList
from tui.widgets.record_table import RecordTable

BROKEN_SCHEMA = '[\n  {"key": "api key", "type": "pasword"},\n  {"key": "mode", "type": "select"}\n]'
BROKEN_STATIC = '{"shop": 1, "shop": 2}'
ANNA = Actor(ANNA_EMAIL)


def state_of(app: GatewatchApp, area: str) -> str:
    """Return the line below a JSON field."""
    return str(app.screen.query_one(f"#{area} .json-state", Static).render())


def rotated_and_still_used(cast: Store) -> Connector:
    """Rotate the first connector's key, and let its gateway use the old one once more."""
    with cast.transaction() as tx:
        rotated = shared_keys.rotate_key(tx, ANNA, 1)
        note_use(tx, 1, OLD_KEY)
    assert isinstance(cast.clock, FixedClock)
    cast.clock.advance(seconds=75)
    return rotated


def shown_in(app: GatewatchApp) -> str:
    """Return the texts of the screen on top."""
    return " ".join(str(each.render()) for each in app.screen.query(Static))


def test_picture_connectors(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press="6")


def test_picture_connectors_empty(picture: Picture, cast: Store) -> None:
    with cast.transaction() as tx:
        for each in methods.visible_to(tx, ANNA):
            methods.delete(tx, ANNA, each.id)
        for connector in connectors.listed(tx, ANNA):
            connectors.delete(tx, ANNA, connector.id)

    assert picture(panel(cast), press="6")


def test_picture_connector_new(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=("6", "n"))


def test_picture_connector_problems(picture: Picture, cast: Store) -> None:
    app = panel(cast)

    async def create_broken(pilot: Pilot[None]) -> None:
        fill(app, url="ftp://pay.example", period="0", schema=BROKEN_SCHEMA, static=BROKEN_STATIC)
        await checked(pilot)
        await press(pilot, "ctrl+s", "f3", "f3", "f3", "f3")

    assert picture(app, press=("6", "n"), prepare=create_broken)


def test_picture_connector_details(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=("6", "enter"))


def test_picture_connector_troubled(picture: Picture, cast: Store) -> None:
    reasons = ["The signature in X-Signature is not that of this message under the Secret Shared Key."] * 3
    messages = [replace(refused_message(reason=each), at=NOW - timedelta(minutes=n)) for n, each in enumerate(reasons)]
    reply = replace(refused_message(status=None), reason="The header X-Signature is missing.", at=NOW)
    with cast.transaction() as tx:
        failure = "The gateway did not take the connection: Connect call failed."
        for _ in range(7):
            note_failure(tx, 1, failure, next_try_at=NOW + timedelta(seconds=23))
        note_skew(tx, 1, -1260)
        keep(tx, 1, [*messages, reply], count=212)

    assert picture(panel(cast), press=("6", "enter"))


def test_picture_connector_edit(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=("6", "e"))


def test_picture_connector_delete(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=("6", "G", "D"))


def test_picture_connector_rotate(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=("6", "enter", "R"))


def test_picture_connector_rotating(picture: Picture, cast: Store) -> None:
    rotated_and_still_used(cast)
    assert picture(panel(cast), press=("6", "enter"))


def test_picture_connector_old_key(picture: Picture, cast: Store) -> None:
    rotated_and_still_used(cast)
    assert picture(panel(cast), press=("6", "enter", "R"))


def test_picture_connector_key(picture: Picture, cast: Store) -> None:
    assert picture(panel(cast), press=("6", "enter", "v"))


async def test_create_shows_the_list_with_the_new_connector_selected(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "6", "n")
        fill(app, name="Lusitania Pay", url="https://pay.lusitania.example/v1", period="0.5", schema="[]")
        await press(pilot, "ctrl+s")

        assert is_on(app, ConnectorsPage)
        assert app.screen.query_one(RecordTable).cursor_key == 5
    made = connectors.get(cast.view(), ANNA, 5)
    assert (made.name, made.url, str(made.period_minutes), made.schema_text) == (
        "Lusitania Pay",
        "https://pay.lusitania.example/v1",
        "0.5",
        "[]",
    )
    assert len(made.shared_key) == 64


async def test_a_form_can_be_filled_and_sent_by_keys_alone(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "6", "n")
        await pilot.press(*"Lusi", "tab", *"https://l.example/pay", "tab", "tab", "[", "]", "tab", "tab", "tab")
        await press(pilot, "enter")

    assert connectors.get(cast.view(), ANNA, 5).name == "Lusi"


async def test_create_shows_all_problem_items_at_once_and_makes_nothing(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "6", "n")
        fill(app, url="ftp://pay.example", period="0", schema=BROKEN_SCHEMA, static=BROKEN_STATIC)
        await press(pilot, "ctrl+s")

        assert is_on(app, ConnectorNew)
        named = problems_of(app)
        assert {"Name", "Connector URL", "Period for payment processing", "JSON Schema", "Static JSON"} == set(named)
        assert named.count("JSON Schema") >= 3
        state = str(app.screen.query_one("#form-state", Static).render())
        assert state == f"✗ {len(named)} problems"
    assert len(connectors.listed(cast.view(), ANNA)) == 4


async def test_what_is_wrong_follows_what_is_mended(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "6", "n")
        fill(app, name="Lusitania Pay", url="https://pay.example", schema="[", static="")
        await press(pilot, "ctrl+s")
        assert problems_of(app) == ["JSON Schema"]

        fill(app, schema="[]")
        await checked(pilot)

        assert problems_of(app) == []
        assert not app.screen.query_one("#schema ProblemList").display


async def test_enter_on_a_problem_goes_to_its_line_and_column(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "6", "n")
        fill(app, name="Lusitania Pay", url="https://pay.example", schema=BROKEN_SCHEMA)
        await press(pilot, "ctrl+s")
        problem = app.screen.query_one("#schema ProblemList", ProblemList).items[1]
        await press(pilot, "tab", "j", "enter")

        area = app.screen.query_one("#schema", JsonArea).area
        assert app.focused is area
        assert area.cursor_location == ((problem.line or 0) - 1, (problem.column or 0) - 1)


async def test_f3_goes_from_problem_to_problem_and_around(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "6", "n", "ctrl+s")
        assert problems_of(app) == ["Name", "Connector URL", "JSON Schema"]

        visited = [app.focused]
        for _ in range(3):
            await press(pilot, "f3")
            visited.append(app.focused)

        fields = [field_of(each) for each in visited]
        assert [each and each.called for each in fields] == ["Name", "Connector URL", "JSON Schema", "Name"]


async def test_json_is_checked_as_it_is_typed(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "6", "n")
        fill(app, schema=BROKEN_SCHEMA, static='{"a": ')
        await checked(pilot)
        assert {"JSON Schema", "Static JSON"} == set(problems_of(app))
        assert app.screen.query_one("#schema ProblemList", ProblemList).items[0].line == 2

        fill(app, schema='[{"key": "shop", "type": "string"}]', static='{"token": "x"}')
        await checked(pilot)
        assert state_of(app, "schema") == "✓ field list, 1 field: shop"
        assert state_of(app, "static") == "✓ 1 shared value: token"


async def test_f2_fills_examples_that_create_takes(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "6", "n", "f2", "tab", "f2", "tab", "f2", "tab", "f2", "tab", "f2", "ctrl+s")

        assert is_on(app, ConnectorsPage)
    assert connectors.get(cast.view(), ANNA, 5).schema.fields


async def test_f5_lays_the_json_out_and_ctrl_z_takes_it_back(cast: Store) -> None:
    app = panel(cast)
    typed = '[{"key":"a","type":"string"}]'
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "6", "n", "tab", "tab", "tab")
        await pilot.press(*typed)
        await press(pilot, "f5")
        area = app.screen.query_one("#schema", JsonArea)
        assert area.text == '[\n  {"key": "a", "type": "string"}\n]\n'

        await press(pilot, "ctrl+z")
        assert area.text == typed


async def test_leaving_a_form_with_changes_asks(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "6", "n", "x", "escape")
        assert is_on(app, Confirm)
        await press(pilot, "enter")
        assert is_on(app, ConnectorNew)

        await press(pilot, "escape", "tab", "enter")
        assert is_on(app, ConnectorsPage)


async def test_going_to_another_page_from_a_changed_form_asks_too(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "6", "n", "x")
        app.screen.query_one("#cancel").focus()
        await press(pilot, "3")

        assert is_on(app, Confirm)


async def test_leaving_an_untouched_form_does_not_ask(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "6", "n", "escape")

        assert is_on(app, ConnectorsPage)


async def test_digits_are_typed_into_fields_and_open_no_page(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "6", "n", "1", "?", ":", "[")

        assert is_on(app, ConnectorNew)
        assert app.screen.query_one("#name", Input).value == "1?:["


async def test_edit_keeps_the_static_json_and_never_shows_it(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "6", "e")
        assert is_on(app, ConnectorEdit)
        assert app.screen.query_one("#static", JsonArea).is_hidden
        assert "nb_live_7hV2kQ" not in app.export_screenshot()
        fill(app, name="Nordbank Cards EU")
        await press(pilot, "ctrl+s")
        assert is_on(app, ConnectorsPage)

    changed = connectors.get(cast.view(), ANNA, 1)
    assert (changed.name, changed.static_text) == ("Nordbank Cards EU", CARD_STATIC)


async def test_the_json_schema_of_a_connector_with_instances_cannot_be_edited(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "6", "e")
        before = app.screen.query_one("#schema", JsonArea).text
        app.screen.query_one("#schema", JsonArea).area.focus()
        await press(pilot, "x", "f2", "f5")

        assert app.screen.query_one("#schema", JsonArea).text == before
        assert "Instances is 2: Credit card (ID 1), Cards South (ID 4)" in state_of(app, "schema")


async def test_details_show_neither_the_key_nor_the_static_json(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 60)) as pilot:
        await press(pilot, "6", "enter")
        assert is_on(app, ConnectorDetails)
        shown = app.export_screenshot()

    assert connectors.get(cast.view(), ANNA, 1).shared_key not in shown
    assert "nb_live_7hV2kQ" not in shown


async def test_the_key_is_shown_on_request_and_the_request_is_logged(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "6", "enter", "v")
        assert is_on(app, KeyShown)
        shown = " ".join(str(each.render()) for each in app.screen.query(Static))
        assert connectors.get(cast.view(), ANNA, 1).shared_key in shown
        await press(pilot, "escape")
        assert is_on(app, ConnectorDetails)

    last = list(cast.view().all(LogLine))[-1]
    assert (last.action, last.subject, last.by) == ("key revealed", "connector 1", ANNA_EMAIL)


async def test_the_key_is_copied_on_request_and_the_request_is_logged(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "6", "enter", "y")
        assert app.clipboard == connectors.get(cast.view(), ANNA, 1).shared_key

    assert list(cast.view().all(LogLine))[-1].action == "key revealed"


async def test_rotating_asks_first_and_the_old_key_matches_for_the_grace_time(cast: Store) -> None:
    app = panel(cast)
    old = connectors.get(cast.view(), ANNA, 1).shared_key
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "6", "enter", "R", "enter")
        assert connectors.get(cast.view(), ANNA, 1).shared_key == old
        await press(pilot, "R", "right", "enter")

    rotated = connectors.get(cast.view(), ANNA, 1)
    assert rotated.shared_key != old
    assert rotated.keys_at(cast.clock()) == (rotated.shared_key, old)


async def test_while_an_old_key_matches_it_is_told_when_it_was_used_and_its_time_can_be_ended(cast: Store) -> None:
    rotated = rotated_and_still_used(cast)
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "6", "enter", "R")
        assert isinstance(app.screen, OldKey)
        assert "Last used 1 min ago" in shown_in(app)
        assert "Requests are signed with the old key" in shown_in(app)
        assert "not believed until it has the new one" in shown_in(app)
        await press(pilot, "enter")  # Cancel has the focus
        assert connectors.get(cast.view(), ANNA, 1) == rotated

        await press(pilot, "R", "tab", "enter")
        used = connectors.get(cast.view(), ANNA, 1)
        assert (used.old_key_signs(cast.clock()), len(used.keys_at(cast.clock()))) == (False, 2)

        await press(pilot, "R")
        assert "Use new" not in shown_in(app)
        await press(pilot, "tab", "enter")
        assert connectors.get(cast.view(), ANNA, 1).keys_at(cast.clock()) == (rotated.shared_key,)
        await press(pilot, "R")
        assert isinstance(app.screen, RotateKey)


async def test_of_two_operators_with_the_same_dialog_the_second_changes_nothing(cast: Store) -> None:
    rotated_and_still_used(cast)
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "6", "enter", "R")
        with cast.transaction() as tx:
            other = shared_keys.use_new_key(tx, Actor("boris@northwind.example"), 1)
        await press(pilot, "tab", "tab", "enter")
        assert any("changed by boris@northwind.example" in each.message for each in app._notifications)

    assert connectors.get(cast.view(), ANNA, 1) == other


async def test_deleting_asks_first_with_cancel_focused(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "6", "G", "D", "enter")
        assert len(connectors.listed(cast.view(), ANNA)) == 4
        await press(pilot, "D", "tab", "enter")

        assert is_on(app, ConnectorsPage)
        assert app.screen.query_one(RecordTable).row_count == 3


async def test_a_connector_with_instances_is_not_deleted(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "6", "D")

        assert is_on(app, ConnectorsPage)
        assert any("Instances 2: Credit card (ID 1), Cards South (ID 4)" in each.message for each in app._notifications)


async def test_details_of_a_connector_that_another_process_deletes_are_left(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "6", "G", "enter")
        with cast.transaction() as tx:
            connectors.delete(tx, ANNA, 4)
        await pilot.pause(0.6)
        await settle(pilot)

        assert is_on(app, ConnectorsPage)


async def test_the_list_shows_what_another_process_creates(cast: Store) -> None:
    app = panel(cast)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "6")
        with cast.transaction() as tx:
            tx.put(
                Connector(
                    id=tx.next_id(Connector),
                    name="From the command line",
                    url="https://x.example",
                    shared_key="k" * 64,
                    period_seconds=None,
                    schema_text="[]",
                    static_text="",
                    created_at=tx.now,
                )
            )
        await pilot.pause(0.6)
        await settle(pilot)

        assert app.screen.query_one(RecordTable).row_count == 5


async def test_a_read_only_manager_sees_connectors_and_changes_nothing(cast: Store) -> None:
    app = panel(cast, INES_EMAIL)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "6", "n", "e", "D")
        assert is_on(app, ConnectorsPage)
        assert not app.screen.query("#create")
        await press(pilot, "enter", "v", "R", "e", "D")
        assert "v show" not in str(app.export_screenshot())
        assert is_on(app, ConnectorDetails)


@pytest.mark.parametrize("keys", [("6",), ("ctrl+p", *"gateway", "enter"), (":", *"gateway", "enter")])
async def test_a_manager_of_another_reseller_reaches_connectors_by_no_key(cast: Store, keys: tuple[str, ...]) -> None:
    app = panel(cast, TOMAS_EMAIL)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, *keys)
        await pilot.pause(0.3)

        assert not is_on(app, ConnectorsPage)
        assert "Connectors" not in app.export_screenshot()
