"""Many readers and writers on one folder: all see the same, across checkpoints, and each look tells what changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from tinydb import where

from store import database, journal
from store.accounts import Account
from store.action_log import LogLine
from store.change_mark import ChangeMark
from store.disk import RealDisk
from store.errors import StoreBusy, StoreNotUsable
from store.journal import Base, Entry, line_of
from store.lock import ProcessLock
from store.paths import INDEX_NAME, JOURNAL_NAME, LOCK_NAME, STOPPED_NAME
from store.resellers import Reseller
from store.store import Store, Transaction, View, open_store
from tests.makers import START, CountedIds, FixedClock, content_of, make_account
from tests.store.fake_disk import FakeDisk, Step


def add(store: Store, name: str = "Ada") -> int:
    with store.transaction() as tx:
        return make_account(tx, name=name).id


def names(store: Store) -> list[str]:
    return [each.name for each in store.view().all(Account)]


def lines_of(store: Store) -> list[bytes]:
    return without_room(store.folder / JOURNAL_NAME).splitlines(keepends=True)


def test_two_stores_on_one_folder_follow_each_other_across_checkpoints(store: Store) -> None:
    other = open_store(store.folder)
    for number in range(12):
        writer, reader = (store, other) if number % 2 else (other, store)
        assert add(writer, f"a{number}") == number + 1
        if number % 3 == 0:
            (store if number % 4 else other).checkpoint()
        assert names(reader) == names(writer) == [f"a{each}" for each in range(number + 1)]
        assert reader.view().revision == writer.view().revision == number + 2


@pytest.mark.parametrize("folds", [1, 2, 3])
def test_who_has_not_looked_for_some_checkpoints_sees_all(store: Store, folds: int) -> None:
    other = open_store(store.folder)
    for number in range(folds):
        add(store, f"before {number}")
        store.checkpoint()
        add(store, f"after {number}")
    assert names(other) == names(store)
    assert add(other, "own") == 2 * folds + 1


def without_room(path: Path) -> bytes:
    """Return a journal without the room behind its lines."""
    return path.read_bytes().rstrip(b"\0")


def write_as_another_process(path: Path, content: bytes) -> None:
    """Write the journal as a process does that is killed in the middle of it."""
    with ProcessLock(path.with_name(LOCK_NAME)).held(wait_seconds=0):
        path.write_bytes(content)


def test_a_view_keeps_its_moment_while_others_write_and_fold(store: Store) -> None:
    add(store, "Ada")
    other = open_store(store.folder)
    view = other.view()
    for number in range(5):
        add(store, f"Bob {number}")
        store.checkpoint()
        assert other.view().count(Account) == number + 2
    assert [each.name for each in view.all(Account)] == ["Ada"]
    assert view.count(Account) == 1
    assert view.find(Account, 2) is None
    assert len(view.search(LogLine, where("subject") == "account 2")) == 0


def test_what_another_process_has_half_written_is_waited_out(store: Store) -> None:
    other = open_store(store.folder)
    path = store.folder / JOURNAL_NAME
    before = without_room(path)
    add(store)
    whole = without_room(path)
    for size in (len(before) + 1, len(whole) - 30, len(whole) - 1):
        path.write_bytes(whole[:size])
        assert names(other) == []
        assert other.view().revision == 1
    path.write_bytes(whole)
    assert names(other) == ["Ada"]
    assert other.changes_since(1) == frozenset({("accounts", 1), ("action_log", 1)})


def test_what_a_killed_writer_has_half_written_is_cut_off_by_the_next_writer_only(store: Store) -> None:
    path = store.folder / JOURNAL_NAME
    add(store)
    before = without_room(path)
    torn = before + b'{"n":3,"safe":2,"was":"' + b"x" * 500
    write_as_another_process(path, torn)
    assert names(store) == ["Ada"]
    assert path.read_bytes() == torn
    with store.transaction():
        pass
    assert path.read_bytes() == before
    write_as_another_process(path, torn)
    assert add(open_store(store.folder), "Bob") == 2
    assert names(store) == ["Ada", "Bob"]


def test_whoever_only_decides_makes_sure_that_what_was_read_is_on_the_disk(tmp_path: Path) -> None:
    disk = FakeDisk()
    writer, reader = (open_store(tmp_path, disk=disk, clock=FixedClock(), ids=CountedIds()) for _ in range(2))
    with reader.transaction() as tx:
        tx.count(Account)
    syncs: list[str] = []
    disk.before = lambda step: syncs.append(step.name) if step.operation == "sync" else None
    with reader.transaction() as tx:
        tx.count(Account)
    assert syncs == []
    add(writer)
    assert syncs == [JOURNAL_NAME]
    with reader.transaction() as tx:
        tx.count(Account)
    assert syncs == [JOURNAL_NAME] * 2
    assert reader.submit(lambda tx: tx.count(Account)).result(timeout=30) == 1
    assert syncs == [JOURNAL_NAME] * 2


def test_who_was_refused_while_the_store_was_stopped_looks_at_it_anew(store: Store) -> None:
    """Being refused is a turn at the lock, too: what another one wrote before it must not be written over."""
    other = open_store(store.folder)
    add(store, "Ada")
    add(other, "Bob")
    stopped = store.folder / STOPPED_NAME
    stopped.write_text("a sync failed\n")
    with pytest.raises(StoreNotUsable, match="is stopped"):
        add(store, "refused")
    stopped.unlink()
    add(store, "Cyd")
    assert names(store) == names(other) == names(Store(store.folder)) == ["Ada", "Bob", "Cyd"]


def test_a_lock_file_that_was_removed_by_hand_lets_nobody_write_over_others(store: Store) -> None:
    """People remove what looks like a stale lock."""
    add(store, "Ada")
    (store.folder / LOCK_NAME).unlink()
    other = open_store(store.folder)
    add(other, "Bob")
    add(store, "Cyd")
    (store.folder / LOCK_NAME).unlink()
    add(store, "Dan")
    add(other, "Eve")
    assert names(store) == names(other) == names(Store(store.folder)) == ["Ada", "Bob", "Cyd", "Dan", "Eve"]


def test_what_was_committed_by_one_that_was_killed_before_it_could_tell_is_seen(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also by who has written last before: its own mark still stands."""
    other = open_store(store.folder)
    add(store, "Ada")
    assert names(store) == ["Ada"]
    time.sleep(0.02)  # the file's time of change is as coarse as this
    with monkeypatch.context() as patch:
        patch.setattr(ChangeMark, "change", killed)
        with pytest.raises(KeyboardInterrupt):
            add(other, "Bob")
    assert names(store) == ["Ada", "Bob"]


