"""Looking for circles among what is not used any more, while nobody types.

Python looks for them now and then by itself, and stands still meanwhile: with a hundred thousand payments in memory for
more than a tenth of a second, most likely just when they are being sorted for somebody.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

LOOK_SECONDS = 5.0
REST = timedelta(seconds=3)
"""For how long no key must have been pressed."""
FEW_OBJECTS, MANY_OBJECTS = 20_000, 300_000
"""How many objects more than before make a look worth while, and how many do not wait for a rest."""


@contextmanager
def looked_for_while_nobody_types(
    absence: Callable[[], timedelta], *, every_seconds: float = LOOK_SECONDS
) -> Iterator[None]:
    """Look for garbage in the body at such moments only; `absence` tells for how long no key was pressed.

    It is called in a thread of its own. What is there at the first look is never looked at again.
    """
    over = threading.Event()

    def look_now_and_then() -> None:
        is_first = True
        while not over.wait(every_seconds):
            more = gc.get_count()[0]
            if more >= MANY_OBJECTS or (more >= FEW_OBJECTS and absence() >= REST):
                gc.collect()
                if is_first:
                    gc.freeze()
                is_first = False

    was_enabled = gc.isenabled()
    gc.disable()
    thread = threading.Thread(target=look_now_and_then, name="garbage", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        gc.unfreeze()
        if was_enabled:
            gc.enable()
