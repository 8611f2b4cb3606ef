"""Where the store's folder is: named, else from the environment, else the platform's place for a user's own files."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "GATEWATCH_DATA"


def data_folder(named: Path | None) -> Path:
    """Return the folder that `--data` names, else GATEWATCH_DATA, else the platform's user data folder."""
    if named is not None:
        return named
    from_environment = os.environ.get(VARIABLE)
    if from_environment:
        return Path(from_environment)
    from platformdirs import user_data_path  # noqa: PLC0415 - most starts name the folder

    return user_data_path("gatewatch", appauthor=False)
