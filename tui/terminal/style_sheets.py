"""Style sheets that are parsed once: Textual parses all of them anew whenever a screen brings one of its own."""

from __future__ import annotations

from textual.cache import LRUCache
from textual.css.stylesheet import Stylesheet

MOST_SHEETS = 512
"""How many are kept parsed, more than there are: Textual keeps 64, and goes through all of them in turn."""


class ReadOnce(Stylesheet):
    """Textual's own, which parses again only what has changed since; other colours of a theme change all of it."""

    def __init__(self, *, variables: dict[str, str]) -> None:
        super().__init__(variables=variables)
        self._parse_cache = LRUCache(MOST_SHEETS)

    def reparse(self) -> None:
        """Take over what was added; nobody edits a sheet while the panel runs, so none can be wrong only now."""
        self.parse()
