"""`gatewatch token`: the bearer tokens that the platform's programs call the engine with."""

from __future__ import annotations

import click

from store import tokens
from store.tokens import Token
from tui.cli import shapes
from tui.cli.invocation import Invocation, acting, headless
from tui.cli.printing import table


@click.group()
def token() -> None:
    """Create, list and revoke the bearer tokens of the platform side."""


@token.command()
@click.option("--name", required=True, help="Who calls with it; tokens of one name are one caller.")
@headless
def create(run: Invocation, *, name: str) -> None:
    """Make a token and show it; this is the only time."""
    with run.store().transaction() as tx:
        made, text = tokens.create(tx, acting(), name)
    run.write(
        shapes.token(made) | {"token": text},
        lambda: f"{text}\n\nThis is token {made.id}, {made.name}. It is shown only now: only its hash is kept.",
    )


@token.command("list")
@headless
def list_(run: Invocation) -> None:
    """List the tokens, the revoked ones included; none of them can be shown again."""
    listed = tokens.visible_to(run.store().view(), acting())
    run.write([shapes.token(each) for each in listed], lambda: _table(listed))


@token.command()
@click.argument("token_id", metavar="ID", type=int)
@headless
def revoke(run: Invocation, token_id: int) -> None:
    """End a token at once and for ever."""
    with run.store().transaction() as tx:
        revoked = tokens.revoke(tx, acting(), token_id)
    run.write(shapes.token(revoked), lambda: _table([revoked]))


def _table(listed: list[Token]) -> str:
    return table(
        (
            ("ID", "right"),
            ("Name", "left"),
            ("Created at", "left"),
            ("By", "left"),
            ("Last used at", "left"),
            ("Revoked at (UTC)", "left"),
        ),
        ((each.id, each.name, each.created_at, each.created_by, each.last_used_at, each.revoked_at) for each in listed),
        none="There is no token; `gatewatch token create --name NAME` makes one.",
    )
