"""Copying to the clipboard of the terminal that the operator sits at, as the terminal can take it.

tmux has a command for it and drops the raw sequence; GNU screen passes it on only in a wrapping; every other terminal
gets OSC 52. None of them acknowledges, so nobody can be told more than that it was sent.
"""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable, Mapping
from shutil import which

LONGEST_BYTES = 74_994
"""How much is sent at most: xterm and others drop OSC 52 of more than 100,000 bytes of base64 in all."""
TMUX_SECONDS = 2.0
SCREEN_CHUNK = 600
"""GNU screen cuts a wrapped sequence at 768 bytes, so a longer one is sent in pieces."""


class NotCopied(Exception):
    """The text was not sent; the error says why, as a sentence."""


def send_to_clipboard(text: str, write: Callable[[str], object], environment: Mapping[str, str]) -> None:
    """Send a text to the clipboard; `write` writes to the terminal. Raises NotCopied.

    Waits for tmux, at most two seconds: not to be called on the event loop.
    """
    content = text.encode("utf-8", "replace")
    if len(content) > LONGEST_BYTES:
        raise NotCopied(
            f"The text has {len(content):,} bytes; a terminal's clipboard takes at most {LONGEST_BYTES:,}. "
            "Nothing was copied."
        )
    if environment.get("TMUX") and which("tmux") is not None:
        _load_tmux_buffer(content, environment)
    elif environment.get("STY"):
        write(wrapped_for_screen(osc_52(content)))
    else:
        write(osc_52(content))


def osc_52(content: bytes) -> str:
    """Return the sequence that puts content on the clipboard."""
    return f"\x1b]52;c;{base64.b64encode(content).decode()}\x07"


def wrapped_for_screen(sequence: str) -> str:
    """Return a sequence that GNU screen passes on to its own terminal."""
    pieces = [sequence[start : start + SCREEN_CHUNK] for start in range(0, len(sequence), SCREEN_CHUNK)]
    return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)


def _load_tmux_buffer(content: bytes, environment: Mapping[str, str]) -> None:
    try:
        subprocess.run(
            ["tmux", "load-buffer", "-w", "-"],  # noqa: S607 - the tmux that the operator's own path names
            input=content,
            env=dict(environment),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=TMUX_SECONDS,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip() or f"it ended with {error.returncode}"
        raise NotCopied(f"tmux did not take the text: {said}. Nothing was copied.") from error
    except (subprocess.TimeoutExpired, OSError) as error:
        raise NotCopied("tmux did not answer. Nothing was copied.") from error
