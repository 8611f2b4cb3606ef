"""What a panel works on: one store, its time, and the manager who is signed in.

Screens read through `view` and write through `write`, both in a worker and never on the event loop.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from store.actors import Actor
from store.engine_presence import engine_of, engine_since
from store.outside import Clock, system_clock

if TYPE_CHECKING:  # the first frame comes before the store
    from store.managers import Manager
    from store.store import Store, Transaction, View
    from tui.monitor import Monitor

T = TypeVar("T")
Signature = tuple[int, int, int, bytes]


class NotSignedIn(RuntimeError):
    """A screen that needs a manager was opened with none: a mistake of ours, never of the person."""


class Disabled(Exception):
    """The manager who is signed in may not be any more."""


class Session:
    """One panel's use of a store, or of what opens it. `clock` returns aware UTC; it is fixed in tests."""

    def __init__(self, store: Store | Callable[[], Store], clock: Clock = system_clock) -> None:
        self._opened_by = store
        self.is_open = not callable(store)
        self.clock = clock
        self.manager: Manager | None = None
        self.reseller_name = ""
        self._monitor: tuple[Actor, Monitor] | None = None

    @property
    def monitor(self) -> Monitor:
        """What the payments monitor knows; it lives as long as the same person is signed in with the same rights."""
        from tui.monitor import Monitor  # noqa: PLC0415 - as above

        if self._monitor is None or self._monitor[0] != self.by:
            self._monitor = (self.by, Monitor(self.store, self.by))
        return self._monitor[1]

    @cached_property
    def store(self) -> Store:
        """The store; opened, with all of its modules loaded, when it is first asked for. Raises StoreNotUsable."""
        store = self._opened_by() if callable(self._opened_by) else self._opened_by
        self.is_open = True
        return store

    @property
    def actor(self) -> Actor | None:
        """Who acts, None before somebody has signed in."""
        return None if self.manager is None else self.manager.actor

    @property
    def by(self) -> Actor:
        """Who acts, for screens that are only reached signed in. Raises NotSignedIn."""
        if self.manager is None:
            raise NotSignedIn("Nobody is signed in.")
        return self.manager.actor

    def now(self) -> datetime:
        """Return the time that screens show."""
        return self.clock()

    def view(self) -> View:
        """Return the store as it is now. Raises StoreNotUsable."""
        return self.store.view()

    def write(self, decide: Callable[[Transaction], T]) -> T:
        """Run a decision in one transaction and return its result. Raises what it raises, StoreBusy, StoreNotUsable."""
        with self.store.transaction() as tx:
            return decide(tx)

    def preview(self, decide: Callable[[Transaction], T]) -> T:
        """Return what a decision would come to now; nothing is written. Raises what it raises, StoreNotUsable."""
        return self.store.preview(decide)

    def signature(self) -> Signature | None:
        """Return what changes whenever the store's file does, None while there is none. Raises StoreNotUsable."""
        return self.store.signature()

    def engine(self) -> str | None:
        """Return who the store's engine is, None if none runs."""
        return engine_of(self.store.folder)

    def engine_age(self) -> timedelta | None:
        """Return for how long the store's engine has been running, None if none runs."""
        since = engine_since(self.store.folder)
        return None if since is None else self.now() - since

    def needs_first_manager(self) -> bool:
        """Say whether nobody can sign in yet. Raises StoreNotUsable."""
        from store import managers  # noqa: PLC0415 - as above

        return not managers.any_exists(self.view())

    def begin(self, manager: Manager) -> None:
        """Let a manager who has proved who they are act in this panel. Raises NotFound, StoreNotUsable."""
        from store.resellers import Reseller  # noqa: PLC0415 - as above

        self.reseller_name = self.view().get(Reseller, manager.reseller_id).name
        self.manager = manager

    def end(self) -> None:
        """Sign out."""
        self.manager = None
        self.reseller_name = ""
        self._monitor = None

    def follow(self, view: View) -> None:
        """Take over what others have changed of the manager: a permission taken away counts at once.

        Raises Disabled if they may not be signed in any more.
        """
        from store.managers import Manager  # noqa: PLC0415 - as above
        from store.resellers import Reseller  # noqa: PLC0415 - as above

        if self.manager is not None:
            self.manager = view.get(Manager, self.manager.id)
            if not self.manager.enabled:
                raise Disabled("you were disabled by a manager with Full Control")
            self.reseller_name = view.get(Reseller, self.manager.reseller_id).name
