"""The mark that tells readers of commits: never the same twice, and seen by everybody at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from store.change_mark import ChangeMark
from store.disk import RealDisk
from store.store import Store, open_store
from tests.makers import make_account


def test_each_change_is_seen_by_all_and_is_what_it_never_was(tmp_path: Path) -> None:
    one, other, reader = (ChangeMark(tmp_path / "mark") for _ in range(3))
    assert reader.read() == b""
    seen = {b""}
    for number in range(600):
        mark = (one, other)[number % 2].change()
        assert one.read() == other.read() == reader.read() == mark
        assert mark not in seen
        seen.add(mark)


def test_a_forked_process_makes_marks_of_its_own(tmp_path: Path) -> None:
    mark = ChangeMark(tmp_path / "mark")
    mark.change()
    child = os.fork()
    if child == 0:
        # Nothing of pytest may run here.
        mark.change()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert mark.read() != mark.change()


def test_a_mark_that_cannot_be_made_is_empty(tmp_path: Path) -> None:
    mark = ChangeMark(tmp_path / "no folder" / "mark")
    assert (mark.change(), mark.read()) == (b"", b"")


@pytest.mark.parametrize("marked", [True, False])
def test_two_commits_in_one_tick_of_the_clock_are_two_to_whoever_looks_in_between(
    store: Store, monkeypatch: pytest.MonkeyPatch, *, marked: bool
) -> None:
    """Where the mark cannot be had, the journal's time of change is left, which is enough but for such a moment."""
    stamp = RealDisk.stamp
    if marked:
        monkeypatch.setattr(RealDisk, "stamp", lambda disk, path: (found := stamp(disk, path)) and (*found[:2], 0))
    else:
        monkeypatch.setattr(ChangeMark, "read", lambda _: b"")
        monkeypatch.setattr(ChangeMark, "change", lambda _: b"")
    reader = open_store(store.folder)
    signatures = [reader.signature()]
    for _ in range(3):
        with store.transaction() as tx:
            made = make_account(tx)
        assert reader.changes_since(reader.view().revision - 1) == frozenset(
            {("accounts", made.id), ("action_log", made.id)}
        )
        signatures.append(reader.signature())
    assert len(set(signatures)) == 4
