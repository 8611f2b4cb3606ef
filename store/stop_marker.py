"""The marker that stops every writer of a store: after a failed sync nobody can tell what is on the disk."""

from __future__ import annotations

from contextlib import suppress

from store.disk import Disk
from store.errors import StoreNotUsable
from store.paths import Paths


class StopMarker:
    """The marker of one store. Processes look at it under the store's lock, before they write."""

    def __init__(self, disk: Disk, paths: Paths) -> None:
        self._disk = disk
        self._paths = paths
        self._unmarked = ""

    def put(self, why: str) -> StoreNotUsable:
        """Stop every writer, and return the error to raise.

        While even the marker cannot be made, this process at least is stopped, and tries again whenever it is asked.
        """
        self._unmarked = why
        with suppress(OSError):
            file = self._disk.create(self._paths.stopped)
            # That it is there says enough.
            self._unmarked = ""
            try:
                file.append(f"{why}\n".encode(), 0)
                file.sync()
            finally:
                file.close()
            self._disk.sync_folder(self._paths.folder)
        return self._stopped(why)

    def reason(self) -> str | None:
        """Return why every writer is stopped, None if none is. Raises StoreNotUsable if that cannot be told."""
        try:
            if not self._disk.exists(self._paths.stopped):
                return self._unmarked or None
            file = self._disk.open_to_read(self._paths.stopped)
            try:
                return file.pread(file.size(), 0).decode(errors="replace").strip() or "a sync failed"
            finally:
                file.close()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreNotUsable(self._paths.stopped, f"cannot be read: {error.strerror}.") from error

    def refuse(self) -> None:
        """Raise StoreNotUsable if writers are stopped."""
        if not self._unmarked and not self._disk.exists(self._paths.stopped):
            return
        if self._unmarked:
            self.put(self._unmarked)
        why = self.reason()
        if why is not None:
            raise self._stopped(why)

    def take_away(self) -> None:
        """Let writing go on. Raises OSError."""
        self._disk.remove(self._paths.stopped)
        self._disk.sync_folder(self._paths.folder)
        self._unmarked = ""

    def _stopped(self, why: str) -> StoreNotUsable:
        return StoreNotUsable(
            self._paths.journal,
            f"the store is stopped, since {why}. What was acknowledged before is safe as far as the disk is. "
            "Look at the disk, then run `gatewatch store check`; it reads and rewrites every record before writing "
            "goes on.",
        )
