"""What keys feel like over a link of 4 KB a second: `python -m tests.bench.slow_link [PAYMENTS]`.

The panel runs as over SSH, at a terminal that takes 4 KB a second and answers where its cursor is when it comes to the
question. Keys move the cursor, one after another and held down; then rows are jumped over, sorted and filtered while
another process changes a payment ten times a second. Told are, in milliseconds, until the panel has acted
on a key, until it has sent something after that, until it stands on the terminal, and the longest that the panel's
event loop came too late to anything.

Nothing here passes or fails: it prints what it measured.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from statistics import median
from time import perf_counter

from msgspec.structs import replace

from store.payments import Payment
from store.store import open_store
from tests.bench.bench_store import fill
from tests.bench.showing import show_figures
from tests.bench.watched_terminal import WatchedTerminal, on_a_terminal

BYTES_A_SECOND = 4_096
SIZES = ((120, 40), (80, 24))
CURSOR = "▌"
DOWN, UP = b"j", b"k"
BETWEEN_SECONDS = 0.45
REPEAT_SECONDS = 1 / 30
"""How often a key that is held down comes."""
AT_WORK = (b"G", b"g", b"s", b"s", b"S", b"s", b"G", b"/", b"total>50", b"\r", b"S", b"v", b"v")
"""To the ends, sorted by columns both ways, filtered, other rows."""
AT_WORK_SECONDS = 1.0
CHANGE_SECONDS = 0.1
CHANGED = 500


@dataclass(frozen=True, slots=True)
class Felt:
    """What was measured, in seconds. `shown`: of single keys; `late`: the longest; `late_at_work`: while it sorts."""

    acted: Sequence[float]
    sent: Sequence[float]
    shown: Sequence[float]
    acted_held: Sequence[float]
    shown_held: float
    late: float
    late_at_work: float


def felt(folder: Path, notes: Path, size: tuple[int, int], *, keys: int) -> Felt:
    """Press so many keys one by one, and three times as many held down."""
    arguments = ["noting", str(folder), str(notes)]
    with on_a_terminal("tests.bench.panels", arguments, size=size, bytes_a_second=BYTES_A_SECOND) as terminal:
        terminal.wait_for(CURSOR)
        _rest(terminal)
        began = perf_counter()
        first = _line_of_cursor(terminal)
        pressed, shown = [], []
        for number in range(keys):
            down = number % 2 == 0
            pressed.append(perf_counter())
            terminal.press(DOWN if down else UP)
            wanted = first + (1 if down else 0)
            at = terminal.wait_until(lambda: terminal.line_of(CURSOR) == wanted, f"the cursor on line {wanted}")  # noqa: B023 - called within
            shown.append(at - pressed[-1])
            time.sleep(BETWEEN_SECONDS + number * 0.031 % 0.1)
        held = []
        for number in range(3 * keys):
            held.append(perf_counter())
            terminal.press(UP if number % 20 >= 10 else DOWN)
            time.sleep(REPEAT_SECONDS)
        wanted = first + keys % 2 + sum(-1 if number % 20 >= 10 else 1 for number in range(3 * keys))
        at = terminal.wait_until(lambda: terminal.line_of(CURSOR) == wanted, f"the cursor on line {wanted}")
        shown_held = at - held[-1]
        at_work = perf_counter()
        with _changes(folder):
            for key in AT_WORK:
                terminal.press(key)
                time.sleep(AT_WORK_SECONDS)
    moved = _noted(notes, "moved", began)
    sent = _noted(notes, "sent", began)
    acted = [after - before for (after, _), before in zip(moved, [*pressed, *held], strict=True)]
    return Felt(
        acted=acted[:keys],
        sent=[
            min(at for at, _ in sent if at >= acted_at) - before
            for (acted_at, _), before in zip(moved[:keys], pressed, strict=True)
        ],
        shown=shown,
        acted_held=acted[keys:],
        shown_held=shown_held,
        late=max((seconds for at, seconds in _noted(notes, "late", began) if at < at_work), default=0.0),
        late_at_work=max((seconds for _, seconds in _noted(notes, "late", at_work)), default=0.0),
    )


@contextmanager
def _changes(folder: Path) -> Iterator[None]:
    """Change a payment ten times a second, as another process would, for as long as the body runs."""
    store, over = open_store(folder), threading.Event()
    changed = store.view().every_id(Payment)[:CHANGED]

    def change() -> None:
        for identity in cycle(changed):
            if over.wait(CHANGE_SECONDS):
                return
            with store.transaction() as tx:
                tx.put(replace(tx.get(Payment, identity), description=f"changed at {tx.now}"))

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _rest(terminal: WatchedTerminal) -> None:
    """Wait until all payments have been read and the screen stands."""
    before = terminal.cpu_seconds()
    while True:
        time.sleep(1.0)
        now = terminal.cpu_seconds()
        if now - before < 0.15:
            return
        before = now


def _line_of_cursor(terminal: WatchedTerminal) -> int:
    found = terminal.line_of(CURSOR)
    assert found is not None
    return found


def _noted(notes: Path, what: str, since: float) -> list[tuple[float, float]]:
    """Return when something was noted, and its seconds."""
    lines = [line.split() for line in notes.read_text(encoding="ascii").splitlines()]
    return [(float(at), float(seconds)) for word, at, seconds in lines if word == what and float(at) >= since]


def figures(payments: int, *, keys: int = 20) -> list[str]:
    """Measure with so many payments in Processing, at each size, and return the rows."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "store"
        fill(folder, payments)
        for number, size in enumerate(SIZES):
            found = felt(folder, Path(name) / f"notes-{number}", size, keys=keys)
            at = f"{size[0]}x{size[1]}"
            rows += [
                _row(f"{at} a key is acted on", found.acted),
                _row(f"{at} something is sent", found.sent),
                _row(f"{at} it stands there", found.shown),
                _row(f"{at} held down, acted on", found.acted_held),
                _row(f"{at} held down, the last one stands", [found.shown_held]),
                _row(f"{at} the loop's longest stall", [found.late]),
                _row(f"{at} the same while it sorts and filters", [found.late_at_work]),
            ]
    return rows


def _row(what: str, seconds: Sequence[float]) -> str:
    return f"{what + ':':44}{median(seconds) * 1e3:8.1f} ms, longest {max(seconds) * 1e3:8.1f} ms"


if __name__ == "__main__":
    show_figures(figures)
