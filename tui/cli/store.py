"""`gatewatch store`: the store itself."""

from __future__ import annotations

import click

from store.audit import money_problems
from store.errors import Refused, StoreNotUsable
from store.kinds import KINDS
from store.record_audit import record_problems
from store.store import Store, View
from tui.cli.invocation import Invocation, headless, write_out
from tui.cli.printing import json_text, shown


@click.group()
def store() -> None:
    """Check the store itself."""


@store.command()
@headless
def check(run: Invocation) -> None:
    """Read every record, and check that every charge is in one place and every sum adds up.

    Changes nothing. Exit code 1 if something is wrong, with a sentence for each thing.
    """
    kept = Store(run.place.folder)
    if not kept.path.exists():
        raise StoreNotUsable(kept.path, "there is no store here; name its folder with --data or GATEWATCH_DATA.")
    view = kept.view()
    problems = _problems(view)
    counts = {kind.TABLE: view.count(kind) for kind in KINDS.values()}
    if run.as_json:
        write_out(json_text({"sound": not problems, "folder": str(kept.folder), "records": counts, "wrong": problems}))
    if problems:
        raise Refused("\n".join(problems))
    if not run.as_json:
        total = sum(counts.values())
        write_out(f"{shown(str(kept.folder))}: {total:,} records were read, and every sum adds up.")


def _problems(view: View) -> list[str]:
    unsound = record_problems(view)
    if unsound:
        return [*unsound, "The money was not checked, since not every record is sound."]
    return money_problems(view)
