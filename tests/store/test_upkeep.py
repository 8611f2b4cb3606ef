from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs
from tinydb import TinyDB

from store import payment_commands
from store.accounts import Account
from store.archive import age_out
from store.archived_payment import ArchivedPayment
from store.archives import LOCK_NAME
from store.audit import money_problems
from store.checkpoint import HEADER_BYTES, _fit, put_index, read_checkpoint
from store.columns import columns_signature
from store.disk import File, RealDisk, RealFile
from store.errors import Refused, StoreBusy, StoreNotUsable
from store.index import Fit, SortedColumn
from store.key_file import KeyFile
from store.kinds import KINDS
from store.lock import ProcessLock
from store.paths import Paths
from store.payments import Payment
from store.stop_marker import StopMarker
from store.store import Store, open_store
from store.upkeep import backup, check
from tests.makers import ANNA, Shop, make_account


@pytest.fixture
def lived_in(shop: Shop) -> Shop:
    """Return a shop with a payment that has aged out, one that was paid from the balance, and one that is open."""
    shop.fill_account()
    paid = shop.payment("29.00")
    shop.pay_from_balance(paid)
    shop.clock.advance(days=91)
    assert age_out(shop.store, after=timedelta(days=90)) == 2
    shop.overdue(shop.payment())
    shop.unmatched()
    return shop


def content_of_all(view_of: Store) -> dict[str, list[object]]:
    view = view_of.view()
    return {kind.TABLE: list(view.all_stored(kind)) for kind in KINDS.values()}


def test_a_sound_store_is_found_sound_and_stays_as_it_is(lived_in: Shop) -> None:
    before = lived_in.content()
    found = check(lived_in.store)
    assert (found.problems, found.stopped, found.written_anew) == ((), "", False)
    assert (found.records["payments"], found.records["archived_payments"]) == (1, 2)
    assert lived_in.content() == before
    lived_in.store.checkpoint()
    assert check(open_store(lived_in.store.folder)).problems == ()


def damaged_journal(shop: Shop) -> None:
    path = shop.store.folder / "gatewatch.journal"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b"Acme", b"Acne")
    path.write_bytes(b"".join(lines))


def lost_record(shop: Shop) -> None:
    shop.do(lambda tx: tx.remove(tx.get(Account, shop.account.id)))


def wrong_money(shop: Shop) -> None:
    one = structs.replace(shop.account.balance, amount=shop.account.balance.amount + 1)
    shop.do(lambda tx: tx.put(structs.replace(tx.get(Account, shop.account.id), balance=one)))


def missing_archive(shop: Shop) -> None:
    (shop.store.folder / "archive-2026-03.json").unlink()


def index_of_other_columns(shop: Shop) -> None:
    shop.store.checkpoint()
    image = open_store(shop.store.folder).database.image()
    assert image.checkpoint is not None
    index = image.checkpoint.index
    index.columns[("payments", "status")] = SortedColumn((1,), (99,))
    put_index(shop.store.disk, shop.store.folder / "gatewatch.index", index, fit_of(shop))


def fit_of(shop: Shop) -> Fit:
    """Return what an index must share with the checkpoint, to make one that fits, but is wrong."""
    found = read_checkpoint(shop.store.disk, shop.store.path, shop.store.folder / "none", lambda _, __: [])
    return _fit(found.header, found.file, columns_signature())


def id_that_comes_again(shop: Shop) -> None:
    shop.store.checkpoint()
    content = shop.store.path.read_bytes().replace(b'"payments":4', b'"payments":3', 1)
    shop.store.path.write_bytes(content)


def torn_checkpoint(shop: Shop) -> None:
    shop.store.checkpoint()
    shop.store.path.write_bytes(shop.store.path.read_bytes()[:-20])


