"""A disk that is full, fails or lies: nothing is told to be stored that is not, and nothing is left half done."""

from __future__ import annotations

import errno
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from store.accounts import Account
from store.audit import money_problems
from store.errors import NotWritten, StoreNotUsable
from store.pending import Pending
from store.record_audit import record_problems
from store.store import Store, Transaction, open_store
from tests.makers import CountedIds, FixedClock, make_account
from tests.store.fake_disk import MUTATIONS, FakeDisk, Step, Write

Asked = tuple[Callable[[Transaction], object], Pending[Any]]
"""A decision, and who is told what became of it."""
ROOM_BYTES = 1500
FULL = OSError(errno.ENOSPC, "No space left on device")
BROKEN = OSError(errno.EIO, "Input/output error")
READ_ONLY = OSError(errno.EROFS, "Read-only file system")


@pytest.fixture
def disk() -> FakeDisk:
    return FakeDisk()


@pytest.fixture
def store(tmp_path: Path, disk: FakeDisk) -> Store:
    return opened(tmp_path, disk)


def opened(folder: Path, disk: FakeDisk) -> Store:
    return open_store(folder, clock=FixedClock(), ids=CountedIds(), disk=disk)


def failing(error: OSError, *operations: str, name: str = "") -> Callable[[Step], None]:
    """Fail these operations, on one file if it is named."""

    def before(step: Step) -> None:
        if step.operation in operations and name in ("", step.name):
            raise error

    return before


def add(store: Store, name: str = "Ada") -> int:
    with store.transaction() as tx:
        return make_account(tx, name=name).id


def names(store: Store) -> list[str]:
    return [each.name for each in store.view().all(Account)]


def test_on_a_full_disk_nothing_is_changed_and_the_next_one_is_stored_when_there_is_room(
    store: Store, disk: FakeDisk
) -> None:
    add(store, "before")
    before = disk.content()
    for room in (0, 1, 100):
        disk.room = room
        with pytest.raises(StoreNotUsable, match=r"No space left on device\. Nothing was changed"):
            add(store, "on a full disk")
        assert disk.content() == before
        assert names(store) == ["before"]
    disk.room = None
    assert add(store, "after") == 2
    assert names(opened(store.folder, disk)) == ["before", "after"]


def test_of_decisions_that_are_committed_together_the_first_are_kept_as_far_as_there_is_room(
    store: Store, disk: FakeDisk, tmp_path: Path
) -> None:
    other = opened(tmp_path, disk)

    def look(step: Step) -> None:
        """Read as another process does, while the lines are written: what it sees must never be taken back."""
        if step.operation in ("sync", "truncate"):
            seen.append((other.view().revision, names(other)))

    def refuse(tx: Transaction) -> int:
        raise ZeroDivisionError(tx.count(Account))

    line = len(disk.content()["gatewatch.journal"])
    add(store, "Zoe")
    line = len(disk.content()["gatewatch.journal"]) - line
    seen: list[tuple[int, list[str]]] = []
    disk.before = look
    disk.room = int(line * 2.5)
    jobs: list[Asked] = [
        (lambda tx: tx.count(Account), Pending()),
        *((partial(make_account, name=each), Pending[Account]()) for each in ("Ada", "Bob")),
        (refuse, Pending()),
        *((partial(make_account, name=each), Pending[Account]()) for each in ("Cyd", "Dan")),
        (refuse, Pending()),
    ]
    store._committer.commit(jobs)
    disk.before = None
    disk.room = None
    outcomes = [future.exception(timeout=0) or future.result(timeout=0) for _, future in jobs]
    assert outcomes[0] == 1
    assert [getattr(each, "name", each) for each in outcomes[1:3]] == ["Ada", "Bob"]
    assert isinstance(outcomes[3], ZeroDivisionError)
    assert [type(each) for each in outcomes[4:]] == [NotWritten] * 3
    assert "Nothing more was changed" in str(outcomes[4])
    assert ["Zoe", "Ada", "Bob"] in [each for _, each in seen]
    assert names(store) == names(other) == names(opened(tmp_path, disk)) == ["Zoe", "Ada", "Bob"]
    assert add(other, "Eve") == 4
    assert names(store) == names(other) == ["Zoe", "Ada", "Bob", "Eve"]
    assert store.changes_since(seen[0][0]) == other.changes_since(seen[0][0])


