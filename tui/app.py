"""The panel: which screen is on top, what time it is, and whether the store has changed.

It holds no rule and draws nothing itself. The store's file is only looked at (a stat) on the event loop; it is read in
workers.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from time import monotonic
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from rich.console import Console
from textual import events
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.containers import Vertical
from textual.geometry import Size
from textual.reactive import var
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from store.errors import StoreNotUsable
from tui import look, pages, themes, work
from tui.drafts import DraftedForm, Drafts
from tui.idle import CHECK_SECONDS, Idle
from tui.pages import PageEntry
from tui.screens.page import Page
from tui.session import Session, Signature
from tui.settings import Settings
from tui.settings_file import NOTHING_SET, Loaded, NotSaved, load, save
from tui.targets import ALERTS, PAGE, Target, make, path_to
from tui.terminal.app import TerminalApp, is_remote
from tui.terminal.ending import EndingSignals
from tui.theme_names import AUTO
from tui.trail import Path, Trail
from tui.widgets.top_bar import Facts

if TYPE_CHECKING:
    from store.managers import Manager
    from tui.alert_watch import AlertWatch

POLL_SECONDS = 0.15
"""How often the store's file is looked at; it is only a stat, but each time wakes the panel up."""
CHANGES_SECONDS = 0.25
"""How often, at most, a page is told of changes."""
TROUBLE_SECONDS = 1.0
"""How often a store that could not be read is tried again."""
TICK_SECONDS = 1.0
UNFOCUSED_TICK_SECONDS = 10.0
"""How often time passes on a screen that nobody has before them: the terminal has lost the focus."""
LEAST_WIDTH, LEAST_HEIGHT = 60, 16


def _object_provider() -> type[Provider]:
    from tui.commands import ObjectProvider  # noqa: PLC0415 - loaded with the palette

    return ObjectProvider


