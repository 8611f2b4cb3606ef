"""`gatewatch account`: customers' accounts and their books."""

from __future__ import annotations

import click

from store import accounts
from store.accounts import Account, BalanceTransaction
from store.store import View
from tui.cli import shapes
from tui.cli.invocation import Invocation, acting, headless
from tui.cli.printing import facts, table


@click.group()
def account() -> None:
    """List, show and open customers' accounts with their books."""


@account.command("list")
@headless
def list_(run: Invocation) -> None:
    """List the accounts."""
    listed = accounts.visible_to(run.store().view(), acting())
    run.write([shapes.account(each) for each in listed], lambda: _table(listed))


@account.command()
@click.argument("account_id", metavar="ID", type=int)
@headless
def show(run: Invocation, account_id: int) -> None:
    """Show one account with its book, the oldest line first."""
    view = run.store().view()
    _write(run, view, accounts.get(view, acting(), account_id))


@account.command()
@click.option("--name", required=True)
@click.option("--currency", required=True, metavar="CODE", help="ISO 4217: EUR, for example.")
@click.option(
    "--reseller", "reseller_id", type=int, metavar="ID", help="Whose customer it is [else the root reseller's]."
)
@headless
def create(run: Invocation, *, name: str, currency: str, reseller_id: int | None) -> None:
    """Open an account with nothing on it."""
    opened = run.store()
    with opened.transaction() as tx:
        made = accounts.create(tx, acting(), name=name, currency=currency, reseller_id=reseller_id)
    _write(run, opened.view(), made)


def _write(run: Invocation, view: View, of: Account) -> None:
    run.write(shapes.account_whole(view, of), lambda: _whole(of, accounts.book_of(view, of.id)))


def _table(listed: list[Account]) -> str:
    return table(
        (("ID", "right"), ("Name", "left"), ("Balance", "right"), ("Reseller", "right")),
        ((each.id, each.name, each.balance, each.reseller_id) for each in listed),
        none="There is no account.",
    )


def _whole(of: Account, book: list[BalanceTransaction]) -> str:
    head = facts(
        [
            ("ID", of.id),
            ("Name", of.name),
            ("Reseller", of.reseller_id),
            ("Balance", of.balance),
            ("Created at", of.created_at),
        ]
    )
    lines = table(
        (
            ("ID", "right"),
            ("Balance", "right"),
            ("Change", "right"),
            ("Transaction date", "left"),
            ("Description", "left"),
        ),
        ((each.id, each.balance, each.change, each.date, each.description) for each in book),
        none="The book has no line.",
    )
    return f"{head}\n\n{lines}"
