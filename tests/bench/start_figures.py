"""How long the panel takes from its start to its first frame, against an empty Textual app, in one run.

`python -m tests.bench.start_figures [ROUNDS]`: both at a pseudo-terminal of 80x24, in turn; medians and their ratio.
The panel's first frame says that the store is being opened, the empty app's is its one word; told besides is when a
new store's first form is there. Both find their modules compiled, as installed programs do, whatever the environment
says of it: they are compiled in the first round, which does not count, into a folder of this run. Nothing here passes
or fails: it prints what it measured.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from statistics import median

from tests.tui.pseudo_terminal import PROGRAM, PseudoTerminal

ROUNDS = 11
EMPTY_APP = """
from textual.app import App
from textual.widgets import Static

class Empty(App):
    def compose(self):
        yield Static("empty")

Empty().run()
"""


def seconds_until(command: Sequence[str], folder: Path, *shown: str) -> list[float]:
    """Start a program and return after how many seconds each text was shown."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"GATEWATCH_DATA": str(folder), "XDG_STATE_HOME": str(folder.parent / "state")}
    environment |= {"PYTHONPYCACHEPREFIX": str(folder.parent / "compiled")}
    with PseudoTerminal(command, environment) as at:
        return list(accumulate(at.wait_for(each) for each in shown))


def figures(rounds: int = ROUNDS) -> list[str]:
    """Return what was measured, a line for each figure."""
    empty_app = [sys.executable, "-P", "-c", EMPTY_APP]
    took: list[tuple[float, float, float]] = []
    with tempfile.TemporaryDirectory() as name:
        for number in range(rounds + 1):
            folder = Path(name) / f"store-{number}"
            (empty,) = seconds_until(empty_app, folder, "empty")
            first, usable = seconds_until(PROGRAM, folder, "Gatewatch", "Email")
            took.append((empty, first, usable))
    empty, first, usable = (median(each) for each in zip(*took[1:], strict=True))  # the first round compiles
    return [
        f"empty Textual app: first frame after {empty:.2f} s",
        f"panel: first frame after {first:.2f} s, {first / empty:.2f}x",
        f"panel: first form after {usable:.2f} s, {usable / empty:.2f}x",
    ]


if __name__ == "__main__":
    print("\n".join(figures(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)))  # noqa: T201 - its result
