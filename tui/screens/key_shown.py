"""The Secret Shared Key in clear, until the dialog is closed."""

from __future__ import annotations

from tui.widgets.text_shown import TextShown


class KeyShown(TextShown):
    """Shows a key and how it got there: the request was logged."""

    def __init__(self, connector_name: str, key: str) -> None:
        super().__init__(
            f"Secret Shared Key of {connector_name}", key, "That you looked at it stands in the action log."
        )
