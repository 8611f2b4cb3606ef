"""Fields that are checked while they are filled in, off the event loop.

A field says what is wrong when it is left or Create is pressed, and is silent again while it is mended; a JSON text is
told of as it is typed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Checkbox, Input, RadioSet, Select, Static, TextArea

from store.errors import ProblemItem, StoreError
from store.store import View
from tui import look
from tui.newest_only import NewestOnly
from tui.screens.form_fields import FieldsPage, field_of
from tui.widgets.form_field import FormField
from tui.widgets.json_area import JsonArea

CHECK_AFTER_SECONDS = 0.3
"""How long the keys must rest before what is typed is checked."""
Checker = Callable[[View], tuple[ProblemItem, ...]]


class CheckedFieldsPage(FieldsPage):
    """A subclass says what finds the problems, and composes `#form-problem` and `#form-state` below the fields."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f3", "next_problem", "Problem", key_display="F3", tooltip="Go to the next problem", id="form.next_problem"
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._judged: set[str] = set()
        self._tried = False
        self._refusal = ""
        self._any_problem = False
        self._pause: Timer | None = None
        self._looks = NewestOnly(self, self._show_found, group="check")

    def checker(self) -> Checker | None:
        """Return what finds the problems of all that is typed now; it is called in a thread. None: only Create does."""
        return None

    def on_input_changed(self, event: Input.Changed) -> None:
        """Be silent about the field while it is mended, and check soon."""
        self._changed(event.input)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Do the same for a longer text."""
        self._changed(event.text_area)

    def on_select_changed(self, event: Select.Changed) -> None:
        """Do the same for a choice."""
        self._changed(event.select)

    def on_checkbox_changed(self, event: Checkbox.Changed) -> None:
        """Do the same for a box."""
        self._changed(event.checkbox)

    def on_radio_set_changed(self, event: RadioSet.Changed) -> None:
        """Do the same for one of several."""
        self._changed(event.radio_set)

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """Say what is wrong with a field that is left."""
        left = field_of(event.widget)
        now = self.focused_field
        if left is not None and left is not now and self.app.screen is self:
            self._judged.add(left.called)
            self.check()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Bring the field into sight with what is said of it."""
        field = field_of(event.widget)
        if field is not None and not isinstance(field.control, JsonArea):
            field.scroll_visible(animate=False)
        self.refresh_bindings()

    def check_soon(self) -> None:
        """Check what is typed as soon as the keys rest."""
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(CHECK_AFTER_SECONDS, self.check)

    def check(self) -> None:
        """Check what is typed now, in a thread."""
        checker = self.checker() if self.is_ready else None
        if checker is not None:
            self._looks.ask(partial(self._found_by, checker))

    def _found_by(self, checker: Checker) -> tuple[ProblemItem, ...] | None:
        """Return the problems; None where the store cannot tell them now, which Create will say."""
        try:
            return checker(self.session.view())
        except StoreError:
            return None

    def _changed(self, control: Widget) -> None:
        field = field_of(control)
        self._refusal = ""
        if field is not None and not isinstance(field.control, JsonArea):
            self._judged.discard(field.called)
            if field.is_wrong:
                field.tell(())
                self._count_problems()
        self.check_soon()

    def _show_found(self, items: tuple[ProblemItem, ...] | None) -> None:
        if items is not None and self.is_ready:
            self._show_problems(items)

    def show_problems(self, items: tuple[ProblemItem, ...]) -> None:
        """Show each problem beside its field, those of no field below the form; go to the first one."""
        self._tried = True
        self._judged = {each.called for each in self.form_fields}
        self._show_problems(items)
        self.action_next_problem(start=True)

    def refuse(self, sentence: str) -> None:
        """Tell why the store did not take it, until something is changed; if the form was left, in a toast."""
        if not self.is_ready:
            self.app.notify(sentence, severity="error", markup=False, timeout=10)
            return
        self._refusal = sentence
        self.say_state("")
        self.tell("")

    def _show_problems(self, items: tuple[ProblemItem, ...]) -> None:
        fields = {each.called: each for each in self.form_fields}
        found: dict[str, list[ProblemItem]] = {}
        for item in items:
            pointer = "/" + (item.pointer or "").split("/")[1] if item.pointer else ""
            found.setdefault(pointer if pointer in fields else item.field, []).append(item)
        for name, field in fields.items():
            of_it = tuple(found.pop(name, ()))
            field.tell(of_it if name in self._judged or self._tells_at_once(field) else ())
        others = (f"{name}: {each.message}" for name, of_it in found.items() for each in of_it)
        self.tell("\n".join(others) if self._tried else "")
        self._count_problems()

    def _tells_at_once(self, field: FormField) -> bool:
        """Say whether a field is told of as it is typed: a JSON text, once there is something in it."""
        return isinstance(field.control, JsonArea) and bool(field.control.text.strip())

    def _count_problems(self) -> None:
        count = sum(len(each.problem_places) for each in self.form_fields)
        self.say_state(f"✗ {look.counted(count, 'problem')}" if count else "", wrong=bool(count))
        if bool(count) is not self._any_problem:  # the footer is made anew only when a key comes or goes
            self._any_problem = bool(count)
            self.refresh_bindings()

    def say_state(self, sentence: str, *, wrong: bool = False) -> None:
        """Say beside the buttons how things stand."""
        state = self.query_one("#form-state", Static)
        if str(state.render()) != sentence:
            state.update(Text(sentence))
        state.set_class(wrong, "-wrong")

    def tell(self, sentence: str) -> None:
        """Say above the buttons what is wrong with the form as a whole, empty if nothing is."""
        said = self.query_one("#form-problem", Static)
        sentence = sentence or self._refusal
        said.update(Text(f"✗ {look.safe(sentence, keep_lines=True, limit=2000)}" if sentence else ""))
        said.display = bool(sentence)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the next problem only where there is one."""
        if action == "next_problem" and not self._any_problem:
            return False
        return super().check_action(action, parameters)

    def action_next_problem(self, *, start: bool = False) -> None:
        """Go to the problem after the cursor, from the last one to the first; with `start`, to the first."""
        stops = [
            (number, place, field) for number, field in enumerate(self.form_fields) for place in field.problem_places
        ]
        if not stops:
            return
        here = (-1, (0, 0))
        focused = self.focused_field
        if focused is not None and not start:
            here = (list(self.form_fields).index(focused), focused.cursor_place)
        _, place, field = next((each for each in stops if each[:2] > here), stops[0])
        field.go_to(place)
