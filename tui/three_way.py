"""Two people changed one record: what each of them changed, and both changes in one.

Where only one of them changed something, that counts; where both did, somebody has to say whose counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """One part of a record that is not as it was `seen`: what it is in the store now (`theirs`), and what is `mine`."""

    name: str
    seen: object
    theirs: object
    mine: object

    @property
    def they_changed(self) -> bool:
        """Whether the others changed it."""
        return self.theirs != self.seen

    @property
    def i_changed(self) -> bool:
        """Whether it was changed here."""
        return self.mine != self.seen

    @property
    def clashes(self) -> bool:
        """Whether both changed it, and not to the same."""
        return self.they_changed and self.i_changed and self.theirs != self.mine


def differences(
    seen: Mapping[str, object], theirs: Mapping[str, object], mine: Mapping[str, object]
) -> tuple[Difference, ...]:
    """Return what was changed, in the order of `mine`; a name that is missing has the value None."""
    names = dict.fromkeys((*mine, *theirs, *seen))
    all_of_them = (Difference(each, seen.get(each), theirs.get(each), mine.get(each)) for each in names)
    return tuple(each for each in all_of_them if each.they_changed or each.i_changed)


def keep_mine(theirs: Mapping[str, object], found: tuple[Difference, ...]) -> dict[str, object]:
    """Return what is stored now with my own changes on it; what only the others changed stays as they made it."""
    return {**theirs, **{each.name: each.mine for each in found if each.i_changed}}
