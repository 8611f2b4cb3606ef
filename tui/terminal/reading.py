"""Reading a terminal in a thread that sleeps while nobody types, where Textual's looks ten times a second."""

from __future__ import annotations

import os
import select
import threading
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable
from contextlib import suppress

from textual import constants
from textual._xterm_parser import XTermParser
from textual.message import Message

READ_BYTES = 4096
LOOK_SECONDS = 0.1
"""How often it is looked whether an escape stays alone, after something was typed."""
LOOKS = 2 + int(constants.ESCAPE_DELAY / LOOK_SECONDS)


class Reading:
    """Reads a terminal from `begin` to `end`; what it reads is handed on as messages, in the thread that reads."""

    def __init__(self, hand_on: Callable[[Message], None]) -> None:
        self._hand_on = hand_on
        self._ending = threading.Event()
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._woken, False)

    def __del__(self) -> None:
        for each in (self._woken, self._wake):
            os.close(each)

    def begin(self) -> None:
        """Let the next `run` go on until `end` is called."""
        self._ending.clear()
        with suppress(BlockingIOError):
            while os.read(self._woken, READ_BYTES):
                continue

    def end(self) -> None:
        """Let `run` return now, whatever it waits for."""
        self._ending.set()
        os.write(self._wake, b"\0")

    def run(self, descriptor: int) -> None:
        """Read until told to end. Raises OSError where the terminal is gone."""
        parser, decode = XTermParser(), getincrementaldecoder("utf-8")("replace").decode
        sources, looks = select.poll(), 0
        for each in (descriptor, self._woken):
            sources.register(each, select.POLLIN)
        while not self._ending.is_set():
            ready = [each for each, _ in sources.poll(LOOK_SECONDS * 1000 if looks else None)]
            looks = max(0, looks - 1)
            if descriptor in ready:
                content = os.read(descriptor, READ_BYTES)
                if not content:
                    sources.unregister(descriptor)  # it is no terminal, and there will be nothing more
                text = decode(content)
                if text:
                    self._hand_all_on(parser.feed(text))
                looks = LOOKS
            self._hand_all_on(parser.tick())

    def _hand_all_on(self, messages: Iterable[Message]) -> None:
        for each in messages:
            self._hand_on(each)
