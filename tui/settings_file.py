"""Where settings come from: a TOML file in the user's config folder (or GATEWATCH_CONFIG), the environment above it.

Reading never fails: each thing that is wrong becomes a problem with file and line, and the default is in force. Saving
changes one value and keeps the rest of the file, comments too, as it was.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from tui.settings import SETTINGS, Setting, Settings

VARIABLE = "GATEWATCH_CONFIG"
DEFAULT = "default"
LARGEST_BYTES = 256 * 1024


class NotSaved(Exception):
    """The settings file could not be changed; the text says why. It is as it was."""


@dataclass(frozen=True, slots=True)
class SettingProblem:
    """One thing that is wrong: `where` is the file with its line, or the environment variable."""

    where: str
    name: str
    says: str

    def __str__(self) -> str:
        """Return it as one line."""
        return f"{self.where}: {self.name + ': ' if self.name else ''}{self.says}."


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings in force, where each that is not a default comes from, and what is wrong."""

    settings: Settings = field(default_factory=Settings)
    path: Path | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[SettingProblem, ...] = ()

    def source(self, name: str) -> str:
        """Return where a setting comes from: `default`, a variable's name, or the file with its line."""
        return self.sources.get(name, DEFAULT)


NOTHING_SET = Loaded()
"""The defaults, from no file."""


def settings_path(environment: Mapping[str, str]) -> Path:
    """Return the file that GATEWATCH_CONFIG names, else `config.toml` in the user's config folder."""
    named = environment.get(VARIABLE)
    if named:
        return Path(named).absolute()
    from platformdirs import user_config_path  # noqa: PLC0415 - most tests and services name the file

    return user_config_path("gatewatch", appauthor=False) / "config.toml"


def load(path: Path, environment: Mapping[str, str]) -> Loaded:
    """Read the settings; a file that is not there has nothing in it."""
    text, problems = _read(path)
    found = _parsed(text, path, problems) if text else {}
    values: dict[str, object] = {}
    sources: dict[str, str] = {}
    lines = text.splitlines()
    known = {each.name: each for each in SETTINGS}
    for name, value in found.items():
        where = f"{path}, line {_line_of(lines, (name,))}"
        if name not in known:
            problems.append(SettingProblem(where, name, f"there is no such setting{_perhaps(name, list(known))}"))
        elif known[name].table:
            values[name] = _table(known[name], value, path, lines, problems)
            sources[name] = where
        else:
            _take(known[name], value, where, values, sources, problems)
    for each in SETTINGS:
        if environment.get(each.variable):
            _take(each, environment[each.variable], each.variable, values, sources, problems)
    return Loaded(_settings_of(values), path, sources, tuple(problems))


def save(path: Path, names: Sequence[str], value: str | Sequence[str] | None) -> None:
    """Write one value of a table (`("filters", "payments", "late")`), None to take it out; the rest stays as it is.

    Raises NotSaved.
    """
    import tomlkit  # noqa: PLC0415 - only saving needs it
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415 - the same

    text, problems = _read(path)
    if problems:
        raise NotSaved(str(problems[0]))
    try:
        document = tomlkit.parse(text)
        place: dict[str, object] = document
        for name in names[:-1]:
            inner = place.setdefault(name, tomlkit.table())
            if not isinstance(inner, dict):
                raise NotSaved(f"{path}: {name} is no table; take it out of the file first.")
            place = inner
        if value is None:
            place.pop(names[-1], None)
        else:
            place[names[-1]] = value if isinstance(value, str) else list(value)
        _write(path, tomlkit.dumps(document))
    except TOMLKitError as error:
        raise NotSaved(f"{path} is not TOML, so nothing can be saved in it: {error}.") from error
    except OSError as error:
        raise NotSaved(f"{path} cannot be written: {error.strerror}.") from error


def _read(path: Path) -> tuple[str, list[SettingProblem]]:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
        if len(content) > LARGEST_BYTES:
            return "", [SettingProblem(str(path), "", f"is larger than {LARGEST_BYTES} bytes; is it the right file?")]
        return content.decode(), []
    except FileNotFoundError:
        return "", []
    except OSError as error:
        return "", [SettingProblem(str(path), "", f"cannot be read: {error.strerror}")]
    except UnicodeDecodeError:
        return "", [SettingProblem(str(path), "", "is not UTF-8 text")]


def _parsed(text: str, path: Path, problems: list[SettingProblem]) -> dict[str, object]:
    """Return what a file holds, nothing if it is not TOML, which is noted."""
    import tomllib  # noqa: PLC0415 - many have no file, and the first frame does not wait for it

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        says, _, place = str(error).partition(" (at ")
        at_line = re.search(r"line (\d+)", place)
        number = at_line[1] if at_line else max(1, len(text.splitlines()))
        problems.append(SettingProblem(f"{path}, line {number}", "", f"this is not TOML: {says}"))
        return {}


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A link stays a link: dotfiles are often kept elsewhere.
    target = path.resolve()
    beside = target.with_name(f"{target.name}.new")
    beside.touch(mode=0o600)
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(target)


def _take(
    setting: Setting,
    value: object,
    where: str,
    values: dict[str, object],
    sources: dict[str, str],
    problems: list[SettingProblem],
) -> None:
    try:
        values[setting.name] = setting.read(value)
        sources[setting.name] = where
    except ValueError as error:
        problems.append(SettingProblem(where, setting.name, f"{_written(value)} is not taken; {error}"))


def _table(
    setting: Setting, value: object, path: Path, lines: Sequence[str], problems: list[SettingProblem]
) -> dict[str, object]:
    if not isinstance(value, dict):
        where = f"{path}, line {_line_of(lines, (setting.name,))}"
        problems.append(SettingProblem(where, setting.name, f"is a table; write [{setting.name}] and {setting.takes}"))
        return {}
    taken: dict[str, object] = {}
    for name, inner in value.items():
        where = f"{path}, line {_line_of(lines, (setting.name, name))}"
        _take(Setting(name, setting.read, setting.takes, setting.means), inner, where, taken, {}, problems)
    return taken


def _settings_of(values: Mapping[str, object]) -> Settings:
    own = {each.name for each in fields(Settings)}
    return Settings(**{name: value for name, value in values.items() if name in own})  # type: ignore[arg-type]


def _line_of(lines: Sequence[str], names: tuple[str, ...]) -> int:
    """Return the line, counted from 1, where a name is written: as a key, or as the header of its table."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(lines, start=1):
        header = re.match(r"\s*\[+([^\]]+)\]", line)
        if header is not None:
            table = _parts(header[1])
            written = table
        else:
            written = (*table, *_parts(line.partition("=")[0]))
        if written[: len(names)] == names:
            return number
    return 1


def _parts(dotted: str) -> tuple[str, ...]:
    # A quoted name may have points in it, as those of bindings do.
    found = re.findall(r"""\s*(?:"([^"]*)"|'([^']*)'|([^."'\s]+))\s*\.?""", dotted)
    return tuple(next((each for each in groups if each), "") for groups in found)


def _perhaps(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; perhaps {near[0]} is meant" if near else f"; there are {', '.join(known)}"


def _written(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
