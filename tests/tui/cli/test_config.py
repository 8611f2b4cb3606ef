from __future__ import annotations

from pathlib import Path

from store.engine_presence import held_by_this_engine
from tests.makers import Shop
from tests.tui.cli.terminal import CommandLine


def test_what_is_in_force_says_where_it_comes_from(gatewatch: CommandLine) -> None:
    shown = gatewatch.process("config", "show", "--json").json
    assert shown["data_folder"] == {"value": str(gatewatch.folder), "from": "GATEWATCH_DATA"}
    assert shown["store"]["value"] == "not there yet"
    assert shown["engine"]["value"] == "none runs"
    assert not gatewatch.folder.exists()


def test_without_a_name_the_folder_is_the_platforms(gatewatch: CommandLine, tmp_path: Path) -> None:
    env = {"GATEWATCH_DATA": "", "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "share")}
    shown = gatewatch.process("config", "show", "--json", env=env).json["data_folder"]
    assert shown["from"] == "the platform"
    assert shown["value"].startswith(str(tmp_path))


def test_a_store_that_is_not_usable_is_still_described(at_shop: CommandLine, shop: Shop) -> None:
    shop.store.path.write_text("{", encoding="utf-8")
    ended = at_shop("config", "show")
    assert ended.code == 0
    assert "not usable" in ended.out


def test_the_engine_that_runs_is_named(at_shop: CommandLine, shop: Shop) -> None:
    with held_by_this_engine(shop.store.folder):
        assert at_shop("config", "show", "--json").json["engine"]["value"].startswith("process ")


def test_a_key_that_is_not_there_is_told_with_its_place(at_shop: CommandLine, tmp_path: Path) -> None:
    missing = tmp_path / "missing.key"
    shown = at_shop.process("config", "show", "--json", env={"GATEWATCH_KEY_FILE": str(missing)}).json
    assert shown["key_file"] == {"value": str(missing), "from": "GATEWATCH_KEY_FILE"}
    assert shown["store"]["value"].startswith("not usable: its key file is missing")


def test_settings_are_shown_with_their_place_and_mistakes_are_told(gatewatch: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('calm = true\ntheme = "pink"\n[filters.payments]\nlate = "status:processing"\n')
    ended = gatewatch.process("config", "show", "--json", env={"GATEWATCH_CONFIG": str(file), "GATEWATCH_MOUSE": "off"})
    assert ended.code == 0
    assert ended.json["calm"] == {"value": True, "from": f"{file}, line 1"}
    assert ended.json["mouse"] == {"value": False, "from": "GATEWATCH_MOUSE"}
    assert ended.json["theme"] == {"value": "auto", "from": "default"}
    assert ended.json["filters"]["value"] == {"payments": {"late": "status:processing"}}
    assert ended.json["settings_file"] == {"value": str(file), "from": "GATEWATCH_CONFIG"}
    assert ended.err.startswith(f"{file}, line 2: theme: 'pink' is not taken; write one of auto")
    assert ended.json["problems"] == [ended.err.strip()]


def test_the_rules_of_alerts_are_shown_as_they_are_said(at_shop: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[alerts.declines]\nmeasure = "success_percent"\nbelow = 80\nwindow = "1h"\n')
    shown = at_shop.process("config", "show", "--json", env={"GATEWATCH_CONFIG": str(file)}).json
    assert shown["alerts"]["value"] == {"declines": "Success rate, per cent below 80 over 1h"}
