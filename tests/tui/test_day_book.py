from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.day_book import DayBook

IDS = st.integers(1, 12)
CHANGES = st.lists(st.tuples(IDS, st.none() | IDS))


@given(CHANGES)
def test_a_record_counts_once_for_the_payment_that_it_was_noted_for_last(changes: list[tuple[int, int | None]]) -> None:
    book = DayBook()
    plain: dict[int, int] = {}
    for record_id, payment_id in changes:
        if payment_id is None:
            book.forget(record_id)
            plain.pop(record_id, None)
        else:
            book.note(record_id, payment_id)
            plain[record_id] = payment_id
        assert len(book) == len(plain)
        assert book.payments() == set(plain.values())