def killed(_mark: ChangeMark) -> bytes:
    raise KeyboardInterrupt


def test_readers_need_no_lock(store: Store) -> None:
    other = open_store(store.folder)
    with store.transaction() as tx:
        make_account(tx)
        assert names(other) == names(store) == []
        assert other.changes_since(1) == frozenset()


def test_a_follower_of_a_checkpoint_finds_its_index_and_reads_no_record_again(tmp_path: Path) -> None:
    """Whenever a reader looks while a checkpoint is put in place, it must not have to read the whole store."""
    disk = FakeDisk()
    writer, reader = (open_store(tmp_path, disk=disk, clock=FixedClock(), ids=CountedIds()) for _ in range(2))
    for number in range(30):
        add(writer, f"a{number} {'z' * 2000}")

    def look(step: Step) -> None:
        if step.operation in ("rename", "sync_folder"):
            disk.before = None
            assert len(names(reader)) == 30
            disk.before = look

    disk.before = look
    writer.checkpoint()
    disk.before = None
    assert len(names(reader)) == 30
    image = reader.database.image()
    assert image.checkpoint is not None
    assert image.checkpoint.header.revision == 31
    assert isinstance(image.index and image.index.of("accounts").ids, memoryview), "the index was made anew"


def test_a_journal_damaged_in_the_middle_is_refused_and_left_as_it_is(store: Store) -> None:
    for _ in range(3):
        add(store)
    path = store.folder / JOURNAL_NAME
    path.write_bytes(path.read_bytes().replace(b"Ada Lovelace", b"Eve Lovelace", 1).replace(b'"Ada"', b'"Eve"', 1))
    before = content_of(store.folder)
    for _ in range(2):
        with pytest.raises(StoreNotUsable, match=r"is damaged at line 2 \(byte .*put a backup in its place"):
            open_store(store.folder)
    assert content_of(store.folder) == before


