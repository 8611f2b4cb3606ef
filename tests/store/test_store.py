"""The door: all or nothing, nobody's work lost, and a clear text where a store cannot be used."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from msgspec.structs import replace
from tinydb import where

from store import accounts, payment_commands
from store.accounts import Account
from store.actors import ROOT_RESELLER_ID
from store.errors import NotFound, StaleEdit, StoreNotUsable
from store.payments import Payment
from store.resellers import Reseller
from store.store import FILE_NAME, Store, open_store
from tests.makers import ANNA, START, CountedIds, FixedClock, Shop, content_of, make_account
from tests.store import processes


class Stopped(Exception):
    """What a test raises in the middle of a transaction."""


def stop(*, after: Account) -> None:
    raise Stopped(after.name)


def test_a_new_store_is_a_private_folder_with_the_root_reseller(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "store"
    store = open_store(folder)
    assert [each.id for each in store.view().all(Reseller)] == [ROOT_RESELLER_ID]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {each.stat().st_mode & 0o777 for each in folder.iterdir()} == {0o600}


def test_opening_a_store_again_changes_nothing(store: Store) -> None:
    before = content_of(store.folder)
    again = open_store(store.folder)
    assert content_of(store.folder) == before
    assert again.view().revision == store.view().revision == 1


def test_a_transaction_reads_what_it_has_put(store: Store) -> None:
    with store.transaction() as tx:
        made = make_account(tx, name="Ada")
        assert tx.get(Account, made.id) == made
        changed = tx.put(replace(made, name="Bob"))
        assert tx.find(Account, made.id) == changed
        second = make_account(tx, name="Cy")
        assert [each.name for each in tx.all(Account)] == ["Bob", "Cy"]
        assert tx.search(Account, where("name") == "Bob") == [changed]
        assert tx.search(Account, where("name") == "Ada") == []
        assert tx.count(Account) == 2
        assert [each["name"] for each in tx.table(Account).all()] == ["Bob", "Cy"]
        assert store.view().count(Account) == 0
    view = store.view()
    assert [each.id for each in view.all(Account)] == [made.id, second.id]
    assert (changed.version, view.get(Account, made.id).version) == (2, 2)


def test_a_view_is_one_moment_and_does_not_follow(store: Store) -> None:
    before = store.view()
    with store.transaction() as tx:
        make_account(tx)
    assert before.count(Account) == 0
    assert store.view().count(Account) == 1
    assert store.view().revision == before.revision + 1


def test_an_error_in_the_body_leaves_every_byte_as_it_was(store: Store) -> None:
    before = content_of(store.folder)
    with pytest.raises(Stopped), store.transaction() as tx:
        stop(after=make_account(tx))
    assert content_of(store.folder) == before
    with store.transaction() as tx:
        assert make_account(tx).id == 1


def test_a_transaction_that_puts_nothing_writes_nothing(store: Store) -> None:
    before = content_of(store.folder)
    with store.transaction() as tx:
        tx.next_id(Account)
    assert content_of(store.folder) == before


def test_a_stale_edit_is_refused_and_says_who_changed_the_record(store: Store) -> None:
    with store.transaction() as tx:
        seen = make_account(tx)
    with store.transaction() as tx:
        tx.put(replace(tx.get(Account, seen.id), name="Changed"))
        tx.log(ANNA, "account changed", f"account {seen.id}")
    before = content_of(store.folder)
    with pytest.raises(StaleEdit) as caught, store.transaction() as tx:
        tx.put(replace(seen, name="Mine"))
    assert (caught.value.seen, caught.value.current, caught.value.changed_by) == (1, 2, ANNA.name)
    assert "Nothing was written" in str(caught.value)
    assert content_of(store.folder) == before


def test_what_is_not_there_is_not_found(store: Store) -> None:
    assert store.view().find(Account, 7) is None
    with pytest.raises(NotFound, match="There is no account with ID 7"):
        store.view().get(Account, 7)


def test_ids_go_on_over_a_reopening_and_are_per_kind(store: Store) -> None:
    with store.transaction() as tx:
        assert [make_account(tx).id for _ in range(3)] == [1, 2, 3]
    again = open_store(store.folder)
    with again.transaction() as tx:
        assert make_account(tx).id == 4
        assert tx.next_id(Payment) == 1


def test_time_never_runs_behind_the_last_commit(store: Store, clock: FixedClock) -> None:
    clock.advance(hours=2)
    with store.transaction() as tx:
        make_account(tx)
    clock.advance(hours=-5)
    later = START + timedelta(hours=2)
    assert store.view().now == later
    again = open_store(store.folder, clock=clock, ids=CountedIds())
    with again.transaction() as tx:
        assert tx.now == later
        assert make_account(tx).created_at == later


def test_a_payment_is_read_as_of_now_wherever_it_is_read(shop: Shop) -> None:
    payment = shop.payment()
    shop.overdue(payment)
    view = shop.store.view()
    stored = next(view.all_stored(Payment))
    assert stored.status.value == "processing"
    fresh = [
        view.get(Payment, payment),
        view.find(Payment, payment),
        *view.all(Payment),
        *view.search(Payment, where("id") == payment),
    ]
    assert {each.status.value for each in fresh if each} == {"waiting_for_payment"}
    with shop.store.transaction() as tx:
        assert tx.get(Payment, payment).status.value == "waiting_for_payment"


def test_a_transaction_stores_what_time_has_done_to_what_it_touches(shop: Shop) -> None:
    payment = shop.payment()
    attempt = shop.overdue(payment)
    shop.pending(attempt)
    stored = next(shop.store.view().all_stored(Payment))
    assert [line.rule for line in stored.history] == ["attempt-started", "period-over", "pending-noted"]
    assert stored.history[1].at == START + timedelta(minutes=15)


def test_nothing_that_is_returned_aliases_the_store(store: Store) -> None:
    with store.transaction() as tx:
        make_account(tx, name="Ada")
    view = store.view()
    document = view.table(Account).all()[0]
    document["name"] = "Eve"
    document["balance"]["amount"] = "1000000"
    assert view.table(Account).all()[0]["name"] == "Ada"
    assert view.get(Account, 1).balance.amount == 0


def test_writes_through_a_views_tinydb_table_are_refused(store: Store) -> None:
    with store.transaction() as tx:
        make_account(tx)
    before = content_of(store.folder)
    table = store.view().table(Account)
    for write in (
        lambda: table.insert({"name": "Eve"}),
        lambda: table.update({"name": "Eve"}),
        lambda: table.upsert({"name": "Eve"}, where("id") == 1),
        lambda: table.remove(doc_ids=[1]),
        table.truncate,
    ):
        with pytest.raises(PermissionError, match="transaction"):
            write()
    assert content_of(store.folder) == before
    assert store.view().get(Account, 1).name == "Ada Lovelace"


def test_two_stores_on_one_folder_see_each_others_commits(store: Store) -> None:
    other = open_store(store.folder)
    for number in range(1, 6):
        with (store if number % 2 else other).transaction() as tx:
            assert make_account(tx).id == number
        assert store.view().count(Account) == other.view().count(Account) == number


@pytest.fixture
def reachable(tmp_path: Path) -> Iterator[Path]:
    """Give a folder whose parents everybody may pass, unlike pytest's own; root hands it to nobody."""
    with TemporaryDirectory(prefix="gatewatch-rights-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        if os.getuid() == 0:
            os.chown(folder, processes.NOBODY, processes.NOBODY)
        yield folder
        folder.chmod(0o755)
    assert tmp_path.exists()


def opened_without_rights(folder: Path) -> str:
    running = processes.start("open_without_rights", folder)
    return running.communicate()[0].strip()


def test_a_folder_that_is_not_writable_is_said_so(reachable: Path) -> None:
    reachable.chmod(0o555)
    text = opened_without_rights(reachable)
    assert text == (
        f"{reachable}: the folder is not readable and writable for you. Name another one with --data or GATEWATCH_DATA."
    )
    assert list(reachable.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said_so(reachable: Path) -> None:
    reachable.chmod(0o555)
    text = opened_without_rights(reachable / "store")
    assert "the folder cannot be made: Permission denied" in text
    assert "--data" in text


def test_a_file_that_cannot_be_read_is_said_so_and_left(reachable: Path) -> None:
    open_store(reachable)
    if os.getuid() == 0:
        for each in reachable.iterdir():
            os.chown(each, processes.NOBODY, processes.NOBODY)
    before = content_of(reachable)
    (reachable / FILE_NAME).chmod(0)
    text = opened_without_rights(reachable)
    assert "Permission denied" in text
    (reachable / FILE_NAME).chmod(0o600)
    assert content_of(reachable) == before
    assert opened_without_rights(reachable) == "it was opened and written"


def test_a_file_in_the_folders_place_is_said_so(tmp_path: Path) -> None:
    place = tmp_path / "store"
    place.write_text("not a folder")
    with pytest.raises(StoreNotUsable, match="the folder cannot be made") as caught:
        open_store(place)
    assert caught.value.path == place
    with pytest.raises(StoreNotUsable, match="cannot be made"):
        open_store(place / "below")
    assert place.read_text() == "not a folder"


def test_a_record_that_is_none_of_its_kind_is_said_so(store: Store) -> None:
    with store.transaction() as tx:
        accounts.create(tx, ANNA, name="Ada", currency="EUR")
        tx._written[("accounts", 1)] = (b'{"id":1,"name":12345}', tx.get(Account, 1))
    for each in (open_store(store.folder).view(), store.view()):
        with pytest.raises(StoreNotUsable, match="record 1 of table accounts is not a account"):
            list(each.all(Account))
    with pytest.raises(StoreNotUsable, match="holds a record of table accounts that cannot be read"):
        store.checkpoint()


def test_a_preview_comes_to_what_the_decision_would_and_writes_nothing(shop: Shop) -> None:
    payment_id = shop.payment()
    before = shop.content()
    previewed = shop.store.preview(lambda tx: payment_commands.cancel(tx, ANNA, payment_id))
    assert shop.content() == before
    assert shop.do(lambda tx: payment_commands.cancel(tx, ANNA, payment_id)) == previewed
