"""Many writers at once: whoever waits together shares one lock, one append and one sync.

A thread of its own takes everybody who waits, runs their decisions one after another under the lock, each all or
nothing on the ones before, appends once, syncs once, and then tells each.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from store.database import Database, Draft
from store.errors import StoreError
from store.image import Image
from store.transaction import Transaction

T = TypeVar("T")

MOST_AT_ONCE = 256
"""Decisions that share one sync at the most, so that the first of them does not wait for ever for the last."""
IDLE_SECONDS = 2.0
"""How long the thread waits for more before it ends; the next decision starts another."""

_Job = tuple[Callable[[Transaction], Any], "Future[Any]"]


class Committer:
    """Gathers decisions of many callers into few appends."""

    def __init__(self, database: Database, transaction_on: Callable[[Image], Transaction], wait_seconds: float) -> None:
        self._database = database
        self._transaction_on = transaction_on
        self._wait_seconds = wait_seconds
        self._waiting: list[_Job] = []
        self._changed = threading.Condition()
        self._running = False

    def submit(self, decide: Callable[[Transaction], T]) -> Future[T]:
        """Queue a decision; its future has the result once it is on the disk, or what was raised."""
        future: Future[T] = Future()
        with self._changed:
            self._waiting.append((decide, future))
            if self._running:
                self._changed.notify()
            else:
                self._running = True
                threading.Thread(target=self._serve, name="committer", daemon=True).start()
        return future

    def _serve(self) -> None:
        while True:
            with self._changed:
                if not self._waiting and not self._changed.wait(IDLE_SECONDS) and not self._waiting:
                    self._running = False
                    return
                jobs, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            self._commit(jobs)

    def _commit(self, jobs: list[_Job]) -> None:
        told: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            with self._database.locked(wait_seconds=self._wait_seconds) as image:
                drafts: list[Draft] = []
                for decide, future in jobs:
                    tx = self._transaction_on(image)
                    try:
                        result = decide(tx)
                    except BaseException as error:  # noqa: BLE001 - it is raised where the caller asks its future
                        told.append((future, None, error))
                        continue
                    told.append((future, result, None))
                    if tx.has_writes:
                        drafts.append(tx.draft())
                        image = drafts[-1].image  # noqa: PLW2901 - each decision stands on those before it
                if drafts:
                    self._database.append(drafts)
        except StoreError as error:
            told = [(future, None, error) for _, future in jobs]
        for future, result, failure in told:
            if failure is None:
                future.set_result(result)
            else:
                future.set_exception(failure)
