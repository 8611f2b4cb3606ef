"""An order that is kept up is the order that is made anew."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui import payment_order
from tui.payment_order import Order

CHANGES = st.lists(st.dictionaries(st.integers(1, 30), st.one_of(st.none(), st.integers(0, 9)), max_size=8), max_size=8)


@pytest.mark.parametrize("bisected_up_to", [0, 500])
@given(changes=CHANGES)
def test_changes_one_by_one_and_all_at_once_give_the_same(
    bisected_up_to: int, changes: list[dict[int, int | None]]
) -> None:
    known = {each: each % 5 for each in range(1, 12)}
    order = Order(array("q", sorted(known.values())), array("q", sorted(known, key=lambda each: (known[each], each))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(payment_order, "BISECTED_UP_TO", bisected_up_to)
        for change in changes:
            before = dict(known)
            known.update({each: key for each, key in change.items() if key is not None})
            for each in [each for each, key in change.items() if key is None]:
                known.pop(each, None)
            assert order.change(change) == (known != before)
            anew = Order.of((key, each) for each, key in known.items())
            assert order.ids() == anew.ids()
            assert [order.key_of(each) for each in order.ids()] == [known[each] for each in order.ids()]
            assert order.place(3) == sum(key < 3 for key in known.values())


def test_a_large_order_is_sorted_in_parts_that_are_merged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payment_order, "SORTED_AT_ONCE", 3)

    assert [*Order.of((each * 7 % 10, each) for each in range(10)).ids()] == sorted(
        range(10), key=lambda each: each * 7 % 10
    )
