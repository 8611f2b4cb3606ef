"""What was copied last: nobody acknowledges a copy, so it can be looked at and taken by hand."""

from __future__ import annotations

from tui.widgets.text_shown import TextShown


class Copied(TextShown):
    """Shows what was sent."""

    def __init__(self, text: str) -> None:
        super().__init__("Sent to the terminal's clipboard", text)