def test_what_cannot_be_cut_off_after_a_failed_write_is_cut_off_by_the_next_writer(
    store: Store, disk: FakeDisk, tmp_path: Path
) -> None:
    disk.room = 50
    disk.before = failing(BROKEN, "truncate")
    with pytest.raises(StoreNotUsable, match="its torn end cannot be cut off: Input/output error"):
        add(store)
    assert len(disk.content()["gatewatch.journal"]) > disk.names["gatewatch.journal"].content.rindex(b"\n") + 1
    disk.room = disk.before = None
    assert names(store) == []
    assert add(opened(tmp_path, disk), "Bob") == 1
    assert names(store) == ["Bob"]


def test_a_write_that_fails_changes_nothing(store: Store, disk: FakeDisk) -> None:
    for error in (BROKEN, READ_ONLY):
        before = disk.content()
        disk.before = failing(error, "append")
        with pytest.raises(StoreNotUsable, match=f"cannot be written: {error.strerror}. Nothing was changed"):
            add(store)
        disk.before = None
        assert disk.content() == before
    assert add(store) == 1


def test_what_was_written_whole_before_the_write_failed_is_told_to_be_stored(store: Store, disk: FakeDisk) -> None:
    """Who is told that nothing was changed does it once more."""

    def fail_behind_it(step: Step) -> None:
        if step.operation == "append" and step.name == "gatewatch.journal":
            disk.before = None
            disk.names[step.name].change(Write(step.offset, step.content))
            raise BROKEN

    disk.before = fail_behind_it
    assert add(store, "Ada") == 1
    assert names(store) == ["Ada"]
    for each in disk.survivals():
        assert names(opened(store.folder, FakeDisk(dict(each)))) == ["Ada"]


def test_after_a_failed_sync_every_writer_is_stopped_and_readers_go_on(
    store: Store, disk: FakeDisk, tmp_path: Path
) -> None:
    other = opened(tmp_path, disk)
    add(store, "Ada")
    disk.before = failing(BROKEN, "sync", name="gatewatch.journal")
    with pytest.raises(StoreNotUsable, match="the store is stopped, since a sync failed: Input/output error"):
        add(store, "Bob")
    disk.before = None
    for each in (store, other, opened(tmp_path, disk)):
        for write in (add, lambda each: each.submit(make_account).result(timeout=30), Store.checkpoint):
            with pytest.raises(StoreNotUsable, match="gatewatch store check"):
                write(each)
        assert names(each)[0] == "Ada"
        assert each.database.stopped_because() == "a sync failed: Input/output error"
    other.database.allow_writing(wait_seconds=0)
    for each, name in ((store, "Cyd"), (other, "Dan"), (opened(tmp_path, disk), "Eve")):
        assert each.database.stopped_because() is None
        add(each, name)
    assert names(store) == ["Ada", "Bob", "Cyd", "Dan", "Eve"]


@pytest.mark.parametrize("what", ["folding", "deciding"])
def test_whoever_has_stopped_the_store_without_writing_is_stopped_too(
    store: Store, disk: FakeDisk, tmp_path: Path, what: str
) -> None:
    """Also who holds the lock again before anybody else: that it was the last one does not make it right."""
    other = opened(tmp_path, disk)
    add(store)
    if what == "folding":
        disk.before = failing(BROKEN, "sync_folder")
        with pytest.raises(StoreNotUsable, match="is stopped"):
            store.checkpoint()
    else:
        add(other)
        disk.before = failing(BROKEN, "sync", name="gatewatch.journal")
        store.view()
        with pytest.raises(StoreNotUsable, match="is stopped"), store.transaction() as tx:
            tx.count(Account)
    disk.before = None
    count = len(names(store))
    for each in (store, other):
        with pytest.raises(StoreNotUsable, match="is stopped"):
            add(each)
    assert len(names(store)) == len(names(other)) == count


