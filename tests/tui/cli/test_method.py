from __future__ import annotations

import json

import pytest

from tests.tui.cli.terminal import CommandLine

SCHEMA = """[
  {"type": "string", "key": "merchant", "label": "Merchant", "required": true},
  {"type": "password", "key": "api_key", "label": "API key"}
]"""
SETTINGS = '{"merchant": "M-1", "api_key": "hidden-value"}'


@pytest.fixture
def with_connector(gatewatch: CommandLine) -> CommandLine:
    """Return the command line on a store with one connector that asks for a merchant and a key."""
    create = ("connector", "create", "--name", "Acme", "--url", "https://acme.example.com/pay", "--schema", "-")
    assert gatewatch(*create, stdin=SCHEMA).code == 0
    return gatewatch


def test_a_method_is_created_with_its_settings_and_counts_as_an_instance(with_connector: CommandLine) -> None:
    create = ("method", "create", "--name", "Card", "--connector", 1, "--settings", "-", "--json")
    made = with_connector.process(*create, stdin=SETTINGS).json
    assert (made["settings"], made["masked_settings"]) == ({"merchant": "M-1"}, ["api_key"])
    assert (made["enabled"], made["integration_type"]) == (True, "External Payment Gateway")
    assert with_connector("connector", "show", 1, "--json").json["instances"] == 1


def test_secret_settings_are_never_shown(with_connector: CommandLine) -> None:
    with_connector("method", "create", "--name", "Card", "--connector", 1, "--settings", "-", stdin=SETTINGS)
    for args in (("show", 1), ("show", 1, "--json"), ("list",), ("list", "--json")):
        assert "hidden-value" not in with_connector("method", *args).out


def test_problems_of_the_form_and_of_the_settings_text_come_together(with_connector: CommandLine) -> None:
    create = ("method", "create", "--name", " ", "--connector", 1, "--settings", "-", "--json")
    ended = with_connector(*create, stdin='{\n  "merchant": 3,\n  "shop": "x"\n}')
    assert ended.code == 1
    found = [(each["field"], each["pointer"], each["line"]) for each in json.loads(ended.out)["problems"]]
    assert found == [
        ("Name", None, None),
        ("Connector settings", "/merchant", 2),
        ("Connector settings", "/shop", 3),
    ]


def test_a_missing_setting_is_a_problem_item(with_connector: CommandLine) -> None:
    ended = with_connector("method", "create", "--name", "Card", "--connector", 1)
    assert ended.code == 1
    assert "Merchant is required" in ended.err


def test_an_unknown_connector_is_a_problem_item(with_connector: CommandLine) -> None:
    ended = with_connector("method", "create", "--name", "Card", "--connector", 9, "--json")
    assert ended.code == 1
    assert [each["field"] for each in json.loads(ended.out)["problems"]] == ["Connector"]


def test_what_an_update_does_not_name_stays(with_connector: CommandLine) -> None:
    with_connector("method", "create", "--name", "Card", "--connector", 1, "--settings", "-", stdin=SETTINGS)
    before = with_connector("method", "show", 1, "--json").json
    after = with_connector("method", "update", 1, "--disabled", "--json").json
    assert after == before | {"enabled": False, "version": 2}
    replaced = with_connector("method", "update", 1, "--settings", "-", "--json", stdin='{"merchant": "M-2"}').json
    assert (replaced["settings"], replaced["masked_settings"]) == ({"merchant": "M-2"}, [])
    assert with_connector("method", "update", 1).code == 2


def test_an_update_of_another_version_is_refused(with_connector: CommandLine) -> None:
    with_connector("method", "create", "--name", "Card", "--connector", 1, "--settings", "-", stdin=SETTINGS)
    with_connector("method", "update", 1, "--name", "Cards")
    assert with_connector("method", "update", 1, "--name", "Card", "--if-version", 1).code == 1


def test_a_deleted_method_is_no_longer_listed(with_connector: CommandLine) -> None:
    with_connector("method", "create", "--name", "Card", "--connector", 1, "--settings", "-", stdin=SETTINGS)
    assert with_connector("method", "delete", 1).out == "Payment method 1 is deleted.\n"
    assert with_connector("method", "list", "--json").json == []
    assert with_connector("method", "show", 1).code == 1
