"""One manager: who they are, what they may do, whether they can sign in, and what they did last."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from store import managers
from store.action_log import LogLine, NewestLines
from store.actors import Actor
from store.managers import Manager
from store.resellers import Reseller
from store.store import View
from tui import look
from tui.look import Tone
from tui.screens.details_page import DetailsPage, facts
from tui.targets import Target

LABEL_WIDTH = 18
LAST = 12
"""How many of their last acts are told; the action log has all."""


class ManagerDetails(DetailsPage):
    """A manager as they are now. Its result is the manager's id."""

    ENTRY = "managers"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", "Edit", id="manager.edit"),
        Binding("P", "set_password", "Set password", id="manager.set_password"),
    ]

    def __init__(self, manager_id: int) -> None:
        super().__init__()
        self._manager_id = manager_id
        self._manager: Manager | None = None
        self._newest: tuple[tuple[Actor, str], NewestLines] | None = None
        self._acts: list[LogLine] = []

    @property
    def target(self) -> Target:
        """What the page is for back and forward."""
        return Target("manager", self._manager_id)

    @property
    def page_name(self) -> str:
        """The name in the top bar."""
        return f"Manager {self._manager_id}"

    def compose_workspace(self) -> ComposeResult:
        """Compose the parts, which scroll."""
        with VerticalScroll(id="details", classes="-alone"):
            yield Static(id="manager-name", classes="section -first")
            yield Static(id="facts")
            yield Static("What they did last", classes="section")
            yield Static(id="acts")

    def read(self) -> View:
        """Read what they did last, too: the log is long."""
        view = super().read()
        manager = view.find(Manager, self._manager_id)
        if manager is not None:
            of = (self.session.by, manager.actor.name)
            if self._newest is None or self._newest[0] != of:
                self._newest = (of, NewestLines(of[0], LAST, of=of[1]))
            self._acts = self._newest[1].at(view)
        return view

    def show(self, view: View) -> None:
        """Show the manager. Raises NotFound."""
        manager = managers.get(view, self.session.by, self._manager_id)
        self._manager = manager
        self.query_one("#manager-name", Static).update(look.safe_text(manager.name))
        reseller = view.get(Reseller, manager.reseller_id).name
        self.query_one("#facts", Static).update(
            facts(manager_facts(manager, reseller, view.now), label_width=LABEL_WIDTH)
        )
        self.query_one("#acts", Static).update(acts_list(self._acts, view.now))
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer changes to who has Full Control."""
        if action in ("edit", "set_password"):
            return self._manager is not None and self.session.by.full_control
        return super().check_action(action, parameters)

    def action_edit(self) -> None:
        """Open the form."""
        from tui.screens.manager_form import ManagerEdit  # noqa: PLC0415 - opened on request

        if self._manager is not None:
            self.app.push_screen(ManagerEdit(self._manager))

    def action_set_password(self) -> None:
        """Open the form of a new password."""
        from tui.screens.manager_form import ManagerPassword  # noqa: PLC0415 - opened on request

        if self._manager is not None:
            self.app.push_screen(ManagerPassword(self._manager))


def manager_facts(manager: Manager, reseller: str, now: datetime) -> list[tuple[str, Text | str]]:
    """Return what is known of a manager."""
    return [
        ("ID", str(manager.id)),
        ("Email", look.safe(manager.email)),
        ("Permission", manager.permission.label),
        ("Reseller", look.safe(reseller)),
        ("Sign in", sign_in_text(manager, now)),
        ("Wrong passwords", f"{manager.failures} since the last right one" if manager.failures else look.dim("none")),
        ("Created at", f"{look.moment_text(manager.created_at)} UTC"),
    ]


def sign_in_text(manager: Manager, now: datetime) -> Text:
    """Return whether a manager can sign in, and if not, why or for how long."""
    if not manager.enabled:
        return look.said("○ disabled", Tone.WRONG)
    if manager.blocked_until is None or manager.blocked_until <= now:
        return look.dim("can sign in")
    return look.said(f"! blocked for {look.remaining_text(manager.blocked_until - now)}", Tone.ENDING)


def acts_list(acts: list[LogLine], now: datetime) -> Text:
    """Return acts, one a line."""
    if not acts:
        return look.dim("Nothing yet.")
    lines = [
        Text.assemble(
            (f"{look.short_moment(each.at, now):<11}  ", look.DIM),
            (look.safe(each.action), Tone.STRONG.style),
            f"  {look.safe(each.subject)}",
            (f"  {look.safe(each.text)}" if each.text else "", look.DIM),
        )
        for each in acts
    ]
    return Text("\n").join(lines)
