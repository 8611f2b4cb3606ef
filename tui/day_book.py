"""What happened today, and for which payment each: two numbers a record, so that a busy day stays small."""

from __future__ import annotations

from array import array
from bisect import bisect_left


class DayBook:
    """Records of one kind by their ids, each with the payment that it belongs to."""

    def __init__(self) -> None:
        self._records = array("q")
        self._payments = array("q")

    def __len__(self) -> int:
        return len(self._records)

    def note(self, record_id: int, payment_id: int) -> None:
        """Take in a record, or the other payment that it belongs to now."""
        place, is_here = self._place_of(record_id)
        if is_here:
            self._payments[place] = payment_id
        else:
            # Ids grow with time: this is nearly always the end.
            self._records.insert(place, record_id)
            self._payments.insert(place, payment_id)

    def forget(self, record_id: int) -> None:
        """Take out a record, if it is here."""
        place, is_here = self._place_of(record_id)
        if is_here:
            del self._records[place], self._payments[place]

    def payments(self) -> set[int]:
        """Return the payments of all records."""
        return set(self._payments)

    def _place_of(self, record_id: int) -> tuple[int, bool]:
        place = bisect_left(self._records, record_id)
        return place, place < len(self._records) and self._records[place] == record_id
