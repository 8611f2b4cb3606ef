"""How the program is called and how it ends: exit codes, sentences instead of tracebacks, nothing loaded in vain."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.makers import Shop
from tests.tui.cli.terminal import PROGRAM, CommandLine
from tui.cli.program import COMMANDS


def test_every_command_is_listed_in_the_help_and_has_help_of_its_own(gatewatch: CommandLine) -> None:
    listed = gatewatch("--help").out
    for name in COMMANDS:
        assert f"\n  {name}" in listed
        assert gatewatch(name, "--help").code == 0


def test_asking_for_help_makes_no_store(gatewatch: CommandLine) -> None:
    assert gatewatch.process("connector", "create", "--help").code == 0
    assert not gatewatch.folder.exists()


def test_a_new_store_has_the_root_reseller(gatewatch: CommandLine) -> None:
    assert gatewatch.process("reseller", "list", "--json").json == [
        {"id": 1, "name": "Root reseller", "parent_id": None, "version": 1}
    ]


def test_the_data_option_goes_before_the_environment_and_may_stand_before_or_after_the_command(
    gatewatch: CommandLine, tmp_path: Path
) -> None:
    for args in (
        ("--data", tmp_path / "other", "config", "show", "--json"),
        ("config", "show", "--json", "--data", tmp_path / "other"),
    ):
        assert gatewatch.process(*args).json["data_folder"] == {"value": str(tmp_path / "other"), "from": "--data"}


def test_an_unknown_command_is_wrong_usage(gatewatch: CommandLine) -> None:
    ended = gatewatch.process("conector", "list")
    assert (ended.code, ended.out) == (2, "")
    assert "No such command 'conector'" in ended.err


def test_a_missing_option_is_wrong_usage(gatewatch: CommandLine) -> None:
    ended = gatewatch.process("connector", "create", "--name", "Acme", "--json")
    assert (ended.code, ended.out) == (2, "")
    assert "--url" in ended.err


def test_what_is_not_there_is_refused_with_a_sentence(gatewatch: CommandLine) -> None:
    ended = gatewatch.process("connector", "show", "7", "--json")
    assert (ended.code, ended.out, ended.err) == (1, "", "There is no connector with ID 7.\n")


def test_a_refusal_by_the_rules_is_told_on_standard_error(at_shop: CommandLine, shop: Shop) -> None:
    payment_id = shop.payment()
    shop.cancel(payment_id)
    ended = at_shop.process("payment", "pay", payment_id, "--method", shop.method.id, "--json")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "The payment is closed (Cancelled); nothing more can be done with it.\n"


def test_an_argument_that_is_no_text_is_wrong_usage(gatewatch: CommandLine) -> None:
    ended = subprocess.run(
        [*(each.encode() for each in PROGRAM), b"reseller", b"create", b"--name", b"\xff\xfe"],
        capture_output=True,
        env=gatewatch.environment,
        check=False,
    )
    assert ended.returncode == 2
    assert b"not UTF-8" in ended.stderr
    assert b"Traceback" not in ended.stderr


def test_a_damaged_store_is_not_usable(gatewatch: CommandLine) -> None:
    gatewatch.process("reseller", "list")
    (gatewatch.folder / "gatewatch.json").write_text("{ half a", encoding="utf-8")
    ended = gatewatch.process("reseller", "list", "--json")
    assert (ended.code, ended.out) == (3, "")
    assert "damaged" in ended.err
    assert "Traceback" not in ended.err


def test_a_file_in_place_of_the_folder_is_not_usable(gatewatch: CommandLine) -> None:
    gatewatch.folder.write_text("a file", encoding="utf-8")
    ended = gatewatch.process("account", "list")
    assert ended.code == 3
    assert str(gatewatch.folder) in ended.err
    assert len(ended.err.splitlines()) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_not_writable_is_not_usable(gatewatch: CommandLine) -> None:
    gatewatch.folder.mkdir(mode=0o500)
    ended = gatewatch.process("account", "list")
    assert ended.code == 3
    assert "--data" in ended.err


def test_a_reader_that_goes_away_is_no_traceback(at_shop: CommandLine, shop: Shop) -> None:
    for _ in range(3):
        shop.payment()
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [*PROGRAM, "payment", "list", "--json"],
        stdout=writing,
        stderr=subprocess.PIPE,
        env=at_shop.environment,
        check=False,
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_result_that_cannot_be_written_is_said_and_what_was_done_stands(at_shop: CommandLine, shop: Shop) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [*PROGRAM, "account", "create", "--name", "Grace", "--currency", "EUR"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=at_shop.environment,
            check=False,
        )
    assert ended.returncode == 74
    assert b"No space left on device" in ended.stderr
    assert b"Traceback" not in ended.stderr
    assert [each["name"] for each in at_shop("account", "list", "--json").json] == [shop.account.name, "Grace"]


def test_ctrl_c_ends_a_watch_quietly(at_shop: CommandLine, shop: Shop) -> None:
    watch = at_shop.start("payment", "watch", shop.payment())
    assert watch.stdout is not None
    watch.stdout.readline()
    watch.send_signal(signal.SIGINT)
    _, err = watch.communicate(timeout=30)
    assert (watch.returncode, err) == (130, "")


def test_without_a_terminal_the_panel_is_wrong_usage(gatewatch: CommandLine) -> None:
    ended = gatewatch.process()
    assert (ended.code, ended.out) == (2, "")
    assert "needs a terminal" in ended.err


@pytest.mark.parametrize("option", ["--engine", "--calm", "--no-mouse", "--once"])
def test_options_of_the_panel_take_no_command(gatewatch: CommandLine, option: str) -> None:
    ended = gatewatch(option, "log")
    assert ended.code == 2
    assert option in ended.err


def test_json_alone_is_wrong_usage(gatewatch: CommandLine) -> None:
    assert gatewatch("--json").code == 2


def test_a_terminal_that_is_not_utf_8_ends_no_command(gatewatch: CommandLine) -> None:
    gatewatch("account", "create", "--name", "東京商店", "--currency", "JPY")
    ended = gatewatch.process("account", "list", env={"PYTHONIOENCODING": "latin-1"})
    assert ended.code == 0
    assert "\\u6771" in ended.out


def test_commands_load_no_screen_and_no_server(gatewatch: CommandLine) -> None:
    heavy = ("textual", "rich", "aiohttp", "asyncio", "jsonschema", "iso4217", "argon2", "regex")
    look = (
        "import sys, tui.__main__\n"
        "sys.argv = ['gatewatch', *sys.argv[1:]]\n"
        "try:\n    tui.__main__.main()\n"
        "except SystemExit as end:\n    assert end.code == 0, end.code\n"
        f"print([each for each in {heavy!r} if each in sys.modules], file=sys.stderr)"
    )
    for args in (["connector", "list"], ["payment", "list", "--json"], ["config", "show"], ["log"], ["--once"]):
        ended = subprocess.run(
            [sys.executable, "-c", look, *args],
            capture_output=True,
            text=True,
            env=gatewatch.environment,
            check=False,
        )
        assert (ended.returncode, ended.stderr.strip()) == (0, "[]"), args
