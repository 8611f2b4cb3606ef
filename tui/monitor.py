"""What the payments monitor knows, without a screen: which payments there are, their order, and the counts in its head.

It is made from the index, so that no payment need be read for the first frame; then it follows the store's changes and
time, at a cost that follows them. Status, order and counts are always those of `as_of` at the view's time.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from store import answers
from store.accounts import Account, BalanceTransaction
from store.actors import Actor
from store.answers import Answer
from store.connectors import Connector
from store.image import Key as RecordKey
from store.judging import as_of
from store.payments import Payment
from store.resellers import Reseller, level_and_below
from store.store import Store, View
from store.urgency import CHANGES_AT_MOMENT, LATE, Urgency, first_of, is_late, moment_in, urgency_of
from tui.connector_health import ConnectorHealth, HealthBook
from tui.day_book import DayBook
from tui.filters import Field, Filter, parse
from tui.monitor_rows import StoredNames
from tui.payment_glance import SORT_KEYS, STARTED, Glance, fields_of, glance_at
from tui.payment_order import Key, Order
from tui.payment_selection import EVERYTHING, REFILTER, Choice, Lane, Selection, started_nearest
from tui.plain_text import ENDING_SECONDS

ENDING = timedelta(seconds=ENDING_SECONDS)
HEALTH_EVERY = timedelta(seconds=5)
"""How often the connectors are judged anew."""
MOST_UNTOLD = 20_000
"""How many changes are kept for the next frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the monitor shows at a view's time: ids in their order, the counts, and which records have changed since.

    `next_at` is when order or counts change by themselves, `judged_next_at` when connectors are judged anew. `changed`
    tells what was written since revision `since`; None: everything may have. `renewed` are the payments that were read
    for it, by their changes or by time; None: any may be another. `left` are those that may no longer be seen, as they
    have aged out: of `renewed`, or, where any may be another, of those that the one who looks has in mind. `health` is
    of each connector that is not deleted, empty for who may not see connectors and until all payments have been read:
    `is_whole` says so. `nearest` is the payment, of those in `ids`, that was started nearest to the moment `near`, None
    without one.
    """

    view: View
    choice: Choice
    ids: array[int]
    counts: Mapping[Lane, int]
    in_inbox: int
    next_at: datetime
    judged_next_at: datetime | None
    health: Sequence[ConnectorHealth]
    is_whole: bool
    renewed: frozenset[int] | None
    left: frozenset[Hashable]
    since: int
    changed: frozenset[RecordKey] | None
    near: datetime | None
    nearest: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What is counted at a view's time, whichever rows are looked at. `is_whole`: the health of connectors is, too."""

    view: View
    counts: Mapping[Lane, int]
    in_inbox: int
    health: Sequence[ConnectorHealth]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class _Untold:
    """What has changed since the last frame; None: anything may have."""

    since: int
    changed: frozenset[RecordKey] | None = frozenset()
    renewed: frozenset[int] | None = frozenset()

    def and_then(self, changed: frozenset[RecordKey], renewed: frozenset[int]) -> _Untold:
        """Return this with what has changed after it; so much that nobody would go through it becomes anything."""
        if self.changed is None or self.renewed is None or len(self.changed) + len(self.renewed) > MOST_UNTOLD:
            return _Untold(self.since, None, None)
        return _Untold(self.since, self.changed | changed, self.renewed | renewed)


