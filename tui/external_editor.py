"""A text in the person's own editor: VISUAL, else EDITOR, on a private file that is gone afterwards.

The panel must be suspended while the editor has the terminal; that is the caller's part.
"""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tui.private_file import write_private

MOST_BYTES = 1_000_000
"""A file that has grown beyond this is not read back: no field takes so much."""


class EditorFailed(Exception):
    """The editor brought no text back; the text of the error says why, and what to do."""


def editor_command(environment: Mapping[str, str]) -> list[str]:
    """Return the editor's program and its arguments. Raises EditorFailed if none is named."""
    for variable in ("VISUAL", "EDITOR"):
        named = environment.get(variable, "").strip()
        if named:
            try:
                return shlex.split(named)
            except ValueError as error:
                raise EditorFailed(f"{variable} is {named!r}, which no shell could read: {error}.") from error
    raise EditorFailed("No editor is named; set VISUAL or EDITOR, for example EDITOR=vi.")


def edit(text: str, *, suffix: str, command: list[str]) -> str:
    """Return the text as the editor has left it. Raises EditorFailed; the file is removed in every case.

    `suffix` tells the editor what the text is, `.json` for example. The file lies in a folder of its own, and only its
    owner can read either.
    """
    with tempfile.TemporaryDirectory(prefix="gatewatch-") as folder:
        path = Path(folder) / f"field{suffix}"
        write_private(path, text)
        try:
            ended = subprocess.run([*command, str(path)], check=False)  # noqa: S603 - the person's own editor
        except OSError as error:
            raise EditorFailed(f"The editor {command[0]} could not be started: {error.strerror}.") from error
        if ended.returncode != 0:
            raise EditorFailed(
                f"The editor {command[0]} ended with code {ended.returncode}; the field stays as it was."
            )
        return _read_back(path)


def _read_back(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise EditorFailed(f"The text has become longer than {MOST_BYTES:,} bytes; the field stays as it was.")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise EditorFailed(f"The text is no UTF-8 any more ({error.reason}); the field stays as it was.") from error
    except OSError as error:
        raise EditorFailed(f"The file could not be read back: {error.strerror}; the field stays as it was.") from error
