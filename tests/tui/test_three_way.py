"""Two people's changes of one record in one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.three_way import differences, keep_mine

records = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 2), max_size=4)


@given(records, records, records)
def test_my_changes_are_kept_and_what_only_they_changed_is_never_undone(
    seen: dict[str, int], theirs: dict[str, int], mine: dict[str, int]
) -> None:
    kept = keep_mine(theirs, differences(seen, theirs, mine))
    for name in "abcd":
        wanted = mine.get(name) if mine.get(name) != seen.get(name) else theirs.get(name)
        assert kept.get(name) == wanted


def test_both_changing_one_thing_clashes_unless_they_changed_it_to_the_same() -> None:
    seen = {"name": "A", "url": "u", "period": "15"}
    found = differences(seen, {**seen, "name": "B", "url": "v"}, {**seen, "name": "C", "url": "v", "period": "20"})
    assert [(each.name, each.clashes) for each in found] == [("name", True), ("url", False), ("period", False)]
