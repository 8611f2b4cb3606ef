"""One engine for each store, and everybody can see which."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from store.engine_presence import LOCK_NAME, engine_of, engine_since, held_by_this_engine
from store.errors import StoreBusy, StoreNotUsable


def test_an_engine_is_seen_as_long_as_it_runs(tmp_path: Path) -> None:
    assert engine_of(tmp_path) is None
    with held_by_this_engine(tmp_path):
        seen = engine_of(tmp_path)
        assert seen is not None
        assert seen.startswith(f"process {os.getpid()} (")
    assert engine_of(tmp_path) is None


def test_a_second_engine_is_refused_and_told_of_the_first(tmp_path: Path) -> None:
    second = pytest.raises(StoreBusy, match=f"runs on this store already: process {os.getpid()} ")
    with held_by_this_engine(tmp_path), second, held_by_this_engine(tmp_path):
        pytest.fail("two engines")


def test_looking_for_an_engine_keeps_none_from_starting(tmp_path: Path) -> None:
    assert engine_of(tmp_path) is None
    with held_by_this_engine(tmp_path):
        assert engine_of(tmp_path) is not None
        assert engine_of(tmp_path) is not None


def test_a_lock_that_cannot_be_opened_is_said_so(tmp_path: Path) -> None:
    (tmp_path / LOCK_NAME).mkdir()
    with pytest.raises(StoreNotUsable, match="cannot be opened"), held_by_this_engine(tmp_path):
        pytest.fail("held a folder")


def test_it_is_told_since_when_an_engine_runs(tmp_path: Path) -> None:
    assert engine_since(tmp_path) is None
    with held_by_this_engine(tmp_path):
        since = engine_since(tmp_path)
        assert since is not None
        assert abs(datetime.now(UTC) - since) < timedelta(minutes=10)
    assert engine_since(tmp_path) is None