def test_who_has_seen_damage_goes_on_when_a_backup_is_put_in_its_place(store: Store) -> None:
    for _ in range(3):
        add(store)
    path = store.folder / JOURNAL_NAME
    whole = path.read_bytes()
    other = open_store(store.folder)
    damaged = whole.replace(b'"Ada"', b'"Eve"', 1)
    for content in (damaged, damaged[:-100]):
        path.unlink()
        path.write_bytes(content)
        with pytest.raises(StoreNotUsable, match="damaged"):
            other.view()
        path.unlink()
        path.write_bytes(whole)
        assert names(other) == ["Ada"] * 3


def first_line_gone(path: Path) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))


def of_another_store(path: Path) -> None:
    """Put the journal of a store with as many transactions in its place."""
    other = open_store(path.parent / "other", clock=FixedClock(START + timedelta(days=1)), ids=CountedIds())
    for _ in range(2):
        add(other)
    other.checkpoint()
    add(other, "Eve")
    path.write_bytes((other.folder / JOURNAL_NAME).read_bytes())


def of_a_younger_checkpoint(path: Path) -> None:
    path.write_bytes(line_of(Base(base=9, was="a" * 16))[0])


def of_an_older_checkpoint(path: Path) -> None:
    path.write_bytes(line_of(Base(base=0, was=journal.NO_HASH))[0])


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (first_line_gone, "damaged at line 0"),
        (of_another_store, "is not of the same course as the checkpoint: transaction 3 is another one"),
        (of_a_younger_checkpoint, "begins after transaction 9, but the checkpoint ends at 3: a part .* is missing"),
        (of_an_older_checkpoint, "ends at transaction 0, but the checkpoint holds 3: it belongs to an older one"),
        (Path.unlink, "is missing, and with it what was committed since the checkpoint"),
        (lambda path: path.write_bytes(b""), "damaged at line 0"),
    ],
)
def test_a_journal_that_is_not_the_checkpoints_is_refused(
    store: Store, damage: Callable[[Path], object], said: str
) -> None:
    for _ in range(2):
        add(store)
    store.checkpoint()
    add(store)
    path = store.folder / JOURNAL_NAME
    damage(path)
    before = content_of(store.folder)
    for _ in range(2):
        with pytest.raises(StoreNotUsable, match=said):
            open_store(store.folder)
        with pytest.raises(StoreNotUsable, match=said), Store(store.folder).transaction(wait_seconds=0):
            pytest.fail("it was believed")
    assert content_of(store.folder) == before


def test_a_torn_end_behind_an_older_journal_is_not_cut_off(store: Store) -> None:
    add(store)
    store.checkpoint()
    path = store.folder / JOURNAL_NAME
    path.write_bytes(line_of(Base(base=0, was=journal.NO_HASH))[0] + b'{"n":1')
    for _ in range(2):
        with pytest.raises(StoreNotUsable, match="belongs to an older one"):
            add(Store(store.folder))
    assert path.read_bytes().endswith(b'{"n":1')


def test_a_line_of_a_table_that_nobody_knows_is_named(store: Store) -> None:
    entry = Entry(
        n=2,
        safe=1,
        was=store.database.image().hash,
        at=START,
        ids={"strangers": 2},
        put={"strangers": {1: msgspec.Raw(b"{}")}},
    )
    path = store.folder / JOURNAL_NAME
    write_as_another_process(path, without_room(path) + line_of(entry)[0])
    with pytest.raises(StoreNotUsable, match="record of table strangers that cannot be read"):
        store.checkpoint()


def test_time_in_the_journal_never_runs_backwards(store: Store, clock: FixedClock) -> None:
    clock.advance(hours=3)
    add(store)
    clock.advance(hours=-20)
    add(store)
    store.checkpoint()
    add(store)
    reopened = open_store(store.folder, clock=clock, ids=CountedIds())
    add(reopened)
    assert {each.created_at for each in reopened.view().all(Account)} == {START + timedelta(hours=3)}


