"""One line of a form: the label, what is typed or chosen, a hint below it, and what is wrong with it."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Label, Static

from tui import look

REQUIRED = "*"


class FormField(Vertical):
    """A labelled control. `name` is what problem items call it: a label, or a JSON pointer."""

    DEFAULT_CSS = """
    FormField {
        height: auto;
        margin-bottom: 1;

        & > Horizontal { height: auto; }
        & .field-label { width: 20; margin-right: 2; color: $text-muted; }
        & .field-control { width: 1fr; height: auto; }
        & .field-says { height: auto; margin-left: 22; padding: 0 1; display: none; }
        & .field-hint { color: $text-muted; }
        & .field-problem { color: $text-error; text-style: bold; }
    }
    """

    def __init__(self, name: str, label: str, control: Widget, *, hint: str = "", required: bool = False) -> None:
        super().__init__()
        self.called = name
        self.control = control
        self._label = label
        self._hint = hint
        self._required = required

    def compose(self) -> ComposeResult:
        """Compose the line and what is said below it."""
        label = Text(look.safe(self._label))
        if self._required:
            label.append(f" {REQUIRED}", "bold")
        with Horizontal():
            yield Label(label, classes="field-label")
            with Vertical(classes="field-control"):
                yield self.control
        yield Static(Text(look.safe(self._hint)), classes="field-says field-hint")
        yield Static(classes="field-says field-problem")

    def on_mount(self) -> None:
        """Show the hint, if there is one."""
        self.query_one(".field-hint").display = bool(self._hint)

    def tell(self, problem: str) -> None:
        """Say what is wrong, empty if nothing is."""
        said = self.query_one(".field-problem", Static)
        said.update(Text(f"✗ {look.safe(problem, keep_lines=True)}" if problem else ""))
        said.display = bool(problem)
        self.set_class(bool(problem), "-wrong")
