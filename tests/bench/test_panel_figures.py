"""The panel's benchmarks run; what they measure is for reading, never for passing."""

from __future__ import annotations

from tests.bench.panel_figures import figures


def test_the_panels_figures_are_measured_on_a_small_store() -> None:
    assert [row.partition(":")[0].strip() for row in figures(50, seconds=0.5, rounds=1)] == [
        "first full frame",
        "a second, processor",
        "without what an empty store costs",
        "a second, to terminal",
        "on an empty store",
        "memory",
        "a change is seen after",
        "the longest of them",
        "read for it",
        "4 KB/s",
        "its loop was late by",
        "sorting, by",
    ]
