"""One line of a form: the label, what is typed or chosen, a hint below it, and what is wrong with it."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input, Label, Static, TextArea

from store.errors import ProblemItem
from tui import look
from tui.widgets.controls import Access, access_to
from tui.widgets.json_area import JsonArea

REQUIRED = "*"


class FormField(Horizontal):
    """A labelled control. `name` is what problem items call it: a label, or a JSON pointer.

    `secret`: what is typed is never shown without being asked for; every masked input is. What is `sealed`, and every
    secret, is encrypted in the store and never kept outside of it. `access` says how the control is read and filled
    where its kind does not say it.
    """

    DEFAULT_CSS = """
    FormField {
        height: auto;
        margin-bottom: 1;

        & .field-label { width: 20; margin-right: 2; color: $text-muted; }
        & .field-body { width: 1fr; height: auto; }
        & .field-says { height: auto; padding: 0 1; }
        & .field-hint { color: $text-muted; }
        & .field-problem { color: $text-error; text-style: bold; display: none; }
        &.-stacked { layout: vertical; }
        &.-stacked .field-label { width: 100%; margin: 0; }
    }
    """

    def __init__(
        self,
        name: str,
        label: str,
        control: Widget,
        *,
        hint: str = "",
        required: bool = False,
        secret: bool = False,
        sealed: bool = False,
        access: Access | None = None,
    ) -> None:
        super().__init__(classes="-stacked" if isinstance(control, JsonArea) else None)
        self.called = name
        self.label = label
        self.control = control
        self.secret = secret or (isinstance(control, Input) and control.password)
        self.sealed = sealed or self.secret
        if isinstance(control, Input):
            # What is there stays when somebody types on. Only what cannot be seen is replaced as a whole.
            control.select_on_focus = control.password
        self._access = access or access_to(control)
        self._hint = hint
        self._required = required
        self._told: tuple[ProblemItem, ...] = ()

    def compose(self) -> ComposeResult:
        """Compose the line and what is said below it."""
        label = Text(look.safe(self.label))
        if self._required:
            label.append(f" {REQUIRED}", "bold")
        yield Label(label, classes="field-label")
        with Vertical(classes="field-body"):
            yield self.control
            if self._hint:
                yield Static(Text(look.safe(self._hint)), classes="field-says field-hint")
            yield Static(classes="field-says field-problem")

    @property
    def holds_value(self) -> bool:
        """Whether something can be typed or chosen here."""
        return self._access is not None

    @property
    def value(self) -> object:
        """What is typed or chosen, as plain JSON; None where nothing can be."""
        return None if self._access is None else self._access.read(self.control)

    @value.setter
    def value(self, value: object) -> None:
        if self._access is not None:
            self._access.write(self.control, value)

    @property
    def is_wrong(self) -> bool:
        """Whether a problem is shown."""
        return self.has_class("-wrong")

    @property
    def problem_places(self) -> tuple[tuple[int, int], ...]:
        """Where the problems shown now are: line and column in a JSON text, (0, 0) for the field itself."""
        if isinstance(self.control, JsonArea):
            return tuple((each.line or 0, each.column or 0) for each in self.control.problems)
        return ((0, 0),) if self.is_wrong else ()

    @property
    def cursor_place(self) -> tuple[int, int]:
        """Where the cursor is, counted as `problem_places` are."""
        return self.control.cursor_place if isinstance(self.control, JsonArea) else (0, 0)

    def tell(self, items: tuple[ProblemItem, ...]) -> None:
        """Say what is wrong, none if nothing is."""
        if items == self._told:
            return
        self._told = items
        self.set_class(bool(items), "-wrong")
        if isinstance(self.control, JsonArea):
            self.control.tell(items)
            return
        said = self.query_one(".field-problem", Static)
        sentences = "\n".join(f"✗ {look.safe(each.message, keep_lines=True)}" for each in items)
        said.update(Text(sentences))
        said.display = bool(items)

    def replace_text(self, text: str) -> None:
        """Put another text in the place of all that is typed; in a longer text, ctrl+z takes it back."""
        if isinstance(self.control, JsonArea):
            self.control.fill(text)
        elif isinstance(self.control, TextArea):
            area = self.control
            area.replace(text, area.document.start, area.document.end, maintain_selection_offset=False)
        else:
            self.value = text

    def go_to(self, place: tuple[int, int] = (0, 0)) -> None:
        """Put the cursor here; in a JSON text, to a line and column counted from 1."""
        if isinstance(self.control, JsonArea):
            self.control.jump_to(*(max(1, each) for each in place))
            return
        target = next((each for each in (self.control, *self.control.query("*")) if each.focusable), None)
        if target is not None:
            target.focus()
