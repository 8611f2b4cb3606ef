"""Sends what is due: looks at the payments that the agenda names, and carries out the next step of each attempt.

It wakes when the store changes, when a step is due, and when a period ends. One request at a time for each attempt; no
lock is held across the network; what one gateway does slows no other (`gateway.lanes`).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import partial

from gateway.agenda import Agenda
from gateway.answer_time import answer_seconds
from gateway.client import GatewayClient
from gateway.dispatch import Arrival, Departure, arrive, depart, give_up
from gateway.health import Pulse
from gateway.lanes import Lanes
from gateway.listener import counted_skew
from gateway.log import EventLog, place_of
from gateway.outcomes import OUTCOME_CODES, Answered, BadReply, NeverLeft, Outcome
from gateway.refusals import Refusals, Unbelieved
from gateway.requests import NotSendable
from gateway.sending import Step, StepKind, is_urgent, last_chance_at, next_step, waits_in_vain
from store.answers import Origin
from store.errors import Refused, StoreNotUsable
from store.judging import next_change_at
from store.payment_commands import apply_time
from store.payments import Attempt, Payment
from store.store import Store

POLL_SECONDS = 0.1
"""How soon a change by another process is seen: a look at the file's state, not a read of it."""
LOOKED_AT_ONCE = 1000
"""Payments that one plan looks at: sending begins before all have been looked at, and memory stays small."""
ENDED_AT_ONCE = 200
"""Payments whose end of time is written in one transaction."""
AFTER_STORE_ERROR_SECONDS = 1.0
AFTER_FAULT_SECONDS = 30.0
"""How long an attempt rests whose sending met a fault of this program."""
FINISH_SECONDS = 10.0
"""How long requests under way may take to end when the engine is told to stop."""


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
    """What is due now, whose time is over, and when to look again if nothing changes.

    `over` are payments of which a deadline or the due date has passed; `day_over` says that due dates have.
    """

    dues: tuple[Due, ...]
    over: tuple[int, ...]
    day_over: bool
    look_again_at: datetime


