"""Giving a terminal back as it was, also one that reads slowly or not at all."""

from __future__ import annotations

import os
import termios
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

RESTORE = (
    "\x18\x1b\\"  # ends a sequence that was cut short
    "\x1b[?2026l"  # shows what is held back
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l"  # mouse
    "\x1b[?2004l\x1b[?1004l\x1b[?2048l"  # bracketed paste, focus, sizes told in band
    "\x1b[<u"  # keyboard
    "\x1b[m\x1b[?7h\x1b[?1049l\x1b[?25h"  # pen, line wrap, alternate screen, cursor
)
"""What undoes every mode that the panel sets; none of it harms where the mode was not set."""


@dataclass(frozen=True, slots=True)
class TerminalBefore:
    """A terminal as it was found: its path and its attributes, None where standard error or input is none."""

    path: str | None
    attributes: list[Any] | None

    @classmethod
    def found(cls) -> TerminalBefore:
        """Note how the terminal is now."""
        path, attributes = None, None
        with suppress(OSError):
            path = os.ttyname(2)
        with suppress(termios.error):
            attributes = termios.tcgetattr(0)
        return cls(path, attributes)

    def restore(self) -> None:
        """Throw away what the terminal has not taken, silence standard error and restore modes and attributes.

        Never waits, and does what it can where the terminal is gone.
        """
        if self.path is None:
            return
        with suppress(OSError, termios.error):
            ours = os.open(self.path, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
            try:
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, 2)  # what still writes there would wait, or write over the shell's prompt
                os.close(nowhere)
                termios.tcflush(ours, termios.TCOFLUSH)
                os.write(ours, RESTORE.encode())
                if self.attributes is not None:
                    termios.tcsetattr(ours, termios.TCSANOW, self.attributes)
            finally:
                os.close(ours)