def test_a_store_that_could_not_even_be_marked_is_stopped_in_this_process_and_marked_later(
    store: Store, disk: FakeDisk, tmp_path: Path
) -> None:
    disk.before = failing(BROKEN, "sync", "create")
    with pytest.raises(StoreNotUsable, match="is stopped"):
        add(store)
    disk.before = failing(BROKEN, "create")
    assert "gatewatch.stopped" not in disk.names
    with pytest.raises(StoreNotUsable, match="is stopped"):
        add(store)
    disk.before = None
    with pytest.raises(StoreNotUsable, match="is stopped"):
        add(store)
    with pytest.raises(StoreNotUsable, match="is stopped"):
        add(opened(tmp_path, disk))
    store.database.allow_writing(wait_seconds=0)
    assert add(store, "Bob") == len(names(store))


def test_a_marker_that_nothing_could_be_written_into_stops_all_the_same(
    store: Store, disk: FakeDisk, tmp_path: Path
) -> None:
    disk.before = failing(BROKEN, "sync")
    disk.room = 10_000
    with pytest.raises(StoreNotUsable, match="is stopped"):
        add(store)
    disk.before = None
    disk.names["gatewatch.stopped"].content.clear()
    with pytest.raises(StoreNotUsable, match="is stopped, since a sync failed"):
        add(opened(tmp_path, disk))


@pytest.mark.parametrize("what", ["journal", "folder"])
def test_a_power_cut_while_writing_is_allowed_again_loses_nothing_that_was_acknowledged(
    store: Store, disk: FakeDisk, tmp_path: Path, what: str
) -> None:
    """What a failed sync did not write stays unwritten, whatever later syncs say, so all of it must be written anew."""
    add(store, "Ada")
    if what == "journal":
        disk.before = failing(BROKEN, "sync", name="gatewatch.journal")
        with pytest.raises(StoreNotUsable, match="is stopped"):
            add(store, "Bob")
    else:
        disk.before = failing(BROKEN, "sync_folder")
        with pytest.raises(StoreNotUsable, match="is stopped"):
            store.checkpoint()
    left: dict[tuple[tuple[str, bytes], ...], None] = {}
    disk.before = lambda _: left.update((tuple(each.items()), None) for each in disk.survivals())
    opened(tmp_path, disk).database.allow_writing(wait_seconds=0)
    disk.before(Step("", ""))
    assert len(left) > 10
    for content in left:
        assert names(opened(tmp_path, FakeDisk(dict(content)))) in (["Ada"], ["Ada", "Bob"])


def test_what_was_cut_off_never_comes_back_behind_what_is_written_next(
    store: Store, disk: FakeDisk, tmp_path: Path
) -> None:
    """A new line may be as long as the torn one in its place, and behind that there may be a whole one."""
    content = disk.content()
    jobs: list[Asked] = [(partial(make_account, name=each), Pending[Account]()) for each in ("Ada", "Bob")]
    store._committer.commit(jobs)
    content["gatewatch.journal"] = disk.content()["gatewatch.journal"].replace(b'"Ada"', b"\0" * 5)
    torn = FakeDisk(content)
    left: dict[tuple[tuple[str, bytes], ...], None] = {}
    torn.before = lambda _: left.update((tuple(each.items()), None) for each in torn.survivals())
    assert add(opened(tmp_path, torn), "Cyd") == 1
    assert len(left) > 10
    for each in left:
        assert names(opened(tmp_path, FakeDisk(dict(each)))) in ([], ["Cyd"])


