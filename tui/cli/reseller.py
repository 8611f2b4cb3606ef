"""`gatewatch reseller`: the levels of the sales tree."""

from __future__ import annotations

import click

from store import resellers
from store.actors import ROOT_RESELLER_ID
from store.resellers import Reseller
from tui.cli import shapes
from tui.cli.invocation import Invocation, acting, headless
from tui.cli.printing import table


@click.group()
def reseller() -> None:
    """List and add resellers, the levels of the sales tree."""


@reseller.command("list")
@headless
def list_(run: Invocation) -> None:
    """List the resellers; the one without a parent is the root reseller."""
    listed = list(run.store().view().all(Reseller))
    run.write([shapes.reseller(each) for each in listed], lambda: _table(listed))


@reseller.command()
@click.option("--name", required=True)
@click.option("--parent", "parent_id", type=int, default=ROOT_RESELLER_ID, show_default=True, metavar="ID")
@headless
def create(run: Invocation, *, name: str, parent_id: int) -> None:
    """Add a reseller below another one."""
    with run.store().transaction() as tx:
        made = resellers.create(tx, acting(), name=name, parent_id=parent_id)
    run.write(shapes.reseller(made), lambda: _table([made]))


@reseller.command()
@click.argument("reseller_id", metavar="ID", type=int)
@click.option("--name", required=True)
@click.option("--if-version", type=int, metavar="N", help="Refuse if the reseller has another version by now.")
@headless
def update(run: Invocation, reseller_id: int, *, name: str, if_version: int | None) -> None:
    """Give a reseller another name."""
    with run.store().transaction() as tx:
        version = resellers.get(tx, acting(), reseller_id).version if if_version is None else if_version
        renamed = resellers.rename(tx, acting(), reseller_id, version=version, name=name)
    run.write(shapes.reseller(renamed), lambda: _table([renamed]))


def _table(listed: list[Reseller]) -> str:
    return table(
        (("ID", "right"), ("Name", "left"), ("Parent", "right")),
        ((each.id, each.name, each.parent_id) for each in listed),
        none="There is no reseller.",
    )
