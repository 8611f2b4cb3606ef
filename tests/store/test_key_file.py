from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from platformdirs import user_config_path

from store.errors import KeyNotUsable
from store.key_file import VARIABLE, KeyFile, key_file_path
from tests.store.processes import NOBODY, ROOT

KEY_LINE = "gatewatch-key-1:" + "0f" * 32


def test_a_key_is_made_for_its_user_only_and_is_the_same_from_then_on(tmp_path: Path) -> None:
    path = tmp_path / "settings" / "gatewatch" / "store.key"
    before = os.umask(0)
    try:
        made = KeyFile(path).read_or_make()
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert KeyFile(path).read_or_make() == KeyFile(path).read() == made
    assert len(made.secret) == 32
    assert [each.name for each in path.parent.iterdir()] == ["store.key"]
    assert made.secret.hex() not in repr(made)
    assert made.id not in made.secret.hex()


def test_without_a_file_there_is_no_key_and_none_is_made_by_looking(tmp_path: Path) -> None:
    assert KeyFile(tmp_path / "store.key").read() is None
    assert list(tmp_path.iterdir()) == []


def test_processes_that_make_the_key_at_once_end_with_the_same_one(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from store.key_file import KeyFile; "
        "sys.stdin.readline(); print(KeyFile(Path(sys.argv[1])).read_or_make().id)"
    )
    path = tmp_path / "new" / "store.key"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for each in running:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    found = {each.communicate(timeout=60)[0].strip() for each in running}
    made = KeyFile(path).read()
    assert made is not None
    assert found == {made.id}
    assert [each.name for each in path.parent.iterdir()] == ["store.key"]


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o602, 0o666])
def test_a_key_that_others_may_read_or_write_is_refused_with_what_to_do(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "store.key"
    KeyFile(path).read_or_make()
    path.chmod(mode)
    if os.getuid() == 0:
        os.chown(path, 0, NOBODY)
    with pytest.raises(
        KeyNotUsable, match=rf"others may read the key \(mode 0{mode:o}\).*chmod 600 {re.escape(str(path))}"
    ):
        KeyFile(path).read()


def test_a_key_that_only_its_user_reads_is_taken_however_it_came_there(tmp_path: Path) -> None:
    target = tmp_path / "mounted"
    target.write_text(f"\n# a copy\n{KEY_LINE}\n", encoding="ascii")
    target.chmod(0o400)
    (tmp_path / "store.key").symlink_to(target)
    found = KeyFile(tmp_path / "store.key").read()
    assert found is not None
    assert found.secret == b"\x0f" * 32


@pytest.mark.parametrize(
    "text",
    ["", "# nothing\n", KEY_LINE[:-1], KEY_LINE + "0", f"{KEY_LINE}\n{KEY_LINE}", KEY_LINE.upper(), "é", "0" * 9000],
)
def test_a_file_that_is_no_key_is_said_so_and_left(tmp_path: Path, text: str) -> None:
    path = tmp_path / "store.key"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    for read in (KeyFile(path).read, KeyFile(path).read_or_make):
        with pytest.raises(KeyNotUsable, match="is no key: one line gatewatch-key-1: with 64 hex digits") as caught:
            read()
        assert "0f0f" not in str(caught.value)
    assert path.read_text(encoding="utf-8") == text


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(KeyNotUsable):
            KeyFile(path).read()


def test_where_no_key_can_be_made_the_variable_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    with pytest.raises(KeyNotUsable, match=f"cannot be made here: .*{VARIABLE}"):
        KeyFile(Path("/proc/no-folder/store.key")).read_or_make()
    with pytest.raises(KeyNotUsable, match="cannot be read: Not a directory"):
        KeyFile(tmp_path / "file" / "store.key").read_or_make()


def test_the_key_is_where_the_variable_says_else_in_the_users_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "named"))
    assert key_file_path() == tmp_path / "named"
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    assert key_file_path().is_relative_to(tmp_path)
    assert key_file_path().name == "store.key"
    monkeypatch.setattr("platformdirs.user_data_path", user_config_path)
    assert not key_file_path().is_relative_to(user_config_path("gatewatch", appauthor=False)), "that is the store's"
