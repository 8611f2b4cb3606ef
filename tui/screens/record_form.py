"""A form that edits a record which others can change meanwhile.

Saving such a record is refused by the store; then the form says who changed what and when, and asks whose changes
count. Nothing is written before somebody has chosen, and what only the others changed is never undone by it.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from msgspec.structs import replace

from store import action_log
from store.action_log import LogLine
from store.errors import NotFound, StaleEdit, StoreError
from store.records import Record
from store.store import View
from tui import look, three_way
from tui.drafts import Draft
from tui.screens.form_page import FormPage
from tui.screens.look_at_both import LookAtBoth, Part
from tui.three_way import Difference
from tui.widgets.question import Question

R = TypeVar("R", bound=Record)
CANCEL, MINE, THEIRS, BOTH = "cancel", "mine", "theirs", "both"
ANSWERS = (
    (CANCEL, "Cancel"),
    (MINE, "Keep mine"),
    (THEIRS, "Take theirs"),
    (BOTH, "Look at both"),
)


@dataclass(frozen=True, slots=True)
class Meeting(Generic[R]):
    """What others have made of the record: it is `theirs` now; `last` is what was done to it last."""

    theirs: R
    last: LogLine | None
    found: tuple[Difference, ...]


class RecordForm(FormPage, Generic[R]):
    """A form of a record as it was read. A subclass says how to read it again and what stands in the form for it."""

    SAVE: ClassVar[str] = "Save"

    def __init__(self, record: R) -> None:
        super().__init__()
        self.record = record
        self._kept: Draft | None = None

    @abstractmethod
    def read_again(self, view: View) -> R:
        """Return the record as it is now. Raises NotFound, NotPermitted."""

    @abstractmethod
    def values_of(self, record: R) -> dict[str, Any]:
        """Return what stands in the form's fields for a record, by the fields' names."""

    def part_text(self, name: str, value: object) -> str:
        """Return a field's value for people; secrets never come here."""
        del name
        return "" if value is None else str(value)

    @property
    def record_version(self) -> int:
        """The version of the record as it was read."""
        return self.record.version

    def meet_stale(self, error: StaleEdit) -> None:
        """Find out what the others have done, and ask."""
        self.say_state("")
        self.run_worker(self._meet(error), group="stale")

    async def _meet(self, error: StaleEdit) -> None:
        seen, mine = self._seen(), self._mine()
        try:
            meeting = await asyncio.to_thread(self._read_theirs, seen, mine)
        except NotFound:
            self.refuse(f"{error.kind.capitalize()} {error.identity} was deleted while you edited it.")
        except StoreError as trouble:
            self.refuse(str(trouble))
        else:
            if self.is_ready:
                self._ask(meeting)

    def _read_theirs(self, seen: Mapping[str, Any], mine: Mapping[str, Any]) -> Meeting[R]:
        view = self.session.view()
        theirs = self.read_again(view)
        last = action_log.last_change(view, f"{theirs.WORD} {theirs.id}")
        return Meeting(theirs, last, three_way.differences(seen, self.values_of(theirs), mine))

    def _ask(self, meeting: Meeting[R]) -> None:
        title = f"{meeting.theirs.WORD.capitalize()} {meeting.theirs.id} was changed while you edited it"
        question = Question(title, self._what_happened(meeting), ANSWERS)
        self.app.push_screen(question, lambda answer: self._decide(meeting, answer))

    def _what_happened(self, meeting: Meeting[R]) -> str:
        last, found = meeting.last, meeting.found
        who = "Another process" if last is None else last.by
        when = "" if last is None else f" at {look.moment_text(last.at)} UTC ({look.relative(last.at, self.now())})"
        theirs = self._named(each for each in found if each.they_changed) or "no field of this form"
        mine = self._named(each for each in found if each.i_changed) or "nothing"
        said = [f"{who} changed it{when}: {theirs}.", f"You changed: {mine}."]
        clashes = self._named(each for each in found if each.clashes)
        over = f"puts yours over theirs in {clashes}" if clashes else "adds yours to theirs, nothing of theirs is lost"
        said.append(f"\nKeep mine saves now: it {over}.")
        said.append("Take theirs fills the form with what is stored now; nothing is saved.")
        return "\n".join(said)

    def _named(self, differences: Iterable[Difference]) -> str:
        return ", ".join(self._label(each.name) for each in differences)

    def _label(self, name: str) -> str:
        return next((each.label for each in self.fields if each.called == name), name)

    def _decide(self, meeting: Meeting[R], answer: str | None) -> None:
        if answer == BOTH:
            self.app.push_screen(LookAtBoth(self._parts(meeting)), lambda _: self._ask(meeting))
        elif answer in (MINE, THEIRS):
            theirs = self.values_of(meeting.theirs)
            self.adopt(meeting.theirs)
            self.put(theirs)
            self.remember()
            if answer == MINE:
                self.put(three_way.keep_mine(theirs, meeting.found))
                self.action_save()

    def adopt(self, record: R) -> None:
        """Edit the record as it is now from here on."""
        self.record = record
        self._kept = None

    def draft(self) -> dict[str, Any] | None:
        """Return what was changed, and what the record was, so that a later save can tell what others have changed."""
        kept = super().draft()
        # Not what is in no field now: the secret settings of another connector, say, or of a part that is not shown.
        told = {each.called for each in self.fields if not each.sealed}
        return kept and {**kept, "seen": {name: value for name, value in self._seen().items() if name in told}}

    def restore(self, draft: Draft) -> None:
        """Put back what was kept; what others have changed since then is asked about when it is saved."""
        if draft.version != self.record.version:
            self.record = replace(self.record, version=draft.version)
            self._kept = draft
        super().restore(draft)

    def _seen(self) -> dict[str, Any]:
        """Return what stood in the form when the person began to change it."""
        return {**self.values_of(self.record), **(self._kept.seen if self._kept else {})}

    def _mine(self) -> dict[str, Any]:
        """Return what is typed; what was neither kept nor changed since then counts as it was seen."""
        typed = self.values()
        if self._kept is None:
            return typed
        seen, now, changed = self._kept.seen, self.values_of(self.record), self._kept.values
        untouched = {name for name in typed if name not in changed and typed[name] == now.get(name)}
        return {name: seen.get(name, value) if name in untouched else value for name, value in typed.items()}

    def _parts(self, meeting: Meeting[R]) -> tuple[Part, ...]:
        return tuple(self._part(each) for each in meeting.found)

    def _part(self, difference: Difference) -> Part:
        secret = any(each.secret for each in self.fields if each.called == difference.name)
        if secret:
            seen, theirs, mine = (
                look.MASK,
                *(
                    f"{look.MASK} changed" if changed else f"{look.MASK} as it was"
                    for changed in (difference.they_changed, difference.i_changed)
                ),
            )
        else:
            seen, theirs, mine = (
                self.part_text(difference.name, value)
                for value in (difference.seen, difference.theirs, difference.mine)
            )
        return Part(self._label(difference.name), seen, theirs, mine, clashes=difference.clashes)
