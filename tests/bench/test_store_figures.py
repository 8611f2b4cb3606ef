"""The benchmarks run; what they measure is for reading, never for passing."""

from __future__ import annotations

from tests.bench.store_figures import figures


def test_the_stores_figures_are_measured_on_a_small_store() -> None:
    assert [row.partition(":")[0] for row in figures(50)] == [
        "opening",
        "memory once open",
        "one durable update",
        "64 waiting, a second",
    ]
