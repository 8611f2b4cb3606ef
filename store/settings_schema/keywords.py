"""The keywords of one field as they were typed: each read in its own form, or reported at its place."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from store.json_document import join_pointer
from store.settings_schema.findings import Findings, kind_of

MAX_COUNT = 65_536


class Keywords:
    """The members of one object of a schema, with the pointer of each.

    `places` holds the pointers of members that were typed elsewhere and are meant here by a `$ref`.
    """

    def __init__(
        self,
        findings: Findings,
        pointer: str,
        members: Mapping[str, Any],
        places: Mapping[str, str] | None = None,
    ) -> None:
        self.findings = findings
        self.pointer = pointer
        self.members = members
        self._places = places or {}

    def __contains__(self, name: str) -> bool:
        return name in self.members

    def place(self, name: str) -> str:
        """Return the pointer of a member."""
        return self._places.get(name) or join_pointer(self.pointer, name)

    def wrong(self, name: str, wanted: str) -> None:
        """Note that a member is of a wrong form."""
        self.findings.add(self.place(name), f"{name} must be {wanted}, not {kind_of(self.members[name])}.")

    def text(self, name: str, otherwise: str = "", *, lines: bool = False) -> str:
        """Return a text for the screen: one line, or several, without control characters; `otherwise` if absent."""
        value = self.members.get(name)
        if name not in self.members:
            return otherwise
        if not isinstance(value, str):
            self.wrong(name, "a string")
            return otherwise
        if problem := screen_problem(value, lines=lines):
            self.findings.add(self.place(name), f"{name} {problem}")
        return value if value.strip() else otherwise

    def flag(self, name: str) -> bool:
        """Return true or false; false if absent or of a wrong form."""
        value = self.members.get(name, False)
        if isinstance(value, bool):
            return value
        self.wrong(name, "true or false")
        return False

    def count(self, name: str) -> int | None:
        """Return a whole number from 0 on; None if absent or of a wrong form."""
        value = self.members.get(name)
        if name not in self.members:
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            self.findings.add(self.place(name), f"{name} must be a whole number from 0 on, as in 8.")
            return None
        if not 0 <= value <= MAX_COUNT:
            self.findings.add(self.place(name), f"{name} must be from 0 to {MAX_COUNT}.")
            return None
        return value

    def number(self, name: str) -> int | float | None:
        """Return a number; None if absent or of a wrong form."""
        value = self.members.get(name)
        if name not in self.members:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong(name, "a number")
            return None
        return value


def screen_problem(text: str, *, lines: bool) -> str | None:
    """Return what stands against showing a text on a terminal; None if nothing."""
    for character in text:
        if lines and character == "\n":
            continue
        if unicodedata.category(character) == "Cc":
            return f"holds a control character (U+{ord(character):04X}), which a screen cannot show; take it out."
        if unicodedata.bidirectional(character) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"):
            return f"holds a mark that turns the writing direction (U+{ord(character):04X}); take it out."
    return None
