"""The key that the secrets in stores are encrypted with: a file outside every store's folder, for its user only.

It is made when a secret is first stored, whole or not at all, and never written again: two processes that make it at
once end with the same key. `GATEWATCH_KEY_FILE` names it, else it is in the platform's folder for a user's settings.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from store.errors import KeyNotUsable

VARIABLE = "GATEWATCH_KEY_FILE"
NAME = "store.key"
KEY_BYTES = 32
_HEAD = """\
# Gatewatch encrypts the secrets in its stores with this key; without it they cannot be read.
# Keep a copy of this file, but not beside the backups of a store.
"""
_LINE = re.compile(rf"gatewatch-key-1:([0-9a-f]{{{2 * KEY_BYTES}}})")
_MOST_BYTES = 4096


@dataclass(frozen=True, slots=True)
class FileKey:
    """A key. `id` tells it from others and tells nothing of it; it may be shown."""

    id: str
    secret: bytes = field(repr=False)


def key_file_path() -> Path:
    """Return the file that GATEWATCH_KEY_FILE names, else the one in the user's folder for settings."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).absolute()
    from platformdirs import user_config_path, user_data_path  # noqa: PLC0415 - many processes never touch a secret

    folder = user_config_path("gatewatch", appauthor=False)
    # Where a platform has one folder for both, the key would be in that of the store.
    if folder == user_data_path("gatewatch", appauthor=False):
        folder = folder.with_name("gatewatch-key")
    return folder / NAME


class KeyFile:
    """One key file; without a path the one of `key_file_path`."""

    def __init__(self, path: Path | None = None, random_bytes: Callable[[int], bytes] = os.urandom) -> None:
        self.path = path or key_file_path()
        self._random_bytes = random_bytes

    def read(self) -> FileKey | None:
        """Return the key, None if there is no such file.

        Raises KeyNotUsable for a file that others may read, that cannot be read, or that is no key.
        """
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise KeyNotUsable(self.path, f"the key cannot be read: {error.strerror}.") from error
        try:
            self._refuse_open_to_others(os.fstat(descriptor))
            text = os.read(descriptor, _MOST_BYTES).decode("ascii", "replace")
        except OSError as error:
            raise KeyNotUsable(self.path, f"the key cannot be read: {error.strerror}.") from error
        finally:
            os.close(descriptor)
        lines = [each for each in text.splitlines() if each.strip() and not each.startswith("#")]
        found = _LINE.fullmatch(lines[0].strip()) if len(lines) == 1 else None
        if found is None:
            raise KeyNotUsable(
                self.path,
                f"is no key: one line gatewatch-key-1: with {2 * KEY_BYTES} hex digits after it is wanted. "
                "Put a copy of the key file in its place.",
            )
        secret = bytes.fromhex(found.group(1))
        return FileKey(hashlib.sha256(b"gatewatch key id" + secret).hexdigest()[:16], secret)

    def read_or_make(self) -> FileKey:
        """Return the key, made if there is none; then it is on the disk. Raises KeyNotUsable."""
        found = self.read()
        if found is None:
            try:
                self._make()
            except OSError as error:
                raise KeyNotUsable(
                    self.path,
                    f"the key that secrets are encrypted with cannot be made here: {error.strerror}. "
                    f"Name a file that can be in {VARIABLE}; it must not be in the store's folder.",
                ) from error
            found = self.read()
        if found is None:
            raise KeyNotUsable(self.path, "the key was taken away as soon as it was made.")
        return found

    def _make(self) -> None:
        """Put a new key in its place, unless another process was first. Raises OSError."""
        folder = self.path.parent
        made = [each for each in (folder, *folder.parents) if not each.exists()]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = folder / f".{self.path.name}.{self._random_bytes(8).hex()}"
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(f"{_HEAD}gatewatch-key-1:{self._random_bytes(KEY_BYTES).hex()}\n".encode())
                file.flush()
                os.fsync(descriptor)
            # A rename would put a second key over one that a store is encrypted with already.
            with suppress(FileExistsError):
                os.link(beside, self.path)
        finally:
            beside.unlink()
        for each in (folder, *(above.parent for above in made)):
            _sync_folder(each)

    def _refuse_open_to_others(self, status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise KeyNotUsable(self.path, "is not a file; name a file that holds the key.")
        # What belongs to root and its group is open to nobody more: systemd hands out credentials so.
        by_group = status.st_mode & stat.S_IRWXG and status.st_gid != 0
        if status.st_mode & stat.S_IRWXO or by_group:
            raise KeyNotUsable(
                self.path,
                f"others may read the key (mode {stat.S_IMODE(status.st_mode):04o}). "
                f"Let nobody else: chmod 600 {self.path}; if somebody may have read it, rotate all shared keys.",
            )
        if os.geteuid() != 0 and status.st_uid not in (0, os.geteuid()):
            raise KeyNotUsable(self.path, "the key belongs to another user, who may read it; use one of your own.")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
