"""What all forms share: fields that scroll, problems beside their fields, Create or Save and Cancel below.

Nothing is lost by leaving without being asked, and nothing is created twice: while one Create runs, another is not
started. What is typed when the panel is ended from outside, or when nobody has been there for too long, is offered
when the form is opened again.
"""

from __future__ import annotations

import asyncio
import re
from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.types import CSSPathType
from textual.widgets import Button, Input, Static

from store.errors import StaleEdit
from store.store import Transaction
from tui import look, work
from tui.drafts import LONGEST_KIND, Draft, Drafts
from tui.screens.form_texts import TextFieldsPage
from tui.widgets.question import Question


class FormPage(TextFieldsPage):
    """A form. A subclass composes its `FormField`s, and saves what was typed."""

    CSS_PATH: ClassVar[CSSPathType | None] = "form_page.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel", id="form.cancel"),
        Binding("ctrl+s", "save", "Create", key_display="^s", id="form.save"),
    ]
    SAVE: ClassVar[str] = "Create"
    """The button's label, and the footer's."""

    FULL_CONTROL: ClassVar[bool] = True
    """Whether the form is only for managers with Full Control."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Call the key as the button is called."""
        if "SAVE" in cls.__dict__:
            save = Binding("ctrl+s", "save", cls.SAVE, key_display="^s", id="form.save")
            cls.BINDINGS = [*cls.__dict__.get("BINDINGS", ()), save]
        super().__init_subclass__(**options)

    def __init__(self) -> None:
        super().__init__()
        self._untouched: object = None
        self._first_values: dict[str, Any] = {}

    @abstractmethod
    def save(self) -> None:
        """Create or change the record by `send`."""

    @property
    def form_kind(self) -> str:
        """The name that a draft of this form is found again by, made from the page's: `edit-connector-3`."""
        return re.sub("[^a-z0-9]+", "-", self.page_name.lower())[:LONGEST_KIND].strip("-")

    @property
    def not_kept(self) -> str:
        """What a draft of the form does not hold, as a sentence; empty if it holds all."""
        return "Secrets were not kept." if any(each.sealed for each in self.fields) else ""

    @property
    def record_version(self) -> int:
        """The version of the record that is edited, 0 for a new one."""
        return 0

    def compose_beside(self) -> ComposeResult:
        """Compose what stands right of the fields, where there is room for it."""
        yield from ()

    def compose_workspace(self) -> ComposeResult:
        """Compose the fields, which scroll, above the buttons, which stay."""
        with Horizontal(id="form-body"):
            with VerticalScroll(id="fields", can_focus=False):
                yield from self.compose_fields()
            yield from self.compose_beside()
        yield Static(id="form-problem")
        with Horizontal(classes="form-buttons"):
            yield Button(self.SAVE, id="save", variant="primary", compact=True)
            yield Button("Cancel", id="cancel", compact=True)
            yield Static(id="form-state")

    def on_mount(self) -> None:
        """Remember what there was before anything was typed; refuse who may change nothing; offer what was kept."""
        self.remember()
        if self.FULL_CONTROL and not self.session.by.full_control:
            self.notify("This form is for managers with Full Control.", severity="warning")
            self.gatewatch.moving.leave(self)
            return
        self.run_worker(self._offer_draft(), group="draft")

    def typed(self) -> object:
        """Return what is typed and chosen now; equal values mean that nothing would be lost."""
        return self.values()

    def remember(self) -> None:
        """Take what is in the fields now for untouched."""
        if work.is_there(self):
            self._untouched, self._first_values = self.typed(), self.values()

    def has_changes(self) -> bool:
        """Say whether something was typed that leaving would lose."""
        return self.is_ready and self.typed() != self._untouched

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
            self.gatewatch.moving.leave(self)

    def action_save(self) -> None:
        """Create or Save, or show all problems."""
        if not work.is_busy(self):
            self.refuse("")
            self.say_state(f"{self.SAVE.removesuffix('e')}ing…")
            self.save()

    def send(self, decide: Callable[[Transaction], Any], done: Callable[[Any], object]) -> None:
        """Run the decision that creates or changes the record, then `done`; tell problems and refusals."""
        self.write(decide, done, problems=self.show_problems, refused=self.refuse, stale=self.meet_stale)

    def meet_stale(self, error: StaleEdit) -> None:
        """Tell that others have changed the record; a form that edits one does more."""
        self.refuse(str(error))

    def draft(self) -> dict[str, Any] | None:
        """Return what was changed, for `Drafts.keep`: nothing that the store seals; None if nothing is to keep."""
        if not self.has_changes():
            return None
        typed = {each.called: each.value for each in self.fields if not each.sealed}
        changed = {name: value for name, value in typed.items() if value != self._first_values.get(name)}
        return {"version": self.record_version, "values": changed} if changed else None

    def restore(self, draft: Draft) -> None:
        """Put back what was kept; secrets are to be typed again."""
        self.put(draft.values)

    @property
    def _drafts(self) -> Drafts:
        manager = self.session.manager
        return Drafts(self.session.store.folder, 0 if manager is None else manager.id)

    async def _offer_draft(self) -> None:
        draft = await asyncio.to_thread(self._drafts.find, self.form_kind)
        if draft is None or not self.is_ready:
            return
        kept = look.relative(draft.kept_at, self.now())
        says = f"You began to fill this form in, and the panel was ended or you were signed out ({kept})."
        if self.not_kept:
            says += f"\n{self.not_kept}"
        answers = (("later", "Not now"), ("restore", "Go on with it"), ("forget", "Throw it away"))
        self.app.push_screen(Question("Go on with what you typed?", says, answers), partial(self._take_draft, draft))

    def _take_draft(self, draft: Draft, answer: str | None) -> None:
        if answer == "restore":
            self.restore(draft)
        if answer in ("restore", "forget"):
            self._drafts.forget(self.form_kind)
