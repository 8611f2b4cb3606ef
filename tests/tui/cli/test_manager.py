from __future__ import annotations

from pathlib import Path

import pytest

from store import managers
from store.errors import Refused
from store.store import open_store
from tests.tui.cli.terminal import CommandLine

ADD = ("manager", "add", "--name", "Anna", "--email", "anna@example.com")
PASSWORD = "a sentence of Anna's"


def test_a_manager_who_was_added_can_sign_in(gatewatch: CommandLine) -> None:
    made = gatewatch.process(*ADD, "--password-stdin", "--json", stdin=f"{PASSWORD}\n").json
    assert (made["email"], made["permission"], made["reseller_id"]) == ("anna@example.com", "full_control", 1)
    assert managers.sign_in(open_store(gatewatch.folder), "anna@example.com", PASSWORD).name == "Anna"


def test_a_password_comes_from_a_file_or_the_environment_never_from_an_argument(
    gatewatch: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text(f"{PASSWORD}\n", encoding="utf-8")
    assert gatewatch(*ADD, "--password-file", tmp_path / "password").code == 0
    boris = ("manager", "add", "--name", "Boris", "--email", "boris@example.com")
    assert gatewatch.process(*boris, env={"GATEWATCH_PASSWORD": PASSWORD}).code == 0
    assert gatewatch(*boris, "--password", PASSWORD).code == 2


def test_without_a_terminal_a_password_is_not_asked_for(gatewatch: CommandLine) -> None:
    ended = gatewatch.process(*ADD)
    assert (ended.code, ended.out) == (2, "")
    assert "--password-stdin" in ended.err


def test_all_that_is_wrong_with_a_new_manager_is_told_at_once(gatewatch: CommandLine) -> None:
    ended = gatewatch("manager", "add", "--name", "", "--email", "anna", "--password-stdin", stdin="short")
    assert (ended.code, [each.split(":")[0] for each in ended.err.splitlines()]) == (1, ["Name", "Email", "Password"])


def test_the_last_manager_with_full_control_keeps_it(gatewatch: CommandLine) -> None:
    gatewatch(*ADD, "--password-stdin", stdin=PASSWORD)
    assert gatewatch("manager", "update", 1, "--permission", "read_only").code == 1
    assert gatewatch("manager", "update", 1, "--name", "Anna B", "--json").json["name"] == "Anna B"
    assert gatewatch("manager", "update", 1, "--name", "Anna", "--if-version", 1).code == 1
    assert gatewatch("manager", "update", 1).code == 2


def test_a_new_password_replaces_the_old_one(gatewatch: CommandLine) -> None:
    gatewatch(*ADD, "--password-stdin", stdin=PASSWORD)
    assert gatewatch("manager", "password", 1, "--password-stdin", stdin="another sentence").code == 0
    store = open_store(gatewatch.folder)
    assert managers.sign_in(store, "anna@example.com", "another sentence").id == 1
    with pytest.raises(Refused):
        managers.sign_in(store, "anna@example.com", PASSWORD)


def test_lists_hold_no_hash(gatewatch: CommandLine) -> None:
    gatewatch(*ADD, "--password-stdin", stdin=PASSWORD)
    assert "argon2" not in gatewatch("manager", "list", "--json").out
    assert "Full Control" in gatewatch("manager", "list").out
