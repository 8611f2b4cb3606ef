"""What may leave now: the payments that the agenda names, the next step of each of their attempts, and the lanes.

It runs in one thread at a time, beside the event loop, and reads the store; nothing is written or sent here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.agenda import Agenda
from gateway.lanes import Lanes
from gateway.sending import Step, StepKind, is_urgent, last_chance_at, next_step, waits_in_vain
from store.judging import next_change_at
from store.payments import Attempt, Payment
from store.store import Store

LOOKED_AT_ONCE = 1000
"""Payments that one plan looks at: sending begins before all have been looked at, and memory stays small."""


@dataclass(frozen=True, slots=True)
class Due:
    """A step of an attempt, the payment that it is of, and the connector that it goes through."""

    attempt_id: str
    payment_id: int
    connector_id: int
    step: Step
    jitter: float

    @property
    def ids(self) -> dict[str, str | int]:
        """What the log says an event is about."""
        return {"payment": self.payment_id, "attempt": self.attempt_id, "connector": self.connector_id}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is due now, the payments whose time is over, and when to look again if nothing changes, None if never."""

    dues: tuple[Due, ...]
    over: tuple[int, ...]
    look_again_at: datetime | None


class Planner:
    """Plans what one engine sends. `lanes` are those that the outcomes of requests are told to."""

    def __init__(self, store: Store, lanes: Lanes) -> None:
        self._store = store
        self._lanes = lanes
        self._agenda = Agenda(store)
        self._spoken_of: defaultdict[int, set[str]] = defaultdict(set)
        """The attempts, by payment, that this engine has sent a request for; others that are `sent` are asked first."""
        self._unmade: defaultdict[int, dict[str, int]] = defaultdict(dict)
        """How many requests in a row could not even be made, by payment and attempt."""

    def note_request(self, due: Due) -> None:
        """Note that a request of an attempt has left this engine."""
        self._spoken_of[due.payment_id].add(due.attempt_id)
        self._unmade.get(due.payment_id, {}).pop(due.attempt_id, None)

    def note_unmade(self, due: Due) -> None:
        """Note that a request of an attempt could not be made."""
        of_payment = self._unmade[due.payment_id]
        of_payment[due.attempt_id] = of_payment.get(due.attempt_id, 0) + 1

    def plan(self, under_way: Collection[str], ended: Iterable[Due]) -> Plan:
        """Return what may leave now.

        `under_way` are the attempts with a request under way, as they were before this is called: what ends meanwhile
        is looked at the next time, with what it has written. `ended` are the steps carried out since the last plan.
        Raises StoreNotUsable.
        """
        for each in ended:
            self._lanes.leave(each.connector_id, each.attempt_id)
            self._agenda.look_again(each.payment_id)
        view = self._agenda.follow()
        now = self._store.clock()
        for payment_id in self._lanes.released(now):
            self._agenda.look_again(payment_id)
        look = self._agenda.ready(view, now, LOOKED_AT_ONCE)
        for payment_id in look.left:
            self._spoken_of.pop(payment_id, None)
            self._unmade.pop(payment_id, None)
        dues: list[Due] = []
        over: list[int] = []
        for payment in look.payments:
            change_at = next_change_at(payment)
            if change_at is not None and change_at <= now:
                over.append(payment.id)
            else:
                dues += self._due_of(payment, now, change_at, under_way)
        moments = [self._agenda.next_moment(), self._lanes.next_try_at(), now if look.more else None]
        return Plan(tuple(dues), tuple(over), min((each for each in moments if each is not None), default=None))

    def _due_of(
        self, payment: Payment, now: datetime, change_at: datetime | None, under_way: Collection[str]
    ) -> list[Due]:
        """Return what of a payment may leave now, and set when it is looked at next."""
        dues: list[Due] = []
        moments = [change_at]
        for attempt, due in self._steps(payment, now, under_way):
            if due.step.at > now:
                moments.append(due.step.at)
                continue
            given_up = replace(due, step=Step(StepKind.GIVE_UP, now))
            is_lost = waits_in_vain(attempt, now, in_progress=payment.in_progress == attempt.id)
            if self._enters(attempt, due, now):
                dues.append(due)
            elif is_lost and self._enters(attempt, given_up, now):
                dues.append(given_up)
            else:
                moments.append(last_chance_at(attempt, now))
        self._agenda.set_moment(payment.id, min((each for each in moments if each is not None), default=None))
        return dues

    def _enters(self, attempt: Attempt, due: Due, now: datetime) -> bool:
        """Take a place in the gateway's lane, or wait for one; say whether the step may be carried out now."""
        urgent = is_urgent(attempt, due.step, now)
        return self._lanes.enter(due.connector_id, due.attempt_id, due.payment_id, now, urgent=urgent)

    def _steps(self, payment: Payment, now: datetime, under_way: Collection[str]) -> list[tuple[Attempt, Due]]:
        """Return the next step of each attempt of a payment that has one and of which no request is under way."""
        steps: list[tuple[Attempt, Due]] = []
        spoken_of = self._spoken_of.get(payment.id, set())
        unmade = self._unmade.get(payment.id, {})
        for attempt in payment.attempts:
            if attempt.id in under_way:
                continue
            jitter = jitter_of(attempt)
            step = next_step(
                attempt,
                now,
                in_progress=payment.in_progress == attempt.id,
                ask_first=attempt.id not in spoken_of,
                jitter=jitter,
                unmade=unmade.get(attempt.id, 0),
            )
            if step is not None:
                steps.append((attempt, Due(attempt.id, payment.id, attempt.connector_id, step, jitter)))
        return steps


def jitter_of(attempt: Attempt) -> float:
    """Return what spreads an attempt's pauses, from 0 to 1: always the same, out of its random id."""
    return int(attempt.id[-8:], 16) / 0xFFFFFFFF
