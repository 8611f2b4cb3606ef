"""Every check of the house, so that one command runs them all: pytest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CHECKS = {
    "lint": ["-m", "ruff", "check", "--no-cache"],
    "format": ["-m", "ruff", "format", "--check", "--diff", "--no-cache"],
    "types": ["-m", "mypy"],
    "arrows": ["-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache"],
}


@pytest.mark.parametrize("check", CHECKS)
def test_the_house_keeps_its(check: str) -> None:
    done = subprocess.run([sys.executable, *CHECKS[check]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(CHECKS[check])} says:\n{done.stdout}{done.stderr}"
