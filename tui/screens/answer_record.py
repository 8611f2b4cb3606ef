"""Record an answer: what the gateway told by other means, entered by hand and judged by the same rules."""

from __future__ import annotations

from functools import partial

from textual.app import ComposeResult
from textual.widgets import Input, Select

from store import inbox
from store.answers import AnswerResult, Verdict
from tui import answer_actions, work
from tui.payment_actions import Outlook
from tui.screens.form_page import FormPage
from tui.widgets.confirm import Confirm
from tui.widgets.form_field import FormField

RESULTS: tuple[tuple[str, str], ...] = (
    ("success: it took the money", AnswerResult.SUCCESS.value),
    ("failure: it did not", AnswerResult.FAILURE.value),
    ("pending: it does not know yet", AnswerResult.PENDING.value),
)


class AnswerRecord(FormPage):
    """The form. Before anything is written it says what the answer will do. Its result is the answer's id."""

    ENTRY = "inbox"
    SAVE = "Record"

    def __init__(self, attempt_id: str = "") -> None:
        super().__init__()
        self._attempt_id = attempt_id

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return "Record an answer"

    def compose_fields(self) -> ComposeResult:
        """Compose the fields."""
        attempt = Input(self._attempt_id, id="attempt", placeholder="32 signs", max_length=64)
        yield FormField("Attempt", "Attempt", attempt, required=True, hint="A payment's details show its attempts.")
        result: Select[str] = Select(RESULTS, allow_blank=False, id="result")
        hint = "A success is for the attempt's own amount and currency."
        yield FormField("Result", "Result", result, required=True, hint=hint)
        reference = Input(id="reference", placeholder="as the gateway's statement has it", max_length=64)
        yield FormField("Gateway reference", "Gateway reference", reference, hint="A success needs one.")
        reason = Input(id="reason", placeholder="by phone, in a statement of 14 March, …", max_length=500)
        yield FormField("Reason", "How it was told", reason, required=True)

    def typed(self) -> tuple[object, ...]:
        """Return what is typed and chosen now."""
        return (*(each.value for each in self.query(Input)), self.query_one("#result", Select).value)

    def save(self) -> None:
        """Ask the store what it would do, tell that, then record it."""
        attempt_id, result = self._value("attempt"), AnswerResult(str(self.query_one("#result", Select).value))
        reference, reason = self._value("reference"), self._value("reason")
        work.start(
            self,
            partial(answer_actions.record_outlook, self.session, attempt_id, result, reference, reason),
            partial(self._ask, attempt_id, result, reference, reason),
            problems=self.show_problems,
            refused=self.refuse,
        )

    def _ask(self, attempt_id: str, result: AnswerResult, reference: str, reason: str, outlook: Outlook) -> None:
        self.show_problems(())
        if not outlook.allowed:
            self.refuse(outlook.refused)
            return
        command = partial(
            inbox.record,
            by=self.session.by,
            attempt_id=attempt_id,
            result=result,
            gateway_reference=reference,
            reason=reason,
        )

        def answered(sure: bool | None) -> None:  # noqa: FBT001 - the dialog's answer
            if sure:
                self.write(command, self._recorded, problems=self.show_problems, refused=self.refuse)

        self.app.push_screen(Confirm(f"Record a {result.value}?", outlook.says, yes="Record"), answered)

    def _recorded(self, verdict: Verdict) -> None:
        self.notify(f"{verdict.answer.code} is recorded and judged by {verdict.rule.name}.", markup=False)
        self.dismiss(verdict.answer.id)

    def _value(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value.strip()
