"""What comes from outside: time and randomness. Both are passed in, so that tests and snapshots can fix them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time: an aware moment in UTC."""

    def __call__(self) -> datetime:
        """Return now."""


class Ids(Protocol):
    """Makes what must not be guessed."""

    def attempt_id(self) -> str:
        """Return 128 random bits as 32 lower-case hex digits."""

    def shared_key(self) -> str:
        """Return a new Secret Shared Key: 256 random bits as 64 lower-case hex digits."""

    def token_secret(self) -> str:
        """Return what makes a new bearer token: 256 random bits as 64 lower-case hex digits."""


def system_clock() -> datetime:
    """Return the system's time in UTC."""
    return datetime.now(UTC)


class SystemIds:
    """Randomness from the operating system."""

    def attempt_id(self) -> str:
        """Return 128 random bits as 32 lower-case hex digits."""
        return os.urandom(16).hex()

    def shared_key(self) -> str:
        """Return a new Secret Shared Key: 256 random bits as 64 lower-case hex digits."""
        return os.urandom(32).hex()

    def token_secret(self) -> str:
        """Return what makes a new bearer token: 256 random bits as 64 lower-case hex digits."""
        return os.urandom(32).hex()
