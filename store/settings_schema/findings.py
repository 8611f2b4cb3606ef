"""Where the checks of one text collect what they find, each at its place, so that all of it is told at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.json_document import Document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from store.errors import ProblemItem


class Findings:
    """The problem items of one document: the reader's own, then what the checks add."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._added: list[ProblemItem] = []
        self._pointers: set[str] = set()

    def add(self, pointer: str, message: str) -> None:
        """Note a problem at the value that the pointer means, or at the nearest one around it."""
        self._note(self.document.problem(pointer, message), pointer)

    def add_at_name(self, pointer: str, message: str) -> None:
        """Note a problem at the name of the member that the pointer means."""
        self._note(self.document.problem(pointer, message, at_name=True), pointer)

    def has_at(self, pointer: str) -> bool:
        """Say whether the pointer itself has a problem already."""
        return pointer in self._pointers

    def _note(self, item: ProblemItem, pointer: str) -> None:
        self._added.append(item)
        self._pointers.add(pointer)

    @property
    def items(self) -> tuple[ProblemItem, ...]:
        """All problem items in the order of the text.

        Where the reader could not read a value, what the checks say of the same place is left out: they have not seen
        what was typed.
        """
        read = self.document.problems
        taken = {(item.line, item.column) for item in read}
        added = [item for item in self._added if (item.line, item.column) not in taken]
        return tuple(sorted([*read, *dict.fromkeys(added)], key=lambda item: (item.line or 0, item.column or 0)))


def kind_of(value: object) -> str:
    """Return what a JSON value is, as it stands in a sentence: "a string", "null"."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return "a string"
        case int() | float():
            return "a number"
        case list() | tuple():
            return "an array"
        case dict():
            return "an object"
        case _:
            return f"a {type(value).__name__}"


def listed(names: Iterable[object]) -> str:
    """Return names as a list in a sentence: `a, b, c`."""
    return ", ".join(map(str, names))
