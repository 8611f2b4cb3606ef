"""What changed since a look: exactly that, by whoever it was written, and across checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import follower
from store.accounts import Account
from store.errors import StoreNotUsable
from store.image import Key
from store.paths import JOURNAL_NAME
from store.store import Store, open_store
from tests.effort import EFFORT
from tests.makers import CountedIds, FixedClock, make_account
from tests.store.fake_disk import FakeDisk, Step


def add(store: Store) -> None:
    with store.transaction() as tx:
        make_account(tx)


class Followed:
    """A store that two processes write, and what each transaction has written."""

    def __init__(self, folder: Path) -> None:
        self.store, self.other = (open_store(folder, clock=FixedClock(), ids=CountedIds()) for _ in range(2))
        self.seen = self.store.view().revision
        self.folds = 0
        self.written: list[tuple[int, set[Key]]] = []

    def write(self, store: Store) -> None:
        with store.transaction() as tx:
            make_account(tx)
            self.written.append((tx.revision + 1, set(tx._written)))

    def remove(self) -> None:
        with self.other.transaction() as tx:
            for each in list(tx.all(Account))[:1]:
                tx.remove(each)
                self.written.append((tx.revision + 1, set(tx._written)))

    def fold_elsewhere(self) -> None:
        self.other.checkpoint()
        self.folds += 1

    def look(self) -> None:
        """Ask since the last look, and since each moment after it."""
        latest = self.store.view().revision
        assert latest == self.other.view().revision
        for n in range(self.seen, latest + 1):
            found = self.store.changes_since(n)
            expected = {key for number, keys in self.written if number > n for key in keys}
            assert found == frozenset(expected) or (found is None and self.folds > 1), f"since {n}"
        self.seen, self.folds = latest, 0


STEPS: dict[str, Callable[[Followed], object]] = {
    "write": lambda each: each.write(each.store),
    "another writes": lambda each: each.write(each.other),
    "another removes": Followed.remove,
    "fold": lambda each: each.store.checkpoint(),
    "another folds": Followed.fold_elsewhere,
    "look": Followed.look,
}


@settings(max_examples=40 * EFFORT)
@given(steps=st.lists(st.sampled_from(sorted(STEPS)), max_size=25))
def test_a_look_tells_exactly_what_changed_since_the_last_one(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    followed = Followed(tmp_path_factory.mktemp("store"))
    for each in [*steps, "look"]:
        STEPS[each](followed)


def test_two_checkpoints_between_looks_may_be_too_much_and_are_said_so(store: Store) -> None:
    other = open_store(store.folder)
    seen = other.view().revision
    for _ in range(2):
        add(store)
        store.checkpoint()
        add(store)
    assert other.changes_since(seen) is None
    seen = other.view().revision
    add(store)
    assert other.changes_since(seen) == frozenset({("accounts", 5), ("action_log", 5)})


def test_changes_are_told_from_before_the_checkpoint_of_a_crash_between_its_renames(tmp_path: Path) -> None:
    """A checkpoint whose journal was never put in its place must not hide what the old journal still tells."""
    disk = FakeDisk()
    reader = open_store(tmp_path, disk=disk, clock=FixedClock(), ids=CountedIds())
    writer = open_store(tmp_path, disk=disk, clock=FixedClock(), ids=CountedIds())
    seen = reader.view().revision
    add(writer)
    writer.checkpoint()
    add(writer)

    def die(step: Step) -> None:
        if (step.operation, step.name) == ("rename", JOURNAL_NAME):
            raise OSError(5, "Input/output error")

    disk.before = die
    with pytest.raises(StoreNotUsable, match="Input/output error"):
        writer.checkpoint()
    disk.before = None
    add(writer)
    assert reader.changes_since(seen) == frozenset(
        {(table, each) for table in ("accounts", "action_log") for each in (1, 2, 3)}
    )
    assert reader.view().count(Account) == 3


def test_a_moment_that_is_not_of_this_store_is_too_long_ago(store: Store) -> None:
    assert store.changes_since(store.view().revision + 1) is None
    assert open_store(store.folder).changes_since(0) == frozenset({("resellers", 1)})


def test_only_so_many_transactions_are_remembered(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "REMEMBERED_CHANGES", 3)
    short = open_store(store.folder)
    for _ in range(5):
        add(store)
    assert short.changes_since(1) is None
    assert short.changes_since(3) == frozenset(
        {(table, each) for table in ("accounts", "action_log") for each in (3, 4, 5)}
    )