class GatewatchApp(TerminalApp):
    """The Operator Control Panel in a terminal."""

    TITLE = "Gatewatch"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1,question_mark", "help", "Help", key_display="F1", id="app.help"),
        # With priority, so that of `:payment 17`, sent in one burst, no sign is taken for a key of the page below
        Binding("colon", "go_to_by_name", "Page, object or time", show=False, priority=True, id="app.go_to"),
        Binding("exclamation_mark", "alerts", "Alerts", key_display="!", id="app.alerts"),
        Binding("ctrl+p", "command_palette", "Palette", show=False, id="app.palette"),
        Binding("ctrl+q", "quit", "Quit", priority=True, key_display="^q", id="app.quit"),
        # With priority, so that what is typed right after Tab, or sent in one burst, goes into the next field
        Binding("tab", "app.focus_next", "Next field or button", show=False, priority=True, id="app.focus_next"),
        Binding("shift+tab", "app.focus_previous", "The one before", show=False, priority=True, id="app.focus_before"),
        Binding("left_square_bracket", "walk(-1)", "Back to where you were", show=False, id="app.back"),
        Binding("right_square_bracket", "walk(1)", "Forward again", show=False, id="app.forward"),
        *(
            Binding(str(number), f"go_to_number({number})", "Page of this number", show=False, id=f"app.page_{number}")
            for number in range(1, 9)
        ),
    ]
    COMMANDS = TerminalApp.COMMANDS | {_object_provider}

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
        self._idle = Idle(loaded.settings.idle_sign_out_minutes, session.now())
        self._saving = asyncio.Lock()
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
        self._told_at = 0.0
        self._has_room = asyncio.Event()
        self._alert_watch: AlertWatch | None = None
        self._trail = Trail()
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
        if isinstance(self.screen, ModalScreen):
            return False  # a question is answered by keys
        return self._changing or work.is_busy(self.screen)  # a password that is being checked may be typed again

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
    def last_here_at(self) -> datetime:
        """When somebody has pressed a key last."""
        return self._idle.last_here_at

    @property
    def settings(self) -> Settings:
        """The settings in force, without what the command line said."""
        return self.loaded.settings

    def save_setting(
        self, names: tuple[str, ...], value: str | Sequence[str] | None, then: Callable[[], None] = lambda: None
    ) -> None:
        """Write one value into the settings file in a thread, and put it in force; then call `then`."""
        self.run_worker(self._save_setting(names, value, then), group="settings")

    async def _check_keys(self) -> None:
        from tui import keys  # noqa: PLC0415 - the first frame comes before it

        for each in await asyncio.to_thread(keys.problems_of, self.settings.keys):
            self.notify(each, title="Settings", severity="warning", markup=False)

    async def _save_setting(
        self, names: tuple[str, ...], value: str | Sequence[str] | None, then: Callable[[], None]
    ) -> None:
        path = self.loaded.path
        if path is None:
            self.notify("This panel was started without a settings file; nothing can be saved.", severity="warning")
            return
        try:
            async with self._saving:
                await asyncio.to_thread(save, path, names, value)
                self.loaded = await asyncio.to_thread(load, path, self.environment)
        except NotSaved as error:
            self.notify(str(error), severity="error", markup=False)
            return
        then()

    def edit_outside(self, text: str, *, suffix: str) -> str:
        """Return a text as the person's own editor has left it; the panel is suspended meanwhile.

        Raises EditorFailed, SuspendNotSupported.
        """
        from tui import external_editor  # noqa: PLC0415 - seldom wanted

        command = external_editor.editor_command(self.environment)
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
            alert="" if self._alert_watch is None else self._alert_watch.says,
            above=tuple(each.page_name for each in self.screen_stack if isinstance(each, Page))[:-1],
        )

    def on_mount(self) -> None:
        """Show the first screen and begin to follow the store and the time."""
        for problem in self.loaded.problems:
            self.notify(str(problem), title="Settings", severity="warning", markup=False)
        self.set_keymap(dict(self.settings.keys))
        if self.settings.keys:
            self.run_worker(self._check_keys(), group="settings")
        self._navigate(self._begin)
        self._repeat(POLL_SECONDS, self._look_at_open_store)
        if self._idle.minutes:
            self.set_interval(CHECK_SECONDS, self._look_for_somebody)
        if not self.calm:
            self._repeat(TICK_SECONDS, self._tick)

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
        self.open_target(Target(PAGE, key))

    def open_target(self, target: Target) -> None:
        """Open a page or an object's details, above the list that it is in; asks if something typed would be lost."""
        if target.kind == ALERTS:
            self.action_alerts()
            return
        on_top = next((each for each in reversed(self.screen_stack) if isinstance(each, Page)), None)
        if on_top is None or not on_top.goes_to(target):
            self._navigate(partial(self._go_to, path_to(target)))

    def action_go_to_number(self, number: int) -> None:
        """Open the page of a number."""
        actor = self.session.actor
        entry = pages.numbered(number, actor) if actor is not None else None
        if entry is not None:
            self.action_go_to(entry.key)

    def action_walk(self, steps: int) -> None:
        """Go back or forward along the pages that were opened."""
        path = self._trail.at(steps)
        if path:
            self._navigate(partial(self._go_to, path, steps))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the colon to whoever types one, and to dialogs; and ctrl+c to the terminal."""
        if action == "help_quit":
            return False
        if action == "go_to_by_name":
            typed_into = self.focused is not None and self.focused.check_consume_key("colon", ":")
            return isinstance(self.screen, Page) and not typed_into
        if action == "alerts":
            return isinstance(self.screen, Page) and self._alert_watch is not None and bool(self._alert_watch.standing)
        return super().check_action(action, parameters)

    def action_go_to_by_name(self, typed: str = "") -> None:
        """Ask for a page or an object by id or name, or for a time; `typed` stands there at first."""
        from tui.screens.go_to import GoTo  # noqa: PLC0415 - opened on request

        def go(target: Target | None) -> None:
            if target is not None:
                self.open_target(target)

        if self.session.actor is not None:
            self.push_screen(GoTo(typed), go)

    def action_alerts(self) -> None:
        """Show the alerts that stand."""
        from tui.screens.alerts import AlertsDialog  # noqa: PLC0415 - opened on request

        if self.session.actor is not None:
            self.push_screen(AlertsDialog(self._alert_watch, self.settings.alerts))

    def alerts_changed(self) -> None:
        """Show what the alerts are now, in the top bar also behind a dialog."""
        from tui.screens.alerts import AlertsDialog  # noqa: PLC0415 - as above

        for each in self.screen_stack:
            if isinstance(each, AlertsDialog):
                each.draw()
            elif isinstance(each, Page) and each.is_ready:
                each.refresh_bars()
        self.screen.refresh_bindings()

    def remember_place(self) -> None:
        """Remember where the person is, to come back to; forms are no places."""
        opened = [each for each in self.screen_stack if isinstance(each, Page)]
        if opened and opened[-1].target is not None:
            self._trail.go_on(tuple(each.target for each in opened if each.target is not None))

    def action_help(self) -> None:
        """Show the keys."""
        from tui.screens.help import Help  # noqa: PLC0415 - opened on request

        self.push_screen(Help(self.screen))

    def sign_out(self) -> None:
        """Let somebody else sign in; asks if something typed would be lost."""
        self._navigate(self._sign_out)

    def sign_out_now(self, why: str) -> None:
        """Sign out without asking, since the person may not be here or may not stay; the door says why.

        What is typed in open forms is kept for when they come back.
        """
        self.keep_drafts()
        if isinstance(self.screen, ModalScreen):
            self.screen.dismiss(None)  # a change of screens may wait for its answer
        self._navigate(partial(self._sign_out, why=why))

    async def on_event(self, event: events.Event) -> None:
        """Remember when somebody was here last."""
        if isinstance(
            event, events.Key | events.MouseDown | events.MouseScrollDown | events.MouseScrollUp | events.Paste
        ):
            self._idle.somebody_is_here(self.now())
        await super().on_event(event)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Offer what the page on top can do, the pages that the person may open, and what the panel itself can do."""
        from tui.commands import actions_of  # noqa: PLC0415 - loaded with the palette

        yield from actions_of(screen)
        yield SystemCommand("Help", "The keys of this screen", self.action_help)
        if self.session.actor is not None:
            for entry in pages.pages_for(self.session.actor):
                yield SystemCommand(entry.label, f"{entry.group}, key {entry.number}", self._opener(entry))
            yield SystemCommand("Alerts", "What fires, and the rules that are watched", self.action_alerts)
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

    async def _ask_who(self, said: str = "") -> None:
        from tui.screens.first_start import FirstStart  # noqa: PLC0415 - not needed when signed in already
        from tui.screens.sign_in import SignIn  # noqa: PLC0415 - the same

        first = await asyncio.to_thread(self.session.needs_first_manager)
        self.push_screen(FirstStart() if first else SignIn(said), self._enter)

    def _enter(self, manager: Manager | None) -> None:
        if manager is not None:
            self.session.begin(manager)
            self._trail = Trail()
            self._idle.somebody_is_here(self.now())
            self.action_go_to(pages.FIRST_PAGE)
            self._watch_alerts()

    def _watch_alerts(self) -> None:
        """Begin to look for alerts for who has signed in, if any rule is set up."""
        if not self.settings.alerts:
            return
        from tui.alert_watch import AlertWatch  # noqa: PLC0415 - many have no rules

        self._alert_watch = AlertWatch(self)

    async def _sign_out(self, *, why: str = "") -> None:
        from store import managers  # noqa: PLC0415 - the first frame comes before the store

        manager = self.session.manager
        if manager is None or not (why or await self._may_leave()):
            return
        try:
            await asyncio.to_thread(self.session.write, partial(managers.sign_out, manager_id=manager.id, why=why))
        except StoreNotUsable as error:
            self.store_trouble = str(error)
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        if self._alert_watch is not None:
            self._alert_watch.end()
            self._alert_watch = None
        self.session.end()
        await self._ask_who(why)

    def _look_for_somebody(self) -> None:
        if self.session.manager is None:
            return
        now = self.now()
        if self._idle.is_over(now):
            self.sign_out_now(self._idle.why)
        elif self._idle.is_nearly_over(now):
            self.notify(f"{self._idle.why}: you are signed out soon. Press any key to stay.", severity="warning")

    async def _leave(self, page: Page) -> None:
        if page is self.screen and self.can_leave(page) and await self._may_leave():
            page.dismiss(None)

    async def _go_to(self, path: Path, steps: int = 0) -> None:
        """Open the pages of a path, one above the other; `steps` along the trail, 0: somewhere new."""
        actor = self.session.actor
        opened = [] if actor is None else [make(each, actor) for each in path]
        if not opened or opened[0] is None or not await self._may_leave():
            return
        self._trail.walk(steps)
        with self.batch_update(), self._trail.held():
            while len(self.screen_stack) > 2:
                await self.pop_screen()
            for place, page in enumerate(each for each in opened if each is not None):
                switches = place == 0 and len(self.screen_stack) == 2
                await (self.switch_screen(page) if switches else self.push_screen(page))
        self.remember_place()

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

    def _repeat(self, seconds: float, call: Callable[[], None], due_at: float | None = None) -> None:
        """Call something now and then, on the loop itself: a timer of Textual's costs more than what is called."""
        if self._exit or not self.is_running:
            return
        loop = asyncio.get_running_loop()
        try:
            call()
        except Exception as error:  # noqa: BLE001 - the loop's outermost call: what goes wrong here ends the panel
            self._handle_exception(error)
        else:
            # Counted from when it was due, or the clock on the screen would leave out a second sooner or later.
            next_at = (loop.time() if due_at is None else max(due_at, loop.time() - seconds)) + seconds
            loop.call_at(next_at, self._repeat, seconds, call, next_at)

    def _look_at_open_store(self) -> None:
        if self.session.is_open:
            self._look_at_store()

    def _look_at_store(self) -> None:
        try:
            signature = self.session.signature()
        except StoreNotUsable as error:
            self.store_trouble = str(error)
            return
        # After trouble the files may be as they were before it: only a look that goes well ends it.
        is_known = signature == self._seen and not self.store_trouble
        if is_known or monotonic() - self._told_at < (TROUBLE_SECONDS if self.store_trouble else CHANGES_SECONDS):
            return
        if isinstance(self.screen, Page) and self.screen.is_ready:
            self._seen, self._told_at = signature, monotonic()
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
