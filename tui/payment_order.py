"""An order of payments that is kept up: ids sorted by a key, changed at the cost of what changes."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, MutableSequence
from heapq import merge
from itertools import islice
from typing import Any

BISECTED_UP_TO = 500
"""From how many changes at once on everything is merged anew: each bisected one moves a part of the whole."""
SORTED_AT_ONCE = 4_000
"""A sort lets no other thread run: it is done in parts, or the screen would stand still for a tenth of a second."""
Key = Any
"""What payments are ordered by: anything that can be compared with its like."""


class Order:
    """Ids in the order of (key, id)."""

    def __init__(self, keys: MutableSequence[Key], ids: array[int]) -> None:
        self._keys = keys
        self._ids = ids
        self._key_of = dict(zip(ids, keys, strict=True))

    @classmethod
    def of(cls, pairs: Iterable[tuple[Key, int]]) -> Order:
        """Return the order of these (key, id)."""
        given = iter(pairs)
        runs = iter(lambda: sorted(islice(given, SORTED_AT_ONCE)), [])
        ordered = list(merge(*runs))
        return cls([key for key, _ in ordered], array("q", [identity for _, identity in ordered]))

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, identity: object) -> bool:
        return identity in self._key_of

    def key_of(self, identity: int) -> Key | None:
        """Return the key of an id, None if it is not in the order."""
        return self._key_of.get(identity)

    def place(self, key: Key) -> int:
        """Return how many ids have a smaller key."""
        return bisect_left(self._keys, key)

    def key_at(self, place: int) -> Key:
        """Return the key of the id at a place."""
        return self._keys[place]

    def ids(self, start: int = 0, end: int | None = None) -> array[int]:
        """Return a copy of the ids from one place to another."""
        return self._ids[start:end]

    def change(self, wanted: Mapping[int, Key | None]) -> bool:
        """Give these ids new keys, or take them out (None); say whether anything has changed."""
        changed = {identity: key for identity, key in wanted.items() if self._key_of.get(identity) != key}
        if len(changed) > BISECTED_UP_TO:
            self._merge(changed)
        else:
            for identity, key in changed.items():
                self._move(identity, key)
        return bool(changed)

    def _move(self, identity: int, key: Key | None) -> None:
        before = self._key_of.pop(identity, None)
        if before is not None:
            place = self._place_of(before, identity)
            del self._keys[place], self._ids[place]
        if key is not None:
            place = self._place_of(key, identity)
            self._keys.insert(place, key)
            self._ids.insert(place, identity)
            self._key_of[identity] = key

    def _place_of(self, key: Key, identity: int) -> int:
        start = bisect_left(self._keys, key)
        return bisect_left(self._ids, identity, start, bisect_right(self._keys, key, start))

    def _merge(self, changed: Mapping[int, Key | None]) -> None:
        pairs = [pair for pair in zip(self._keys, self._ids, strict=True) if pair[1] not in changed]
        pairs += [(key, identity) for identity, key in changed.items() if key is not None]
        pairs.sort()
        self._keys = _like(self._keys, [key for key, _ in pairs])
        self._ids = array("q", [identity for _, identity in pairs])
        self._key_of = dict(zip(self._ids, self._keys, strict=True))


def _like(keys: MutableSequence[Key], new: list[Key]) -> MutableSequence[Key]:
    return array(keys.typecode, new) if isinstance(keys, array) else new
