"""The lock between processes: one at a time, freed by death, and a busy one says whose it is."""

from __future__ import annotations

import errno
import os
import signal
import threading
from pathlib import Path

import pytest

from store.accounts import Account
from store.errors import StoreBusy, StoreNotUsable
from store.lock import ProcessLock, holder_of
from store.store import Store
from tests.makers import content_of, make_account
from tests.store import processes


def test_a_busy_lock_says_who_holds_it_and_nothing_is_written(store: Store) -> None:
    holder = processes.start("hold_the_lock", store.folder)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    before = content_of(store.folder)
    with (
        pytest.raises(StoreBusy, match=f"held by process {holder.pid} ") as caught,
        store.transaction(wait_seconds=0.05),
    ):
        pytest.fail("two are in a transaction at once")
    assert "Nothing was written" in str(caught.value)
    assert store.view().count(Account) == 0
    assert content_of(store.folder) == before
    holder.communicate("")
    assert holder.returncode == 0
    assert store.view().count(Account) == 1


def test_a_holder_that_is_killed_blocks_nobody_and_changes_nothing(store: Store) -> None:
    holder = processes.start("hold_the_lock", store.folder)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    with store.transaction(wait_seconds=0) as tx:
        assert tx.count(Account) == 0
        make_account(tx)
    assert store.view().count(Account) == 1


def test_the_lock_keeps_two_openings_of_one_process_apart(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    one, other = ProcessLock(path), ProcessLock(path)
    busy = pytest.raises(StoreBusy, match=f"process {os.getpid()} ")
    with one.held(wait_seconds=0), busy, other.held(wait_seconds=0):
        pytest.fail("held twice")
    with other.held(wait_seconds=0):
        assert holder_of(path).startswith(f"process {os.getpid()} (")


def test_one_lock_keeps_threads_apart(tmp_path: Path) -> None:
    lock = ProcessLock(tmp_path / "lock")
    inside: list[int] = []

    def count() -> None:
        for _ in range(50):
            with lock.held(wait_seconds=30):
                inside.append(1)
                assert len(inside) == 1
                inside.pop()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    with lock.held(wait_seconds=0):
        held = threading.Thread(target=assert_busy, args=(lock,))
        held.start()
        held.join()


def assert_busy(lock: ProcessLock) -> None:
    with pytest.raises(StoreBusy, match="for more than 0 s"), lock.held(wait_seconds=0):
        pytest.fail("held twice")


def test_whoever_takes_it_learns_whether_another_one_has_held_it_in_between(tmp_path: Path) -> None:
    """Also another one of the same process, and one that was killed: what it has left must be looked at."""
    one, other = ProcessLock(tmp_path / "lock"), ProcessLock(tmp_path / "lock")

    def is_undisturbed(lock: ProcessLock) -> bool:
        found = lock.take(wait_seconds=0)
        assert lock.signature
        lock.give_back()
        return found

    assert [is_undisturbed(one) for _ in range(3)] == [False, True, True]
    assert [is_undisturbed(each) for each in (other, one, one, other)] == [False, False, True, False]
    child = os.fork()
    if child == 0:
        # Nothing of pytest may run here: the child dies while it holds the lock.
        found = other.take(wait_seconds=10)
        os._exit(1 if found else 0)
    assert os.waitpid(child, 0)[1] == 0
    assert [is_undisturbed(other) for _ in range(2)] == [False, True]


def test_an_error_in_the_body_frees_the_lock(tmp_path: Path) -> None:
    one, other = ProcessLock(tmp_path / "lock"), ProcessLock(tmp_path / "lock")
    with pytest.raises(ZeroDivisionError), one.held(wait_seconds=0):
        raise ZeroDivisionError
    with other.held(wait_seconds=0), pytest.raises(StoreBusy), one.held(wait_seconds=0):
        pytest.fail("held twice")
    with one.held(wait_seconds=0):
        assert holder_of(tmp_path / "lock").startswith(f"process {os.getpid()} (")


def test_a_forked_process_has_a_lock_of_its_own_and_does_not_keep_its_parents(tmp_path: Path) -> None:
    lock, other = ProcessLock(tmp_path / "lock"), ProcessLock(tmp_path / "lock")
    with lock.held(wait_seconds=0):
        pass
    waits, goes_on = os.pipe()
    child = os.fork()
    if child == 0:
        # Nothing of pytest may run here: the child ends by _exit, with what it found as its status.
        try:
            with lock.held(wait_seconds=10):
                os.read(waits, 1)
                os._exit(0)
        except StoreBusy:
            os._exit(1)
    while holder_of(tmp_path / "lock").split()[1] != str(child):
        os.sched_yield()
    with pytest.raises(StoreBusy, match=f"process {child} "), lock.held(wait_seconds=0):
        pytest.fail("held twice")
    os.write(goes_on, b".")
    assert os.waitpid(child, 0)[1] == 0
    with lock.held(wait_seconds=10), pytest.raises(StoreBusy), other.held(wait_seconds=0):
        pytest.fail("held twice")
    os.close(waits)
    os.close(goes_on)


def test_a_lock_file_of_a_longer_holder_is_written_over_whole(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text("process 123456789 (a very long command line that was here before)\n" * 3)
    with ProcessLock(path).held(wait_seconds=0):
        assert path.read_text().count("\n") == 1


def test_a_lock_that_cannot_be_opened_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with (
        pytest.raises(StoreNotUsable, match="the lock cannot be opened: Is a directory"),
        ProcessLock(tmp_path / "lock").held(wait_seconds=0),
    ):
        pytest.fail("held a folder")


def test_a_lock_is_held_though_its_holder_cannot_be_written_into_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, f"No space left on device {descriptor}")

    path = tmp_path / "lock"
    monkeypatch.setattr("store.lock.sign", no_room)
    lock = ProcessLock(tmp_path / "other")
    assert not lock.take(wait_seconds=0)
    assert not lock.signature
    lock.give_back()
    assert not lock.take(wait_seconds=0)
    lock.give_back()
    with (
        ProcessLock(path).held(wait_seconds=0),
        pytest.raises(StoreBusy, match="held by an unknown process"),
        ProcessLock(path).held(wait_seconds=0),
    ):
        pytest.fail("held twice")


def test_a_holder_that_wrote_nothing_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("")
    assert holder_of(tmp_path / "lock") == "an unknown process"
    assert holder_of(tmp_path / "none") == "an unknown process (No such file or directory)"
