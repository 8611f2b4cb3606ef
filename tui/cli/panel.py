"""`gatewatch` without a command: the panel in this terminal, with an engine beside it if that is asked for."""

from __future__ import annotations

import sys

import click

from tui.cli.invocation import Invocation
from tui.engine_process import engine_beside


def open_panel(run: Invocation, *, with_engine: bool, calm: bool, mouse: bool) -> int:
    """Run the panel until it is left and return its exit code.

    Raises UsageError where there is no terminal, StoreNotUsable, and Refused if the engine does not start.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError(
            "The panel needs a terminal, and standard input or output is none. For scripts there are commands "
            "(--help), and --once prints the payments monitor."
        )
    store = run.store()
    from tui.app import run_panel  # noqa: PLC0415 - Textual takes a third of a second; commands do without
    from tui.session import Session  # noqa: PLC0415 - the same

    session = Session(store, store.clock)
    if not with_engine:
        return run_panel(session, calm=calm, mouse=mouse)
    with engine_beside(store.folder):
        return run_panel(session, calm=calm, mouse=mouse)
