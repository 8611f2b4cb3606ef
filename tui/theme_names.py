"""The names of the panel's themes, for the command line, which does without Textual."""

from __future__ import annotations

AUTO = "auto"
"""As many colours as the terminal has."""
THEME_NAMES = (AUTO, "gatewatch", "gatewatch-16", "high-contrast", "colour-blind")
