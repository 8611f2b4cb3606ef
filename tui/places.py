"""Where the store's folder is, and in words what named it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from store.folder import VARIABLE, data_folder


@dataclass(frozen=True, slots=True)
class Place:
    """The store's folder; `named_by` is `--data`, `GATEWATCH_DATA` or `the platform`."""

    folder: Path
    named_by: str


def store_place(option: str | None) -> Place:
    """Return where the store is. `option` is what `--data` gave, None without it; nothing is made here."""
    if option is not None:
        return Place(data_folder(Path(option)).absolute(), "--data")
    named_by = VARIABLE if os.environ.get(VARIABLE) else "the platform"
    return Place(data_folder(None).absolute(), named_by)
