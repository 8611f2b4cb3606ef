"""`gatewatch log`: who did what to which object."""

from __future__ import annotations

import click

from store import action_log
from store.action_log import LogLine
from tui.cli import shapes
from tui.cli.invocation import Invocation, headless
from tui.cli.printing import table


@click.command()
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="Only the last N lines.")
@click.option("--subject", help="Only lines about one object: 'connector 3'.")
@headless
def log(run: Invocation, *, last: int | None, subject: str | None) -> None:
    """Print the action log: who did what, oldest first."""
    listed = action_log.latest(run.store().view(), last, subject=subject)
    run.write([shapes.log_line(each) for each in listed], lambda: _table(listed))


def _table(listed: list[LogLine]) -> str:
    return table(
        (("At (UTC)", "left"), ("By", "left"), ("Action", "left"), ("Subject", "left"), ("Text", "left")),
        ((each.at, each.by, each.action, each.subject, each.text) for each in listed),
        none="The action log is empty.",
    )
