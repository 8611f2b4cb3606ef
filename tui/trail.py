"""Where somebody has been, for back and forward: paths of pages and objects, each from a list down to what was open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tui.targets import Target

Path = tuple[Target, ...]
LONGEST = 100


class Trail:
    """The paths in the order in which they were gone, and the place among them."""

    def __init__(self) -> None:
        self._paths: list[Path] = []
        self._place = -1
        self._held = False

    def at(self, steps: int) -> Path:
        """Return the path some steps back (negative) or forward, empty if there is none."""
        place = self._place + steps
        return self._paths[place] if 0 <= place < len(self._paths) else ()

    def walk(self, steps: int) -> None:
        """Take the place some steps away; the paths stay."""
        self._place += steps

    @contextmanager
    def held(self) -> Iterator[None]:
        """Note nothing while pages come and go on the way to another place."""
        self._held = True
        try:
            yield
        finally:
            self._held = False

    def go_on(self, path: Path) -> None:
        """Note that a path is open now.

        What was forward is forgotten, unless somebody went one page up to where they came from: that is a step back.
        """
        here = self.at(0)
        if self._held or path == here:
            return
        if path == here[:-1] and self.at(-1) == path:
            self._place -= 1
            return
        self._paths = [*self._paths[: self._place + 1], path][-LONGEST:]
        self._place = len(self._paths) - 1
