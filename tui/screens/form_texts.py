"""Fields whose text is masked until somebody asks for it, and longer texts that can go to the person's own editor."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.widgets import Input, TextArea

from store.store import Transaction
from tui.external_editor import EditorFailed
from tui.screens.form_checks import CheckedFieldsPage
from tui.widgets.confirm import Confirm
from tui.widgets.form_field import FormField
from tui.widgets.json_area import JsonArea


class TextFieldsPage(CheckedFieldsPage):
    """A subclass says how the sight of a stored secret is noted, and what may be said of a hidden text."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f4,ctrl+o",
            "edit_outside",
            "Editor",
            key_display="F4",
            tooltip="Change the text in your $EDITOR",
            id="form.editor",
        ),
        Binding("f8", "reveal", "Show/hide", key_display="F8", tooltip="Show or mask a secret", id="form.reveal"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._noted: set[str] = set()

    def reveals(self, field: FormField) -> Callable[[Transaction], object] | None:
        """Return what notes in the action log that a stored secret was shown; None where none is stored.

        What was typed after a stored secret still tells it, so only the record counts.
        """
        del field
        return None

    def hidden_says(self, field: FormField) -> str:
        """Return what may be said of a hidden JSON text."""
        del field
        return "hidden"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what does something in the field that has the focus."""
        if action == "reveal" and not (self.focused_field and self.focused_field.secret):
            return False
        if action == "edit_outside" and not (self.gatewatch.settings.editor and self._text_outside()):
            return False
        return super().check_action(action, parameters)

    def action_reveal(self) -> None:
        """Show what is masked in the field that has the focus, or mask it again; a stored secret only after asking."""
        field = self.focused_field
        if field is None or not field.secret:
            return
        note = self.reveals(field)
        if note is not None and self._is_masked(field) and field.called not in self._noted:
            says = f"{field.label} is shown on this screen. The action log will say that you have seen it."
            question = Confirm("Show what is masked?", says, yes="Show it", grave=False)
            self.app.push_screen(question, partial(self._reveal_noted, field, note))
        else:
            self._turn_mask(field)

    def _reveal_noted(self, field: FormField, note: Callable[[Transaction], object], wanted: bool | None) -> None:  # noqa: FBT001 - a dialog's answer
        def show(_: object) -> None:
            self._noted.add(field.called)
            self._turn_mask(field)

        if wanted:
            self.write(note, show, refused=self.refuse)

    def _is_masked(self, field: FormField) -> bool:
        if isinstance(field.control, JsonArea):
            return field.control.is_hidden
        return isinstance(field.control, Input) and field.control.password

    def _turn_mask(self, field: FormField) -> None:
        if isinstance(field.control, Input):
            field.control.password = not field.control.password
            field.control.select_on_focus = field.control.password
        elif isinstance(field.control, JsonArea) and field.control.is_hidden:
            field.control.show_text()
        elif isinstance(field.control, JsonArea):
            field.control.hide_text(self.hidden_says(field))
        self.refresh_bindings()

    def _text_outside(self) -> tuple[FormField, str] | None:
        """Return the field that has the focus and its text, None if it has none or the text is masked."""
        field = self.focused_field
        if field is None or self._is_masked(field) or not isinstance(field.control, JsonArea | TextArea):
            return None
        if isinstance(field.control, JsonArea):
            return None if field.control.locked else (field, field.control.text)
        return field, field.control.text

    def action_edit_outside(self) -> None:
        """Suspend the panel and give the text to $EDITOR; it comes back into the field."""
        found = self._text_outside()
        if found is None:
            return
        field, text = found
        suffix = ".json" if isinstance(field.control, JsonArea) else ".txt"
        try:
            changed = self.gatewatch.edit_outside(text, suffix=suffix)
        except (EditorFailed, SuspendNotSupported) as error:
            self.notify(str(error), severity="error", markup=False, timeout=10)
        else:
            field.replace_text(changed if text.endswith("\n") else changed.removesuffix("\n"))
