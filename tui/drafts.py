"""Drafts: what was typed into a form that was not left by the person, kept until the form is opened again.

One file for each form and manager, in a private folder beside the store's files. A draft never holds a secret. Keeping
one may happen in a signal handler, so it does little, and what fails there is told by the return value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from tui.private_file import write_private

FOLDER = "drafts"
LONGEST_KIND = 64
_KIND = re.compile(rf"[a-z0-9-]{{1,{LONGEST_KIND}}}")


@dataclass(frozen=True, slots=True)
class Draft:
    """What was changed in a form, by the fields' names.

    `version` is that of the record which the form edits and `seen` what stood in its fields; 0 and empty for a new one.
    """

    kept_at: datetime
    version: int
    values: dict[str, Any]
    seen: dict[str, Any]


@runtime_checkable
class DraftedForm(Protocol):
    """A form that can be kept: its kind (`new-account`), and what is typed, None if nothing would be lost."""

    @property
    def form_kind(self) -> str:
        """The name that the form is found again by."""

    def draft(self) -> dict[str, Any] | None:
        """Return what is typed, without secrets, as plain JSON."""


class Drafts:
    """The drafts of one manager in one store."""

    def __init__(self, data_folder: Path, manager_id: int) -> None:
        self._folder = data_folder / FOLDER
        self._manager_id = manager_id

    def keep_all(self, forms: Iterable[DraftedForm], at: datetime) -> bool:
        """Keep what is typed in open forms; False if one could not be kept. For a signal handler: raises nothing."""
        kept = True
        for form in forms:
            try:
                typed = form.draft()
                if typed is not None:
                    self.keep(form.form_kind, typed, at)
            except Exception:  # noqa: BLE001 - the panel is ending, and the next form can still be kept
                kept = False
        return kept

    def keep(self, kind: str, typed: dict[str, Any], at: datetime) -> None:
        """Keep what a form of a kind has given as its draft, in the place of an earlier one. Raises OSError."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        path = self._path(kind)
        new = path.with_suffix(".new")
        new.unlink(missing_ok=True)
        write_private(new, json.dumps({"kept_at": at.isoformat(), **typed}, ensure_ascii=False))
        new.replace(path)

    def find(self, kind: str) -> Draft | None:
        """Return the draft of a form, None if there is none; one that cannot be read is none, and is removed."""
        try:
            kept = json.loads(self._path(kind).read_text(encoding="utf-8"))
            return Draft(
                kept_at=datetime.fromisoformat(kept["kept_at"]),
                version=int(kept["version"]),
                values=dict(kept["values"]),
                seen=dict(kept.get("seen", {})),
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            self.forget(kind)
            return None

    def forget(self, kind: str) -> None:
        """Remove the draft of a form, if there is one and it can be removed."""
        with suppress(OSError):
            self._path(kind).unlink(missing_ok=True)

    def _path(self, kind: str) -> Path:
        if not _KIND.fullmatch(kind):
            raise ValueError(f"{kind!r} is not the name of a form.")
        return self._folder / f"{kind}.{self._manager_id}.json"
