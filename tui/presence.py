"""Who is at the panel: signing in and out, an absence that lasts too long, and what goes on for who is signed in."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from textual.screen import ModalScreen

from store import managers
from store.errors import StoreNotUsable
from store.managers import Manager
from tui import pages
from tui.drafts import DraftedForm, Drafts
from tui.idle import CHECK_SECONDS, Idle

if TYPE_CHECKING:
    from tui.alert_watch import AlertWatch
    from tui.app import GatewatchApp
    from tui.widgets.confirm import Confirm

NOT_KEPT = "Secrets and the settings of payment methods are not."


class Presence:
    """The person at one panel, or nobody. `alert_watch` is there while somebody is signed in and has rules for it."""

    def __init__(self, app: GatewatchApp) -> None:
        self._app = app
        self._idle = Idle(app.settings.idle_sign_out_minutes, app.now())
        self.alert_watch: AlertWatch | None = None
        self._leaving: Confirm | None = None

    def absence(self, now: datetime) -> timedelta:
        """Return for how long nobody has pressed a key."""
        return self._idle.lasts(now)

    def begin(self) -> None:
        """Begin to look whether somebody is there, where that is wanted."""
        if self._idle.minutes:
            self._app.set_interval(CHECK_SECONDS, self.look_for_somebody)

    def somebody_is_here(self) -> None:
        """Note a sign of life."""
        self._idle.somebody_is_here(self._app.now())

    def look_for_somebody(self) -> None:
        """Sign out whoever has not pressed a key for too long, and warn them before."""
        if self._app.session.manager is None:
            return
        now = self._app.now()
        if self._idle.is_over(now):
            self.sign_out_now(self._idle.why)
        elif self._idle.is_nearly_over(now):
            said = f"{self._idle.why}: you are signed out soon. Press any key to stay."
            self._app.notify(said, severity="warning")

    async def ask_who(self, said: str = "") -> None:
        """Show the door, or the first start where nobody can sign in yet; `said` is why somebody was signed out."""
        if await asyncio.to_thread(self._app.session.needs_first_manager):
            from tui.screens.first_start import FirstStart  # noqa: PLC0415 - needed once in a store's life

            self._app.push_screen(FirstStart(), self.enter)
        else:
            from tui.screens.sign_in import SignIn  # noqa: PLC0415 - not needed when signed in already

            self._app.push_screen(SignIn(said), self.enter)

    def enter(self, manager: Manager | None) -> None:
        """Let a manager in who has proved who they are, and open their first page; None is nobody."""
        if manager is None:
            return
        self._app.session.begin(manager)
        self._app.moving.begin_anew()
        self.somebody_is_here()
        self._app.moving.open_page(pages.FIRST_PAGE)
        if self._app.settings.alerts:
            from tui.alert_watch import AlertWatch  # noqa: PLC0415 - many have no rules

            self.alert_watch = AlertWatch(self._app)

    def leave(self) -> None:
        """End the panel; what is typed in open forms is kept, after asking; asked for again, it ends."""
        changed = self._app.moving.changed_pages()
        if not changed or self._app.screen is self._leaving:
            self._leave(sure=True)
            return
        from tui.widgets.confirm import Confirm  # noqa: PLC0415 - seldom wanted

        says = f"What you typed in {changed[-1].page_name} is kept, and offered when you open it again. {NOT_KEPT}"
        self._leaving = Confirm("Quit, with a form half filled in?", says, yes="Quit", no="Keep editing", grave=False)
        self._app.push_screen(self._leaving, self._leave)

    def _leave(self, sure: bool | None) -> None:  # noqa: FBT001 - the dialog's answer
        if sure:
            self.keep_drafts()
            self._app.exit()

    def sign_out(self) -> None:
        """Let somebody else sign in; asks if something typed would be lost."""
        self._app.moving.change(self._sign_out)

    def sign_out_now(self, why: str) -> None:
        """Sign out without asking, since the person may not be here or may not stay; the door says why.

        What is typed in open forms is kept for when they come back.
        """
        self.keep_drafts()
        if isinstance(self._app.screen, ModalScreen):
            self._app.screen.dismiss(None)  # a change of screens may wait for its answer
        self._app.moving.change(partial(self._sign_out, why=why))

    def keep_drafts(self) -> None:
        """Keep what is typed in open forms, for when they are opened again. For signal handlers: raises nothing."""
        session = self._app.session
        if session.manager is not None:
            drafts = Drafts(session.store.folder, session.manager.id)
            drafts.keep_all((each for each in self._app.screen_stack if isinstance(each, DraftedForm)), self._app.now())

    async def _sign_out(self, *, why: str = "") -> None:
        app = self._app
        manager = app.session.manager
        if manager is None or not (why or await app.moving.may_leave_all()):
            return
        try:
            await asyncio.to_thread(app.session.write, partial(managers.sign_out, manager_id=manager.id, why=why))
        except StoreNotUsable as error:
            app.store_trouble = str(error)
        while len(app.screen_stack) > 1:
            await app.pop_screen()
        if self.alert_watch is not None:
            self.alert_watch.end()
            self.alert_watch = None
        app.session.end()
        await self.ask_who(why)
