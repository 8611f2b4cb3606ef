"""Where the event loop hands decisions in to the store, and is told what became of them.

What is handed in in one turn of the loop goes to the committer together, and what shares a commit is told in one turn:
the two threads take turns with each other a few times a commit, and not a few times for each decision.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeVar

from store.store import Store, Transaction

About = TypeVar("About")
T = TypeVar("T")


class Ticket(Generic[About]):
    """One decision that was handed in, and what it is about; the committer tells it what became of it."""

    __slots__ = ("_begun", "_told", "about", "failure", "future", "give_up_at", "result")

    def __init__(
        self,
        future: asyncio.Future[Any],
        about: About,
        give_up_at: float,
        told: Callable[[Ticket[About]], None],
    ) -> None:
        self.future = future
        self.about = about
        self.give_up_at = give_up_at
        self.result: Any = None
        self.failure: BaseException | None = None
        self._told = told
        self._begun = False

    def set_running_or_notify_cancel(self) -> bool:
        """Say whether somebody still waits for the decision: it is run then."""
        self._begun = not self.future.done()
        return self._begun

    def running(self) -> bool:
        """Say whether the decision has begun."""
        return self._begun

    def cancelled(self) -> bool:
        """Say whether nobody waits for it any more."""
        return self.future.done()

    def set_result(self, result: Any, /) -> None:
        """Keep what the decision gave until the loop takes it."""
        self.result = result
        self._told(self)

    def set_exception(self, exception: BaseException, /) -> None:
        """Keep what was raised until the loop takes it."""
        self.failure = exception
        self._told(self)


class Desk(Generic[About]):
    """The desk of one event loop. `done` is told, in the loop, of the decisions that are on the disk, before who waits.

    After `wait_seconds` those who wait are told TimeoutError; the decision is not run any more unless it has begun.
    """

    def __init__(
        self,
        store: Store,
        *,
        wait_seconds: float | None = None,
        done: Callable[[Sequence[Ticket[About]]], None] | None = None,
    ) -> None:
        self.wait_seconds = wait_seconds
        self._store = store
        self._done = done
        self._its_loop: asyncio.AbstractEventLoop | None = None
        self._going: list[tuple[Callable[[Transaction], Any], Ticket[About]]] = []
        self._told: deque[Ticket[About]] = deque()
        self._waiting: deque[Ticket[About]] = deque()
        """Those with a time limit, in the order in which it passes."""
        self._timer: asyncio.TimerHandle | None = None

    def hand_in(self, decide: Callable[[Transaction], T], about: About) -> asyncio.Future[T]:
        """Return what has the decision's result once it is on the disk; it raises what `decide` raises, StoreNotUsable.

        One that is cancelled before its decision has begun keeps it from being run.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        give_up_at = 0.0 if self.wait_seconds is None else self._loop.time() + self.wait_seconds
        ticket = Ticket(future, about, give_up_at, self._told.append)
        if not self._going:
            self._loop.call_soon(self._send)
        self._going.append((decide, ticket))
        if self.wait_seconds is not None:
            self._waiting.append(ticket)
            if self._timer is None:
                self._timer = self._loop.call_at(give_up_at, self._give_up)
        return future

    @property
    def _loop(self) -> asyncio.AbstractEventLoop:
        # Not before it is used: a desk may be set up before the loop runs.
        if self._its_loop is None:
            self._its_loop = asyncio.get_running_loop()
        return self._its_loop

    def _send(self) -> None:
        going, self._going = self._going, []
        try:
            self._store.hand_in(going, self._ring)
        except RuntimeError as error:  # the system has no thread for it: those who wait are told, and nothing is run
            for _, ticket in going:
                if not ticket.future.done():
                    ticket.future.set_exception(error)

    def _ring(self) -> None:
        """Have the loop take what was told; called in the committer's thread."""
        with suppress(RuntimeError):  # the loop has ended first: nobody waits any more
            self._loop.call_soon_threadsafe(self._take)

    def _take(self) -> None:
        """Tell those who wait."""
        told: list[Ticket[About]] = []
        with suppress(IndexError):
            while True:
                told.append(self._told.popleft())
        if self._done is not None:
            done = [each for each in told if each.failure is None]
            if done:
                self._done(done)
        for each in told:
            if not each.future.done():
                if each.failure is None:
                    each.future.set_result(each.result)
                else:
                    each.future.set_exception(each.failure)
        self._forget_told()

    def _forget_told(self) -> None:
        waiting = self._waiting
        while waiting and waiting[0].future.done():
            waiting.popleft()

    def _give_up(self) -> None:
        """Tell those whose time is over, and set the timer for the next one."""
        now = self._loop.time()
        self._forget_told()
        while self._waiting and self._waiting[0].give_up_at <= now:
            ticket = self._waiting.popleft()
            if not ticket.future.done():
                ticket.future.set_exception(TimeoutError())
            self._forget_told()
        self._timer = self._loop.call_at(self._waiting[0].give_up_at, self._give_up) if self._waiting else None
