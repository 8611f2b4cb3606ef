"""Every error of the store: one root, few leaves; each carries its facts and reads as a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class StoreError(Exception):
    """The root of all errors that the store raises on purpose."""


@dataclass(frozen=True, slots=True)
class ProblemItem:
    """One thing that is wrong in what was typed, and what would be right.

    `field` is the label of the form's field. `pointer` is a JSON pointer, `line` and `column` count from 1 in the typed
    text; all three are None where the field is not a JSON text.
    """

    field: str
    message: str
    pointer: str | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        """Return the item as one line for people: field, place, message."""
        place = f" (line {self.line}, column {self.column})" if self.line is not None else ""
        return f"{self.field}{place}: {self.message}"


class Problems(StoreError):
    """What was typed is not accepted; `items` holds all problem items at once, in the order of the form."""

    def __init__(self, items: tuple[ProblemItem, ...]) -> None:
        self.items = items
        super().__init__("\n".join(str(each) for each in items))


class Refused(StoreError):
    """A command that the rules do not allow now; nothing was changed. `reason` is a sentence."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class NotPermitted(Refused):
    """The person may not do this: Read Only, or outside their reseller."""


class NotFound(StoreError):
    """No record of this kind has this id (or the person may not see it, which looks the same)."""

    def __init__(self, kind: str, identity: int | str) -> None:
        self.kind = kind
        self.identity = identity
        super().__init__(f"There is no {kind} with ID {identity}.")


class StaleEdit(StoreError):
    """The record was changed after it was read: `seen` and `current` are its versions, `changed_by` says who."""

    def __init__(self, kind: str, identity: int, *, seen: int, current: int, changed_by: str) -> None:
        self.kind = kind
        self.identity = identity
        self.seen = seen
        self.current = current
        self.changed_by = changed_by
        super().__init__(
            f"{kind.capitalize()} {identity} was changed by {changed_by} while you edited it "
            f"(you saw version {seen}, it is now version {current}). Nothing was written."
        )


class StoreNotUsable(StoreError):
    """The store cannot be opened or written: `path` is what stands in the way, the text says what to do."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class KeyNotUsable(StoreNotUsable):
    """The key that the store's secrets are encrypted with: `path` is the file that was looked for."""


class StoreBusy(StoreNotUsable):
    """The lock was not free within the limit; the text names who holds it."""


class NotWritten(StoreNotUsable):
    """The disk did not take all that was to be committed at once, but the first `kept` transactions."""

    def __init__(self, path: Path, why: str, *, kept: int) -> None:
        self.kept = kept
        super().__init__(path, f"cannot be written: {why}. {'Nothing' if kept == 0 else 'Nothing more'} was changed.")
