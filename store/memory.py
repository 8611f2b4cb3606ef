"""Giving memory back: what a process has freed stays with it until it says that it has no use for it.

The C library keeps what each thread has freed for that thread. A program that runs for months, and reads and writes in
many threads in turn, would hold as many times what one of them needs.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ctypes import CDLL

_ARENA_MAX = -8
_MMAP_THRESHOLD = -3
_OWN_PAGES_FROM_BYTES = 1 << 20
"""Blocks of this size and more get pages of their own, which go back when they are freed; unset, the C library keeps
blocks of up to 32 MB among the small ones once it has seen one freed."""


def share_what_is_freed() -> None:
    """Let all threads take from what any of them has freed; to be said before the first one starts.

    Nothing where the C library cannot. Python runs one thread at a time, so that they hardly ever wait for each other.
    """
    with suppress(AttributeError, OSError):
        library = _c_library()
        library.mallopt(_ARENA_MAX, 1)
        library.mallopt(_MMAP_THRESHOLD, _OWN_PAGES_FROM_BYTES)


def give_back_freed() -> None:
    """Let the system have what this process has freed, of all its threads; nothing where the C library cannot.

    Without it a process that has read much at a time keeps the room for it for ever.
    """
    with suppress(AttributeError, OSError):
        _c_library().malloc_trim(0)


def _c_library() -> CDLL:
    """Return the C library of this process. Raises OSError."""
    import ctypes  # noqa: PLC0415 - most programs end before they free much

    return ctypes.CDLL(None)
