"""The settings of whoever uses the panel: each one in one table, with its default, its limits and what it means.

They come from a TOML file (`tui.settings_file`); the environment is above the file, an option of the command line above
both. What is wrong in them is told, and its default is in force instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from tui.theme_names import THEME_NAMES

if TYPE_CHECKING:
    from tui.alert_rules import AlertRule

ENVIRONMENT_PREFIX = "GATEWATCH_"
LONGEST_IDLE_MINUTES = 24 * 60
NEVER_BOUND = frozenset(
    {*(f"ctrl+{each}" for each in "abcdehijkmuvwxyz"), "f6", "f7", "f10", "f11", "f12", "escape", "tab"}
)
"""Keys that terminals, screen, tmux and typing need, or that would leave no way back."""
_KEY = re.compile(r"(?:(?:ctrl|shift|alt)\+)*[a-zA-Z0-9_]+", re.ASCII)
"""A key as Textual names it: `o`, `f8`, `ctrl+o`, `slash`."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,39}", re.ASCII)
"""What a saved filter may be called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is in force. The defaults stand here; `SETTINGS` says what each means and which values it takes."""

    theme: str = "auto"
    calm: bool = False
    mouse: bool = True
    bell: bool = True
    editor: bool = False
    idle_sign_out_minutes: int = 0
    keys: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    opening_filters: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    alerts: Mapping[str, AlertRule] = field(default_factory=dict)


Read = Callable[[object], object]
"""Turns a value of the file, or the text of the environment, into the setting; ValueError says what would be right."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the table. A `table` has a value for each of many names, and is not in the environment."""

    name: str
    read: Read
    takes: str
    means: str
    table: bool = False

    @property
    def variable(self) -> str:
        """The environment variable that is above the file, empty for tables."""
        return "" if self.table else ENVIRONMENT_PREFIX + self.name.upper()


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.casefold() in ("true", "yes", "on", "1"):
        return True
    if isinstance(value, str) and value.casefold() in ("false", "no", "off", "0"):
        return False
    raise ValueError("write true or false")


def _theme(value: object) -> str:
    if isinstance(value, str) and value in THEME_NAMES:
        return value
    raise ValueError(f"write one of {', '.join(THEME_NAMES)}")


def _idle_minutes(value: object) -> int:
    minutes = int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,4}", value, re.ASCII) else value
    if isinstance(minutes, int) and not isinstance(minutes, bool) and 0 <= minutes <= LONGEST_IDLE_MINUTES:
        return minutes
    raise ValueError(f"write whole minutes from 0 (never) to {LONGEST_IDLE_MINUTES}")


def _key(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError('write a key, "o" or "f8,ctrl+o" for example')
    keys = [each.strip() for each in value.split(",")]
    for each in keys:
        if not _KEY.fullmatch(each):
            raise ValueError(f'{each!r} is no key; write "o", "f8" or "ctrl+o", for example')
        if each.casefold() in NEVER_BOUND:
            raise ValueError(f"{each} is never bound: terminals, tmux or typing need it; take another one")
    return ",".join(keys)


def _text(value: object) -> str:
    if isinstance(value, str) and value.strip():
        return value
    raise ValueError('write a text, "status:processing" for example')


def _name(value: object) -> str:
    if isinstance(value, str) and NAME.fullmatch(value):
        return value
    raise ValueError("write the name of a saved filter: up to 40 letters, digits, spaces, - _ .")


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return tuple(cast("list[str]", value))
    raise ValueError('write a list of columns, ["number", "status"] for example')


def _alert(value: object) -> AlertRule:
    from tui.alert_rules import alert_rule  # noqa: PLC0415 - many have no rules

    return alert_rule(_table(value, "an alert"))


def _filters(value: object) -> Mapping[str, str]:
    named = _table(value, "the saved filters of a page")
    for name in named:
        _name(name)
    return MappingProxyType({name: _text(text) for name, text in named.items()})


def _table(value: object, what: str) -> dict[str, object]:
    if isinstance(value, dict):
        return dict(value)
    raise ValueError(f"this is {what}; write a table with names in it")


SETTINGS: tuple[Setting, ...] = (
    Setting("theme", _theme, ", ".join(THEME_NAMES), "the colours; auto: as many as the terminal has"),
    Setting("calm", _flag, "true, false", "nothing ticks or moves by itself"),
    Setting("mouse", _flag, "true, false", "the mouse works in the panel"),
    Setting("bell", _flag, "true, false", "the terminal's bell may ring"),
    Setting("editor", _flag, "true, false", "F4 and ctrl+o open a field in $VISUAL or $EDITOR"),
    Setting(
        "idle_sign_out_minutes",
        _idle_minutes,
        f"0 to {LONGEST_IDLE_MINUTES}",
        "sign out after so long without a key; 0: never, since the monitor is there to be watched",
    ),
    Setting("keys", _key, "binding = key", "other keys than the panel's own; ? shows each binding's name", table=True),
    Setting("filters", _filters, "page.name = filter", "saved filters of the lists", table=True),
    Setting("opening_filters", _name, "page = name", "the saved filter that a list opens with", table=True),
    Setting("columns", _names, "page = [columns]", "the columns that a list shows, in this order", table=True),
    Setting("alerts", _alert, "name = rule", "what rings and shows in the top bar", table=True),
)
"""Every setting, in the order in which `config show` prints them."""
