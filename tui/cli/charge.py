"""`gatewatch charge`: every verified success, to reconcile with a gateway's statement."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import click

from store import payment_commands
from store.answers import Answer, ChargePlace
from store.connectors import Connector
from store.money import Money
from tui.cli import shapes
from tui.cli.invocation import Invocation, acting, headless, write_out
from tui.cli.printing import table
from tui.cli.spreadsheet import csv_line


class Moment(click.ParamType[datetime]):
    """The type of an option that takes a moment: RFC 3339, or a date, which is its beginning in UTC."""

    name = "TIME"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the aware moment."""
        if isinstance(value, datetime):
            return value
        try:
            read = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a time; write 2026-03-14 or 2026-03-14T09:26:53Z.", param, ctx)
        return read if read.tzinfo is not None else read.replace(tzinfo=UTC)


@click.group()
def charge() -> None:
    """List charges: every verified success, and where its amount is."""


@charge.command("list")
@click.option("--connector", "connector_id", type=int, metavar="ID", help="Only charges through this connector.")
@click.option("--since", type=Moment(), help="Only charges received at or after this time (UTC).")
@click.option("--before", type=Moment(), help="Only charges received before this time (UTC).")
@click.option("--csv", "as_csv", is_flag=True, help="Write CSV; a text that a spreadsheet would run begins with '.")
@headless
def list_(
    run: Invocation, *, connector_id: int | None, since: datetime | None, before: datetime | None, as_csv: bool
) -> None:
    """List charges in the order in which they came, to reconcile them with a gateway's statement."""
    if as_csv and run.as_json:
        raise click.UsageError("--csv and --json contradict each other.")
    view = run.store().view()
    if connector_id is not None:
        view.get(Connector, connector_id)  # a deleted one too: its charges stay
    numbers = payment_commands.numbers_visible_to(view, acting())
    charges = [
        each
        for each in view.all(Answer)
        if each.is_charge
        and (connector_id is None or each.given.connector_id == connector_id)
        and (since is None or each.received_at >= since)
        and (before is None or each.received_at < before)
    ]
    listed = [shapes.charge(each, numbers.get(each.payment_id or 0)) for each in charges]
    if as_csv:
        write_out(_csv(listed))
    else:
        run.write(listed, lambda: f"{_table(charges, numbers)}{_sums(charges)}")


def _csv(listed: list[shapes.Shape]) -> str:
    rows = ([each[column] for column in shapes.CHARGE_COLUMNS] for each in listed)
    return "\n".join(csv_line(each) for each in (shapes.CHARGE_COLUMNS, *rows))


def _sums(charges: list[Answer]) -> str:
    """Return what the gateway took, by currency and place; one that is the same as another counts there."""
    sums: dict[tuple[str, str], tuple[int, Money]] = {}
    for each in charges:
        if each.charge is not None and each.place is not None:
            key = (each.charge.currency, each.place.value)
            count, before = sums.get(key, (0, Money(Decimal(0), each.charge.currency)))
            sums[key] = (count + 1, Money(before.amount + each.charge.amount, each.charge.currency))
    counted = [(place, count, of) for (_, place), (count, of) in sorted(sums.items()) if place != ChargePlace.SAME_AS]
    if not counted:
        return ""
    return "\n\n" + table((("Place", "left"), ("Charges", "right"), ("Sum", "right")), counted, none="")


def _table(charges: list[Answer], numbers: dict[int, str]) -> str:
    return table(
        (
            ("ID", "left"),
            ("Received at (UTC)", "left"),
            ("Connector", "right"),
            ("Gateway reference", "left"),
            ("Amount", "right"),
            ("Place", "left"),
            ("Payment", "left"),
        ),
        (
            (
                each.code,
                each.received_at,
                each.given.connector_id,
                each.given.gateway_reference,
                each.charge,
                each.place.value if each.place else None,
                numbers.get(each.payment_id or 0),
            )
            for each in charges
        ),
        none="There is no such charge.",
    )
