"""`gatewatch` without a command: the panel in this terminal, with an engine beside it if that is asked for."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack

import click

from store.engine_presence import engine_of
from tui.cli.invocation import Invocation
from tui.settings_file import load, settings_path


def open_panel(run: Invocation, *, with_engine: bool, calm: bool, mouse: bool, theme: str | None) -> int:
    """Run the panel until it is left and return its exit code; an engine that was started for it ends with it.

    Raises UsageError where there is no terminal, StoreNotUsable, and ClickException if the engine does not start.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError(
            "The panel needs a terminal, and standard input or standard output is none. "
            "For scripts there are commands (--help), and --once prints the payments monitor."
        )
    from tui.app import run_panel  # noqa: PLC0415 - Textual takes a third of a second; commands do without
    from tui.session import Session  # noqa: PLC0415 - the same
    from tui.terminal.ending import EndingSignals  # noqa: PLC0415 - the same

    with EndingSignals() as signals, ExitStack() as running:
        # One engine serves one store: any that runs will do.
        if with_engine and engine_of(run.place.folder) is None:
            from tui.children import ChildFailed, start_engine  # noqa: PLC0415 - only where an engine is started

            try:
                running.callback(start_engine(run.store().folder).stop)
            except ChildFailed as error:
                raise click.ClickException(str(error)) from error
        loaded = load(settings_path(os.environ), os.environ)
        chosen = loaded.settings
        return run_panel(
            Session(run.store),
            calm=calm or chosen.calm,
            mouse=mouse and chosen.mouse,
            theme=theme or chosen.theme,
            loaded=loaded,
            signals=signals,
        )
