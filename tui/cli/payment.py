"""`gatewatch payment`: payments, from their creation to their end, and why they ended so."""

from __future__ import annotations

import click

from store import payment_commands
from store.payments import Payment
from store.states import PaymentStatus, explain
from tui.cli import shapes
from tui.cli.filtering import filter_option, filter_problems
from tui.cli.invocation import Invocation, acting, headless
from tui.cli.printing import facts, shown, shown_moment, table
from tui.cli.watch import watch
from tui.filters import parse
from tui.monitor_rows import StoredNames
from tui.payment_glance import fields_of, glance_at

STATUS_CODES = click.Choice([each.value for each in PaymentStatus])


@click.group()
def payment() -> None:
    """Create, pay, watch and explain payments."""


payment.add_command(watch)


@payment.command("list")
@click.option("--status", type=STATUS_CODES, help="Only payments in this status.")
@click.option("--account", "account_id", type=int, metavar="ID", help="Only payments of this account.")
@filter_option
@headless
def list_(run: Invocation, *, status: str | None, account_id: int | None, filter_text: str) -> None:
    """List payments, by ID."""
    view = run.store().view()
    with filter_problems():
        wanted = parse(filter_text, fields_of(StoredNames(view, acting()), with_connectors=True))
    listed = [
        each
        for each in payment_commands.visible_to(view, acting())
        if (status is None or each.status == status)
        and (account_id is None or each.account_id == account_id)
        and wanted.fits(glance_at(each), view.now)
    ]
    run.write([shapes.payment(each) for each in listed], lambda: _table(listed))


@payment.command()
@click.argument("payment_id", metavar="ID", type=int)
@headless
def show(run: Invocation, payment_id: int) -> None:
    """Show one payment with its attempts and history."""
    _write(run, payment_commands.get(run.store().view(), acting(), payment_id))


@payment.command()
@click.option("--account", "account_id", required=True, type=int, metavar="ID")
@click.option("--total", required=True, metavar="AMOUNT", help="In the account's currency: 129.00, for example.")
@click.option("--due", default="", metavar="DATE", help="Due date, to its end in UTC: 2026-12-31 [else none].")
@click.option("--description", default="")
@headless
def create(run: Invocation, *, account_id: int, total: str, due: str, description: str) -> None:
    """Create a payment that is Waiting for payment."""
    with run.store().transaction() as tx:
        made = payment_commands.create(
            tx, acting(), account_id=account_id, total=total, due_date=due, description=description
        )
    _write(run, made)


@payment.command()
@click.argument("payment_id", metavar="ID", type=int)
@click.option("--method", "method_id", type=int, metavar="ID", help="Start an attempt by this payment method.")
@click.option("--from-balance", is_flag=True, help="Take the Total from the account's balance.")
@headless
def pay(run: Invocation, payment_id: int, *, method_id: int | None, from_balance: bool) -> None:
    """Start an attempt to pay, or take it from the balance."""
    if (method_id is None) is not from_balance:
        raise click.UsageError("Name either --method ID or --from-balance.")
    with run.store().transaction() as tx:
        if method_id is None:
            after = payment_commands.pay_from_balance(tx, acting(), payment_id)
        else:
            after = payment_commands.start_attempt(tx, acting(), payment_id, method_id)
    _write(run, after)


@payment.command()
@click.argument("payment_id", metavar="ID", type=int)
@headless
def cancel(run: Invocation, payment_id: int) -> None:
    """Cancel a payment that is Waiting for payment."""
    with run.store().transaction() as tx:
        after = payment_commands.cancel(tx, acting(), payment_id)
    _write(run, after)


@payment.command()
@click.argument("payment_id", metavar="ID", type=int)
@headless
def why(run: Invocation, payment_id: int) -> None:
    """Tell why a payment is as it is, rule by rule."""
    found = payment_commands.get(run.store().view(), acting(), payment_id)
    run.write(shapes.payment_explained(found), lambda: _explained(found))


def _write(run: Invocation, of: Payment) -> None:
    run.write(shapes.payment_whole(of), lambda: _whole(of))


def _table(listed: list[Payment]) -> str:
    return table(
        (
            ("ID", "right"),
            ("Payment number", "left"),
            ("Account", "right"),
            ("Status", "left"),
            ("Total", "right"),
            ("Due date", "left"),
            ("Deadline (UTC)", "left"),
        ),
        (
            (each.id, each.number, each.account_id, each.status.label, each.total, each.due_date, each.deadline)
            for each in listed
        ),
        none="There is no such payment.",
    )


def _whole(of: Payment) -> str:
    head = facts(
        [
            ("ID", of.id),
            ("Payment number", of.number),
            ("Account", of.account_id),
            ("Status", of.status.label),
            ("Total", of.total),
            ("Due date", of.due_date),
            ("Description", of.description),
            ("Created at", of.created_at),
            ("Closed at", of.closed_at),
            ("The customer sees", f"{of.status.label}. {of.customer_message}".rstrip()),
        ]
    )
    attempts = table(
        (("Attempt", "left"), ("State", "left"), ("Method", "right"), ("Started at", "left"), ("Deadline", "left")),
        ((each.id, each.state.value, each.method_id, each.started_at, each.deadline) for each in of.attempts),
        none="No attempt was started.",
    )
    history = table(
        (
            ("At (UTC)", "left"),
            ("Rule", "left"),
            ("Status", "left"),
            ("Answer", "left"),
            ("By", "left"),
            ("Note", "left"),
        ),
        ((each.at, each.rule, each.status.label, each.answer_id, each.by, each.note) for each in of.history),
        none="Nothing has happened yet.",
    )
    return f"{head}\n\n{attempts}\n\n{history}"


def _explained(of: Payment) -> str:
    lines = [f"Payment {of.id} ({shown(of.number)}) is {of.status.label}."]
    for each in of.history:
        by = f", by {shown(each.by)}" if each.by else ""
        lines.append(f"{shown_moment(each.at)}  {each.rule}: {each.status.label}{by}")
        lines.append(f"    {explain(each.rule)}")
        if each.note:
            lines.append(f"    {shown(each.note)}")
    if not of.history:
        lines.append("Nothing has happened to it since it was created.")
    return "\n".join(lines)
