"""The panel: its keys, what is on top, and the parts that it is made of, each in a module of its own.

It holds no rule and draws nothing itself but its first frame, which comes before the pages and the store: what these
need is imported when it is first asked for.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from rich.console import Console
from textual import events
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.containers import Vertical
from textual.reactive import var
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from store.errors import StoreNotUsable
from store.memory import share_what_is_freed
from tui import themes, work
from tui.garbage import looked_for_while_nobody_types
from tui.passing_time import PassingTime
from tui.room import Room
from tui.session import Session
from tui.settings import Settings
from tui.settings_file import NOTHING_SET, Loaded
from tui.settings_in_force import SettingsInForce
from tui.store_watch import StoreWatch
from tui.terminal.app import TerminalApp, is_remote
from tui.terminal.ending import EndingSignals
from tui.theme_names import AUTO

if TYPE_CHECKING:  # the first frame comes before them
    from store.managers import Manager
    from tui.moving import Moving
    from tui.presence import Presence
    from tui.screens.page import Page
    from tui.targets import Target

SHARED_STYLES = Path(__file__).with_name("app.tcss")
"""What every screen shares; the first frame is drawn before it is read."""


def _object_provider() -> type[Provider]:
    from tui.commands import ObjectProvider  # noqa: PLC0415 - loaded with the palette

    return ObjectProvider


class GatewatchApp(TerminalApp):
    """The Operator Control Panel in a terminal."""

    TITLE = "Gatewatch"
    CSS_PATH = "opening.tcss"
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
        self._beginning = True
        self.refused: StoreNotUsable | None = None
        self.room = Room(self)
        self.passing_time = PassingTime(self)
        self.store_watch = StoreWatch(self)
        self._settings = SettingsInForce(self, loaded)

    @cached_property
    def moving(self) -> Moving:
        """The pages that are open, and the way among them."""
        from tui.moving import Moving  # noqa: PLC0415 - the first frame comes before the pages

        return Moving(self)

    @cached_property
    def presence(self) -> Presence:
        """Who is here."""
        from tui.presence import Presence  # noqa: PLC0415 - the first frame comes before the store

        return Presence(self)

    @property
    def page(self) -> Page | None:
        """The page on top; None behind a dialog, at the door, and until the store is open."""
        if not self.session.is_open:
            return None
        from tui.screens.page import Page  # noqa: PLC0415 - the first frame comes before the pages

        return self.screen if isinstance(self.screen, Page) else None

    def written_key(self, binding_id: str, own: str) -> str:
        """Return the key of a binding as the footer writes it; `own` is what it has unless it was remapped."""
        key, _, _ = self.settings.keys.get(binding_id, own).partition(",")
        return self.get_key_display(Binding(key.strip(), ""))

    @property
    def settings(self) -> Settings:
        """The settings in force, without what the command line said."""
        return self._settings.settings

    @property
    def is_changing(self) -> bool:
        """Whether another screen is on its way, or the one on top has not shown its rows yet."""
        if isinstance(self.screen, ModalScreen):
            return False  # a question is answered by keys
        page = self.page
        # A password that is being checked may be typed again.
        return not self.takes_keys or (work.is_busy(self.screen) if page is None else page.is_reading)

    @property
    def takes_keys(self) -> bool:
        """Whether the screen on top is whole; what stands over it, as a question, always is."""
        if isinstance(self.screen, ModalScreen):
            return True
        page = self.page
        return not (self._beginning or self.moving.is_under_way) and (page is None or page.is_ready)

    def compose(self) -> ComposeResult:
        """Compose what is seen until the store is open."""
        with Vertical(classes="opening"):
            yield Static("Gatewatch", classes="wordmark")
            yield Static("Opening the store…")

    def now(self) -> datetime:
        """Return the time that screens show."""
        return self.session.now()

    def save_setting(
        self, names: tuple[str, ...], value: str | Sequence[str] | None, then: Callable[[], None] = lambda: None
    ) -> None:
        """Write one value into the settings file in a thread, and put it in force; then call `then`."""
        self._settings.save(names, value, then)

    def keep_drafts(self) -> None:
        """Keep what is typed in open forms, for when they are opened again. For signal handlers: raises nothing."""
        if self.session.manager is not None:
            self.presence.keep_drafts()

    def on_mount(self) -> None:
        """Show the first screen and begin to follow the store and the time."""
        self._settings.begin()
        self.run_worker(self._begin(), group="navigation")
        self.passing_time.begin()

    def on_resize(self, event: events.Resize) -> None:
        """Say so when the terminal is too small for any screen, until it has grown."""
        self.room.follow(event.size)

    async def action_quit(self) -> None:
        """End the panel; where something is typed it is kept, and the person is asked first."""
        if self.session.manager is None:
            self.exit()
        else:
            self.presence.leave()

    def action_go_to(self, key: str) -> None:
        """Open a page."""
        self.moving.open_page(key)

    def action_go_to_number(self, number: int) -> None:
        """Open the page of a number."""
        if self.session.actor is not None:
            self.moving.open_number(number)

    def action_walk(self, steps: int) -> None:
        """Go back or forward along the pages that were opened."""
        if self.session.actor is not None:
            self.moving.walk(steps)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the colon to whoever types one, and to dialogs; and ctrl+c to the terminal."""
        if action == "help_quit":
            return False
        if action == "go_to_by_name":
            typed_into = self.focused is not None and self.focused.check_consume_key("colon", ":")
            return self.page is not None and not typed_into
        if action == "alerts":
            watch = None if self.page is None else self.presence.alert_watch
            return watch is not None and bool(watch.standing)
        return super().check_action(action, parameters)

    def action_go_to_by_name(self, typed: str = "") -> None:
        """Ask for a page or an object by id or name, or for a time; `typed` stands there at first."""
        from tui.screens.go_to import GoTo  # noqa: PLC0415 - opened on request

        def go(target: Target | None) -> None:
            if target is not None:
                self.moving.open_target(target)

        if self.session.actor is not None:
            self.push_screen(GoTo(typed), go)

    def action_alerts(self) -> None:
        """Show the alerts that stand."""
        from tui.screens.alerts import AlertsDialog  # noqa: PLC0415 - opened on request

        if self.session.actor is not None:
            self.push_screen(AlertsDialog(self.presence.alert_watch, self.settings.alerts))

    def alerts_changed(self) -> None:
        """Show what the alerts are now, in the top bar also behind a dialog."""
        from tui.screens.alerts import AlertsDialog  # noqa: PLC0415 - as above
        from tui.screens.page import Page  # noqa: PLC0415 - the first frame comes before the pages

        for each in self.screen_stack:
            if isinstance(each, AlertsDialog):
                each.draw()
            elif isinstance(each, Page) and each.is_ready:
                each.refresh_bars()
        self.screen.refresh_bindings()

    def action_help(self) -> None:
        """Show the keys."""
        from tui.screens.help import Help  # noqa: PLC0415 - opened on request

        self.push_screen(Help(self.screen))

    async def on_event(self, event: events.Event) -> None:
        """Remember when somebody was here last."""
        if self.session.actor is not None and isinstance(
            event, events.Key | events.MouseDown | events.MouseScrollDown | events.MouseScrollUp | events.Paste
        ):
            self.presence.somebody_is_here()
        await super().on_event(event)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Offer what the page on top can do, the pages that the person may open, and what the panel itself can do."""
        from tui.commands import commands_of  # noqa: PLC0415 - loaded with the palette

        yield from commands_of(self, screen)

    def watch_store_trouble(self) -> None:
        """Tell it in the top bar at once."""
        page = self.page
        if page is not None and page.is_ready:
            page.refresh_bars()

    def watch_app_focus(self) -> None:
        """Tell the pace at which time passes now; what stood still while nobody looked is brought up to date."""
        if self.passing_time.is_on:
            self.passing_time.catch_up()

    async def _begin(self) -> None:
        """Open the store, then the first page or the door; all of that is loaded after the first frame."""
        try:
            self.room.follow(self.size)
            await self.room.wait()
            if not self.session.is_open and not await self._open_store():
                return
            self._read_shared_styles()
            self.store_watch.begin()
            self.presence.begin()
            if self._first_manager is not None:
                self.presence.enter(self._first_manager)
            else:
                await self.presence.ask_who()
        finally:
            self._beginning = False

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

    def absence(self) -> timedelta:
        """Return for how long nobody has pressed a key."""
        return self.presence.absence(self.now())

    def _read_shared_styles(self) -> None:
        self.stylesheet.read(SHARED_STYLES)
        self.stylesheet.parse()
        self.stylesheet.update(self)


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
    share_what_is_freed()
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
    with signals.led_to(app.leave_by_signal), looked_for_while_nobody_types(app.absence):
        app.run(mouse=mouse)
    if app.refused is not None:
        raise app.refused
    return app.return_code or 0
