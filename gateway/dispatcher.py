"""Sends what is due: carries out each step that the planner says, and keeps how it ended.

It wakes when the store changes, when a step is due, and when a period ends. One request at a time for each attempt; no
lock is held across the network; what one gateway does slows no other (`gateway.lanes`). What is written waits for the
store's lock in threads of its own: where another process holds it for long, whoever only reads goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import TypeVar

from gateway.answer_time import answer_seconds
from gateway.client import GatewayClient
from gateway.dispatch import Arrival, Departure, arrive, depart, give_up
from gateway.health import Pulse
from gateway.lanes import Lanes
from gateway.listener import counted_skew
from gateway.log import EventLog, place_of
from gateway.outcomes import OUTCOME_CODES, Answered, BadReply, NeverLeft, Outcome
from gateway.pausing import pause
from gateway.period_ends import PeriodEnds
from gateway.planner import Due, Planner
from gateway.refusals import Refusals, Unbelieved
from gateway.requests import NotSendable
from gateway.sending import StepKind
from store.answers import Origin
from store.errors import Refused, StoreNotUsable
from store.store import Store

POLL_SECONDS = 0.1
"""How soon a change by another process is seen: a look at the file's state, not a read of it."""
AFTER_STORE_ERROR_SECONDS = 1.0
AFTER_FAULT_SECONDS = 30.0
"""How long an attempt rests whose sending met a fault of this program."""
FINISH_SECONDS = 10.0
"""How long requests under way may take to end when the engine is told to stop."""
WRITERS = 6
"""Threads that wait for the store's lock; each writes one request's beginning or end at a time."""

T = TypeVar("T")


class Dispatcher:
    """Sends what is due. One request at a time for each attempt; no lock is held across the network.

    To be closed once its tasks have ended.
    """

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
        self._lanes = Lanes()
        self._planner = Planner(store, self._lanes)
        self._period_ends = PeriodEnds(store, log)
        self._pulse = pulse
        self._refusals = refusals
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._just_ended: list[Due] = []
        """The steps that have been carried out since the last plan."""
        self._ended = 0
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="dispatch")

    def close(self) -> None:
        """Let the threads go that write; what still waits in one ends by itself, and what none has begun is left."""
        self._writers.shutdown(wait=False, cancel_futures=True)

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
                await pause(self._stop, AFTER_STORE_ERROR_SECONDS)
        under_way = list(self._under_way.values())
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=FINISH_SECONDS)
            for task in late:
                task.cancel()

    async def _turn(self, group: asyncio.TaskGroup) -> datetime:
        """Start what is due, end what has run out; return when the next thing is."""
        just_ended, self._just_ended = self._just_ended, []
        plan = await asyncio.to_thread(self._planner.plan, frozenset(self._under_way), just_ended)
        for due in plan.dues:
            task = group.create_task(self._carry_out(due))
            self._under_way[due.attempt_id] = task
            task.add_done_callback(partial(self._note_end, due))
        self._period_ends.note(plan.over)
        if self._period_ends.are_due(self._store.clock()):
            # Not behind requests that end: a customer waits for it. It is one thread at the most that waits here.
            await asyncio.to_thread(self._period_ends.write)
        moments = [self._period_ends.next_write_at, plan.look_again_at]
        return min(each for each in moments if each is not None)

    def _note_end(self, due: Due, _task: asyncio.Task[None]) -> None:
        self._under_way.pop(due.attempt_id, None)
        self._just_ended.append(due)
        self._ended += 1

    def _state(self) -> tuple[object, int]:
        """Return what tells whether the store has changed or a request has ended."""
        return self._store.signature(), self._ended

    async def _carry_out(self, due: Due) -> None:
        """Send one request and keep how it ended; whatever goes wrong with it stays with this attempt."""
        try:
            if not self._stop.is_set():
                await self._send(due)
        except NotSendable as error:
            self._planner.note_unmade(due)
            self._log.write("not sent", reason=str(error), **due.ids)
        except (Refused, StoreNotUsable) as error:
            self._log.write("not sent", reason=str(error), **due.ids)
            await pause(self._stop, AFTER_STORE_ERROR_SECONDS)
        except Exception as error:  # noqa: BLE001 - outermost: a fault with one attempt must not stop all the others
            self._log.write("fault", kind=type(error).__name__, place=place_of(error), **due.ids)
            await pause(self._stop, AFTER_FAULT_SECONDS)

    async def _send(self, due: Due) -> None:
        kind = due.step.kind
        if kind is StepKind.GIVE_UP:
            if await self._written(partial(give_up, self._store, due.attempt_id)):
                self._log.write("attempt ended", rule="undelivered", **due.ids)
            return
        departure = await self._written(
            partial(depart, self._store, due.attempt_id, kind, public_url=self._public_url, own_url=self._own_url)
        )
        if departure is None:
            return
        self._planner.note_request(due)
        began = asyncio.get_running_loop().time()
        sent = await self._sent(due, departure)
        seconds = asyncio.get_running_loop().time() - began
        arrival = await self._kept(due, departure, sent, self._note_lane(due, sent))
        outcome = arrival.outcome
        self._log.write(
            "request ended",
            outcome=arrival.told,
            ended=OUTCOME_CODES[type(outcome)],
            fault=outcome.why.value if isinstance(outcome, BadReply) else None,
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
            self._log.write(
                "answer judged",
                rule=verdict.rule.name,
                key=arrival.key_name,
                seconds=answer_seconds(verdict),
                **due.ids,
            )

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
                return await self._written(keep)
            except StoreNotUsable as error:
                self._log.write("outcome not stored", reason=str(error), **due.ids)
                await asyncio.sleep(AFTER_STORE_ERROR_SECONDS)

    async def _written(self, write: Callable[[], T]) -> T:
        """Return what a function gives that takes the store's lock. Raises what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._writers, write)

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
            await pause(self._stop, POLL_SECONDS)
