"""Reading a terminal without looking at it now and then: keys come whole, a lone escape comes, and it ends at once."""

from __future__ import annotations

import os
import pty
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue

import pytest
from textual import events
from textual.message import Message

from tui.terminal.reading import Reading

LONGEST_SECONDS = 30.0


@contextmanager
def read_terminal() -> Iterator[tuple[int, Queue[Message]]]:
    """Read a terminal in the body: where to type, and what comes. It must end as soon as it is told to."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    came: Queue[Message] = Queue()
    reading = Reading(came.put)
    reading.begin()
    thread = threading.Thread(target=reading.run, args=(theirs,))
    thread.start()
    try:
        yield ours, came
    finally:
        reading.end()
        thread.join(LONGEST_SECONDS)
        assert not thread.is_alive()
        os.close(ours)
        os.close(theirs)


def key_of(came: Queue[Message]) -> str:
    """Return the next key."""
    message = came.get(timeout=LONGEST_SECONDS)
    assert isinstance(message, events.Key)
    return message.key


@pytest.mark.parametrize(
    ("typed", "key"), [([b"j"], "j"), ([b"\x1b[A"], "up"), ([b"\xc3", b"\xa9"], "é"), ([b"\x1b"], "escape")]
)
def test_a_key_comes_whole_and_without_another_one(typed: list[bytes], key: str) -> None:
    with read_terminal() as (terminal, came):
        for piece in typed:
            os.write(terminal, piece)
        found = came.get(timeout=LONGEST_SECONDS)
        assert isinstance(found, events.Key)
        assert key in (found.key, found.character)


def test_it_can_be_begun_again_after_its_end() -> None:
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    came: Queue[Message] = Queue()
    reading = Reading(came.put)
    for key in ("j", "k"):
        reading.begin()
        thread = threading.Thread(target=reading.run, args=(theirs,))
        thread.start()
        os.write(ours, key.encode())
        assert key_of(came) == key
        reading.end()
        reading.end()
        thread.join(LONGEST_SECONDS)
        assert not thread.is_alive()
    os.close(ours)
    os.close(theirs)
