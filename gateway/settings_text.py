"""Settings as they are sent: texts, and objects of texts, with names that can be found again in the signed text.

A key is `[A-Za-z_][A-Za-z0-9_]*`, no value contains `settings.`, and no object within is empty (it leaves no trace).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from gateway.errors import FieldProblem
from gateway.field_rules import SETTING_KEY, SETTINGS_MARK, shown
from gateway.strict_body import MAX_DEPTH, JsonBody

Settings: TypeAlias = "Mapping[str, str | Settings]"

MAX_SETTINGS_DEPTH = MAX_DEPTH - 1
"""How deep objects of settings may nest, `settings` itself counted: it stands in the message's own object."""


def copied(settings: Settings) -> JsonBody:
    """Return settings as plain objects that share nothing with the given ones."""
    return {name: value if isinstance(value, str) else copied(value) for name, value in settings.items()}


def setting_problems(settings: Mapping[str, object]) -> list[FieldProblem]:
    """Return everything that is wrong with settings that are to be sent or were received; never shows a value."""
    return list(_problems(settings, SETTINGS_MARK, depth=1))


def _problems(settings: Mapping[str, object], prefix: str, *, depth: int) -> Iterator[FieldProblem]:
    for key, value in settings.items():
        if not SETTING_KEY.fullmatch(key):
            yield FieldProblem(
                f"{prefix}{shown(key)}", "is not a setting's key", "a letter or _, then letters, digits, _"
            )
            continue
        name = prefix + key
        if isinstance(value, Mapping):
            if not value:
                yield FieldProblem(name, "is an empty object", "an empty text, or an object that holds something")
            elif depth == MAX_SETTINGS_DEPTH:
                yield FieldProblem(name, "nests too deep", f"at most {MAX_DEPTH} objects within each other")
            else:
                yield from _problems(value, f"{name}.", depth=depth + 1)
        elif not isinstance(value, str):
            yield FieldProblem(name, "is not a text", "a text")
        elif SETTINGS_MARK in value:
            yield FieldProblem(name, f'contains "{SETTINGS_MARK}"', "a value without it")