class Monitor:
    """One store's payments as one actor may see them. To be used in workers; safe in several at once."""

    def __init__(self, store: Store, by: Actor, *, judges_connectors: bool = True) -> None:
        self._store = store
        self._by = by
        self._judges = judges_connectors and by.at_root
        self._lock = threading.Lock()
        self._view: View | None = None
        self._untold = _Untold(-1, None, None)

    def look(
        self, choice: Choice = EVERYTHING, *, near: datetime | None = None, in_mind: Iterable[Hashable] = ()
    ) -> Frame:
        """Return what there is now, after following what has changed since the last look. Raises StoreNotUsable.

        `near`: find the payment that was started nearest to this moment, too; the choice is sorted by STARTED then.
        `in_mind`: payments that the caller remembers, to be told which of them have left.
        """
        with self._lock:
            view = self._go_on()
            untold, self._untold = self._untold, _Untold(view.revision)
            ids = self._chosen(choice)
            return Frame(
                view=view,
                choice=choice,
                ids=ids,
                counts=self._counts(),
                in_inbox=len(self._inbox),
                next_at=self._next_at(),
                judged_next_at=view.now + HEALTH_EVERY if self._knows_all and self._judges else None,
                health=self._health(view),
                is_whole=self._knows_all,
                since=untold.since,
                changed=untold.changed,
                renewed=untold.renewed,
                left=frozenset(
                    each for each in (in_mind if untold.renewed is None else untold.renewed) if each not in self._order
                ),
                near=near,
                nearest=None if near is None else self._nearest(choice, ids, near),
            )

    def overview(self) -> Overview:
        """Return what is counted now; the next frame tells what has changed all the same. Raises StoreNotUsable."""
        with self._lock:
            view = self._go_on()
            return Overview(
                view=view,
                counts=self._counts(),
                in_inbox=len(self._inbox),
                health=self._health(view),
                is_whole=self._knows_all or not self._judges,
            )

    def fields(self) -> tuple[Field[Glance], ...]:
        """Return what a filter can ask for; connectors are asked for by who may see them only."""
        return fields_of(self, with_connectors=self._by.at_root)

    def read_filter(self, text: str) -> Filter[Glance]:
        """Read a filter of payments. Raises FilterProblem."""
        return parse(text, self.fields())

    def account(self, identity: int) -> str:
        """Return an account's name."""
        return self._names.account(identity)

    def method(self, identity: int) -> str:
        """Return a payment method's name."""
        return self._names.method(identity)

    def connector(self, identity: int) -> str:
        """Return a connector's name."""
        return self._names.connector(identity)

    def learn(self, most: int) -> bool:
        """Read some payments, at most so many, of those not read yet; say whether all have been read, after a look.

        Sorting and filtering need them all and wait for those that are missing. Raises StoreNotUsable.
        """
        with self._lock:
            return self._view is not None and self._learn(self._view, most)

    # Beginning, and following

    def _go_on(self) -> View:
        """Follow what has changed up to now."""
        view = self._store.view()
        changed = self._changes_up_to(view)
        if changed is None:
            self._begin(view)
            self._untold = _Untold(self._untold.since, None, None)
        else:
            self._untold = self._untold.and_then(changed, self._follow(view, changed))
        return view

    def _begin(self, view: View) -> None:
        self._view = view
        self._levels = level_and_below(view, self._by.reseller_id)
        self._reach = self._accounts_in_reach(view)
        self._names = StoredNames(view, self._by)
        self._glances: dict[int, Glance] = {}
        self._knows_all = False
        self._book = HealthBook()
        self._judged: tuple[datetime, Sequence[ConnectorHealth]] | None = None
        self._selection: Selection | None = None
        column, written = view.sorted_column(Payment, "urgency_late_first")
        seen = self._seen_by_index(view)
        keys, ids = array("q", column.keys), array("q", column.ids)
        if written or seen is not None:
            kept = [
                (key, each)
                for key, each in zip(keys, ids, strict=True)
                if each not in written and (seen is None or each in seen)
            ]
            keys, ids = array("q", [key for key, _ in kept]), array("q", [each for _, each in kept])
        self._order = Order(keys, ids)
        self._late = {each for each in view.ids_that_may_have(Payment, "late", LATE) if each in self._order}
        self._renew(view, written)
        self._renew(view, self._fallen(view))
        self._unread = iter(self._order.ids())
        self._inbox = {each.id for each in answers.in_inbox(view) if self._may_see(view, each.payment_id)}
        self._began_today(view)

    def _began_today(self, view: View) -> None:
        self._midnight = view.now.replace(hour=0, minute=0, second=0, microsecond=0)
        late = view.since(Answer, "late_at", self._midnight)
        returned = view.since(BalanceTransaction, "returned_at", self._midnight)
        self._today = {Lane.LATE_ANSWERS: DayBook(), Lane.RETURNED: DayBook()}
        self._note_today(view, [(Answer.TABLE, each.id) for each in late])
        self._note_today(view, [(BalanceTransaction.TABLE, each.id) for each in returned])

    def _changes_up_to(self, view: View) -> frozenset[RecordKey] | None:
        """Return what was written since the last look; None if all must be read anew."""
        if self._view is None or view.now < self._view.now:
            return None
        changed = self._store.changes_since(self._view.revision)
        if changed is None or (not self._by.at_root and any(table == Reseller.TABLE for table, _ in changed)):
            return None
        return changed

    def _follow(self, view: View, changed: frozenset[RecordKey]) -> frozenset[int]:
        self._view = view
        if self._names.follow(view, changed):
            self._selection = None
        for table, identity in changed:
            if table == Account.TABLE and self._reach is not None:
                account = view.find(Account, identity)
                if account is not None and account.reseller_id in self._levels:
                    self._reach.add(identity)
        renewed = {identity for table, identity in changed if table == Payment.TABLE}
        renewed.update(self._fallen(view))
        self._renew(view, renewed)
        self._note_inbox(view, changed)
        if view.now - self._midnight >= timedelta(days=1):
            self._began_today(view)
        else:
            self._note_today(view, changed)
        if self._selection is not None:
            self._selection.follow(renewed, view.now)
        return frozenset(renewed)

    def _fallen(self, view: View) -> set[int]:
        """Return the payments whose deadline or due date has passed since they were put in their place."""
        place = self._order.place
        return {
            identity
            for kind in CHANGES_AT_MOMENT
            for identity in self._order.ids(place(first_of(kind)), place(first_of(kind, view.now) + 1))
        }

    def _renew(self, view: View, identities: Iterable[int]) -> None:
        """Read payments and put them in their places."""
        places: dict[int, Key | None] = {}
        for identity in identities:
            stored = view.stored(Payment, identity)
            if stored is None or not self._in_reach(stored.account_id):
                places[identity] = None
                self._late.discard(identity)
                self._glances.pop(identity, None)
                self._book.let_go(identity)
                continue
            payment = as_of(stored, view.now)
            places[identity] = urgency_of(payment)
            (self._late.add if is_late(payment) else self._late.discard)(identity)
            self._take_in(payment, view.now)
        self._order.change(places)

    def _take_in(self, payment: Payment, now: datetime) -> None:
        self._glances[payment.id] = glance_at(payment)
        if self._judges:
            self._book.note(payment, now)

    def _learn(self, view: View, most: int) -> bool:
        for _ in range(most):
            identity = next(self._unread, None)
            if identity is None:
                self._knows_all = True
                return True
            if identity not in self._glances and identity in self._order:
                stored = view.stored(Payment, identity)
                if stored is not None:
                    self._take_in(as_of(stored, view.now), view.now)
        return False

    def _note_inbox(self, view: View, changed: Iterable[RecordKey]) -> None:
        for table, identity in changed:
            if table == Answer.TABLE:
                answer = view.find(Answer, identity)
                waits = answer is not None and answer.in_inbox and self._may_see(view, answer.payment_id)
                (self._inbox.add if waits else self._inbox.discard)(identity)

    def _note_today(self, view: View, changed: Iterable[RecordKey]) -> None:
        """Note of which payments an answer came late today, and for which a charge was returned."""
        for table, identity in changed:
            of: int | None = None
            if table == Answer.TABLE:
                lane = Lane.LATE_ANSWERS
                answer = view.find(Answer, identity)
                if answer is not None and answer.came_late and answer.received_at >= self._midnight:
                    of = answer.payment_id or 0
            elif table == BalanceTransaction.TABLE:
                lane = Lane.RETURNED
                line = view.find(BalanceTransaction, identity)
                if line is not None and line.answer_id is not None and line.date >= self._midnight:
                    of = line.payment_id
            else:
                continue
            if of is not None and self._may_see(view, of):
                self._today[lane].note(identity, of)
            else:
                self._today[lane].forget(identity)

    # Who may see what

    def _accounts_in_reach(self, view: View) -> set[int] | None:
        """Return the accounts that the actor may see, None for all."""
        if self._by.at_root:
            return None
        return {each.id for each in view.all(Account) if each.reseller_id in self._levels}

    def _seen_by_index(self, view: View) -> set[int] | None:
        if self._reach is None:
            return None
        return {each for account in self._reach for each in view.ids_that_may_have(Payment, "account_id", account)}

    def _in_reach(self, account_id: int) -> bool:
        return self._reach is None or account_id in self._reach

    def _may_see(self, view: View, payment_id: int | None) -> bool:
        """Say whether the actor may see what was judged for a payment; what was judged for none is the root's."""
        if self._reach is None:
            return True
        payment = view.find(Payment, payment_id) if payment_id else None
        return payment is not None and payment.account_id in self._reach

    # What is shown

    def _counts(self) -> dict[Lane, int]:
        counts = {lane: end - start for lane, (start, end) in self._stretches().items()}
        counts[Lane.LATE] = len(self._late)
        for lane, book in self._today.items():
            counts[lane] = len(book)
        return counts

    def _health(self, view: View) -> Sequence[ConnectorHealth]:
        if not self._knows_all or not self._judges:
            return ()
        if self._judged is None or not timedelta() <= view.now - self._judged[0] < HEALTH_EVERY:
            of = [each.id for each in view.all(Connector) if each.deleted_at is None]
            self._judged = (view.now, self._book.at(view.now, of))
        return self._judged[1]

    def _stretches(self) -> dict[Lane, tuple[int, int]]:
        """Return from where to where in the order the lanes lie that are stretches of it."""
        place = self._order.place
        return {
            Lane.ENDING: (0, place(self._ending_up_to() + 1)),
            Lane.PROCESSING: (0, place(first_of(Urgency.LATE_AND_EXPIRED))),
            Lane.WAITING: (place(first_of(Urgency.LATE)), place(first_of(Urgency.RESTS))),
        }

    def _ending_up_to(self) -> int:
        return first_of(Urgency.ENDS, self._now + ENDING)

    @property
    def _now(self) -> datetime:
        assert self._view is not None  # noqa: S101 - asked after the first look only; tells the type checker so
        return self._view.now

    def _next_at(self) -> datetime:
        """Return the next moment at which order or counts change by themselves."""
        moments = [self._midnight + timedelta(days=1)]
        for kind in CHANGES_AT_MOMENT:
            moments += self._first_moment(kind, first_of(kind))
        moments += [each - ENDING for each in self._first_moment(Urgency.ENDS, self._ending_up_to() + 1)]
        if self._selection is not None and self._selection.follows_time:
            moments.append(self._now + REFILTER)
        return min(moments)

    def _first_moment(self, kind: Urgency, start: int) -> list[datetime]:
        """Return the first moment that payments of a kind wait for, from a number on; none if they wait for none."""
        place = self._order.place(start)
        key = self._order.key_at(place) if place < len(self._order) else first_of(Urgency.RESTS)
        moment = moment_in(key) if key < first_of(Urgency(kind + 1)) else None
        return [] if moment is None else [moment]

    def _lane_ids(self, lane: Lane | None) -> array[int]:
        """Return the ids of a lane, the most urgent first."""
        stretches = self._stretches()
        if lane is None:
            return self._order.ids()
        if lane in stretches:
            return self._order.ids(*stretches[lane])
        found = self._late if lane is Lane.LATE else self._today[lane].payments()
        # One that has aged out is in no order; it stands last.
        return array(
            "q", sorted(found, key=lambda each: (self._order.key_of(each) or first_of(Urgency.RESTS) * 2, each))
        )

    def _chosen(self, choice: Choice) -> array[int]:
        if choice.sort is None and not choice.filter:
            self._selection = None
            ids = self._lane_ids(choice.lane)
        else:
            ids = self._selected(choice)
        return ids[::-1] if choice.reverse else ids

    def _selected(self, choice: Choice) -> array[int]:
        while self._view is not None and not self._learn(self._view, 1_000):
            pass
        selection = self._selection
        if selection is None or not selection.is_of(choice) or selection.is_old(self._now):
            # A lane is a part of everything, and mostly a small one: what fits is kept for everything.
            selection = self._selection = Selection(choice, self._glances, self._key_in(choice), self._now)
        if choice.lane is None:
            return selection.order.ids()
        lane = set(self._lane_ids(choice.lane))
        return array("q", [each for each in selection.order.ids() if each in lane])

    def _nearest(self, choice: Choice, ids: array[int], moment: datetime) -> int | None:
        if choice.sort != STARTED:
            raise ValueError(choice.sort)
        return started_nearest(ids[::-1] if choice.reverse else ids, self._glances, moment)

    def _key_in(self, choice: Choice) -> Callable[[Glance], Key]:
        if choice.sort is None:
            return lambda each: self._order.key_of(each.id)
        key, names = SORT_KEYS[choice.sort], self._names
        return lambda each: key(each, names)
