"""`gatewatch store export`: what a store knows of payments and money, as tables for other programs; no secret is in it.

The tables hold what `--json` writes of each kind, a payment once for each of its attempts, the archived ones too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import merge
from pathlib import Path
from types import MappingProxyType
from typing import TextIO

import click

from store.accounts import Account, BalanceTransaction
from store.answers import Answer
from store.archived_payment import ArchivedPayment
from store.errors import Refused
from store.payments import Payment
from store.store import View
from store.upkeep import make_empty_folder
from tui.cli import shapes
from tui.cli.invocation import Invocation, headless, write_out
from tui.cli.printing import json_line, shown
from tui.cli.spreadsheet import csv_line

STANDARD_OUTPUT = "-"
FORMATS = ("csv", "jsonl")
PAYMENT_COLUMNS = (
    "id",
    "number",
    "account_id",
    "status",
    "total",
    "currency",
    "due_date",
    "created_at",
    "created_by",
    "closed_at",
    "description",
    "customer_message",
    "archived",
    "attempt_number",
    "attempt_id",
    "attempt_state",
    "attempt_method_id",
    "attempt_connector_id",
    "attempt_started_at",
    "attempt_started_by",
    "attempt_deadline",
    "attempt_sent_at",
    "attempt_answered_at",
    "attempt_outcome",
)
"""What is exported of a payment and one of its attempts."""
ACCOUNT_COLUMNS = ("id", "name", "reseller_id", "currency", "balance", "version", "created_at")
TRANSACTION_COLUMNS = (
    "id",
    "account_id",
    "currency",
    "balance",
    "change",
    "date",
    "description",
    "payment_id",
    "answer_id",
)
ANSWER_COLUMNS = (
    "id",
    "received_at",
    "connector_id",
    "named_attempt_id",
    "attempt_id",
    "payment_id",
    "result",
    "gateway_reference",
    "amount",
    "currency",
    "message",
    "reason",
    "says",
    "place",
    "same_as",
    "transaction_id",
    "in_inbox",
    "origin",
    "key",
    "gateway_answer_id",
    "gateway_timestamp",
    "recorded_by",
    "recorded_reason",
    "closed_by",
    "closed_at",
    "closed_reason",
    "repeats",
    "last_repeated_at",
    "version",
)


@dataclass(frozen=True, slots=True)
class ExportTable:
    """One table: its columns, and its rows in the order of ids."""

    columns: tuple[str, ...]
    rows: Callable[[View], Iterator[shapes.Shape]]


def _payments(view: View) -> Iterator[shapes.Shape]:
    archived = set(view.every_id(ArchivedPayment))
    for payment_id in merge(view.every_id(Payment), sorted(archived)):
        payment = view.get(Payment, payment_id)
        head = shapes.payment(payment) | {
            "created_by": payment.created_by,
            "description": payment.description,
            "customer_message": payment.customer_message,
            "archived": payment_id in archived,
        }
        if not payment.attempts:
            yield head | dict.fromkeys(name for name in PAYMENT_COLUMNS if name.startswith("attempt_"))
        for number, each in enumerate(payment.attempts, start=1):
            attempt = {"number": number} | shapes.attempt(each)
            yield head | {f"attempt_{name}": value for name, value in attempt.items()}


def _accounts(view: View) -> Iterator[shapes.Shape]:
    return (shapes.account(each) for each in view.all(Account))


def _balance_transactions(view: View) -> Iterator[shapes.Shape]:
    for each in view.all(BalanceTransaction):
        yield {"account_id": each.account_id, "currency": each.change.currency} | shapes.transaction(each)


def _answers(view: View) -> Iterator[shapes.Shape]:
    return (shapes.answer_whole(each) for each in view.all(Answer))


TABLES: Mapping[str, ExportTable] = MappingProxyType(
    {
        "payments": ExportTable(PAYMENT_COLUMNS, _payments),
        "accounts": ExportTable(ACCOUNT_COLUMNS, _accounts),
        "balance_transactions": ExportTable(TRANSACTION_COLUMNS, _balance_transactions),
        "answers": ExportTable(ANSWER_COLUMNS, _answers),
    }
)


@click.command()
@click.argument("target", metavar="FOLDER|-")
@click.option("--format", "form", type=click.Choice(FORMATS), default="csv", show_default=True)
@click.option("--table", "only", type=click.Choice(list(TABLES)), multiple=True, help="Only this one [else all].")
@headless
def export(run: Invocation, target: str, *, form: str, only: tuple[str, ...]) -> None:
    """Write payments, accounts, balance transactions and answers of one moment, while others write.

    Into a new or empty folder, a file for each table, readable by you only; or to standard output (-), where CSV takes
    one --table. A payment has a row for each of its attempts. JSON lines name their table. There is no shared key,
    setting, Static JSON or password in it; a text that a spreadsheet would run begins with ' in CSV.
    """
    names = only or tuple(TABLES)
    view = run.existing_store().view()
    if target != STANDARD_OUTPUT:
        _to_folder(run, view, Path(target), form, names)
        return
    if run.as_json:
        raise click.UsageError("--json tells which files were written; with - there are none.")
    if form == "csv" and len(names) != 1:
        raise click.UsageError("CSV on standard output is one table; choose it with --table.")
    for name in names:
        for line in _lines(view, name, form):
            write_out(line)


def _to_folder(run: Invocation, view: View, folder: Path, form: str, names: Iterable[str]) -> None:
    make_empty_folder(folder)
    rows: dict[str, int] = {}
    try:
        for name in names:
            with _private_file(folder / f"{name}.{form}") as file:
                lines = 0
                for line in _lines(view, name, form):
                    file.write(f"{line}\n")
                    lines += 1
            rows[f"{name}.{form}"] = lines - (form == "csv")
    except OSError as error:
        raise Refused(f"The export cannot be written to {folder}: {error.strerror}.") from error
    told = [f"{name}: {count:,} rows" for name, count in rows.items()]
    run.write(
        {"folder": str(folder), "revision": view.revision, "files": rows},
        lambda: "\n".join([f"Exported to {shown(str(folder))}, without secrets:", *told]),
    )


def _lines(view: View, name: str, form: str) -> Iterator[str]:
    of = TABLES[name]
    if form == "csv":
        yield csv_line(of.columns)
    for row in of.rows(view):
        if form == "csv":
            yield csv_line([row[column] for column in of.columns])
        else:
            yield json_line({"table": name} | {column: row[column] for column in of.columns})


def _private_file(path: Path) -> TextIO:
    def for_its_user_only(name: str, flags: int) -> int:
        return os.open(name, flags, 0o600)

    return open(path, "x", encoding="utf-8", newline="", opener=for_its_user_only)
