"""Settings: the environment above the file, every mistake told with its place, and saving that keeps the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.settings import SETTINGS, Settings
from tui.settings_file import NotSaved, load, save, settings_path

FILE = """\
# mine
theme = "high-contrast"
calm = true
idle_sign_out_minutes = 30

[keys]
"list.open" = "o,f8"

[filters.payments]
late = "status:processing older:5m"  # every morning

[opening_filters]
payments = "late"

[columns]
payments = ["number", "status"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the file is to be."""
    return tmp_path / "config.toml"


def test_a_file_that_is_not_there_leaves_the_defaults(file: Path) -> None:
    loaded = load(file, {})
    assert (loaded.settings, loaded.problems) == (Settings(), ())
    assert {loaded.source(each.name) for each in SETTINGS} == {"default"}


def test_the_file_is_in_force_and_says_which_line(file: Path) -> None:
    file.write_text(FILE)
    loaded = load(file, {})
    assert loaded.problems == ()
    assert loaded.settings == Settings(
        theme="high-contrast",
        calm=True,
        idle_sign_out_minutes=30,
        keys={"list.open": "o,f8"},
        filters={"payments": {"late": "status:processing older:5m"}},
        opening_filters={"payments": "late"},
        columns={"payments": ("number", "status")},
    )
    assert loaded.source("calm") == f"{file}, line 3"
    assert loaded.source("filters") == f"{file}, line 9"


def test_the_environment_is_above_the_file(file: Path) -> None:
    file.write_text(FILE)
    loaded = load(file, {"GATEWATCH_CALM": "no", "GATEWATCH_IDLE_SIGN_OUT_MINUTES": "5", "GATEWATCH_MOUSE": ""})
    assert (loaded.settings.calm, loaded.settings.idle_sign_out_minutes, loaded.settings.mouse) == (False, 5, True)
    assert loaded.source("calm") == "GATEWATCH_CALM"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("\nclam = true", 2, "clam: there is no such setting; perhaps calm is meant"),
        ("zzz = 1", 1, "there are theme, calm"),
        ('theme = "pink"', 1, "'pink' is not taken; write one of auto, gatewatch"),
        ("calm = 3", 1, "write true or false"),
        ("\n\nidle_sign_out_minutes = -1", 3, "whole minutes from 0 (never) to 1440"),
        ("idle_sign_out_minutes = true", 1, "whole minutes"),
        ('[keys]\n"list.open" = "ctrl+c"', 2, "ctrl+c is never bound"),
        ('[keys]\n"list.open" = "§"', 2, "is no key"),
        ('[keys]\n"a.b" = "x"\n"list.sort" = ""', 3, "write a key"),
        ("keys = 1", 1, "write [keys] and binding = key"),
        ('[filters.payments]\nlate = ""', 1, "write a text"),
        ('[columns]\npayments = "number"', 2, "write a list of columns"),
        ("calm = ", 1, "not TOML: Invalid value"),
        ("calm = true\ncalm = true", 2, "not TOML: Cannot overwrite"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_what_would_be_right(
    file: Path, text: str, line: int, says: str
) -> None:
    file.write_text(text)
    loaded = load(file, {})
    assert len(loaded.problems) == 1
    said = str(loaded.problems[0])
    assert said.startswith(f"{file}, line {line}: ")
    assert says in said
    assert loaded.settings.calm in (False, True)


def test_one_mistake_leaves_the_rest_in_force(file: Path) -> None:
    file.write_text('theme = "pink"\ncalm = true\n')
    loaded = load(file, {"GATEWATCH_BELL": "loud"})
    assert loaded.settings == Settings(calm=True)
    assert [each.where for each in loaded.problems] == [f"{file}, line 1", "GATEWATCH_BELL"]


def test_a_file_that_cannot_be_read_is_told(file: Path) -> None:
    file.mkdir()
    assert "cannot be read: Is a directory" in str(load(file, {}).problems[0])
    (file / "bytes").write_bytes(b"\xff")
    assert "not UTF-8" in str(load(file / "bytes", {}).problems[0])


@given(
    st.text(max_size=60) | st.sampled_from(["keys = {a = [1]}", "[filters]\na = 1", "theme = 2026-01-01", "[[keys]]"])
)
def test_reading_never_fails(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_bytes(text.encode())
    assert isinstance(load(file, {"GATEWATCH_THEME": text.replace("\0", "")}).settings, Settings)


def test_saving_keeps_the_rest_of_the_file_and_its_comments(file: Path) -> None:
    file.write_text(FILE)
    save(file, ("filters", "payments", "big ones"), "total>1000")
    save(file, ("columns", "accounts"), ["id", "name"])
    save(file, ("opening_filters", "payments"), None)
    loaded = load(file, {})
    assert loaded.problems == ()
    assert loaded.settings.filters["payments"] == {"late": "status:processing older:5m", "big ones": "total>1000"}
    assert loaded.settings.columns == {"payments": ("number", "status"), "accounts": ("id", "name")}
    assert loaded.settings.opening_filters == {}
    assert "# mine" in file.read_text()
    assert "# every morning" in file.read_text()


def test_saving_makes_the_file_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "config" / "gatewatch" / "config.toml"
    save(file, ("filters", "inbox", "mine"), "unmatched")
    assert file.stat().st_mode & 0o777 == 0o600
    assert load(file, {}).settings.filters == {"inbox": {"mine": "unmatched"}}


@pytest.mark.parametrize("text", ["calm = ", "filters = 1"])
def test_nothing_is_saved_into_a_file_that_cannot_be_understood(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(NotSaved, match=file.name):
        save(file, ("filters", "inbox", "mine"), "unmatched")
    assert file.read_text() == text


def test_the_environment_names_another_file(tmp_path: Path) -> None:
    assert settings_path({"GATEWATCH_CONFIG": str(tmp_path / "mine.toml")}) == tmp_path / "mine.toml"
    assert settings_path({}).parts[-2:] == ("gatewatch", "config.toml")
