"""Moving between pages: opening, leaving, back and forward; whoever would lose something typed is asked first.

Screens change one after another. Of the changes asked for while one is under way only the last is made, and one that
has begun is never cancelled: Textual would be left with half of a screen.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from tui import pages
from tui.screens.page import Page
from tui.targets import ALERTS, PAGE, Target, make, path_to
from tui.trail import Path, Trail
from tui.widgets.confirm import Confirm

if TYPE_CHECKING:
    from tui.app import GatewatchApp


class Moving:
    """The pages that are open in one panel, and where its person has been."""

    def __init__(self, app: GatewatchApp) -> None:
        self._app = app
        self._trail = Trail()
        self._next_change: Callable[[], Awaitable[None]] | None = None
        self._changing = False

    @property
    def is_under_way(self) -> bool:
        """Whether a change of screens is."""
        return self._changing

    @property
    def above(self) -> tuple[str, ...]:
        """The names of the pages that the one on top was opened from."""
        return tuple(each.page_name for each in self._open_pages())[:-1]

    def begin_anew(self) -> None:
        """Forget where the person before was."""
        self._trail = Trail()

    def change(self, go: Callable[[], Awaitable[None]]) -> None:
        """Change the screens when the change that is under way has come to its end."""
        self._next_change = go
        if not self._changing:
            self._changing = True
            self._app.run_worker(self._change_screens(), group="navigation")

    def can_leave(self, page: Page) -> bool:
        """Say whether another page has opened this one."""
        stack = self._app.screen_stack
        place = stack.index(page) if page in stack else 0
        return place > 0 and isinstance(stack[place - 1], Page)

    def leave(self, page: Page) -> None:
        """Go back from a page to the one that opened it, after asking if something typed would be lost."""
        self.change(partial(self._leave, page))

    def open_page(self, key: str) -> None:
        """Open a page, after asking if something typed would be lost. Does nothing if the person may not open it."""
        self.open_target(Target(PAGE, key))

    def open_number(self, number: int) -> None:
        """Open the page of a number."""
        actor = self._app.session.actor
        entry = pages.numbered(number, actor) if actor is not None else None
        if entry is not None:
            self.open_page(entry.key)

    def open_target(self, target: Target) -> None:
        """Open a page or an object's details, above the list that it is in; asks if something typed would be lost."""
        if target.kind == ALERTS:
            self._app.action_alerts()
            return
        on_top = next(reversed(self._open_pages()), None)
        if on_top is None or not on_top.goes_to(target):
            self.change(partial(self._go_to, path_to(target)))

    def walk(self, steps: int) -> None:
        """Go back (negative) or forward along the pages that were opened."""
        path = self._trail.at(steps)
        if path:
            self.change(partial(self._go_to, path, steps))

    def remember_place(self) -> None:
        """Remember where the person is, to come back to; forms are no places."""
        opened = self._open_pages()
        if opened and opened[-1].target is not None:
            self._trail.go_on(tuple(each.target for each in opened if each.target is not None))

    def changed_pages(self) -> list[Page]:
        """Return the pages on which something was typed that leaving would lose."""
        return [each for each in self._open_pages() if each.has_changes()]

    async def may_leave_all(self) -> bool:
        """Say whether nothing that was typed would be lost, or the person has said that it may be."""
        changed = self.changed_pages()
        if not changed:
            return True
        return await self._app.push_screen_wait(
            Confirm(
                "Leave without saving?",
                f"What you typed in {changed[-1].page_name} is lost.",
                yes="Leave",
                no="Keep editing",
            )
        )

    def _open_pages(self) -> list[Page]:
        return [each for each in self._app.screen_stack if isinstance(each, Page)]

    async def _change_screens(self) -> None:
        try:
            while self._next_change is not None:
                go, self._next_change = self._next_change, None
                await go()
        finally:
            self._changing = False

    async def _leave(self, page: Page) -> None:
        if page is self._app.screen and self.can_leave(page) and await self.may_leave_all():
            page.dismiss(None)

    async def _go_to(self, path: Path, steps: int = 0) -> None:
        """Open the pages of a path, one above the other; `steps` along the trail, 0: somewhere new."""
        app, actor = self._app, self._app.session.actor
        opened = [] if actor is None else [make(each, actor) for each in path]
        if not opened or opened[0] is None or not await self.may_leave_all():
            return
        self._trail.walk(steps)
        with app.batch_update(), self._trail.held():
            while len(app.screen_stack) > 2:
                await app.pop_screen()
            for place, page in enumerate(each for each in opened if each is not None):
                switches = place == 0 and len(app.screen_stack) == 2
                await (app.switch_screen(page) if switches else app.push_screen(page))
        self.remember_place()
