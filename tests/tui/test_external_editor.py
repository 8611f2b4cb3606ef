"""A text in the person's own editor, on a private file that is gone afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.external_editor import EditorFailed, edit, editor_command


def editor(folder: Path, script: str) -> list[str]:
    """Return the command of an editor that runs a shell script; "$1" is the file."""
    path = folder / "editor.sh"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return [str(path)]


def test_the_file_is_private_named_by_its_kind_and_gone_afterwards(tmp_path: Path) -> None:
    told = tmp_path / "told"
    script = f'stat -c "%a" "$1" "$(dirname "$1")" >{told}; echo "$1" >>{told}; printf " more" >>"$1"'
    assert edit("zażółć", suffix=".json", command=editor(tmp_path, script)) == "zażółć more"
    file_mode, folder_mode, path = told.read_text().splitlines()
    assert (file_mode, folder_mode) == ("600", "700")
    assert path.endswith(".json")
    assert not Path(path).parent.exists()


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("exit 3", "ended with code 3"),
        ('rm "$1"', "could not be read back"),
        (r'printf "\377" >"$1"', "no UTF-8"),
        ('head -c 1000001 /dev/zero >"$1"', "longer than 1,000,000 bytes"),
    ],
)
def test_an_editor_that_brings_nothing_back_is_told_of(tmp_path: Path, script: str, told: str) -> None:
    with pytest.raises(EditorFailed, match=told):
        edit("text", suffix=".txt", command=editor(tmp_path, script))


def test_an_editor_that_is_not_there_is_told_of() -> None:
    with pytest.raises(EditorFailed, match="could not be started"):
        edit("text", suffix=".txt", command=["/nowhere/editor"])


def test_visual_comes_before_editor_and_arguments_are_read_as_a_shell_does() -> None:
    assert editor_command({"VISUAL": "code --wait", "EDITOR": "vi"}) == ["code", "--wait"]
    assert editor_command({"VISUAL": " ", "EDITOR": "'/opt/my editor' -n"}) == ["/opt/my editor", "-n"]
    with pytest.raises(EditorFailed, match="EDITOR=vi"):
        editor_command({})
    with pytest.raises(EditorFailed, match="no shell could read"):
        editor_command({"EDITOR": "vi 'x"})
