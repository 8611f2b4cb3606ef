"""Many writers at once: whoever waits together shares one lock, one append and one sync.

A thread of its own takes everybody who waits, runs their decisions one after another under the lock, each all or
nothing on the ones before, appends once, syncs once, and then tells each.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple, TypeVar

from store.database import Database
from store.draft import Draft
from store.errors import NotWritten
from store.image import Image
from store.transaction import Transaction

T = TypeVar("T")

MOST_AT_ONCE = 256
"""Decisions that share one sync at the most, so that the first of them does not wait for ever for the last."""
IDLE_SECONDS = 2.0
"""How long the thread waits for more before it ends; the next decision starts another."""

Job = tuple[Callable[[Transaction], Any], "Future[Any]"]


class _Told(NamedTuple):
    """What a future is told: a result or what was raised. It rests on the first `drafts` of what is appended."""

    future: Future[Any]
    result: Any
    failure: BaseException | None
    drafts: int

    def tell(self) -> None:
        if self.failure is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.failure)


class Committer:
    """Gathers decisions of many callers into few appends; `fold` is called when the journal has grown by them."""

    def __init__(
        self,
        database: Database,
        transaction_on: Callable[[Image], Transaction],
        fold: Callable[[], None],
        wait_seconds: float,
    ) -> None:
        self._database = database
        self._transaction_on = transaction_on
        self._fold = fold
        self._wait_seconds = wait_seconds
        self._waiting: list[Job] = []
        self._changed = threading.Condition()
        self._running = False

    def submit(self, decide: Callable[[Transaction], T]) -> Future[T]:
        """Queue a decision; its future has the result once it is on the disk, or what was raised.

        A future that is cancelled before its decision has begun, the wait for the lock included, keeps it from being
        run; later it cannot be cancelled.
        """
        future: Future[T] = Future()
        with self._changed:
            self._waiting.append((decide, future))
            if self._running:
                self._changed.notify()
            else:
                threading.Thread(target=self._serve, name="committer", daemon=True).start()
                self._running = True
        return future

    def _serve(self) -> None:
        try:
            while jobs := self._next_jobs():
                self.commit(jobs)
        except BaseException:
            # Whatever ends this thread, the next decision must start another one.
            with self._changed:
                self._running = False
            raise

    def _next_jobs(self) -> list[Job]:
        """Wait for decisions; none says that this thread ends."""
        with self._changed:
            if not self._waiting:
                self._changed.wait(IDLE_SECONDS)
            jobs, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            self._running = bool(jobs)
            return jobs

    def commit(self, jobs: Sequence[Job]) -> None:
        """Run decisions and commit what they write; each future is told."""
        told: list[_Told] = []
        try:
            with self._database.locked(wait_seconds=self._wait_seconds) as image:
                drafts: list[Draft] = []
                for decide, future in jobs:
                    if not future.set_running_or_notify_cancel():
                        continue  # whoever asked for it has left
                    result, failure = self._decided(decide, drafts[-1].image if drafts else image, drafts)
                    told.append(_Told(future, result, failure, len(drafts)))
                if drafts:
                    self._database.append(drafts)
        except BaseException as error:  # noqa: BLE001 - a thread's outermost handler: who waits must be told
            kept = error.kept if isinstance(error, NotWritten) else 0
            standing = [each for each in told if kept and each.drafts <= kept]
            stand = {each.future for each in standing}
            others = [future for _, future in jobs if future not in stand and _is_wanted(future)]
            told = [*standing, *(_Told(each, None, error, 0) for each in others)]
        for each in told:
            each.tell()
        if self._database.checkpoint_is_worth_it():
            self._fold()

    def _decided(
        self, decide: Callable[[Transaction], Any], image: Image, drafts: list[Draft]
    ) -> tuple[Any, BaseException | None]:
        """Run one decision, and add what it writes to the drafts; return its result, or what it raised."""
        try:
            tx = self._transaction_on(image)
            result = decide(tx)
            if tx.has_writes:
                drafts.append(tx.draft(safe_n=self._database.safe_n))
        except BaseException as error:  # noqa: BLE001 - it is raised where the caller asks its future
            return None, error
        return result, None


def _is_wanted(future: Future[Any]) -> bool:
    """Say whether a future must be told: its decision has begun, or it can no longer be cancelled before it has."""
    return future.running() or (not future.cancelled() and future.set_running_or_notify_cancel())
