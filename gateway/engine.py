"""The engine: sends queued attempts, ends periods, and serves the port that answers come to.

It and the panel meet only in the store. It wakes when the store changes, when a step is due, and when a period ends.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from aiohttp import web

from gateway.client import GatewayClient
from gateway.dispatch import arrive, depart, give_up
from gateway.listener import Listener
from gateway.log import EventLog
from gateway.requests import NotSendable
from gateway.sending import Step, StepKind, next_step
from store.engine_presence import held_by_this_engine
from store.errors import Refused, StoreNotUsable
from store.judging import next_change_at
from store.payment_commands import apply_time
from store.payments import Attempt, Payment
from store.states import AWAITED, AttemptState
from store.store import Store

POLL_SECONDS = 0.1
"""How soon a change by another process is seen: a look at the file's state, not a read of it."""
AT_ONCE_PER_CONNECTOR = 16
"""Requests under way to one connector, so that a slow gateway does not slow the others."""
AFTER_STORE_ERROR_SECONDS = 1.0
FINISH_SECONDS = 10.0
"""How long requests under way may take to end when the engine is told to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """Where the engine listens.

    `public_url` is how gateways reach it; empty: only connectors on loopback are served.
    """

    host: str = "127.0.0.1"
    port: int = 8480
    public_url: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """A step of an attempt, and the connector that it goes through."""

    attempt_id: str
    connector_id: int
    step: Step


class Dispatcher:
    """Sends what is due. One request at a time for each attempt; no lock is held across the network."""

    def __init__(
        self, store: Store, client: GatewayClient, log: EventLog, options: EngineOptions, own_url: str
    ) -> None:
        self._store = store
        self._client = client
        self._log = log
        self._options = options
        self._own_url = own_url
        self._started_at = store.clock()
        self._asked: set[str] = set()
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._slots: defaultdict[int, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE_PER_CONNECTOR))
        self._jitter = random.Random()  # noqa: S311 - spreads retries, keeps no secret

    async def run(self, stop: asyncio.Event, group: asyncio.TaskGroup) -> None:
        """Send until told to stop; then let what is under way end, for `FINISH_SECONDS` at most."""
        while not stop.is_set():
            try:
                wake_at = await self._turn(group)
            except StoreNotUsable as error:
                self._log.write("store not usable", reason=str(error))
                await _wait(stop, AFTER_STORE_ERROR_SECONDS)
                continue
            await self._sleep(stop, wake_at)
        under_way = list(self._under_way.values())
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=FINISH_SECONDS)
            for task in late:
                task.cancel()

    async def _turn(self, group: asyncio.TaskGroup) -> datetime | None:
        """End what has run out, start what is due; return when the next thing is."""
        plan, next_at = await asyncio.to_thread(self._plan)
        now = self._store.clock()
        if next_at is not None and next_at <= now:
            await asyncio.to_thread(self._end_periods)
            plan, next_at = await asyncio.to_thread(self._plan)
        moments = [] if next_at is None else [next_at]
        for due in plan:
            if due.step.at > now:
                moments.append(due.step.at)
            elif due.attempt_id not in self._under_way:
                task = group.create_task(self._carry_out(due))
                self._under_way[due.attempt_id] = task
                task.add_done_callback(partial(self._ended, due.attempt_id))
        return min(moments, default=None)

    def _ended(self, attempt_id: str, _task: asyncio.Task[None]) -> None:
        self._under_way.pop(attempt_id, None)

    def _plan(self) -> tuple[list[Due], datetime | None]:
        """Return every attempt's next step, and when a deadline or due date next passes."""
        plan: list[Due] = []
        changes: list[datetime] = []
        for payment in self._store.view().all_stored(Payment):
            change_at = next_change_at(payment)
            if change_at is not None:
                changes.append(change_at)
            for attempt in payment.attempts:
                step = self._next_step(payment, attempt)
                if step is not None:
                    plan.append(Due(attempt.id, attempt.connector_id, step))
        return plan, min(changes, default=None)

    def _next_step(self, payment: Payment, attempt: Attempt) -> Step | None:
        if attempt.state not in AWAITED or attempt.id in self._under_way:
            return None
        ask_first = (
            attempt.state is AttemptState.SENT
            and attempt.id not in self._asked
            and (attempt.sent_at or attempt.started_at) < self._started_at
        )
        in_progress = payment.in_progress == attempt.id
        jitter = self._jitter.random()
        return next_step(attempt, in_progress=in_progress, ask_first=ask_first, jitter=jitter)

    def _end_periods(self) -> None:
        with self._store.transaction() as tx:
            ended = apply_time(tx)
        for payment in ended:
            self._log.write("time applied", payment=payment.id, rule=payment.history[-1].rule)

    async def _carry_out(self, due: Due) -> None:
        async with self._slots[due.connector_id]:
            try:
                await self._send(due)
            except (NotSendable, Refused, StoreNotUsable) as error:
                self._log.write("not sent", attempt=due.attempt_id, connector=due.connector_id, reason=str(error))
                await asyncio.sleep(AFTER_STORE_ERROR_SECONDS)

    async def _send(self, due: Due) -> None:
        kind = due.step.kind
        facts: dict[str, str | int] = {"attempt": due.attempt_id, "connector": due.connector_id, "request": kind.value}
        if kind is StepKind.GIVE_UP:
            if await asyncio.to_thread(give_up, self._store, due.attempt_id):
                self._log.write("attempt ended", rule="undelivered", **facts)
            return
        departure = await asyncio.to_thread(
            depart, self._store, due.attempt_id, kind, public_url=self._options.public_url, own_url=self._own_url
        )
        if departure is None:
            return
        addressed = departure.addressed
        outcome = await self._client.send(
            addressed.url,
            addressed.request.body(),
            addressed.keys,
            idempotency_key=due.attempt_id if kind is StepKind.PAY else None,
        )
        self._asked.add(due.attempt_id)
        told = await asyncio.to_thread(arrive, self._store, due.attempt_id, kind, departure, outcome)
        self._log.write("request ended", outcome=told, **facts)

    async def _sleep(self, stop: asyncio.Event, wake_at: datetime | None) -> None:
        """Sleep until the store changes, a step or period is due, a request has ended, or the engine is to stop."""
        seen = self._store.signature()
        under_way = len(self._under_way)
        while not stop.is_set():
            if wake_at is not None and wake_at <= self._store.clock():
                return
            if self._store.signature() != seen or len(self._under_way) < under_way:
                return
            await _wait(stop, POLL_SECONDS)


async def serve_store(
    store: Store,
    options: EngineOptions,
    log: EventLog,
    stop: asyncio.Event,
    on_listening: Callable[[str], None],
) -> None:
    """Run the engine until `stop` is set: stop accepting, let requests under way end, leave.

    Raises StoreBusy if another engine serves the store, OSError if a port cannot be had.
    """
    with held_by_this_engine(store.folder):
        runner = web.AppRunner(Listener(store, log).application(), access_log=None, shutdown_timeout=FINISH_SECONDS)
        await runner.setup()
        client = GatewayClient()
        try:
            site = web.TCPSite(runner, options.host, options.port)
            await site.start()
            port = runner.addresses[0][1]
            own_url = f"http://{_written(options.host)}:{port}"
            dispatcher = Dispatcher(store, client, log, options, own_url)
            on_listening(options.public_url or own_url)
            async with asyncio.TaskGroup() as group:
                group.create_task(dispatcher.run(stop, group))
                await stop.wait()
                await site.stop()
        finally:
            await runner.cleanup()
            await client.aclose()


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host else host


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
