from __future__ import annotations

import json
import os
import re
from datetime import timedelta
from pathlib import Path

import pytest

from store.gateway_watch import note_failure, note_skew
from store.old_key_use import OLD_KEY, OldKeyUse, note_use
from store.shapes import moment
from tests.makers import START, Shop
from tests.tui.cli.terminal import CommandLine, Ended

SCHEMA = """[
  {"type": "string", "key": "merchant", "label": "Merchant", "required": true},
  {"type": "password", "key": "api_key", "label": "API key"}
]"""
KEY = "a key of the gateway's own"


def problems(ended: Ended) -> list[tuple[str, int | None]]:
    """Return field and line of each problem item of a refused command."""
    assert ended.code == 1
    return [(each["field"], each["line"]) for each in json.loads(ended.out)["problems"]]


def test_a_connector_is_created_from_files_and_shown_without_its_secrets(
    gatewatch: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "schema.json").write_text(SCHEMA, encoding="utf-8")
    (tmp_path / "static.json").write_text('{"platform": "secret-of-all"}', encoding="utf-8")
    files = ("--schema", tmp_path / "schema.json", "--static", tmp_path / "static.json", "--key-stdin")
    create = ("connector", "create", "--name", "Acme", "--url", "https://acme.example.com/pay", "--period", "0.5")
    made = gatewatch.process(*create, *files, "--json", stdin=f"{KEY}\n").json
    assert (made["id"], made["period_minutes"], made["instances"], made["version"]) == (1, 0.5, 0, 1)
    assert [each["key"] for each in made["settings"]] == ["merchant", "api_key"]
    assert made["static_keys"] == ["platform"]
    for args in (("show", 1), ("show", 1, "--json"), ("list",), ("list", "--json")):
        shown = gatewatch("connector", *args).out
        assert KEY not in shown
        assert "secret-of-all" not in shown


def test_whole_minutes_are_whole_numbers(gatewatch: CommandLine) -> None:
    create = ("connector", "create", "--name", "Acme", "--url", "https://acme.example.com/pay")
    assert gatewatch(*create, "--period", "10", "--json").json["period_minutes"] == 10
    assert gatewatch(*create, "--json").json["period_minutes"] is None


def test_all_problem_items_are_told_at_once_on_both_streams(gatewatch: CommandLine) -> None:
    create = (
        "connector",
        "create",
        "--name",
        "",
        "--url",
        "http://acme.example.com",
        "--period",
        "soon",
        "--schema",
        "-",
        "--json",
    )
    ended = gatewatch.process(*create, stdin='[\n  {"type": "strange", "key": "a"}\n]')
    assert problems(ended) == [
        ("Name", None),
        ("Connector URL", None),
        ("Period for payment processing", None),
        ("JSON Schema", 2),
    ]
    assert len(ended.err.splitlines()) == 4
    assert gatewatch("connector", "list", "--json").json == []


def test_without_json_problem_items_are_sentences_only(gatewatch: CommandLine) -> None:
    ended = gatewatch("connector", "create", "--name", "", "--url", "https://acme.example.com/pay")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("Name: is empty")


@pytest.mark.parametrize(
    "both", [("--schema", "-", "--static", "-"), ("--schema", "-", "--key-stdin"), ("--key-stdin", "--key-file", "-")]
)
def test_two_options_do_not_both_read_standard_input(gatewatch: CommandLine, both: tuple[str, ...]) -> None:
    create = ("connector", "create", "--name", "Acme", "--url", "https://acme.example.com/pay")
    ended = gatewatch.process(*create, *both, stdin="[]")
    assert (ended.code, ended.out) == (2, "")
    assert "cannot both read standard input" in ended.err


def test_a_key_is_never_an_argument(gatewatch: CommandLine) -> None:
    create = ("connector", "create", "--name", "Acme", "--url", "https://acme.example.com/pay")
    assert gatewatch(*create, "--key", KEY).code == 2


def test_a_key_can_come_from_the_environment(gatewatch: CommandLine) -> None:
    create = ("connector", "create", "--name", "Acme", "--url", "https://acme.example.com/pay")
    gatewatch.process(*create, env={"GATEWATCH_SHARED_KEY": KEY})
    assert gatewatch("connector", "show", 1, "--reveal-key", "--json").json["secret_shared_key"] == KEY


def test_an_empty_key_is_wrong_usage(gatewatch: CommandLine) -> None:
    create = ("connector", "create", "--name", "Acme", "--url", "https://acme.example.com/pay")
    assert gatewatch(*create, "--key-stdin", stdin="\n").code == 2


def test_the_key_is_revealed_on_request_and_that_is_logged(at_shop: CommandLine, shop: Shop) -> None:
    shown = at_shop("connector", "show", shop.connector.id, "--reveal-key")
    assert shown.out.endswith(f"Secret Shared Key: {shop.connector.shared_key}\n")
    last = at_shop("log", "--last", 1, "--json").json[0]
    assert (last["action"], last["subject"]) == ("key revealed", f"connector {shop.connector.id}")
    assert last["by"].startswith("unix user ")


def test_a_file_that_is_not_there_is_wrong_usage(gatewatch: CommandLine, tmp_path: Path) -> None:
    create = ("connector", "create", "--name", "Acme", "--url", "https://acme.example.com/pay")
    ended = gatewatch(*create, "--schema", tmp_path / "none.json")
    assert ended.code == 2
    assert "none.json" in ended.err


