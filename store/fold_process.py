"""Folding the journal in a process of its own: `python -m store.fold_process FOLDER`.

A writer whose journal has grown goes on meanwhile: neither the work of folding nor the memory that it takes is its own.
The store's locks are held by the process that folds; killed at any moment, it leaves a store that is whole.
"""

from __future__ import annotations

import sys
from pathlib import Path

from store.crash_report import tell_no_values
from store.database import Database
from store.disk import RealDisk
from store.errors import StoreBusy, StoreNotUsable
from store.lock import WAIT_SECONDS

NOT_FOLDED = 3
"""The exit code where the old checkpoint stands; standard error says why."""


def fold_apart(folder: Path) -> None:
    """Fold a store's journal in another process, and wait for it; nothing is done if somebody is at it.

    Raises StoreNotUsable if that fails; the old files stand then.
    """
    import subprocess  # noqa: PLC0415 - most processes never fold

    # Not from the folder that it is called in (-P), and not ended by the keys of the terminal that it is called from.
    command = [sys.executable, "-P", "-m", "store.fold_process", str(folder)]
    try:
        ran = subprocess.run(  # noqa: S603 - this program's own module
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            start_new_session=True,
        )
    except OSError as error:
        raise StoreNotUsable(
            folder, f"the process that folds the journal cannot be started: {error.strerror}."
        ) from None
    if ran.returncode:
        # What is no sentence of ours is a crash report, which holds no value.
        said = "; ".join(ran.stderr.split("\n")).strip("; ")
        why = said if ran.returncode == NOT_FOLDED else f"it ended with {ran.returncode}; {said}"
        raise StoreNotUsable(folder, f"the journal could not be folded: {why}")


def main(folder: Path) -> int:
    """Fold once, waiting for writers that are busy; return the exit code."""
    try:
        Database(folder, RealDisk()).fold(wait_seconds=WAIT_SECONDS, turn_seconds=0)
    except StoreBusy:
        return 0
    except StoreNotUsable as error:
        sys.stderr.write(f"{error}\n")
        return NOT_FOLDED
    return 0


if __name__ == "__main__":
    tell_no_values()
    sys.exit(main(Path(sys.argv[1])))
