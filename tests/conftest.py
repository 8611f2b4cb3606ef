"""What the tests of every package share: a fixed clock, a store in a folder of its own, a shop in it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from store.key_file import VARIABLE
from store.store import Store, open_store
from tests.makers import CountedIds, FixedClock, Shop, open_shop


@pytest.fixture(scope="session", autouse=True)
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Let all stores of the tests, those of other processes too, have a key of their own, not the developer's."""
    with pytest.MonkeyPatch.context() as patch:
        path = tmp_path_factory.mktemp("key") / "store.key"
        patch.setenv(VARIABLE, str(path))
        yield path


@pytest.fixture(autouse=True)
def usual_garbage_collection() -> Iterator[None]:
    """Look for garbage as always after a program was run in the tests' process: else stores and files stay open."""
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


@pytest.fixture
def clock() -> FixedClock:
    """Return a clock that stands at `tests.makers.START`."""
    return FixedClock()


@pytest.fixture
def store(tmp_path: Path, clock: FixedClock) -> Store:
    """Return a new store on that clock."""
    return open_store(tmp_path / "store", clock=clock, ids=CountedIds())


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a store with one connector (15 minutes), one method on it and one account in EUR."""
    return open_shop(tmp_path / "shop")


def pytest_configure() -> None:
    """Let Hypothesis take its time: nothing here is measured, and every example touches a disk."""
    settings.register_profile("gatewatch", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("gatewatch")