def test_a_file_that_is_not_utf_8_is_wrong_usage(gatewatch: CommandLine) -> None:
    create = ("connector", "create", "--name", "Acme", "--url", "https://acme.example.com/pay")
    ended = gatewatch(*create, "--schema", "-", stdin=b'["\xff"]')
    assert ended.code == 2
    assert "UTF-8" in ended.err


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no endless file")
def test_an_endless_file_is_refused_as_too_long(gatewatch: CommandLine) -> None:
    create = ("connector", "create", "--name", "Acme", "--url", "https://acme.example.com/pay")
    ended = gatewatch(*create, "--schema", os.fspath(Path("/dev/zero")), "--json")
    assert problems(ended)[0][0] == "JSON Schema"


def test_what_an_update_does_not_name_stays(at_shop: CommandLine, shop: Shop) -> None:
    before = at_shop("connector", "show", shop.connector.id, "--json").json
    after = at_shop("connector", "update", shop.connector.id, "--name", "New name", "--json").json
    assert after == before | {"name": "New name", "version": before["version"] + 1}
    assert at_shop("connector", "update", shop.connector.id, "--no-period", "--json").json["period_minutes"] is None


def test_an_update_of_nothing_is_wrong_usage(at_shop: CommandLine, shop: Shop) -> None:
    assert at_shop("connector", "update", shop.connector.id).code == 2
    assert at_shop("connector", "update", shop.connector.id, "--period", "5", "--no-period").code == 2


def test_an_update_of_another_version_is_refused_and_says_who_changed_it(at_shop: CommandLine, shop: Shop) -> None:
    at_shop("connector", "update", shop.connector.id, "--name", "New name")
    ended = at_shop("connector", "update", shop.connector.id, "--name", "Newer", "--if-version", 1)
    assert ended.code == 1
    assert "unix user" in ended.err


def test_the_schema_does_not_change_under_payment_methods(at_shop: CommandLine, shop: Shop) -> None:
    ended = at_shop("connector", "update", shop.connector.id, "--schema", "-", stdin=SCHEMA)
    assert ended.code == 1
    assert "Instances is 1" in ended.err


def test_a_connector_with_instances_is_not_deleted(at_shop: CommandLine, shop: Shop) -> None:
    ended = at_shop("connector", "delete", shop.connector.id)
    assert ended.code == 1
    assert shop.method.name in ended.err
    at_shop("method", "delete", shop.method.id)
    assert at_shop("connector", "delete", shop.connector.id).code == 0
    assert at_shop("connector", "list", "--json").json == []


def test_a_rotated_key_leaves_the_old_one_a_grace_time(at_shop: CommandLine, shop: Shop) -> None:
    rotated = at_shop("connector", "rotate-key", shop.connector.id, "--key-stdin", "--json", stdin=KEY).json
    assert rotated["previous_key_until"] is not None
    revealed = at_shop("connector", "show", shop.connector.id, "--reveal-key", "--json").json
    assert revealed["secret_shared_key"] == KEY
    refused = at_shop("connector", "rotate-key", shop.connector.id)
    assert (refused.code, refused.out) == (1, "")
    assert "retire that key first" in refused.err


def test_the_old_keys_time_can_be_ended_in_two_steps_that_show_tells(at_shop: CommandLine, shop: Shop) -> None:
    rotate = ("connector", "rotate-key", shop.connector.id)
    assert "There is no old key" in at_shop(*rotate, "--use-now").err
    at_shop(*rotate)
    shop.do(lambda tx: note_use(tx, shop.connector.id, OLD_KEY))
    shown = at_shop("connector", "show", shop.connector.id)
    assert re.search(r"Old key last used: +[-0-9]{10} [:0-9]{8} UTC\n", shown.out)
    assert re.search(r"Requests are signed with: +the old key\n", shown.out)

    used = at_shop(*rotate, "--use-now", "--json").json
    assert used["requests_signed_with"] == "current"
    assert used["previous_key_last_used_at"] == moment(shop.store.view().get(OldKeyUse, 1).last_used_at)
    retired = at_shop(*rotate, "--retire-old", "--if-version", used["version"], "--json").json
    assert (retired["previous_key_until"], retired["previous_key_last_used_at"]) == (None, None)
    stale = at_shop(*rotate, "--if-version", used["version"])
    assert (stale.code, "was changed by unix user" in stale.err) == (1, True)
    actions = [each["action"] for each in at_shop("log", "--json").json]
    assert actions[-3:] == ["key rotated", "new key used", "old key retired"]


@pytest.mark.parametrize(
    "options", [("--use-now", "--retire-old"), ("--use-now", "--grace-seconds", 60), ("--retire-old", "--key-stdin")]
)
def test_a_rotation_and_the_end_of_one_are_not_asked_for_at_once(
    at_shop: CommandLine, shop: Shop, options: tuple[object, ...]
) -> None:
    ended = at_shop("connector", "rotate-key", shop.connector.id, *options, stdin=KEY)
    assert (ended.code, "contradict" in ended.err) == (2, True)


def test_a_gateway_that_is_down_or_whose_clock_is_off_is_told(at_shop: CommandLine, shop: Shop) -> None:
    assert "Gateway" not in at_shop("connector", "show", 1).out
    next_try_at = START + timedelta(seconds=4)
    shop.do(lambda tx: note_failure(tx, 1, "Nobody took the connection.", next_try_at=next_try_at))
    shop.do(lambda tx: note_skew(tx, 1, 900))

    text = at_shop("connector", "show", 1).out
    assert "2026-03-02 09:00:00 UTC: Nobody took the connection." in text
    assert "2026-03-02 09:00:04" in text
    assert "over 5 minutes off 1 times; 900 s off" in text
    told = at_shop("connector", "show", 1, "--json").json["gateway"]
    assert (told["failures"], told["failing_since"]) == (1, "2026-03-02T09:00:00.000000Z")
    assert (told["next_try_at"], told["last_clock_skew_seconds"]) == ("2026-03-02T09:00:04.000000Z", 900)
