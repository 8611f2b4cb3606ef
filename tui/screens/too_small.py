"""What is shown while the terminal is too small for any screen; it goes away by itself when there is room."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widgets import Static


class TooSmall(ModalScreen[None]):
    """Says how large the terminal must be and how large it is. What was open stays open below."""

    CSS_PATH = "too_small.tcss"

    def __init__(self, least_width: int, least_height: int) -> None:
        super().__init__()
        self._least = (least_width, least_height)

    def compose(self) -> ComposeResult:
        """Compose the sentence."""
        yield Static(id="too-small", markup=False)

    def on_mount(self) -> None:
        """Tell the size that the terminal has now."""
        self.follow(self.app.size)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave ctrl+c to the terminal."""
        return False if action == "copy_text" else super().check_action(action, parameters)

    def follow(self, size: Size) -> None:
        """Tell the terminal's new size, or go away if there is room now."""
        if size.width < self._least[0] or size.height < self._least[1]:
            self._tell(size)
        elif self.is_current:
            self.dismiss(None)

    def _tell(self, size: Size) -> None:
        needed = "{}x{}".format(*self._least)
        self.query_one("#too-small", Static).update(
            f"Gatewatch needs at least {needed} (columns x rows).\n"
            f"This terminal is {size.width}x{size.height}.\n\n"
            "Make it larger, or press ctrl+q to quit."
        )
