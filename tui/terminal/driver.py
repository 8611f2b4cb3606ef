"""Textual's driver for a terminal that may be slow: one small frame at a time, and input that never waits for output.

After about a kilobyte the terminal is asked where its cursor is. It answers when it has drawn what came before, however
many buffers lie between; until then nothing is sent, and Textual draws into the wanted image meanwhile. A terminal that
does not answer is only held to the pace at which it takes bytes.
"""

from __future__ import annotations

import asyncio
import re
import select
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from tui.terminal.drawing import ImageDriver
from tui.terminal.image import ScreenImage
from tui.terminal.output import Output
from tui.terminal.reading import Reading
from tui.terminal.restoring import TerminalBefore
from tui.terminal.typed_ahead import TypedAhead

if TYPE_CHECKING:
    from tui.terminal.app import TerminalApp

SYNC_START, SYNC_END = "\x1b[?2026h", "\x1b[?2026l"
ASK_WHERE = "\x1b[6n"
ASK_AFTER_BYTES = 1024
ANSWER_SECONDS = 8.0
"""How long an answer may take before the terminal counts as one that gives none, until it does."""
IN_ORDER = (events.Key, events.Paste, events.MouseDown, events.MouseUp)
FINISH_SECONDS = 1.0
HANG_UP_SECONDS = 1.0
_FRAME = re.compile(r"\x1b\[\d+;\d+H")


class PacedDriver(LinuxDriver, ImageDriver):
    """Sends a terminal the difference between what it shows and what it should show, when it is ready for it."""

    LEAST_SECONDS: ClassVar[float] = 1 / 30
    """The shortest time between two frames."""

    def __init__(
        self, app: TerminalApp, *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._terminal_app = app
        self._image = ScreenImage()
        self._output: Output | None = None
        self._before = TerminalBefore.found()
        self._synchronised = False
        self._answers = False
        self._asked: asyncio.TimerHandle | None = None
        self._unasked_bytes = 0
        self._sent_at = 0.0
        self._next_frame: asyncio.TimerHandle | None = None
        self._reading = Reading(self.process_message)
        self._typed_ahead = TypedAhead(app, super().process_message)

    def write(self, data: str) -> None:
        """Take a frame into the wanted image; send everything else as it is."""
        if data in {SYNC_START, SYNC_END}:  # written around each frame that is sent, instead of each that is drawn
            self._synchronised = True
        elif _FRAME.match(data):
            size = (self._app.size.width, self._app.size.height)
            if self._image.size != size:
                self._image.resize(*size)
            self._image.put(data)
            self._send_soon()
        elif self._output is not None:
            self._output.put(data)

    def flush(self) -> None:
        """Do nothing: what was written is on its way."""

    def start_application_mode(self) -> None:
        """Take the terminal; after a pause, draw all of it anew."""
        encoding = self._file.encoding if self._file is not None else "utf-8"
        self._output = Output(2, encoding, self._told_of_room)
        self._output.start()
        self._image.forget_shown()
        self._reading.begin()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self._writer_thread is not None:
            self._writer_thread.stop()  # Textual's own, which would hold up the panel after 30 frames
            self._writer_thread = None
        self.write(ASK_WHERE)
        self._send_soon()
        self._loop.call_later(HANG_UP_SECONDS, self._look_for_hang_up)

    def stop_application_mode(self) -> None:
        """Give the terminal back; frames that were not sent are dropped."""
        self._forget_frames()
        super().stop_application_mode()

    def close(self) -> None:
        """Wait a moment until the terminal has taken everything, then give it back without waiting."""
        output, self._output = self._output, None
        if output is not None and not output.finish(FINISH_SECONDS):
            self._before.restore()
            output.join(FINISH_SECONDS)  # it ends after the piece that it was about to write
            self._before.restore()

    def process_message(self, message: Message) -> None:
        """Take the terminal's answers, in the thread that reads it; pass on everything else."""
        if isinstance(message, events.CursorPosition):
            self._in_loop(self._answered)
        elif isinstance(message, IN_ORDER):
            self._in_loop(partial(self._typed_ahead.take, message))
        else:
            super().process_message(message)

    def disable_input(self) -> None:
        """End the thread that reads, which may be waiting for ever."""
        self._reading.end()
        super().disable_input()

    def run_input_thread(self) -> None:
        """Read the terminal."""
        self._reading.run(self.fileno)

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except OSError:
            self._in_loop(self._terminal_app.terminal_is_gone)
        except Exception as error:  # noqa: BLE001 - a thread's outermost call: what ends it ends the panel
            self._in_loop(partial(self._app._handle_exception, error))  # noqa: SLF001 - where Textual tells of crashes

    def _send_soon(self) -> None:
        if self._next_frame is None and self._image.is_behind:
            wait_seconds = max(0.0, self._sent_at + self.LEAST_SECONDS - time.monotonic())
            self._next_frame = self._loop.call_later(wait_seconds, self._send)

    def _send(self) -> None:
        self._next_frame = None
        if self._output is None or self._asked is not None or not self._output.is_idle:
            return  # the terminal's answer, or its having taken everything, brings the next frame
        frame = self._image.difference()
        if not frame:
            return
        self._sent_at = time.monotonic()
        self._unasked_bytes += len(frame)
        if self._synchronised:
            frame = f"{SYNC_START}{frame}{SYNC_END}"
        if self._answers and self._unasked_bytes >= ASK_AFTER_BYTES:
            frame += ASK_WHERE
            self._unasked_bytes = 0
            self._asked = self._loop.call_later(ANSWER_SECONDS, self._not_answered)
        self._output.put(frame)

    def _answered(self) -> None:
        self._answers = True
        self._ask_no_more()

    def _not_answered(self) -> None:
        self._answers = False
        self._ask_no_more()
        if self._output is not None:
            self._output.put(ASK_WHERE)

    def _ask_no_more(self) -> None:
        if self._asked is not None:
            self._asked.cancel()
            self._asked = None
        self._send_soon()

    def _forget_frames(self) -> None:
        for each in (self._next_frame, self._asked):
            if each is not None:
                each.cancel()
        self._next_frame = self._asked = None

    def _told_of_room(self) -> None:
        self._in_loop(self._send_soon)

    def _in_loop(self, call: Callable[[], object]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)

    def _look_for_hang_up(self) -> None:
        """Notice a terminal that is gone where no signal tells it: reading it would go round for ever."""
        if self._output is None:
            return
        watched = select.poll()
        watched.register(self.fileno, 0)
        if any(happened & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, happened in watched.poll(0)):
            self._terminal_app.terminal_is_gone()
        else:
            self._loop.call_later(HANG_UP_SECONDS, self._look_for_hang_up)


class RemotePacedDriver(PacedDriver):
    """The same over SSH: fewer frames, each of which tells more."""

    LEAST_SECONDS = 1 / 8
