"""The benchmarks run; what they measure is for reading, never for passing."""

from __future__ import annotations

from tests.bench.wire_figures import figures


def test_the_wires_figures_are_measured_on_a_small_store() -> None:
    assert [row.partition(":")[0] for row in figures(20, rounds=1, a_round=70, alone=10)] == [
        "answers a second",
        "processor for each",
        "one at a time",
        "64 at once",
    ]
