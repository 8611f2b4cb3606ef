"""The benchmarks run; what they measure is for reading, never for passing."""

from __future__ import annotations

import pytest

from tests.bench import store_figures


def test_the_stores_figures_are_measured_on_a_small_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_figures, "SMALL", 70)
    monkeypatch.setattr(store_figures, "ROUNDS", 10)
    monkeypatch.setattr(store_figures, "BATCHES", 2)
    rows = store_figures.figures(80)
    assert [row[:34].strip() for row in rows] == [
        "opening",
        "memory once open",
        "one update",
        "one update",
        "one read, changed and written",
        "updates, 64 waiting",
        "read and changed, 64 waiting",
        "seeing 100 changes",
        "seeing 100 changes",
        "longest wait while folding",
    ]
    assert all("ratio" in row for row in rows)
