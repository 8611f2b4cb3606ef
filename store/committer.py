"""Many writers at once: whoever waits together shares one lock, one append and one sync.

A thread of its own takes everybody who waits, runs their decisions one after another under the lock, each all or
nothing on the ones before, appends once, syncs once, and then tells each.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from store.database import Database
from store.draft import Batch
from store.errors import NotWritten
from store.image import Image
from store.pending import Pending
from store.transaction import Transaction

T = TypeVar("T")

MOST_AT_ONCE = 256
"""Decisions that share one sync at the most, so that the first of them does not wait for ever for the last."""
IDLE_SECONDS = 2.0
"""How long the thread waits for more before it ends; the next decision starts another."""


class Told(Protocol):
    """Who is told what became of a decision, from the committer's thread; `Pending` is one."""

    def set_running_or_notify_cancel(self) -> bool:
        """Say whether the decision is still wanted; from then on it cannot be given up."""

    def running(self) -> bool:
        """Say whether the decision has begun and nothing was told yet."""

    def cancelled(self) -> bool:
        """Say whether it was given up."""

    def set_result(self, result: Any, /) -> None:
        """Tell what the decision gave; what it wrote is on the disk."""

    def set_exception(self, exception: BaseException, /) -> None:
        """Tell what was raised; nothing of the decision is stored."""


Job = tuple[Callable[[Transaction], Any], Told]


class _Outcome(NamedTuple):
    """What one is told: a result or what was raised. It rests on the first `drafts` of what is appended."""

    told: Told
    result: Any
    failure: BaseException | None
    drafts: int

    def tell(self) -> None:
        if self.failure is None:
            self.told.set_result(self.result)
        else:
            self.told.set_exception(self.failure)


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
        self._all_told: dict[Callable[[], None], None] = {}
        self._to_call: tuple[Callable[[], None], ...] = ()
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._running = False
        self._asleep = False

    def submit(self, decide: Callable[[Transaction], T]) -> Pending[T]:
        """Queue a decision; what is returned has the result once it is on the disk, or what was raised.

        One that is cancelled before its decision has begun, the wait for the lock included, keeps it from being run;
        later it cannot be cancelled.
        """
        pending: Pending[T] = Pending()
        self.queue(((decide, pending),))
        return pending

    def queue(self, jobs: Iterable[Job], all_told: Callable[[], None] | None = None) -> None:
        """Queue decisions at once. `all_told` is called, in the committer's thread, whenever some of them were told."""
        with self._lock:
            self._waiting += jobs
            if all_told is not None:
                self._all_told[all_told] = None
            if not self._running:
                threading.Thread(target=self._serve, name="committer", daemon=True).start()
                self._running = True
            elif self._asleep:
                self._changed.notify()

    def _serve(self) -> None:
        try:
            while jobs := self._next_jobs():
                try:
                    self.commit(jobs)
                finally:
                    for all_told in self._to_call:
                        all_told()
        except BaseException:
            # Whatever ends this thread, the next decision must start another one.
            with self._lock:
                self._running = False
            raise

    def _next_jobs(self) -> list[Job]:
        """Wait for decisions; none says that this thread ends."""
        with self._lock:
            if not self._waiting:
                self._asleep = True
                self._changed.wait(IDLE_SECONDS)
                self._asleep = False
            jobs, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            self._to_call = tuple(self._all_told)
            if not self._waiting:
                self._all_told.clear()
            self._running = bool(jobs)
            return jobs

    def commit(self, jobs: Sequence[Job]) -> None:
        """Run decisions and commit what they write; each is told what became of it."""
        outcomes: list[_Outcome] = []
        try:
            with self._database.locked(wait_seconds=self._wait_seconds) as image:
                batch = self._database.batch(image)
                for decide, told in jobs:
                    if not told.set_running_or_notify_cancel():
                        continue  # whoever asked for it has left
                    result, failure = self._decided(decide, batch)
                    outcomes.append(_Outcome(told, result, failure, len(batch.drafts)))
                if batch.drafts:
                    self._database.append(batch)
        except BaseException as error:  # noqa: BLE001 - a thread's outermost handler: who waits must be told
            kept = error.kept if isinstance(error, NotWritten) else 0
            standing = [each for each in outcomes if kept and each.drafts <= kept]
            stand = {each.told for each in standing}
            others = [told for _, told in jobs if told not in stand and _is_wanted(told)]
            outcomes = [*standing, *(_Outcome(each, None, error, 0) for each in others)]
        for each in outcomes:
            each.tell()
        if self._database.checkpoint_is_worth_it():
            self._fold()

    def _decided(self, decide: Callable[[Transaction], Any], batch: Batch) -> tuple[Any, BaseException | None]:
        """Run one decision, and add what it writes to the batch; return its result, or what it raised."""
        try:
            tx = self._transaction_on(batch.image)
            result = decide(tx)
            if tx.has_writes:
                tx.go_into(batch)
        except BaseException as error:  # noqa: BLE001 - it is raised where the caller asks its future
            return None, error
        return result, None


def _is_wanted(told: Told) -> bool:
    """Say whether one must be told: the decision has begun, or it can no longer be given up before it has."""
    return told.running() or (not told.cancelled() and told.set_running_or_notify_cancel())
