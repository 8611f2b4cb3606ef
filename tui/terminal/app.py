"""What makes a Textual app at home in any terminal: its driver, its end, its crashes, and copying.

It knows no page: `GatewatchApp` stands on it.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

from platformdirs import user_log_path
from rich.segment import Segments
from rich.text import Text
from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.command import CommandListItem, SimpleProvider
from textual.css.query import NoMatches
from textual.driver import Driver
from textual.notifications import SeverityLevel
from textual.widget import AwaitMount
from textual.widgets import Input

from store.errors import StoreNotUsable
from tui.terminal.crash import crash_sentence, write_crash
from tui.terminal.ending import exit_code_of
from tui.terminal.style_sheets import ReadOnce
from tui.widgets.palette import Palette

CRASHED, NOT_USABLE = 1, 3
READ_AFTER = timedelta(seconds=2)
"""After how long a toast counts as read by whoever presses a key."""


def is_remote(environment: Mapping[str, str]) -> bool:
    """Say whether the terminal is reached over SSH."""
    return bool(environment.get("SSH_CONNECTION"))


class TerminalApp(App[None]):
    """An app that leaves the terminal as it was, whatever happens, and tells no value when it crashes."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("Y", "show_copied", "Show what was copied", show=False)]

    def __init__(self, environment: Mapping[str, str]) -> None:
        super().__init__(driver_class=_driver_for(environment))
        self.stylesheet = ReadOnce(variables=self.get_css_variables())
        self.environment = environment
        self._event_loop: asyncio.AbstractEventLoop | None = None
        self._copied = ""
        self._told_at = datetime.min.replace(tzinfo=UTC)
        self._told_of_crash = False

    def now(self) -> datetime:
        """Return the time."""
        raise NotImplementedError

    @property
    def is_changing(self) -> bool:
        """Whether a change of screens is under way, for which keys that were typed ahead wait."""
        return False

    @property
    def takes_keys(self) -> bool:
        """Whether the screen on top is whole: before that it hears no key."""
        return True

    def keep_drafts(self) -> None:
        """Keep what is typed in open forms; called in a signal handler, and must not raise."""

    def on_load(self) -> None:
        """Remember the loop, so that a signal can wake it."""
        self._event_loop = asyncio.get_running_loop()

    def leave_by_signal(self, number: int) -> None:
        """End by a signal, with what was typed kept. For a signal handler. Raises SystemExit before the app runs."""
        self.keep_drafts()
        if self._event_loop is None or self._driver is None:
            raise SystemExit(exit_code_of(number))
        self._event_loop.call_soon_threadsafe(lambda: self.exit(return_code=exit_code_of(number)))

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a toast over the lower right corner until somebody goes on working, at the longest for `timeout`."""
        self._told_at = self.now()
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)

    async def on_event(self, event: events.Event) -> None:
        """Take the toasts away when somebody goes on: they may cover what the next key is about."""
        if isinstance(event, events.Key | events.MouseDown) and self.now() - self._told_at >= READ_AFTER:
            self.clear_toasts()
        await super().on_event(event)

    def clear_toasts(self) -> None:
        """Take the toasts away, if there are any."""
        if len(self._notifications):
            self.clear_notifications()

    def terminal_is_gone(self) -> None:
        """End as if the terminal had said so; some ends of it are told by no signal."""
        signal.raise_signal(signal.SIGHUP)

    @property
    def is_over(self) -> bool:
        """Whether the app has ended, or is about to."""
        return self._exit or not self.is_running

    def crash(self, error: Exception) -> None:
        """End by a mistake of ours that happened outside of Textual's own handlers."""
        self._handle_exception(error)

    def edit_outside(self, text: str, *, suffix: str) -> str:
        """Return a text as the person's own editor has left it; the app is suspended meanwhile.

        Raises EditorFailed, SuspendNotSupported.
        """
        from tui import external_editor  # noqa: PLC0415 - seldom wanted

        command = external_editor.editor_command(self.environment)
        with self.suspend():
            return external_editor.edit(text, suffix=suffix, command=command)

    def copy_to_clipboard(self, text: str) -> None:
        """Send a text to the terminal's clipboard and say so; what is typed masked is not copied."""
        if isinstance(self.focused, Input) and self.focused.password:
            self.notify("A masked field is not copied.", severity="warning")
        elif text:
            self._copied = text
            self._copy(text, "Sent to the terminal's clipboard. Y shows it.")

    def copy_secret(self, secret: str, told: str) -> None:
        """Send a secret that was asked for to the terminal's clipboard, and tell it; it is not kept to be shown."""
        self._copied = ""
        self._copy(secret, told)

    def action_command_palette(self) -> None:
        """Show the palette, unless it is there."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    def search_commands(
        self, commands: Sequence[CommandListItem], placeholder: str = "Search for commands…"
    ) -> AwaitMount:
        """Show a list of commands to choose from."""
        found_among = SimpleProvider(self.screen, list(commands))
        return self.push_screen(Palette([found_among], placeholder=placeholder))  # type: ignore[list-item] # as Textual

    def action_show_copied(self) -> None:
        """Show what was copied last, for terminals that did not take it."""
        from tui.screens.copied import Copied  # noqa: PLC0415 - opened on request

        if self._copied:
            self.push_screen(Copied(self._copied))
        else:
            self.notify("Nothing was copied yet.")

    def _copy(self, text: str, told: str) -> None:
        from tui.clipboard import NotCopied, send_to_clipboard  # noqa: PLC0415 - the first frame comes before it

        self._clipboard = text  # what Textual's own fields paste from

        async def send() -> None:
            try:
                await asyncio.to_thread(send_to_clipboard, text, self.write_to_terminal, self.environment)
            except NotCopied as error:
                self.notify(str(error), severity="error", markup=False)
            else:
                self.notify(told, markup=False)

        self.run_worker(send(), group="clipboard")

    def write_to_terminal(self, sequence: str) -> None:
        """Write a sequence that draws nothing: a bell, a notification, the clipboard."""
        if self._driver is not None:
            self._driver.write(sequence)

    def _handle_exception(self, error: Exception) -> None:
        """Crash, but for what misses its widgets because the panel is left while it is being composed."""
        if not (self._exit and isinstance(error, NoMatches)):
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Tell of a crash without variables: they may hold secrets. The report goes to a file, which is named."""
        if not self._told_of_crash and self._exception is not None:
            self._told_of_crash = True
            self.keep_drafts()
            self._return_code = NOT_USABLE if isinstance(self._exception, StoreNotUsable) else CRASHED
            said = Text(f"Gatewatch has crashed: {crash_sentence(self._exception)}\n{self._where_report_is()}\n")
            self._exit_renderables.append(Segments(self.console.render(said, self.console.options)))
        self._close_messages_no_wait()

    def _where_report_is(self) -> str:
        folder = Path(user_log_path("gatewatch", appauthor=False))
        try:
            path = write_crash(self._exception or RuntimeError(), folder, self.now())
        except OSError as error:
            return f"The report could not be written to {folder}: {error.strerror}."
        return f"What led to it, without any values, is in {path}"


def _driver_for(environment: Mapping[str, str]) -> type[Driver]:
    from tui.terminal.driver import PacedDriver, RemotePacedDriver  # noqa: PLC0415 - where terminals are POSIX's

    return RemotePacedDriver if is_remote(environment) else PacedDriver
