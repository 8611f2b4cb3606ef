"""The panel: which screen is on top, what time it is, and whether the store has changed.

It holds no rule and draws nothing itself. The store's file is only looked at (a stat) on the event loop; it is read in
workers.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from time import monotonic
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from rich.console import Console
from textual import events
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.geometry import Size
from textual.reactive import var
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from store.errors import StoreNotUsable
from tui import external_editor, look, pages, themes
from tui.drafts import DraftedForm, Drafts
from tui.pages import PageEntry
from tui.screens.page import Page
from tui.session import Session, Signature
from tui.settings import Settings
from tui.settings_file import NOTHING_SET, Loaded
from tui.terminal.app import TerminalApp, is_remote
from tui.terminal.ending import EndingSignals
from tui.theme_names import AUTO
from tui.widgets.top_bar import Facts

if TYPE_CHECKING:
    from store.managers import Manager

POLL_SECONDS = 0.25
TICK_SECONDS = 1.0
UNFOCUSED_TICK_SECONDS = 10.0
"""How often time passes on a screen that nobody has before them: the terminal has lost the focus."""
LEAST_WIDTH, LEAST_HEIGHT = 60, 16


class GatewatchApp(TerminalApp):
    """The Operator Control Panel in a terminal."""

    TITLE = "Gatewatch"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1,question_mark", "help", "Help", key_display="F1"),
        Binding("colon", "go_to_by_name", "Go to", show=False),
        Binding("ctrl+q", "quit", "Quit", priority=True, key_display="^q"),
        # With priority, so that what is typed right after Tab, or sent in one burst, goes into the next field
        Binding("tab", "app.focus_next", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", show=False, priority=True),
        Binding("left_square_bracket", "walk(-1)", "Page before", show=False),
        Binding("right_square_bracket", "walk(1)", "Page after", show=False),
        *(Binding(str(number), f"go_to_number({number})", f"Page {number}", show=False) for number in range(1, 9)),
    ]

    store_trouble: var[str] = var("")
    """Why the store cannot be read now, empty if it can."""

    def __init__(
        self,
        session: Session,
        *,
        start_signed_in_as: Manager | None = None,
        notice: str = "",
        calm: bool = False,
        few_colours: bool = False,
        theme: str = AUTO,
        environment: Mapping[str, str] = MappingProxyType({}),
        loaded: Loaded = NOTHING_SET,
    ) -> None:
        super().__init__(environment)
        self.loaded = loaded
        for each in themes.THEMES.values():
            self.register_theme(each.theme)
        # Set as if it had been there: a change of themes reads every style sheet a second time
        self.set_reactive(TerminalApp.theme, themes.resolved(theme, few_colours=few_colours))
        self.stylesheet.set_variables(self.get_css_variables())
        self._filters.append(themes.ColoursOfTheme(lambda: self.theme))
        self.session = session
        self.notice = notice
        self.calm = calm
        if calm or is_remote(environment):
            self.animation_level = "none"
        self._first_manager = start_signed_in_as
        self._seen: Signature | None = None
        self._has_room = asyncio.Event()
        self._trail: list[str] = []
        self._place = -1
        self._next_change: Callable[[], Awaitable[None]] | None = None
        self._changing = False
        self._ticked_at = monotonic()
        self.refused: StoreNotUsable | None = None

    @property
    def ticking(self) -> bool:
        """Whether time passes on the screen on top: not where the panel is calm, nor behind a dialog."""
        return not self.calm and isinstance(self.screen, Page) and self.screen.is_ready

    @property
    def is_changing(self) -> bool:
        """Whether another screen is on its way, or the one on top has not shown its rows yet."""
        if isinstance(self.screen, Page):
            return self._changing or not self.screen.is_ready or self.screen.is_reading
        return self._changing and not isinstance(self.screen, ModalScreen)  # a question is answered by keys

    @property
    def tick_seconds(self) -> float:
        """How often time passes on the screen, where it does."""
        return TICK_SECONDS if self.app_focus else UNFOCUSED_TICK_SECONDS

    def compose(self) -> ComposeResult:
        """Compose what is seen until the store is open."""
        with Vertical(classes="opening"):
            yield Static("Gatewatch", classes="wordmark")
            yield Static("Opening the store…")

    def now(self) -> datetime:
        """Return the time that screens show."""
        return self.session.now()

    @property
    def settings(self) -> Settings:
        """The settings in force, without what the command line said."""
        return self.loaded.settings

    def edit_outside(self, text: str, *, suffix: str) -> str:
        """Return a text as the person's own editor has left it; the panel is suspended meanwhile.

        Raises EditorFailed, SuspendNotSupported.
        """
        command = external_editor.editor_command(self._environment)
        with self.suspend():
            return external_editor.edit(text, suffix=suffix, command=command)

    def keep_drafts(self) -> None:
        """Keep what is typed in open forms, for when they are opened again. For signal handlers: raises nothing."""
        if self.session.manager is not None:
            drafts = Drafts(self.session.store.folder, self.session.manager.id)
            drafts.keep_all((each for each in self.screen_stack if isinstance(each, DraftedForm)), self.now())

    def facts(self) -> Facts:
        """Return what the top bar tells."""
        manager = self.session.manager
        return Facts(
            reseller=self.session.reseller_name,
            engine_runs=self.session.engine() is not None,
            user=manager.name if manager else "",
            time=look.clock_text(self.now()),
            pace="calm" if self.calm else "" if self.app_focus else f"each {UNFOCUSED_TICK_SECONDS:.0f} s",
            notice=self.notice,
            trouble=self.store_trouble,
        )

    def on_mount(self) -> None:
        """Show the first screen and begin to follow the store and the time."""
        for problem in self.loaded.problems:
            self.notify(str(problem), title="Settings", severity="warning", markup=False)
        self._navigate(self._begin)
        self.set_interval(POLL_SECONDS, self._look_at_store)
        if not self.calm:
            self.set_interval(TICK_SECONDS, self._tick)

    def on_resize(self, event: events.Resize) -> None:
        """Say so when the terminal is too small for any screen, until it has grown."""
        self._follow_size(event.size)

    def can_leave(self, page: Page) -> bool:
        """Say whether another page has opened this one."""
        place = self.screen_stack.index(page) if page in self.screen_stack else 0
        return place > 0 and isinstance(self.screen_stack[place - 1], Page)

    def leave(self, page: Page) -> None:
        """Go back from a page to the one that opened it, after asking if something typed would be lost."""
        self._navigate(partial(self._leave, page))

    def action_go_to(self, key: str) -> None:
        """Open a page, after asking if something typed would be lost. Does nothing if the person may not open it."""
        self._navigate(partial(self._go_to, key, remember=True))

    def action_go_to_number(self, number: int) -> None:
        """Open the page of a number."""
        actor = self.session.actor
        entry = pages.numbered(number, actor) if actor is not None else None
        if entry is not None:
            self.action_go_to(entry.key)

    def action_walk(self, steps: int) -> None:
        """Go back or forward along the pages that were opened."""
        place = self._place + steps
        if 0 <= place < len(self._trail):
            self._navigate(partial(self._go_to, self._trail[place], place=place))

    def action_go_to_by_name(self) -> None:
        """Ask for a page by name."""
        if self.session.actor is not None:
            opened = pages.pages_for(self.session.actor)
            self.search_commands([(each.label, self._opener(each)) for each in opened], placeholder="Page by name")

    def action_help(self) -> None:
        """Show the keys."""
        from tui.screens.help import Help  # noqa: PLC0415 - opened on request

        self.push_screen(Help(self.screen))

    def sign_out(self) -> None:
        """Let somebody else sign in; asks if something typed would be lost."""
        self._navigate(self._sign_out)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002 - Textual's
        """Offer the pages that the person may open, and what the panel itself can do."""
        yield SystemCommand("Help", "The keys of this screen", self.action_help)
        if self.session.actor is not None:
            for entry in pages.pages_for(self.session.actor):
                yield SystemCommand(entry.label, f"{entry.group}, key {entry.number}", self._opener(entry))
            yield SystemCommand("Sign out", "Let somebody else sign in", self.sign_out)
        yield SystemCommand("Quit", "Leave Gatewatch", self.action_quit)

    def watch_store_trouble(self) -> None:
        """Tell it in the top bar at once."""
        if isinstance(self.screen, Page) and self.screen.is_ready:
            self.screen.refresh_bars()

    def _navigate(self, go: Callable[[], Awaitable[None]]) -> None:
        """Change the screens, one change after another; of those asked for while one is under way, only the last.

        A change that has begun is never cancelled: Textual would be left with half of a screen.
        """
        self._next_change = go
        if not self._changing:
            self._changing = True
            self.run_worker(self._change_screens(), group="navigation")

    async def _change_screens(self) -> None:
        try:
            while self._next_change is not None:
                go, self._next_change = self._next_change, None
                await go()
        finally:
            self._changing = False

    async def _begin(self) -> None:
        self._follow_size(self.size)
        await self._has_room.wait()
        if not self.session.is_open and not await self._open_store():
            return
        if self._first_manager is not None:
            self._enter(self._first_manager)
        else:
            await self._ask_who()

    async def _open_store(self) -> bool:
        """Open the store after the first frame, which would have to wait for all that is loaded for it."""
        drawn = asyncio.Event()
        self.call_after_refresh(drawn.set)
        await drawn.wait()
        try:
            await asyncio.to_thread(lambda: self.session.store)
        except StoreNotUsable as error:
            self.refused = error
            self.exit()
            return False
        return True

    def _follow_size(self, size: Size) -> None:
        from tui.screens.too_small import TooSmall  # noqa: PLC0415 - most terminals are large enough

        told = next((each for each in self.screen_stack if isinstance(each, TooSmall)), None)
        if size.width >= LEAST_WIDTH and size.height >= LEAST_HEIGHT:
            self._has_room.set()
        else:
            self._has_room.clear()
        if told is not None:
            told.follow(size)
        elif not self._has_room.is_set():
            self.push_screen(TooSmall(LEAST_WIDTH, LEAST_HEIGHT))

    def _opener(self, entry: PageEntry) -> Callable[[], None]:
        return partial(self.action_go_to, entry.key)

    async def _ask_who(self) -> None:
        from tui.screens.first_start import FirstStart  # noqa: PLC0415 - not needed when signed in already
        from tui.screens.sign_in import SignIn  # noqa: PLC0415 - the same

        first = await asyncio.to_thread(self.session.needs_first_manager)
        self.push_screen(FirstStart() if first else SignIn(), self._enter)

    def _enter(self, manager: Manager | None) -> None:
        if manager is not None:
            self.session.begin(manager)
            self.action_go_to(pages.FIRST_PAGE)

    async def _sign_out(self) -> None:
        if await self._may_leave():
            self.session.end()
            self._trail, self._place = [], -1
            while len(self.screen_stack) > 1:
                await self.pop_screen()
            await self._ask_who()

    async def _leave(self, page: Page) -> None:
        if page is self.screen and self.can_leave(page) and await self._may_leave():
            page.dismiss(None)

    async def _go_to(self, key: str, *, remember: bool = False, place: int = 0) -> None:
        actor = self.session.actor
        entry = pages.find(key, actor) if actor is not None else None
        if entry is None or not await self._may_leave():
            return
        if remember:
            self._trail = [*self._trail[: self._place + 1], key]
            place = len(self._trail) - 1
        self._place = place
        page = pages.make(entry)
        with self.batch_update():
            while len(self.screen_stack) > 2:
                await self.pop_screen()
            await (self.switch_screen(page) if len(self.screen_stack) == 2 else self.push_screen(page))

    async def _may_leave(self) -> bool:
        from tui.widgets.confirm import Confirm  # noqa: PLC0415 - asked only where something would be lost

        changed = [each for each in self.screen_stack if isinstance(each, Page) and each.has_changes()]
        if not changed:
            return True
        return await self.push_screen_wait(
            Confirm(
                "Leave without saving?",
                f"What you typed in {changed[-1].page_name} is lost.",
                yes="Leave",
                no="Keep editing",
            )
        )

    def _look_at_store(self) -> None:
        if not (isinstance(self.screen, Page) and self.screen.is_ready):
            return
        try:
            signature = self.session.signature()
        except StoreNotUsable as error:
            self.store_trouble = str(error)
            return
        if signature != self._seen:
            self._seen = signature
            self.screen.reload()

    def _tick(self) -> None:
        # Half a tick early is on time: timers are not exact.
        if self.ticking and monotonic() - self._ticked_at >= self.tick_seconds - TICK_SECONDS / 2:
            self._let_time_pass()

    def _let_time_pass(self) -> None:
        self._ticked_at = monotonic()
        if isinstance(self.screen, Page):
            self.screen.refresh_bars()
            self.screen.tick(self.now())

    def watch_app_focus(self) -> None:
        """Tell the pace at which time passes now; what stood still while nobody looked is brought up to date."""
        if self.ticking:
            self._let_time_pass()


def run_panel(
    session: Session,
    *,
    signed_in_as: Manager | None = None,
    notice: str = "",
    calm: bool = False,
    mouse: bool = True,
    theme: str = AUTO,
    loaded: Loaded = NOTHING_SET,
    signals: EndingSignals,
) -> int:
    """Run the panel in this terminal until it is left; return the exit code, 0 unless it crashed or a signal ended it.

    `notice` is a line that stays on the screen. `calm`: nothing ticks. `theme`: one of
    `THEME_NAMES`. `signals` lead to the panel's end while it runs.
    Raises StoreNotUsable if the store cannot be opened.
    """
    app = GatewatchApp(
        session,
        start_signed_in_as=signed_in_as,
        notice=notice,
        calm=calm,
        theme=theme,
        few_colours=Console(force_terminal=True).color_system == "standard",
        environment=os.environ,
        loaded=loaded,
    )
    with signals.led_to(app.leave_by_signal):
        app.run(mouse=mouse)
    if app.refused is not None:
        raise app.refused
    return app.return_code or 0
