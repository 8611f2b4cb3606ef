from __future__ import annotations

from tests.tui.cli.terminal import CommandLine


def test_resellers_stand_below_one_another(gatewatch: CommandLine) -> None:
    assert gatewatch("reseller", "create", "--name", "Shop", "--json").json["parent_id"] == 1
    assert gatewatch("reseller", "create", "--name", "Corner", "--parent", 2, "--json").json["parent_id"] == 2
    assert [each["name"] for each in gatewatch("reseller", "list", "--json").json] == [
        "Root reseller",
        "Shop",
        "Corner",
    ]


def test_a_reseller_needs_a_name_and_a_parent_that_is_there(gatewatch: CommandLine) -> None:
    assert gatewatch("reseller", "create", "--name", " ").code == 1
    assert gatewatch("reseller", "create", "--name", "Shop", "--parent", 9).code == 1
