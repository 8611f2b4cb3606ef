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
@click.option(
    "--payments-a-second",
    metavar="NUMBER",
    type=click.FloatRange(0.1, 200),
    help="A pace of its own, without an end, instead of one that a person can follow; operators settle what is left.",
)
@click.option(
    "--archive-after",
    metavar="MINUTES",
    type=click.FloatRange(1, 36_500 * 24 * 60),
    help="When closed payments move to the archive (else after 90 days).",
)
@click.pass_context
def demo(
    ctx: click.Context, without_panel: float | None, payments_a_second: float | None, archive_after: float | None
) -> None:
    """Show a scratch store, a simulated gateway, an engine, traffic and the panel, signed in.

    Nothing of it is kept. Periods are short: within a minute every kind of ending is seen. The traffic ends after
    2,000 payments, about 50 minutes, unless a pace is given.
    """
    if without_panel is None and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("The demo's panel needs a terminal; without one, use --without-panel SECONDS.")
    from tui.demo import Pace, run_demo, run_without_panel  # noqa: PLC0415 - loaded when it is called

    pace = Pace(payments_a_second, archive_after)
    try:
        if without_panel is None:
            ctx.exit(run_demo(pace))
        write_out(run_without_panel(without_panel, pace) + "\n")
    except ChildFailed as error:
        raise click.ClickException(str(error)) from error
