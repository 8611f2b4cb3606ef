"""`gatewatch config`: what is in force, and where it comes from."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from importlib.metadata import version

import click

from store.engine_presence import engine_of
from store.errors import StoreNotUsable
from store.store import Store
from tui.cli.invocation import Invocation, acting, headless
from tui.cli.printing import table
from tui.plain_text import safe
from tui.settings import SETTINGS
from tui.settings_file import Loaded, load, settings_path

Line = tuple[str, str, str]


@click.group()
def config() -> None:
    """Show what is in force."""


@config.command()
@headless
def show(run: Invocation) -> None:
    """Show what is in force and where it comes from; works on a store that is not usable, and makes none.

    What is wrong in the settings is told on standard error; the defaults are in force there.
    """
    kept = Store(run.place.folder)
    loaded = load(settings_path(os.environ), os.environ)
    lines: list[Line] = [
        ("data_folder", str(run.place.folder), run.place.named_by),
        ("store", _state(kept), str(kept.path)),
        ("engine", engine_of(kept.folder) or "none runs", "the engine's lock"),
        ("acts_as", acting().name, "the operating system"),
        ("colour", *(("off", "NO_COLOR") if os.environ.get("NO_COLOR") else ("as the terminal has it", "default"))),
        ("gatewatch", version("gatewatch"), "this installation"),
        ("python", platform.python_version(), "this installation"),
        ("settings_file", *_settings_file(loaded)),
    ]
    shape: dict[str, object] = {name: {"value": value, "from": source} for name, value, source in lines}
    shape |= {each.name: _in_force(loaded, each.name) for each in SETTINGS}
    problems = [*(str(each) for each in loaded.problems), *_problems_of_keys(loaded)]
    shape["problems"] = problems
    lines += [
        (name, safe(_written(getattr(loaded.settings, name))), loaded.source(name))
        for name in (each.name for each in SETTINGS)
    ]
    run.write(shape, lambda: table((("Setting", "left"), ("Value", "left"), ("From", "left")), lines, none=""))
    for problem in problems:
        click.echo(safe(problem), err=True)


def _problems_of_keys(loaded: Loaded) -> list[str]:
    if not loaded.settings.keys:
        return []
    from tui.keys import problems_of  # noqa: PLC0415 - it loads every screen, to ask what their bindings are called

    return [f"{loaded.source('keys')}: {each}" for each in problems_of(loaded.settings.keys)]


def _settings_file(loaded: Loaded) -> tuple[str, str]:
    there = loaded.path is not None and loaded.path.exists()
    named_by = "GATEWATCH_CONFIG" if os.environ.get("GATEWATCH_CONFIG") else "the platform"
    return (f"{loaded.path}{'' if there else ' (not there)'}", named_by)


def _in_force(loaded: Loaded, name: str) -> dict[str, object]:
    return {"value": _plain(getattr(loaded.settings, name)), "from": loaded.source(name)}


def _plain(value: object) -> object:
    """Return a setting as JSON has it: tables as objects, all the way down."""
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _written(value: object) -> str:
    """Return a setting as the file has it, tables in one line."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {_written(inner)}" for name, inner in value.items()) or "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _state(kept: Store) -> str:
    if not kept.path.exists():
        return "not there yet"
    try:
        view = kept.view()
    except StoreNotUsable as error:
        return f"not usable: {error.reason}"
    return f"usable, {view.revision} transactions so far"
