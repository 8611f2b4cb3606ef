"""The panel as somebody at a terminal starts it: on a pseudo-terminal, by the program itself."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios

from store.engine_presence import held_by_this_engine
from tests.makers import Shop
from tests.tui.cli.terminal import PROGRAM, CommandLine

LONGEST_SECONDS = 60.0
QUIT = b"\x11"  # ctrl+q


def at_a_terminal(line: CommandLine, *args: str, until: bytes, keys: bytes) -> tuple[int, bytes]:
    """Run the program at 80x24, press keys once `until` is shown; return its exit code and what it drew."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    program = subprocess.Popen(
        [*PROGRAM, *args],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=line.environment | {"TERM": "xterm-256color"},
        start_new_session=True,
    )
    os.close(theirs)
    drawn, pressed = b"", False
    try:
        while select.select([ours], [], [], LONGEST_SECONDS)[0]:
            try:
                read = os.read(ours, 65_536)
            except OSError:  # on Linux the end of a pseudo-terminal is an error
                break
            if not read:
                break
            drawn += read
            if until in drawn and not pressed:
                os.write(ours, keys)
                pressed = True
        return program.wait(LONGEST_SECONDS), drawn
    finally:
        program.kill()
        program.wait()
        os.close(ours)


def test_the_panel_opens_on_a_new_store_and_is_left(gatewatch: CommandLine) -> None:
    code, drawn = at_a_terminal(gatewatch, "--calm", until=b"Email", keys=QUIT)
    assert code == 0
    assert b"Traceback" not in drawn


def test_a_damaged_store_is_a_sentence_and_no_panel(at_shop: CommandLine, shop: Shop) -> None:
    shop.store.path.write_text("{", encoding="utf-8")
    code, drawn = at_a_terminal(at_shop, until=b"Email", keys=QUIT)
    assert code == 3
    assert drawn.startswith(str(shop.store.path).encode())
    assert len(drawn.splitlines()) == 1


def test_an_engine_that_runs_already_is_not_started_again(at_shop: CommandLine, shop: Shop) -> None:
    before = {each.name for each in shop.store.folder.iterdir()}
    with held_by_this_engine(shop.store.folder):
        code, _ = at_a_terminal(at_shop, "--engine", until=b"Email", keys=QUIT)
        assert code == 0
    assert {each.name for each in shop.store.folder.iterdir()} - before == {"gatewatch.engine"}
