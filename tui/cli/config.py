"""`gatewatch config`: what is in force, and where it comes from."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version

import click

from store.engine_presence import engine_of
from store.errors import KeyNotUsable, StoreNotUsable
from store.key_file import VARIABLE
from store.sealed_store import have_key
from store.store import Store
from tui.cli.invocation import Invocation, acting, headless
from tui.cli.printing import table

Setting = tuple[str, str, str]


@click.group()
def config() -> None:
    """Show what is in force."""


@config.command()
@headless
def show(run: Invocation) -> None:
    """Show what is in force and where it comes from; works on a store that is not usable, and makes none."""
    kept = Store(run.place.folder)
    settings: list[Setting] = [
        ("data_folder", str(run.place.folder), run.place.named_by),
        ("store", _state(kept), str(kept.path)),
        ("key_file", str(kept.vault.key_path), VARIABLE if os.environ.get(VARIABLE) else "the platform"),
        ("engine", engine_of(kept.folder) or "none runs", "the engine's lock"),
        ("acts_as", acting().name, "the operating system"),
        ("colour", *(("off", "NO_COLOR") if os.environ.get("NO_COLOR") else ("as the terminal has it", "default"))),
        ("gatewatch", version("gatewatch"), "this installation"),
        ("python", platform.python_version(), "this installation"),
    ]
    shape = {name: {"value": value, "from": source} for name, value, source in settings}
    run.write(shape, lambda: table((("Setting", "left"), ("Value", "left"), ("From", "left")), settings, none=""))


def _state(kept: Store) -> str:
    if not kept.path.exists():
        return "not there yet"
    try:
        view = kept.view()
        have_key(kept)
    except KeyNotUsable as error:
        return f"not usable: its key file {error.reason}"
    except StoreNotUsable as error:
        return f"not usable: {error.reason}"
    return f"usable, {view.revision} transactions so far"