class Dispatcher:
    """Sends what is due. One request at a time for each attempt; no lock is held across the network."""

    def __init__(
        self,
        store: Store,
        client: GatewayClient,
        log: EventLog,
        *,
        public_url: str,
        own_url: str,
        stop: asyncio.Event,
        pulse: Pulse,
        refusals: Refusals,
    ) -> None:
        self._store = store
        self._client = client
        self._log = log
        self._public_url = public_url
        self._own_url = own_url
        self._stop = stop
        self._agenda = Agenda(store)
        self._lanes = Lanes()
        self._next_day = datetime.min.replace(tzinfo=UTC)
        """When due dates pass next: each at the end of its day, in UTC."""
        self._pulse = pulse
        self._refusals = refusals
        self._spoken_of: defaultdict[int, set[str]] = defaultdict(set)
        """The attempts, by payment, that this engine has sent a request for; others that are `sent` are asked first."""
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._just_ended: deque[Due] = deque()
        """The steps that have been carried out since the last plan."""
        self._ended = 0

    async def run(self, group: asyncio.TaskGroup) -> None:
        """Send until told to stop; then let what is under way end, for `FINISH_SECONDS` at most."""
        while not self._stop.is_set():
            self._pulse.beat()
            try:
                # Looked at before the plan is made: what changes while it is made must wake us, too.
                seen = self._state()
                await self._sleep(await self._turn(group), seen)
            except StoreNotUsable as error:
                self._log.write("store not usable", reason=str(error))
                await _wait(self._stop, AFTER_STORE_ERROR_SECONDS)
        under_way = list(self._under_way.values())
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=FINISH_SECONDS)
            for task in late:
                task.cancel()

    async def _turn(self, group: asyncio.TaskGroup) -> datetime:
        """Start what is due, end what has run out; return when the next thing is."""
        plan = await asyncio.to_thread(self._plan)
        for due in plan.dues:
            task = group.create_task(self._carry_out(due))
            self._under_way[due.attempt_id] = task
            task.add_done_callback(partial(self._note_end, due))
        if plan.over or plan.day_over:
            await asyncio.to_thread(self._end_periods, plan)
        return plan.look_again_at

    def _note_end(self, due: Due, _task: asyncio.Task[None]) -> None:
        self._under_way.pop(due.attempt_id, None)
        self._just_ended.append(due)
        self._ended += 1

    def _state(self) -> tuple[object, int]:
        """Return what tells whether the store has changed or a request has ended."""
        return self._store.signature(), self._ended

    def _plan(self) -> Plan:
        view = self._agenda.follow()
        while self._just_ended:
            ended = self._just_ended.popleft()
            self._lanes.leave(ended.connector_id, ended.attempt_id)
            self._agenda.look_again(ended.payment_id)
        now = self._store.clock()
        for payment_id in self._lanes.released(now):
            self._agenda.look_again(payment_id)
        look = self._agenda.ready(view, now, LOOKED_AT_ONCE)
        for payment_id in look.left:
            self._spoken_of.pop(payment_id, None)
        dues: list[Due] = []
        over: list[int] = []
        for payment in look.payments:
            change_at = next_change_at(payment)
            if change_at is not None and change_at <= now:
                over.append(payment.id)
            else:
                dues += self._due_of(payment, now, change_at)
        moments = [self._agenda.next_moment(), self._lanes.next_try_at(), now if look.more else None]
        look_again_at = min([self._next_day, *(each for each in moments if each is not None)])
        return Plan(tuple(dues), tuple(over), self._next_day <= now, look_again_at)

    def _due_of(self, payment: Payment, now: datetime, change_at: datetime | None) -> list[Due]:
        """Return what of a payment may leave now, and set when it is looked at next."""
        dues: list[Due] = []
        moments = [change_at]
        for attempt, due in self._steps(payment, now):
            if due.step.at > now:
                moments.append(due.step.at)
                continue
            given_up = replace(due, step=Step(StepKind.GIVE_UP, now))
            if self._enters(attempt, due, now):
                dues.append(due)
            elif waits_in_vain(attempt, now) and self._enters(attempt, given_up, now):
                dues.append(given_up)
            else:
                moments.append(last_chance_at(attempt, now))
        self._agenda.set_moment(payment.id, min((each for each in moments if each is not None), default=None))
        return dues

    def _enters(self, attempt: Attempt, due: Due, now: datetime) -> bool:
        """Take a place in the gateway's lane, or wait for one; say whether the step may be carried out now."""
        urgent = is_urgent(attempt, due.step, now)
        return self._lanes.enter(due.connector_id, due.attempt_id, due.payment_id, now, urgent=urgent)

    def _steps(self, payment: Payment, now: datetime) -> list[tuple[Attempt, Due]]:
        """Return the next step of each attempt of a payment that has one and of which no request is under way."""
        steps: list[tuple[Attempt, Due]] = []
        spoken_of = self._spoken_of.get(payment.id, set())
        for attempt in payment.attempts:
            if attempt.id in self._under_way:
                continue
            jitter = jitter_of(attempt)
            step = next_step(
                attempt,
                now,
                in_progress=payment.in_progress == attempt.id,
                ask_first=attempt.id not in spoken_of,
                jitter=jitter,
            )
            if step is not None:
                steps.append((attempt, Due(attempt.id, payment.id, attempt.connector_id, step, jitter)))
        return steps

    def _end_periods(self, plan: Plan) -> None:
        """Write down whose time is over, in parts: no other writer waits long, however many there are."""
        over = list(plan.over)
        if plan.day_over:
            view = self._store.view()
            over = sorted({*over, *(each.id for each in view.due_by(view.now))})
        for start in range(0, len(over), ENDED_AT_ONCE):
            with self._store.transaction() as tx:
                ended, now = apply_time(tx, over[start : start + ENDED_AT_ONCE]), tx.now
            for payment in ended:
                self._tell_end(payment, now)
        if plan.day_over:
            today = datetime.combine(self._store.clock().date(), time(), UTC)
            self._next_day = today + timedelta(days=1)

    def _tell_end(self, payment: Payment, now: datetime) -> None:
        last = payment.history[-1]
        attempt = payment.attempt(last.attempt_id)
        self._log.write(
            "time applied",
            payment=payment.id,
            attempt=attempt.id if attempt else None,
            connector=attempt.connector_id if attempt else None,
            rule=last.rule,
            late_seconds=(now - last.at).total_seconds(),
        )

    async def _carry_out(self, due: Due) -> None:
        """Send one request and keep how it ended; whatever goes wrong with it stays with this attempt."""
        try:
            if not self._stop.is_set():
                await self._send(due)
        except (NotSendable, Refused, StoreNotUsable) as error:
            self._log.write("not sent", reason=str(error), **due.ids)
            await _wait(self._stop, AFTER_STORE_ERROR_SECONDS)
        except Exception as error:  # noqa: BLE001 - outermost: a fault with one attempt must not stop all the others
            self._log.write("fault", kind=type(error).__name__, place=place_of(error), **due.ids)
            await _wait(self._stop, AFTER_FAULT_SECONDS)

    async def _send(self, due: Due) -> None:
        kind = due.step.kind
        if kind is StepKind.GIVE_UP:
            if await asyncio.to_thread(give_up, self._store, due.attempt_id):
                self._log.write("attempt ended", rule="undelivered", **due.ids)
            return
        departure = await asyncio.to_thread(
            depart, self._store, due.attempt_id, kind, public_url=self._public_url, own_url=self._own_url
        )
        if departure is None:
            return
        self._spoken_of[due.payment_id].add(due.attempt_id)
        began = asyncio.get_running_loop().time()
        outcome = await self._sent(due, departure)
        seconds = asyncio.get_running_loop().time() - began
        arrival = await self._kept(due, departure, outcome, self._note_lane(due, outcome))
        self._log.write(
            "request ended",
            outcome=arrival.told,
            ended=OUTCOME_CODES[type(outcome)],
            seconds=round(seconds, 4),
            request=kind.value,
            **due.ids,
        )
        if isinstance(outcome, BadReply):
            self._keep_bad_reply(due, outcome)
        if isinstance(outcome, Answered):
            self._tell_skew(due, outcome)
        if arrival.verdict is not None:
            verdict = arrival.verdict
            self._log.write("answer judged", rule=verdict.rule.name, seconds=answer_seconds(verdict), **due.ids)

    async def _sent(self, due: Due, departure: Departure) -> Outcome:
        """Send a request that is committed to leave; a `pay` only as long as it may."""
        leave_by, addressed = departure.leave_by, departure.addressed
        return await self._client.send(
            addressed.url,
            addressed.request.body(),
            addressed.keys,
            idempotency_key=due.attempt_id if due.step.kind is StepKind.PAY else None,
            leave_within_seconds=None if leave_by is None else (leave_by - self._store.clock()).total_seconds(),
        )

    def _note_lane(self, due: Due, outcome: Outcome) -> datetime | None:
        """Close the gateway's lane if nobody took the connection, else open it; return when it is tried next."""
        if isinstance(outcome, NeverLeft):
            return self._lanes.note_down(due.connector_id, self._store.clock(), due.jitter)
        self._lanes.note_reached(due.connector_id)
        return None

    async def _kept(self, due: Due, departure: Departure, outcome: Outcome, next_try_at: datetime | None) -> Arrival:
        """Store how a request ended; a store that cannot take it now is tried until it can: it may tell of money."""
        keep = partial(arrive, self._store, due.attempt_id, due.step.kind, departure, outcome, next_try_at=next_try_at)
        while True:
            try:
                return await asyncio.to_thread(keep)
            except StoreNotUsable as error:
                self._log.write("outcome not stored", reason=str(error), **due.ids)
                await asyncio.sleep(AFTER_STORE_ERROR_SECONDS)

    def _keep_bad_reply(self, due: Due, outcome: BadReply) -> None:
        """Have a reply that is no answer kept with the messages that were not believed."""
        self._refusals.note(
            due.connector_id,
            Unbelieved(
                at=self._store.clock(), origin=Origin.REPLY, status=None, reason=outcome.reason, raw=outcome.raw
            ),
        )

    def _tell_skew(self, due: Due, outcome: Answered) -> None:
        seconds = counted_skew(outcome.answer, self._store.clock())
        if seconds is not None:
            self._log.write("clock skew", seconds=round(seconds), **due.ids)

    async def _sleep(self, wake_at: datetime, seen: tuple[object, int]) -> None:
        """Sleep until the store changes, a step or period is due, a request has ended, or the engine is to stop."""
        while not self._stop.is_set() and self._state() == seen:
            self._pulse.beat()
            if wake_at <= self._store.clock():
                return
            await _wait(self._stop, POLL_SECONDS)


def jitter_of(attempt: Attempt) -> float:
    """Return what spreads an attempt's pauses, from 0 to 1: always the same, out of its random id."""
    return int(attempt.id[-8:], 16) / 0xFFFFFFFF


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