def test_on_a_full_disk_the_room_that_the_journal_has_is_still_used(tmp_path: Path) -> None:
    disk = FakeDisk(journal_room_bytes=ROOM_BYTES)
    store = opened(tmp_path, disk)
    add(store, "before")
    disk.room = 0
    told = ["before"]
    with suppress(NotWritten):
        while True:
            add(store, f"{len(told)}")
            told.append(f"{len(told)}")
    with pytest.raises(NotWritten, match=r"No space left on device\. Nothing was changed"):
        add(store, "too much")
    assert len(told) > 2
    disk.room = None
    assert names(opened(tmp_path, disk)) == told
    assert add(store, "after") == len(told) + 1


def test_where_there_is_no_room_ahead_there_may_be_some_for_the_lines(tmp_path: Path) -> None:
    disk = FakeDisk(journal_room_bytes=1_000_000)
    store = opened(tmp_path, disk)
    disk.room = 2_000
    assert [add(store, each) for each in ("Ada", "Bob")] == [1, 2]
    assert names(opened(tmp_path, disk)) == ["Ada", "Bob"]


def test_whoever_cannot_sign_the_lock_writes_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next holder would not know that the journal has grown, and write over what was told to be stored."""

    def no_room(_: int) -> bytes:
        raise FULL

    other = opened(store.folder, store.disk)  # type: ignore[arg-type]  # it is a fake one
    add(store, "Ada")
    monkeypatch.setattr("store.lock.sign", no_room)
    with pytest.raises(NotWritten, match=r"gatewatch\.lock.*its holder cannot be written into it"):
        add(other, "Bob")
    monkeypatch.undo()
    add(other, "Cyd")
    add(store, "Dan")
    assert names(store) == names(other) == ["Ada", "Cyd", "Dan"]


@pytest.mark.parametrize("room_bytes", [0, ROOM_BYTES])
def test_an_error_at_any_one_operation_never_loses_what_was_acknowledged(tmp_path: Path, room_bytes: int) -> None:
    """Each operation of a workload fails once, in turn: whoever was told that it is stored finds it, also later."""
    for error in (FULL, BROKEN):
        place = 0
        while fail_at(place, error, tmp_path, room_bytes):
            place += 1
        assert place > 30


def fail_at(place: int, error: OSError, folder: Path, room_bytes: int) -> bool:
    """Run a workload in which one operation fails; return whether it had so many."""
    disk = FakeDisk(journal_room_bytes=room_bytes)
    count = 0

    def before(step: Step) -> None:
        nonlocal count
        if step.operation in MUTATIONS:
            count += 1
            if count == place + 1:
                raise error

    disk.before = before
    told: list[str] = []
    for number in range(8):
        try:
            store = opened(folder, disk)
            if number in (2, 5):
                store.checkpoint()
            add(store, f"a{number}")
            told.append(f"a{number}")
            jobs: list[Asked] = [(partial(make_account, name=f"{each}{number}"), Pending[Account]()) for each in "bc"]
            store._committer.commit(jobs)
            told.extend(future.result(timeout=0).name for _, future in jobs)
        except StoreNotUsable:
            with suppress(StoreNotUsable):
                stopped = Store(folder, disk=disk).database
                if stopped.stopped_because():
                    stopped.allow_writing(wait_seconds=0)
        assert_all_told_survive(folder, disk, told)
    return count > place


def assert_all_told_survive(folder: Path, disk: FakeDisk, told: list[str]) -> None:
    """Cut the power, and see what is left."""
    disk_now = disk.copied()
    for content in disk_now.survivals():
        view = Store(folder, disk=FakeDisk(content)).view() if told else opened(folder, FakeDisk(content)).view()
        found = [each.name for each in view.all(Account)]
        assert [each for each in found if each in told] == told
        assert len(found) == len(set(found))
        assert record_problems(view) == money_problems(view) == []
