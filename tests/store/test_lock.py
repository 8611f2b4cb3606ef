"""The lock between processes: one at a time, freed by death, and a busy one says whose it is."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from store import lock
from store.accounts import Account
from store.errors import StoreBusy, StoreNotUsable
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
    busy = pytest.raises(StoreBusy, match=f"process {os.getpid()} ")
    with lock.held(path, wait_seconds=0), busy, lock.held(path, wait_seconds=0):
        pytest.fail("held twice")
    with lock.held(path, wait_seconds=0):
        assert lock.holder_of(path).startswith(f"process {os.getpid()} (")


def test_a_lock_file_of_a_longer_holder_is_written_over_whole(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text("process 123456789 (a very long command line that was here before)\n" * 3)
    with lock.held(path, wait_seconds=0):
        assert path.read_text().count("\n") == 1


def test_a_lock_that_cannot_be_opened_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with (
        pytest.raises(StoreNotUsable, match="the lock cannot be opened: Is a directory"),
        lock.held(tmp_path / "lock", wait_seconds=0),
    ):
        pytest.fail("held a folder")


def test_a_holder_that_wrote_nothing_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("")
    assert lock.holder_of(tmp_path / "lock") == "an unknown process"
    assert lock.holder_of(tmp_path / "none") == "an unknown process (No such file or directory)"
