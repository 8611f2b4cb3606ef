"""Giving memory back: what a process has freed stays with it until it says that it has no use for it."""

from __future__ import annotations

from contextlib import suppress


def give_back_freed() -> None:
    """Let the system have what this process has freed, of all its threads; nothing where the C library cannot.

    Without it a process that has read much at a time keeps the room for it in each of its threads, for ever.
    """
    import ctypes  # noqa: PLC0415 - most programs end before they free much

    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
