"""Slow work of a screen: it runs in a thread, and its result or its error comes back on the event loop.

The store's lock and argon2 may take seconds; the panel goes on drawing meanwhile. While one piece of a screen's work
runs, a second one is not started: a key pressed twice creates one connector.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from textual.dom import DOMNode

from store.errors import ProblemItem, Problems, StaleEdit, StoreError

T = TypeVar("T")
GROUP = "work"


def is_there(owner: DOMNode) -> bool:
    """Say whether a screen is not being taken apart, nor gone: its widgets can be asked for.

    Ask after each wait: a person leaves a screen while what it shows is still being read.
    """
    return owner.is_attached and owner.display


def is_busy(owner: DOMNode) -> bool:
    """Say whether a piece of this screen's work still runs."""
    return any(each.group == _group_of(owner) and not each.is_finished for each in owner.workers)


def start(
    owner: DOMNode,
    call: Callable[[], T],
    done: Callable[[T], object],
    *,
    problems: Callable[[tuple[ProblemItem, ...]], None] | None = None,
    refused: Callable[[str], None] | None = None,
    stale: Callable[[StaleEdit], None] | None = None,
) -> None:
    """Run `call` in a thread, then `done` with its result on the event loop.

    Problem items go to `problems`, an edit of what others have changed to `stale`, every other error of the store to
    `refused` as its sentence; without them, and where the owner has been left meanwhile, they are shown as a
    notification. `done` is not called for an owner that was left. Does nothing while the owner is busy.
    """
    if is_busy(owner):
        return

    def tell(sentence: str) -> None:
        owner.app.notify(sentence, severity="error", markup=False, timeout=10)

    async def run() -> None:
        try:
            outcome = await asyncio.to_thread(call)
        except StoreError as error:
            there = is_there(owner)
            if there and problems is not None and isinstance(error, Problems):
                problems(error.items)
            elif there and stale is not None and isinstance(error, StaleEdit):
                stale(error)
            else:
                (refused if there and refused is not None else tell)(str(error))
        else:
            if is_there(owner):
                done(outcome)

    # Not the owner's worker, which ends with it: what came of the work is told all the same.
    owner.app.run_worker(run(), group=_group_of(owner))


def _group_of(owner: DOMNode) -> str:
    return f"{GROUP} {id(owner)}"
