from __future__ import annotations

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.quantiles import quantile

SECONDS = st.floats(0, 1e6, allow_nan=False) | st.sampled_from([0.0, 5e-324, 1.0, 1.5])
RUNS = st.lists(st.lists(SECONDS, max_size=9).map(sorted), max_size=6)


@pytest.mark.parametrize("sorted_at_once", [0, 1_000])
@given(runs=RUNS, part=st.floats(0, 1))
def test_it_is_the_smallest_number_that_so_many_do_not_exceed(
    sorted_at_once: int, runs: list[list[float]], part: float
) -> None:
    every = sorted(one for each in runs for one in each)
    found = quantile(runs, part, sorted_at_once=sorted_at_once)
    if not every:
        assert found is None
    else:
        assert found == every[max(1, ceil(len(every) * part)) - 1]


def test_many_numbers_have_the_same_quantiles_as_few() -> None:
    runs = [sorted((each * 7919 + number) % 10_007 / 1000 for each in range(900)) for number in range(30)]
    every = sorted(one for each in runs for one in each)
    assert quantile(runs, 0.5) == every[len(every) // 2 - 1]
    assert quantile(runs, 0.95) == every[ceil(len(every) * 0.95) - 1]