def test_two_checkpoints_at_once_take_turns_or_are_told(store: Store) -> None:
    add(store)
    other = open_store(store.folder)
    inside, go_on = threading.Event(), threading.Event()

    class Slow(RealDisk):
        def sync_folder(self, folder: Path) -> None:
            inside.set()
            assert go_on.wait(30)
            super().sync_folder(folder)

    slow = open_store(store.folder)
    slow.database._disk = Slow()
    folding = threading.Thread(target=slow.checkpoint)
    folding.start()
    assert inside.wait(30)
    with pytest.raises(StoreBusy, match=r"gatewatch\.checkpoint-lock: held by process"):
        other.checkpoint(wait_seconds=0.05)
    go_on.set()
    folding.join()
    assert other.checkpoint() == 2
    assert names(store) == names(other) == ["Ada"]


class Crowd:
    """Threads on one store. Each transaction adds a reseller and two accounts: a view of half of one would be seen."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.problems: list[str] = []
        self.done = threading.Event()

    def thread(self, act: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                act()
            except Exception as error:  # noqa: BLE001 - told in the test's own thread
                self.problems.append(repr(error))

        return threading.Thread(target=run)

    def write(self) -> None:
        for _ in range(60):
            with self.store.transaction() as tx:
                add_three(tx)

    def submit(self) -> None:
        for each in [self.store.submit(add_three) for _ in range(60)]:
            each.result(timeout=60)

    def fold(self) -> None:
        while not self.done.is_set():
            self.store.checkpoint()

    def look(self) -> None:
        view = self.store.view()
        while not self.done.is_set():
            view = self.look_again(view)

    def look_again(self, before: View) -> View:
        view = self.store.view()
        accounts = list(view.all(Account))
        assert len(accounts) == view.count(Account) == 2 * (view.count(Reseller) - 1)
        assert view.revision >= before.revision
        for each in accounts[-1:]:
            assert len(view.search(LogLine, where("subject") == f"account {each.id}")) == 1
        changed = self.store.changes_since(before.revision)
        assert changed is None or changed >= {("accounts", each.id) for each in accounts[before.count(Account) :]}
        return view


def add_three(tx: Transaction) -> None:
    tx.put(Reseller(id=tx.next_id(Reseller), name="level", parent_id=1))
    for each in "ab":
        make_account(tx, name=each)


def test_threads_that_write_view_and_fold_at_once_see_one_moment_each(store: Store) -> None:
    crowd = Crowd(store)
    readers = [crowd.thread(each) for each in (crowd.look, crowd.look, crowd.fold)]
    writers = [crowd.thread(each) for each in (crowd.write, crowd.write, crowd.submit)]
    for each in [*readers, *writers]:
        each.start()
    for each in writers:
        each.join()
    crowd.done.set()
    for each in readers:
        each.join()
    assert crowd.problems == []
    assert store.view().count(Account) == 360
    assert [each.id for each in open_store(store.folder).view().all(Account)] == list(range(1, 361))


def test_the_journal_is_folded_by_itself_when_it_has_grown(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "SMALLEST_JOURNAL_WORTH_FOLDING", 5000)
    for write in (lambda: add(store), lambda: store.submit(make_account).result(timeout=30)):
        before = store.path.stat().st_mtime_ns
        give_up_at = time.monotonic() + 30
        while store.path.stat().st_mtime_ns == before:
            write()
            assert time.monotonic() < give_up_at
    assert store.fold_problem == ""
    assert (store.folder / INDEX_NAME).exists()


def test_a_checkpoint_made_by_itself_waits_for_writers_that_are_busy(store: Store) -> None:
    add(store)
    store._folding.acquire()
    folding = threading.Thread(target=store._fold)
    with open_store(store.folder).transaction():
        folding.start()
        folding.join(timeout=0.2)
    folding.join()
    assert (store.folder / JOURNAL_NAME).read_bytes().count(b"\n") == 1


def test_a_journal_that_cannot_be_folded_is_told_and_not_tried_again_at_each_commit(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "SMALLEST_JOURNAL_WORTH_FOLDING", 2000)
    in_its_way = store.path.with_name(f"{store.path.name}.new")
    in_its_way.mkdir()
    tries: list[int] = []
    folds = store._folds

    def counted() -> None:
        tries.append(1)
        folds()

    monkeypatch.setattr(store, "_folds", counted)
    for _ in range(30):
        add(store)
        with store._folding:
            pass
    assert "the journal could not be folded" in store.fold_problem
    assert "Is a directory" in store.fold_problem
    assert len(tries) == 1
