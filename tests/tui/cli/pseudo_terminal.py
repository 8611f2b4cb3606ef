"""The panel played on a pseudo-terminal: keys are pressed once what they are for is drawn."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence

LONGEST_SECONDS = 30.0
"""How long one step may take."""
Step = tuple[bytes, bytes]
"""What must have been drawn since the last step, and the keys that are pressed then."""


def played(command: Sequence[str], environment: Mapping[str, str], steps: Sequence[Step]) -> tuple[int, bytes]:
    """Run a program at 160x40 through these steps, until it ends; return its exit code and all that it drew."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))
    program = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**environment, "TERM": "xterm-256color"},
        start_new_session=True,
    )
    os.close(theirs)
    left, drawn, since = list(steps), b"", 0
    give_up_at = time.monotonic() + LONGEST_SECONDS
    try:
        while select.select([ours], [], [], max(0.0, give_up_at - time.monotonic()))[0]:
            try:
                read = os.read(ours, 65_536)
            except OSError:  # on Linux the end of a pseudo-terminal is an error
                break
            drawn += read
            if left and left[0][0] in drawn[since:]:
                since, give_up_at = len(drawn), time.monotonic() + LONGEST_SECONDS
                os.write(ours, left.pop(0)[1])
        assert not left, f"{left[0]!r} was never drawn: {drawn[since:]!r}"
        return program.wait(LONGEST_SECONDS), drawn
    finally:
        program.kill()
        program.wait()
        os.close(ours)
