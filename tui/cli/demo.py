"""`gatewatch demo`: everything at once on a scratch store, to look at it."""

from __future__ import annotations

import sys

import click

from tui.children import ChildFailed
from tui.cli.invocation import write_out


@click.command()
@click.option(
    "--without-panel",
    metavar="SECONDS",
    type=click.FloatRange(0, min_open=True),
    help="Run it for so long without a screen, then print which rules were applied how often.",
)
@click.pass_context
def demo(ctx: click.Context, without_panel: float | None) -> None:
    """Show a scratch store, a simulated gateway, an engine, traffic and the panel, signed in.

    Nothing of it is kept. Periods are short: within a minute every kind of ending is seen. The traffic ends after
    2,000 payments, about 50 minutes.
    """
    if without_panel is None and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("The demo's panel needs a terminal; without one, use --without-panel SECONDS.")
    from tui.demo import run_demo, run_without_panel  # noqa: PLC0415 - loaded when it is called

    try:
        if without_panel is None:
            ctx.exit(run_demo())
        write_out(run_without_panel(without_panel) + "\n")
    except ChildFailed as error:
        raise click.ClickException(str(error)) from error
