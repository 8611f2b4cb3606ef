"""The benchmark runs; what it measures is for reading, never for passing."""

from __future__ import annotations

from tests.bench.start_figures import figures


def test_the_start_is_measured() -> None:
    assert [line.partition(" after ")[0] for line in figures(1)] == [
        "empty Textual app: first frame",
        "panel: first frame",
        "panel: first form",
    ]
