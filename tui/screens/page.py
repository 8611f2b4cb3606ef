"""What every page has: top bar, navigation bar, its own workspace, and a footer with the keys that work now.

A page is told the store's content by `show` and the time by `tick`; messages go up, attributes go down. It reads and
writes the store in workers only.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from store.errors import NotFound, NotPermitted, ProblemItem, StaleEdit, StoreNotUsable
from tui import pages, work
from tui.bar_facts import facts_of
from tui.session import Disabled, NotSignedIn, Session
from tui.targets import Target
from tui.widgets.keys_footer import KeysFooter
from tui.widgets.navigation import Navigation
from tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from store.store import Transaction, View
    from tui.app import GatewatchApp

T = TypeVar("T")

OWN_DELETION_SECONDS = 1.0
"""How long a page that is deleting its own record may take to be left, before it is looked at again."""
NARROW_UNDER = 100
"""Under how many columns the navigation bar is hidden until asked for."""


class StoreChanged(Message):
    """The store was read anew for the page on top; `view` is what it holds now."""

    def __init__(self, view: View) -> None:
        super().__init__()
        self.view = view


class Page(Screen[int | None]):
    """A page of the panel. Its result is the id of what it has made or changed, None if there is nothing to select.

    A subclass names its line of the navigation bar (`ENTRY`, also on a page opened from that list), gives `title`, and
    composes `compose_workspace`. Whoever overrides `compose` loses the bars.
    """

    ENTRY: ClassVar[str]
    AUTO_FOCUS = "#workspace *"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NARROW_UNDER, "-wide")]  # noqa: RUF012 - as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="page.back"),
        Binding("0", "navigation", "Navigation bar", show=False, id="page.navigation"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._reloading = False
        self._reload_again = False
        self._composed = False
        self._bars: tuple[Widget, ...] = ()

    @property
    @abstractmethod
    def page_name(self) -> str:
        """The name in the top bar."""

    @abstractmethod
    def compose_workspace(self) -> ComposeResult:
        """Compose what stands right of the navigation bar."""

    def show(self, view: View) -> None:
        """Show what the store holds now; called when the page comes on top and after each change.

        NotFound and NotPermitted may be raised: they are told, and the page is left.
        """

    def read(self) -> View:
        """Read the store in a worker, and return what `show` will get. Raises StoreNotUsable."""
        return self.session.view()

    def could_not_read(self) -> None:
        """Say nothing of what the store holds; called when it could not be read. The top bar tells why."""

    def tick(self, now: datetime) -> None:
        """Show the passing of time; called each second while the page is on top, unless the panel is calm."""

    def follow_time(self, now: datetime) -> None:
        """Take over what time alone has changed, as a status; called each second while the page is on top."""

    def has_changes(self) -> bool:
        """Say whether something was typed that leaving would lose."""
        return False

    @property
    def target(self) -> Target | None:
        """What the page is for back and forward, None for a form, which is no place to come back to."""
        return None

    def goes_to(self, target: Target) -> bool:
        """Go to what lies within the page, and say whether it does; the page may not be composed yet."""
        del target
        return False

    @property
    def is_ready(self) -> bool:
        """Whether the page is composed, and not being taken apart: its widgets can be asked for."""
        # Asked at each key and for each binding: a search through a large form's widgets would be felt.
        return (
            self._composed and work.is_there(self) and bool(self._bars) and all(each.is_attached for each in self._bars)
        )

    @property
    def is_reading(self) -> bool:
        """Whether the store is being read for it."""
        return self._reloading

    @property
    def gatewatch(self) -> GatewatchApp:
        """The panel."""
        return cast("GatewatchApp", self.app)

    @property
    def session(self) -> Session:
        """The store, and who is signed in."""
        return self.gatewatch.session

    def now(self) -> datetime:
        """Return the time that screens show."""
        return self.session.now()

    def write(
        self,
        decide: Callable[[Transaction], T],
        done: Callable[[T], object],
        *,
        problems: Callable[[tuple[ProblemItem, ...]], None] | None = None,
        refused: Callable[[str], None] | None = None,
        stale: Callable[[StaleEdit], None] | None = None,
    ) -> None:
        """Run a decision in one transaction of a worker, then `done`; see `tui.work.start` for the errors."""
        work.start(self, lambda: self.session.write(decide), done, problems=problems, refused=refused, stale=stale)

    def reload(self) -> None:
        """Read the store in a worker and show it; asked for while it is being read, it is read once more."""
        if self._reloading:
            self._reload_again = True
            return
        self._reloading = True
        # Not a coroutine, which would never be awaited where the panel is left before the worker begins
        self.run_worker(self._read, group="reload")  # type: ignore[arg-type] # what Textual's type cannot infer

    def compose(self) -> ComposeResult:
        """Compose the bars around the workspace."""
        # Before the first frame, which would show the navigation bar where it is hidden.
        self.set_class(self.app.size.width < NARROW_UNDER, "-narrow")
        top_bar, navigation = TopBar(self.page_name), Navigation(pages.pages_for(self.session.by), self.ENTRY)
        self._bars = (top_bar, navigation)
        yield top_bar
        with Horizontal(id="below-top-bar"):
            yield navigation
            with Vertical(id="workspace"):
                yield from self.compose_workspace()
        yield KeysFooter()

    async def _read(self) -> None:
        try:
            view = await asyncio.to_thread(self.read)
        except StoreNotUsable as error:
            self.gatewatch.store_trouble = str(error)
            if self.is_ready:
                self.could_not_read()
        except NotSignedIn:
            return  # who was signed in has left meanwhile, and the page with them
        else:
            self.gatewatch.store_trouble = ""
            self.post_message(StoreChanged(view))
        finally:
            self._reloading = False
        if self._reload_again:
            self._reload_again = False
            self.reload()

    def on_store_changed(self, event: StoreChanged) -> None:
        """Take over what others have changed, first of all of the person who is signed in."""
        if not self.is_ready or self.session.manager is None or self not in self.app.screen_stack:
            return
        try:
            self.session.follow(event.view)
        except Disabled as error:
            self.gatewatch.presence.sign_out_now(str(error))
            return
        with self.leaving_what_is_gone():
            self.refresh_bars()
            self.show(event.view)

    @contextmanager
    def leaving_what_is_gone(self) -> Iterator[None]:
        """Tell why the body could not find or may not see something, and go back."""
        try:
            yield
        except (NotFound, NotPermitted) as error:
            if work.is_busy(self):
                # Deleted from this page itself, most likely: then the page tells it and is left in a moment.
                self.set_timer(OWN_DELETION_SECONDS, self.reload)
                return
            self.notify(str(error), severity="warning", markup=False)
            self.gatewatch.moving.leave(self)

    def refresh_bars(self) -> None:
        """Tell the top bar and the navigation bar who is signed in, the time, and whether an engine runs."""
        for each in self._bars:
            if isinstance(each, TopBar):
                each.facts = facts_of(self.gatewatch)
            elif isinstance(each, Navigation) and each.is_attached:
                each.offer(pages.pages_for(self.session.by))

    def on_screen_resume(self, _: events.ScreenResume) -> None:
        """Show what happened while another screen was on top; the first time, the page has just been composed."""
        self._composed = True
        if self.is_ready:
            self.gatewatch.moving.remember_place()
            self.refresh_bindings()
            self.refresh_bars()
            self.reload()

    def on_navigation_chosen(self, message: Navigation.Chosen) -> None:
        """Open the page that was chosen in the navigation bar."""
        message.stop()
        self.remove_class("-navigation")
        self.gatewatch.moving.open_page(message.key)

    def action_navigation(self) -> None:
        """Bring the navigation bar and its cursor, or put them away."""
        bar = self.query_one(Navigation)
        if bar.has_focus:
            self._put_navigation_away()
        else:
            self.add_class("-navigation")
            bar.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer Back only where there is something to go back to, and nothing before the page is composed."""
        if not self.is_ready:
            return False
        if action == "copy_text":
            return False  # Textual's ctrl+c, which is the terminal's; `y` copies what is selected
        if action == "leave":
            return self.gatewatch.moving.can_leave(self) or self.query_one(Navigation).has_focus
        return super().check_action(action, parameters)

    def action_leave(self) -> None:
        """Go back: out of the navigation bar, else out of the page."""
        if self.query_one(Navigation).has_focus:
            self._put_navigation_away()
        else:
            self.gatewatch.moving.leave(self)

    def _put_navigation_away(self) -> None:
        self.remove_class("-navigation")
        first = next((each for each in self.query("#workspace *") if each.focusable), None)
        self.set_focus(first)
