"""One answer of the inbox: why it is there, what came, which attempts it may be meant for, and what can be done.

Each action says first what it will do to the payment, the balance and the customer's message.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Static

from store import inbox
from store.answers import Answer, Verdict
from store.errors import StoreError
from store.store import View
from tui import answer_actions, answer_texts
from tui.answer_actions import AnswerShown
from tui.payment_actions import Outlook
from tui.screens.details_page import DetailsPage, facts
from tui.targets import Target
from tui.widgets.confirm import Confirm

LABEL_WIDTH = 18


class AnswerDetails(DetailsPage):
    """An answer as it is now; once it has left the inbox it says so. Its result is the answer's id."""

    ENTRY = "inbox"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("A", "attach", "Attach", id="answer.attach"),
        Binding("R", "give_back", "Return", id="answer.return"),
        Binding("X", "dismiss_answer", "Dismiss", id="answer.dismiss"),
        Binding("o", "open_payment", "Open payment", id="answer.open_payment"),
    ]

    def __init__(self, answer_id: int) -> None:
        super().__init__()
        self._answer_id = answer_id
        self._shown: AnswerShown | None = None

    @property
    def target(self) -> Target:
        """What the page is for back and forward."""
        return Target("answer", self._answer_id)

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return f"Answer {self._code}"

    def compose_workspace(self) -> ComposeResult:
        """Compose the actions, and below them the parts, which scroll."""
        with Horizontal(classes="actions"):
            yield Button("Attach", id="attach", variant="primary", compact=True)
            yield Button("Return", id="give_back", compact=True)
            yield Button("Dismiss", id="dismiss_answer", compact=True)
            yield Static(id="why", markup=False)
        with VerticalScroll(id="details"):
            yield Static(id="verdict")
            yield Static(id="facts")
            yield Static("Attempts that it may be meant for", classes="section", id="suggested-title")
            yield Static(id="suggested")
            yield Static("What the gateway sent", classes="section")
            yield Static(id="raw")

    def show(self, view: View) -> None:
        """Read the answer and preview the actions in a thread. Raises NotFound."""
        inbox.get(view, self.session.by, self._code)
        self._read_answer()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what the rules allow; the others stay in sight, dim."""
        outlook = self._outlooks().get(action)
        if action in ("attach", "give_back", "dismiss_answer"):
            if outlook is None or not self.session.by.full_control:
                return False
            return True if outlook.allowed else None
        if action == "open_payment":
            return self._shown is not None and self._shown.payment is not None
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Return why the rules refuse an action."""
        outlook = self._outlooks().get(action)
        return outlook.refused if outlook else super().why_not(action)

    async def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the key of the same action does."""
        event.stop()
        await self.run_action(str(event.button.id))

    def action_attach(self) -> None:
        """Ask to which attempt, then attach the answer to it."""
        from tui.screens.attach_dialog import AttachDialog  # noqa: PLC0415 - opened on request

        if self._shown is not None:
            self.app.push_screen(AttachDialog(self._code, self._shown.choices), self._attach_to)

    def action_give_back(self) -> None:
        """Say what will happen, then return the charge to the account's balance."""
        if self._shown is not None:
            question = f"Return the charge of {self._shown.answer.charge}?"
            self.app.push_screen(Confirm(question, self._shown.give_back.says, yes="Return"), self._give_back)

    def action_dismiss_answer(self) -> None:
        """Ask for the reason, then dismiss the answer."""
        from tui.screens.reason_dialog import ReasonDialog  # noqa: PLC0415 - opened on request

        if self._shown is not None:
            dialog = ReasonDialog(f"Dismiss {self._code}?", self._shown.dismiss.says, yes="Dismiss")
            self.app.push_screen(dialog, self._dismiss)

    def action_open_payment(self) -> None:
        """Open the payment that the answer was judged for."""
        from tui.screens.payment_details import PaymentDetails  # noqa: PLC0415 - opened on request

        if self._shown is not None and self._shown.payment is not None:
            self.app.push_screen(PaymentDetails(self._shown.payment.id, self._shown.payment.number))

    @work(group="answer", exclusive=True)
    async def _read_answer(self) -> None:
        try:
            shown = await asyncio.to_thread(answer_actions.read_answer, self.session, self._code)
        except StoreError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        if self.is_ready:
            self._show(shown)

    def _show(self, shown: AnswerShown) -> None:
        self._shown = shown
        self.query_one("#verdict", Static).update(answer_texts.verdict(shown))
        self.query_one("#facts", Static).update(facts(answer_texts.known(shown), label_width=LABEL_WIDTH))
        self.query_one("#raw", Static).update(facts(answer_texts.sent(shown.answer), label_width=LABEL_WIDTH))
        open_to_attach = shown.attach.allowed and shown.answer.in_inbox
        for name in ("#suggested-title", "#suggested"):
            self.query_one(name).display = open_to_attach
        self.query_one("#suggested", Static).update(answer_texts.suggestions(shown, self.now()))
        self._offer(shown)
        self.refresh_bindings()

    def _offer(self, shown: AnswerShown) -> None:
        """Show what can be done as buttons; where nothing can, say why."""
        outlooks = self._outlooks()
        offered = self.session.by.full_control and any(each.allowed for each in outlooks.values())
        for name, outlook in outlooks.items():
            button = self.query_one(f"#{name}", Button)
            button.disabled, button.display = not outlook.allowed, offered
        why = self.query_one("#why", Static)
        why.display = not offered
        why.update(Text(answer_texts.why_nothing(shown, read_only=not self.session.by.full_control)))

    def _outlooks(self) -> dict[str, Outlook]:
        if self._shown is None:
            return {}
        return {
            "attach": self._shown.attach,
            "give_back": self._shown.give_back,
            "dismiss_answer": self._shown.dismiss,
        }

    def _attach_to(self, attempt_id: str | None) -> None:
        if attempt_id is not None:
            command = partial(inbox.attach, by=self.session.by, code=self._code, attempt_id=attempt_id)
            self.write(command, self._attached)

    def _attached(self, verdict: Verdict) -> None:
        self.notify(f"{self._code} is judged by {verdict.rule.name}.", markup=False)
        self.reload()

    def _give_back(self, sure: bool | None) -> None:  # noqa: FBT001 - the dialog's answer
        if sure:
            self.write(partial(inbox.return_charge, by=self.session.by, code=self._code), self._settled)

    def _dismiss(self, reason: str | None) -> None:
        if reason is not None:
            self.write(partial(inbox.dismiss, by=self.session.by, code=self._code, reason=reason), self._settled)

    def _settled(self, answer: Answer) -> None:
        self.notify(f"{answer.code} is {answer.place.value if answer.place else 'dismissed'}.", markup=False)
        self.reload()

    @property
    def _code(self) -> str:
        return f"A{self._answer_id}"
