"""What the smaller forms share: fields that scroll, problems beside their fields, Create or Save and Cancel below.

Nothing is lost by leaving without being asked, and nothing is created twice: while one Create runs, another is not
started.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.css.query import NoMatches
from textual.types import CSSPathType
from textual.widgets import Button, Input, Static

from store.errors import ProblemItem
from tui import look
from tui.screens.page import Page
from tui.widgets.form_field import FormField


class FormPage(Page):
    """A form. A subclass composes its `FormField`s, and saves what was typed."""

    CSS_PATH: ClassVar[CSSPathType | None] = "form_page.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Create", key_display="^s", id="form.save"),
        Binding("f3", "next_problem", "Next problem", key_display="F3", id="form.next_problem"),
        Binding("escape", "leave", "Cancel", id="form.cancel"),
    ]
    SAVE: ClassVar[str] = "Create"
    """The button's label."""

    def __init__(self) -> None:
        super().__init__()
        self._untouched: object = None

    @abstractmethod
    def compose_fields(self) -> ComposeResult:
        """Compose the fields."""

    @abstractmethod
    def typed(self) -> object:
        """Return what is typed and chosen now; equal values mean that nothing would be lost."""

    @abstractmethod
    def save(self) -> None:
        """Create or change the record in a worker; problems go to `show_problems`, refusals to `refuse`."""

    def compose_workspace(self) -> ComposeResult:
        """Compose the fields, which scroll, above the buttons, which stay."""
        with VerticalScroll(id="fields", can_focus=False):
            yield from self.compose_fields()
        yield Static(id="form-problem")
        with Horizontal(classes="form-buttons"):
            yield Button(self.SAVE, id="save", variant="primary", compact=True)
            yield Button("Cancel", id="cancel", compact=True)

    def on_mount(self) -> None:
        """Remember what there was before anything was typed."""
        self.remember()

    def remember(self) -> None:
        """Take what is in the fields now for untouched."""
        self._untouched = self._typed_now()

    def has_changes(self) -> bool:
        """Say whether something was typed that leaving would lose."""
        typed = self._typed_now()
        return self.is_ready and typed is not None and typed != self._untouched

    def _typed_now(self) -> object | None:
        """Return what is in the fields, None in a form that is left before it is composed, or taken apart."""
        try:
            return self.typed()
        except NoMatches:
            return None

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the next field."""
        event.stop()
        self.app.action_focus_next()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Save or leave."""
        event.stop()
        if event.button.id == "save":
            self.action_save()
        else:
            self.gatewatch.leave(self)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Bring the field with its problem into sight."""
        field = next((each for each in event.widget.ancestors if isinstance(each, FormField)), None)
        if field is not None:
            field.scroll_visible(animate=False)

    def action_save(self) -> None:
        """Create or Save, or show all problems."""
        self.save()

    def action_next_problem(self) -> None:
        """Go to the next field with a problem, from the last one to the first."""
        wrong = [each for each in self.query(FormField) if each.has_class("-wrong")]
        if not wrong:
            return
        focused = self.focused
        here = next(
            (place for place, each in enumerate(wrong) if focused is not None and each in focused.ancestors), -1
        )
        self._focus(wrong[(here + 1) % len(wrong)])

    def show_problems(self, items: tuple[ProblemItem, ...]) -> None:
        """Show each problem beside its field, those of no field below the form; go to the first one."""
        fields = {each.called: each for each in self.query(FormField)}
        found: dict[str, list[str]] = {}
        for item in items:
            pointer = "/" + (item.pointer or "").split("/")[1] if item.pointer else ""
            found.setdefault(pointer if pointer in fields else item.field, []).append(item.message)
        for name, field in fields.items():
            field.tell("\n".join(found.pop(name, [])))
        self._tell("\n".join(f"{name}: {message}" for name, messages in found.items() for message in messages))
        first = next((each for each in fields.values() if each.has_class("-wrong")), None)
        if first is not None:
            self._focus(first)

    def refuse(self, sentence: str) -> None:
        """Tell why the store did not take it."""
        self._tell(sentence)

    def _tell(self, sentence: str) -> None:
        said = self.query_one("#form-problem", Static)
        said.update(Text(f"✗ {look.safe(sentence, keep_lines=True, limit=2000)}" if sentence else ""))
        said.display = bool(sentence)

    def _focus(self, field: FormField) -> None:
        target = next((each for each in (field.control, *field.control.query("*")) if each.focusable), None)
        if target is not None:
            target.focus()