@pytest.mark.parametrize(
    ("damage", "where", "what"),
    [
        (damaged_journal, "gatewatch.journal", "line 2"),
        (lost_record, "names account 1", "which is not there"),
        (wrong_money, "Account 1", "its book adds up to"),
        (missing_archive, "archive-2026-03.json", "is missing"),
        (index_of_other_columns, "gatewatch.index", "the column status of payments"),
        (id_that_comes_again, "payments", "the next id would be 3"),
        (torn_checkpoint, "gatewatch.json", "is not a record of its own"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_also_without_the_key(
    lived_in: Shop, tmp_path: Path, damage: Callable[[Shop], None], where: str, what: str
) -> None:
    damage(lived_in)
    for key_file in (None, KeyFile(tmp_path / "missing.key")):
        found = check(Store(lived_in.store.folder, clock=lived_in.clock, key_file=key_file))
        assert any(where in each and what in each for each in found.problems), found.problems


def test_a_sound_store_without_its_key_lacks_nothing_but_that(lived_in: Shop, tmp_path: Path) -> None:
    StopMarker(lived_in.store.disk, Paths(lived_in.store.folder)).put("a sync failed")
    keyless = Store(lived_in.store.folder, clock=lived_in.clock, key_file=KeyFile(tmp_path / "missing.key"))
    found = check(keyless)
    assert (len(found.problems), found.written_anew) == (2, False)
    assert "missing.key: is missing" in found.problems[0]
    assert found.problems[1] == "So no secret was decrypted; the rest was checked without the key."
    assert found.records == check(lived_in.store).records


@pytest.mark.parametrize("count", [1, 60])
def test_one_changed_byte_in_a_checkpoint_is_found_before_it_is_copied(shop: Shop, tmp_path: Path, count: int) -> None:
    """Also where it makes another text that can be read, in the middle of a file that nobody reads whole to open it."""
    for number in range(count):
        make_accounts(shop, f"Customer {number} " + "x" * 800)
    shop.store.checkpoint()
    content = shop.store.path.read_bytes()
    shop.store.path.write_bytes(content.replace(b"Customer 0 ", b"Cuszomer 0 "))
    assert (len(content) > 2 * HEADER_BYTES) == (count > 1)
    store = Store(shop.store.folder, clock=shop.clock)
    payment_id = shop.payment()
    wanted = "its check sum is not the one that it was written with"
    assert any(wanted in each for each in check(store).problems)
    with pytest.raises(StoreNotUsable, match=wanted):
        store.checkpoint()
    with pytest.raises(StoreNotUsable, match=wanted):
        backup(store, tmp_path / "backup")
    assert list((tmp_path / "backup").iterdir()) == []
    shop.store.path.write_bytes(content)
    assert check(Store(store.folder, clock=shop.clock)).problems == ()
    store.checkpoint()
    assert Store(store.folder).view().find(Payment, payment_id) is not None


def make_accounts(shop: Shop, name: str) -> None:
    with shop.store.transaction() as tx:
        make_account(tx, name=name)


def test_one_changed_byte_in_an_archive_is_found_before_it_is_copied(lived_in: Shop, tmp_path: Path) -> None:
    path = lived_in.store.folder / "archive-2026-03.json"
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"started_by":"anna', b'"started_by":"anno', 1))
    assert path.read_bytes() != content
    store = Store(lived_in.store.folder, clock=lived_in.clock)
    assert any("archive-2026-03.json" in each and "check sum" in each for each in check(store).problems)
    with pytest.raises(StoreNotUsable, match="check sum"):
        backup(store, tmp_path / "backup")


class SyncFails(RealDisk):
    """A disk whose files cannot be synced while `fails`."""

    fails = False

    def open(self, path: Path) -> File:
        return UnsyncedFile(os.open(path, os.O_RDWR | os.O_CLOEXEC), self)


class UnsyncedFile(RealFile):
    def __init__(self, descriptor: int, disk: SyncFails) -> None:
        super().__init__(descriptor)
        self._disk = disk

    def sync(self) -> None:
        if self._disk.fails:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().sync()


def stopped(shop: Shop) -> None:
    """Stop the store's writers by a failed sync."""
    disk = SyncFails()
    store = open_store(shop.store.folder, clock=shop.clock, disk=disk)
    disk.fails = True
    with pytest.raises(StoreNotUsable, match="stopped"), store.transaction() as tx:
        make_account(tx)
    with pytest.raises(StoreNotUsable, match="store check"):
        shop.payment()


def test_after_a_failed_sync_a_check_writes_every_record_anew_before_writing_goes_on(lived_in: Shop) -> None:
    stopped(lived_in)
    before = lived_in.store.path.stat().st_ino
    found = check(Store(lived_in.store.folder))
    assert (found.problems, found.written_anew) == ((), True)
    assert "sync" in found.stopped
    assert lived_in.store.path.stat().st_ino != before
    lived_in.payment()
    assert check(lived_in.store).stopped == ""


def test_a_stopped_store_that_is_not_sound_stays_stopped(lived_in: Shop) -> None:
    wrong_money(lived_in)
    stopped(lived_in)
    found = check(lived_in.store)
    assert found.problems
    assert (bool(found.stopped), found.written_anew) == (True, False)
    with pytest.raises(StoreNotUsable, match="store check"):
        lived_in.payment()


def test_a_backup_opens_as_a_store_with_the_same_records_and_goes_on(lived_in: Shop, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere" / "backup"
    made = backup(lived_in.store, folder)
    assert set(made.files) == {
        "archive-2026-03.index",
        "archive-2026-03.json",
        "gatewatch.index",
        "gatewatch.journal",
        "gatewatch.json",
    }
    assert {each.stat().st_mode & 0o777 for each in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    with TinyDB(folder / "gatewatch.json", access_mode="r") as stock:
        assert len(stock.table("payments")) == 1

    again = replace(lived_in, store=open_store(folder, clock=lived_in.clock))
    assert content_of_all(again.store) == content_of_all(lived_in.store)
    assert again.store.view().revision == made.revision == lived_in.store.view().revision
    assert check(again.store).problems == ()
    archived = next(again.store.view().all(ArchivedPayment))
    assert again.now(archived.id).history
    assert again.payment() == lived_in.payment()
    assert check(again.store).problems == ()


def test_while_a_backup_is_written_others_write_and_it_holds_one_moment(lived_in: Shop, tmp_path: Path) -> None:
    class BusyDisk(RealDisk):
        """A disk during whose every operation on the backup somebody commits a payment."""

        payments = 0

        def create(self, path: Path) -> File:
            self._meanwhile(path)
            return super().create(path)

        def rename(self, old: Path, new: Path) -> None:
            self._meanwhile(new)
            super().rename(old, new)

        def _meanwhile(self, path: Path) -> None:
            if path.parent.name == "backup":
                lived_in.payment()
                lived_in.store.checkpoint()
                self.payments += 1

    disk = BusyDisk()
    before = lived_in.store.view()
    made = backup(Store(lived_in.store.folder, clock=lived_in.clock, disk=disk), tmp_path / "backup")
    assert disk.payments > 3
    kept = open_store(tmp_path / "backup", clock=lived_in.clock).view()
    assert made.revision == kept.revision == before.revision
    assert kept.count(Payment) == before.count(Payment)
    assert money_problems(kept) == []


@pytest.mark.parametrize("is_file", [False, True])
def test_a_folder_that_is_not_empty_is_refused_and_left_as_it_is(
    lived_in: Shop, tmp_path: Path, *, is_file: bool
) -> None:
    target = tmp_path / "target"
    if is_file:
        target.write_text("mine")
    else:
        target.mkdir()
        (target / "note").write_text("mine")
    with pytest.raises(Refused, match="target"):
        backup(lived_in.store, target)
    assert (target if is_file else target / "note").read_text() == "mine"


def test_a_backup_that_cannot_be_finished_leaves_nothing(lived_in: Shop, tmp_path: Path) -> None:
    class FullDisk(RealDisk):
        def create(self, path: Path) -> File:
            if path == tmp_path / "backup" / "gatewatch.journal":
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return super().create(path)

    store = Store(lived_in.store.folder, clock=lived_in.clock, disk=FullDisk())
    with pytest.raises(Refused, match="No space left"):
        backup(store, tmp_path / "backup")
    assert list((tmp_path / "backup").iterdir()) == []
    missing_archive(lived_in)
    with pytest.raises(StoreNotUsable, match=r"archive-2026-03\.json: is missing"):
        backup(lived_in.store, tmp_path / "backup")
    assert list((tmp_path / "backup").iterdir()) == []


def test_an_unfinished_backup_is_not_taken_for_a_store(lived_in: Shop, tmp_path: Path) -> None:
    backup(lived_in.store, tmp_path / "backup")
    (tmp_path / "backup" / "gatewatch.journal").unlink()
    with pytest.raises(StoreNotUsable, match="journal"):
        open_store(tmp_path / "backup")


def test_a_backup_waits_for_whoever_writes_the_archive_and_says_who(lived_in: Shop, tmp_path: Path) -> None:
    with ProcessLock(lived_in.store.folder / LOCK_NAME).held(wait_seconds=0):
        with pytest.raises(StoreBusy, match=f"process {os.getpid()}"):
            backup(lived_in.store, tmp_path / "backup", wait_seconds=0)
        lived_in.payment()


def test_a_stopped_store_can_be_backed_up(lived_in: Shop, tmp_path: Path) -> None:
    stopped(lived_in)
    backup(lived_in.store, tmp_path / "backup")
    again = replace(lived_in, store=open_store(tmp_path / "backup", clock=lived_in.clock))
    assert payment_commands.visible_to(again.store.view(), ANNA)
    again.payment()
