from __future__ import annotations

import csv
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from store import managers, methods
from store.archive import age_out
from store.audit import money_problems
from store.connectors import ConnectorForm
from store.connectors import create as create_connector
from store.key_file import KeyFile
from store.methods import MethodForm
from store.payments import Payment
from store.store import open_store
from tests.makers import ANNA, Shop
from tests.store.processes import start
from tests.tui.cli.terminal import CommandLine
from tui.cli.export import TABLES

PLANTED = {
    "key": "planted-shared-key-4711",
    "static": "planted-static-value",
    "setting": "planted-password-setting",
    "open": "planted-open-setting",
    "password": "planted manager password",
}


def test_a_sound_store_is_said_to_be_sound(at_shop: CommandLine, shop: Shop) -> None:
    shop.fill_account()
    ended = at_shop.process("store", "check")
    assert ended.code == 0
    assert "every sum adds up" in ended.out
    checked = at_shop("store", "check", "--json").json
    assert (checked["sound"], checked["wrong"], checked["records"]["accounts"]) == (True, [], 1)
    assert (checked["stopped"], checked["written_anew"]) == (None, False)


@pytest.mark.parametrize(
    "arguments",
    [["check"], ["checkpoint"], ["backup", "copy"], ["export", "out"], ["export", "-", "--format", "jsonl"]],
)
def test_upkeep_makes_no_store_where_there_is_none(
    gatewatch: CommandLine, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = gatewatch("store", *arguments)
    assert (ended.code, ended.out) == (3, "")
    assert "there is no store here" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_money_that_does_not_add_up_is_told_in_sentences(at_shop: CommandLine, shop: Shop) -> None:
    shop.fill_account("129.00")
    shop.store.checkpoint()
    content = shop.store.path.read_bytes()
    broken = content.replace(b'"change":{"amount":"129.00"', b'"change":{"amount":"130.00"')
    assert broken != content
    shop.store.path.write_bytes(broken)
    ended = at_shop.process("store", "check", "--json")
    assert ended.code == 1
    wrong = json.loads(ended.out)["wrong"]
    assert wrong == ended.err.splitlines()
    assert any("book" in each for each in wrong)


def test_a_damaged_store_is_told_with_file_and_place(at_shop: CommandLine, shop: Shop) -> None:
    shop.store.checkpoint()
    broken = shop.store.path.read_bytes().replace(b'"currency":"EUR"', b'"currency":7', 1)
    shop.store.path.write_bytes(broken)
    ended = at_shop.process("store", "check", "--json")
    assert ended.code == 1
    [wrong] = json.loads(ended.out)["wrong"]
    assert "gatewatch.json" in wrong
    assert "record 1 of accounts" in wrong


def test_a_checkpoint_folds_the_journal(at_shop: CommandLine, shop: Shop) -> None:
    shop.payment()
    assert b"P-000001" not in shop.store.path.read_bytes()
    folded = at_shop("store", "checkpoint", "--json").json
    assert folded["revision"] == shop.store.view().revision
    assert folded["bytes"] == shop.store.path.stat().st_size
    assert b"P-000001" in shop.store.path.read_bytes()
    assert "everything up to transaction" in at_shop("store", "checkpoint").out


def test_a_backup_says_what_it_holds_and_that_the_key_is_not_in_it(
    at_shop: CommandLine, shop: Shop, tmp_path: Path, key_file: Path
) -> None:
    folder = tmp_path / "backup"
    ended = at_shop("store", "backup", folder, "--json")
    assert ended.json["revision"] == shop.store.view().revision
    key = KeyFile(key_file).read()
    assert key is not None
    assert (ended.json["encrypted"], ended.json["key_id"]) == (True, key.id)
    assert ended.json["key_file"] == str(key_file)
    assert f"keep a copy of {key_file} somewhere else" in ended.err
    assert not [each for each in folder.iterdir() if key.secret.hex().encode() in each.read_bytes()]
    again = at_shop("store", "backup", folder)
    assert (again.code, again.out) == (1, "")
    assert "is not empty" in again.err
    assert at_shop("store", "backup", tmp_path / "other").out.endswith("bytes\n")


@contextmanager
def writer(folder: Path) -> Iterator[None]:
    """Let another process take payments in the body."""
    process = start("take_payments", folder, 7)
    assert process.stdout is not None
    process.stdout.readline()
    # Its reports must be read, or it would wait for a reader.
    reader = threading.Thread(target=process.stdout.read)
    reader.start()
    try:
        yield
    finally:
        process.kill()
        reader.join()
        process.communicate()


def test_each_command_works_as_a_process_while_another_process_writes(
    at_shop: CommandLine, shop: Shop, tmp_path: Path
) -> None:
    with writer(shop.store.folder):
        before = shop.store.view()
        assert at_shop.process("store", "checkpoint", "--json").code == 0
        backed_up = at_shop.process("store", "backup", tmp_path / "backup", "--json")
        exported = at_shop.process("store", "export", tmp_path / "export", "--json")
        piped = at_shop.process("store", "export", "-", "--format", "jsonl", "--table", "payments")
        checked = at_shop.process("store", "check", "--json")
        after = shop.store.view()
    assert (backed_up.code, exported.code, piped.code, checked.code) == (0, 0, 0, 0), checked.err
    kept = CommandLine(tmp_path / "backup")
    assert kept.process("store", "check", "--json").json["sound"]
    view = open_store(tmp_path / "backup").view()
    assert money_problems(view) == []
    assert before.revision < view.revision < after.revision
    assert 0 < len({json.loads(line)["id"] for line in piped.out.splitlines()}) <= after.count(Payment)
    with (tmp_path / "export" / "payments.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == exported.json["files"]["payments.csv"]
    assert {row["status"] for row in rows} >= {"completed"}


def furnish(shop: Shop) -> None:
    """Plant secrets, formulas and one payment of each kind."""
    form = ConnectorForm(
        name="Planted",
        url="https://acme.example.com/pay",
        schema_text='[{"type": "password", "key": "pin"}, {"type": "string", "key": "shop"}]',
        static_text=json.dumps({"token": PLANTED["static"]}),
        shared_key=PLANTED["key"],
    )
    connector = shop.do(lambda tx: create_connector(tx, ANNA, form))
    settings = {"pin": PLANTED["setting"], "shop": PLANTED["open"]}
    method_form = MethodForm(name="Planted", connector_id=connector.id, settings=settings)
    shop.do(lambda tx: methods.create(tx, ANNA, method_form))
    managers.create_first(shop.store, name="Anna", email="anna@example.com", password=PLANTED["password"])
    shop.fill_account()
    shop.pay_from_balance(shop.payment("29.00"))
    shop.clock.advance(days=91)
    age_out(shop.store, after=timedelta(days=90))
    payment = shop.payment()
    shop.failure(shop.pay(payment), '=HYPERLINK("http://example.com")')
    shop.pay(payment)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_an_export_holds_every_payment_with_its_attempts_and_no_secret(
    at_shop: CommandLine, shop: Shop, tmp_path: Path, form: str
) -> None:
    furnish(shop)
    folder = tmp_path / "export"
    told = at_shop("store", "export", folder, "--format", form, "--json").json
    assert told["files"] == {f"payments.{form}": 4, f"accounts.{form}": 1, f"balance_transactions.{form}": 2} | {
        f"answers.{form}": 3
    }
    written = {each.name: each.read_text() for each in folder.iterdir()}
    assert {each.stat().st_mode & 0o777 for each in folder.iterdir()} == {0o600}
    secrets = [*PLANTED.values(), "argon2", shop.connector.shared_key]
    assert not [each for each in secrets for text in written.values() if each in text]
    text = written[f"payments.{form}"]
    rows = (
        list(csv.DictReader(text.splitlines())) if form == "csv" else [json.loads(each) for each in text.splitlines()]
    )
    assert [(int(row["id"]), str(row["archived"]).lower(), str(row["attempt_number"])) for row in rows] == [
        (1, "true", "1"),
        (2, "true", "" if form == "csv" else "None"),
        (3, "false", "1"),
        (3, "false", "2"),
    ]


def test_an_exported_text_is_no_formula_and_an_amount_stays_a_number(at_shop: CommandLine, shop: Shop) -> None:
    furnish(shop)
    answers = at_shop("store", "export", "-", "--table", "answers").out
    assert [row["message"] for row in csv.DictReader(answers.splitlines())][-1] == '\'=HYPERLINK("http://example.com")'
    book = at_shop("store", "export", "-", "--table", "balance_transactions").out
    assert [row["change"] for row in csv.DictReader(book.splitlines())] == ["129.00", "-29.00"]


def test_every_exported_row_has_all_columns_of_its_table(at_shop: CommandLine, shop: Shop) -> None:
    furnish(shop)
    lines = [json.loads(each) for each in at_shop("store", "export", "-", "--format", "jsonl").out.splitlines()]
    assert list(dict.fromkeys(each["table"] for each in lines)) == list(TABLES)
    assert all(tuple(each)[1:] == TABLES[each["table"]].columns for each in lines)


def test_an_export_of_nothing_has_its_headings(gatewatch: CommandLine) -> None:
    open_store(gatewatch.folder)
    assert gatewatch("store", "export", "-", "--table", "accounts").out.strip() == ",".join(TABLES["accounts"].columns)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["-"], "is one table"),
        (["-", "--table", "accounts", "--json"], "there are none"),
        (["-", "--table", "connectors"], "connectors"),
        (["out", "--format", "xml"], "xml"),
        ([], "FOLDER"),
    ],
)
def test_an_export_that_contradicts_itself_is_wrong_usage(at_shop: CommandLine, arguments: list[str], why: str) -> None:
    ended = at_shop("store", "export", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert why in ended.err


def test_an_export_into_a_folder_that_is_not_empty_is_refused(at_shop: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    ended = at_shop("store", "export", tmp_path)
    assert ended.code == 1
    assert "is not empty" in ended.err


def test_an_archived_payment_is_shown_and_explained_like_any_other(at_shop: CommandLine, shop: Shop) -> None:
    furnish(shop)
    shown = at_shop("payment", "show", "1", "--json").json
    assert shown["status"] == "cancelled"
    assert [line["rule"] for line in shown["history"]][-1] == "success-after-close"
    explained = at_shop("payment", "why", "1", "--json").json
    assert [line["rule"] for line in explained["history"]] == [line["rule"] for line in shown["history"]]
    assert [each["id"] for each in at_shop("payment", "list", "--json").json] == [3]
    charges = at_shop("charge", "list", "--json").json
    assert [each["payment_number"] for each in charges] == ["P-000001"]
