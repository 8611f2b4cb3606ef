"""Folding in a process of its own: what it does, what it leaves alone, and how it tells that it could not."""

from __future__ import annotations

from pathlib import Path

import pytest

from store import accounts
from store.accounts import Account
from store.actors import Actor
from store.database import Database
from store.disk import RealDisk
from store.errors import StoreNotUsable
from store.fold_process import fold_apart
from store.lock import ProcessLock
from store.paths import Paths
from store.store import Store, open_store


@pytest.fixture
def written(tmp_path: Path) -> Store:
    """Return a store with something in its journal."""
    store = open_store(tmp_path / "store")
    with store.transaction() as tx:
        accounts.create(tx, Actor("test"), name="Anna", currency="EUR")
    return store


def base(store: Store) -> int:
    """Return the last transaction that a store's checkpoint holds."""
    checkpoint = Database(store.folder, RealDisk()).image().checkpoint
    assert checkpoint is not None
    return checkpoint.header.revision


def test_another_process_folds_the_journal_and_this_one_goes_on(written: Store) -> None:
    before = written.view()
    fold_apart(written.folder)
    assert base(written) == before.revision
    with written.transaction() as tx:
        accounts.create(tx, Actor("test"), name="Berta", currency="EUR")
    assert [each.name for each in open_store(written.folder).view().all(Account)] == ["Anna", "Berta"]
    assert [each.name for each in before.all(Account)] == ["Anna"]


def test_nothing_is_done_while_somebody_is_at_it(written: Store) -> None:
    before = base(written)
    with ProcessLock(Paths(written.folder).checkpoint_lock).held(wait_seconds=0):
        fold_apart(written.folder)
    assert base(written) == before


def test_why_it_could_not_be_folded_is_told(written: Store) -> None:
    written.path.write_bytes(b"not a store")
    with pytest.raises(StoreNotUsable, match=r"the journal could not be folded: .*is damaged or not a Gatewatch store"):
        fold_apart(written.folder)


def test_a_program_that_cannot_be_started_is_told(written: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.fold_process.sys.executable", str(written.folder / "no-python"))
    with pytest.raises(StoreNotUsable, match="cannot be started: No such file"):
        fold_apart(written.folder)


def test_a_process_that_ends_otherwise_is_told_with_its_report(written: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = written.folder / "broken-python"
    broken.write_text("#!/bin/sh\necho first >&2\necho second >&2\nexit 5\n")
    broken.chmod(0o700)
    monkeypatch.setattr("store.fold_process.sys.executable", str(broken))
    with pytest.raises(StoreNotUsable, match=r"could not be folded: it ended with 5; first; second"):
        fold_apart(written.folder)
