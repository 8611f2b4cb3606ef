"""The colours of the first theme, each with its one meaning; `tui.look` says which."""

from __future__ import annotations

ACCENT = "#55aaff"
AMBER = "#f0b429"
RED = "#ff6b66"
GREEN = "#57b36a"
DIM = "#8d99a9"
FOREGROUND = "#d6dce5"
