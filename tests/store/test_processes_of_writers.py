"""Real processes, killed in the middle of what they do: nothing that was told is lost, and no number is used twice."""

from __future__ import annotations

import signal
from pathlib import Path
from random import Random

from tinydb import TinyDB

from store.accounts import Account
from store.audit import money_problems
from store.paths import INDEX_NAME
from store.payments import Payment
from store.record_audit import record_problems
from store.store import Store, open_store
from tests.effort import EFFORT
from tests.makers import make_account
from tests.store import processes

KILLS = 100 * EFFORT


def test_six_processes_that_add_fifty_each_lose_none_and_use_no_id_twice(store: Store) -> None:
    running = [processes.start("add_accounts", store.folder, 50) for _ in range(6)]
    printed = [each.communicate()[0].split() for each in running]
    assert [each.returncode for each in running] == [0] * 6
    made = [int(number) for each in printed for number in each]
    assert sorted(made) == list(range(1, 301))
    found = store.view()
    assert sorted(each.id for each in found.all(Account)) == list(range(1, 301))
    assert found.revision == 301


def test_writers_checkpointers_and_readers_that_are_killed_all_the_time_lose_nothing(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store")
    running = processes.start("crowd", store.folder, KILLS)
    running.communicate()
    assert running.returncode == 0
    problems = tmp_path / "problems"
    assert not problems.exists(), problems.read_text()
    told = [int(each) for each in (tmp_path / "told").read_text().split()]
    assert len(told) == len(set(told)) > 100
    for each in (store, open_store(store.folder)):
        view = each.view()
        assert set(told) <= set(view.every_id(Account)), "what was told is lost"
        assert view.every_id(Account) == tuple(range(1, view.count(Account) + 1))
        assert view.revision == 1 + view.count(Account) // 2
        assert record_problems(view) == []
        assert [account.name for account in view.all(Account)] == ["one", "other"] * (view.count(Account) // 2)
    with store.transaction() as tx:
        assert make_account(tx).id == view.count(Account) + 1
    store.checkpoint()
    (store.folder / INDEX_NAME).unlink()
    assert list(open_store(store.folder).view().all(Account)) == list(store.view().all(Account))
    with TinyDB(store.path, access_mode="r") as stock:
        assert len(stock.table("accounts")) == store.view().count(Account)


def test_a_process_killed_at_any_moment_leaves_a_store_that_opens_with_money_that_adds_up(tmp_path: Path) -> None:
    random = Random(20260302)  # noqa: S311 - chooses moments, keeps no secret
    folder = tmp_path / "killed"
    open_store(folder)
    for round_number in range(12):
        running = processes.start("take_payments", folder, round_number)
        assert running.stdout is not None
        told = 0
        for _ in range(random.randint(1, 30)):
            told = int(running.stdout.readline())
        running.send_signal(signal.SIGKILL)
        told = max([told, *(int(line) for line in running.stdout.read().splitlines())])
        running.wait()
        running.stdout.close()
        assert running.stdin is not None
        running.stdin.close()
        view = open_store(folder).view()
        assert view.revision >= told, "a commit that was told is gone"
        assert money_problems(view) == []
        assert record_problems(view) == []
        numbers = [each.id for each in view.all(Payment)]
        assert numbers == list(range(1, len(numbers) + 1))
