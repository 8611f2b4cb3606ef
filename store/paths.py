"""Where the files of a store are in its folder."""

from __future__ import annotations

from pathlib import Path

CHECKPOINT_NAME = "gatewatch.json"
JOURNAL_NAME = "gatewatch.journal"
INDEX_NAME = "gatewatch.index"
LOCK_NAME = "gatewatch.lock"
CHANGED_NAME = "gatewatch.changed"
CHECKPOINT_LOCK_NAME = "gatewatch.checkpoint-lock"
STOPPED_NAME = "gatewatch.stopped"


class Paths:
    """The paths of one store's files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkpoint = folder / CHECKPOINT_NAME
        self.journal = folder / JOURNAL_NAME
        self.index = folder / INDEX_NAME
        self.lock = folder / LOCK_NAME
        self.changed = folder / CHANGED_NAME
        self.checkpoint_lock = folder / CHECKPOINT_LOCK_NAME
        self.stopped = folder / STOPPED_NAME


def beside(path: Path) -> Path:
    """Return where the next form of a file is written before it takes its place."""
    return path.with_name(f"{path.name}.new")
