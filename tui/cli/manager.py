"""`gatewatch manager`: the people who sign in."""

from __future__ import annotations

import os
import sys

import click

from store import managers
from store.managers import Manager, Permission
from tui.cli import shapes
from tui.cli.invocation import Invocation, acting, headless
from tui.cli.printing import table
from tui.cli.sources import TextSource, secret_from, secret_options

PASSWORD_VARIABLE = "GATEWATCH_PASSWORD"  # noqa: S105 - the name of a variable
PERMISSIONS = click.Choice([each.value for each in Permission])


@click.group()
def manager() -> None:
    """List, add and change the people who sign in."""


@manager.command("list")
@headless
def list_(run: Invocation) -> None:
    """List the managers of all reseller levels."""
    listed = managers.visible_to(run.store().view(), acting())
    run.write([shapes.manager(each) for each in listed], lambda: _table(listed))


@manager.command()
@click.option("--name", required=True)
@click.option("--email", required=True, help="What they sign in with.")
@click.option("--permission", type=PERMISSIONS, default=Permission.FULL_CONTROL.value, show_default=True)
@click.option("--reseller", "reseller_id", type=int, metavar="ID", help="Whose manager [else the root reseller's].")
@secret_options("password", PASSWORD_VARIABLE)
@headless
def add(
    run: Invocation,
    *,
    name: str,
    email: str,
    permission: str,
    reseller_id: int | None,
    password_stdin: TextSource | None,
    password_file: TextSource | None,
) -> None:
    """Add a manager; the password is asked for in the terminal unless it comes from elsewhere."""
    password = _password(password_stdin, password_file)
    made = managers.add(
        run.store(),
        acting(),
        name=name,
        email=email,
        password=password,
        permission=Permission(permission),
        reseller_id=reseller_id,
    )
    _write(run, made)


@manager.command()
@click.argument("manager_id", metavar="ID", type=int)
@click.option("--name")
@click.option("--permission", type=PERMISSIONS)
@click.option("--reseller", "reseller_id", type=int, metavar="ID", help="Whose manager they become.")
@click.option("--enable/--disable", "enabled", default=None, help="Whether they can sign in.")
@click.option("--if-version", type=int, metavar="N", help="Refuse if the manager has another version by now.")
@headless
def update(
    run: Invocation,
    manager_id: int,
    *,
    name: str | None,
    permission: str | None,
    reseller_id: int | None,
    enabled: bool | None,
    if_version: int | None,
) -> None:
    """Change a manager's name, permission or reseller, or whether they can sign in."""
    if all(each is None for each in (name, permission, reseller_id, enabled)):
        raise click.UsageError("Nothing is to be changed; name at least one option.")
    with run.store().transaction() as tx:
        changed = managers.update(
            tx,
            acting(),
            manager_id,
            version=managers.get(tx, acting(), manager_id).version if if_version is None else if_version,
            name=name,
            permission=None if permission is None else Permission(permission),
            reseller_id=reseller_id,
            enabled=enabled,
        )
    _write(run, changed)


@manager.command()
@click.argument("manager_id", metavar="ID", type=int)
@secret_options("password", PASSWORD_VARIABLE)
@headless
def password(
    run: Invocation, manager_id: int, *, password_stdin: TextSource | None, password_file: TextSource | None
) -> None:
    """Give a manager a new password, and end any block."""
    typed = _password(password_stdin, password_file)
    _write(run, managers.set_password(run.store(), acting(), manager_id, typed))


def _password(stdin: TextSource | None, file: TextSource | None) -> str:
    """Return the password; without any source it is asked for, twice, if somebody sits at a terminal."""
    given = secret_from(stdin, file, word="password", environment=os.environ.get(PASSWORD_VARIABLE))
    if given is not None:
        return given
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise click.UsageError(f"Give a password by --password-stdin, --password-file or {PASSWORD_VARIABLE}.")
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return asked


def _write(run: Invocation, of: Manager) -> None:
    run.write(shapes.manager(of), lambda: _table([of]))


def _table(listed: list[Manager]) -> str:
    return table(
        (
            ("ID", "right"),
            ("Name", "left"),
            ("Email", "left"),
            ("Permission", "left"),
            ("Reseller", "right"),
            ("Enabled", "left"),
            ("Blocked until (UTC)", "left"),
        ),
        (
            (each.id, each.name, each.email, each.permission.label, each.reseller_id, each.enabled, each.blocked_until)
            for each in listed
        ),
        none="There is no manager; the panel's first start makes one, or `gatewatch manager add`.",
    )
