"""The engine: sends queued attempts, ends periods, and serves the port that answers come to.

It and the panel meet only in the store. It wakes when the store changes, when a step is due, and when a period ends.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from ipaddress import ip_address

from aiohttp import web

from gateway.admin import AdminPort
from gateway.ageing import keep_ageing_out
from gateway.agenda import Agenda
from gateway.answer_time import answer_seconds
from gateway.client import GatewayClient
from gateway.dispatch import Arrival, Departure, arrive, depart, give_up
from gateway.health import Pulse
from gateway.listener import Listener
from gateway.log import EachOf, EventLog, http_logger, place_of
from gateway.outcomes import OUTCOME_CODES, Outcome
from gateway.requests import NotSendable
from gateway.sending import Step, StepKind, next_step
from store.archive import ARCHIVE_AFTER_DAYS
from store.engine_presence import held_by_this_engine
from store.errors import Refused, StoreNotUsable
from store.judging import next_change_at
from store.payment_commands import apply_time
from store.payments import Attempt, Payment
from store.store import Store

POLL_SECONDS = 0.1
"""How soon a change by another process is seen: a look at the file's state, not a read of it."""
AT_ONCE_PER_CONNECTOR = 16
"""Requests under way to one connector, so that a slow gateway does not slow the others."""
AFTER_STORE_ERROR_SECONDS = 1.0
AFTER_FAULT_SECONDS = 30.0
"""How long an attempt rests whose sending met a fault of this program."""
FINISH_SECONDS = 10.0
"""How long requests under way may take to end when the engine is told to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """Where the engine listens, and when closed payments go to the archive.

    `public_url` is how gateways reach it; empty: only connectors on loopback are served. The admin port is where the
    platform side, metrics and health are.
    """

    host: str = "127.0.0.1"
    port: int = 8480
    public_url: str = ""
    archive_after_days: float = ARCHIVE_AFTER_DAYS
    admin_host: str = "127.0.0.1"
    admin_port: int = 8481


@dataclass(frozen=True, slots=True)
class Due:
    """A step of an attempt, and the connector that it goes through."""

    attempt_id: str
    connector_id: int
    step: Step


@dataclass(frozen=True, slots=True)
class Plan:
    """What is due now, whether a deadline or due date has passed, and when to look again if nothing changes."""

    dues: tuple[Due, ...]
    something_over: bool
    look_again_at: datetime
    left: set[str]
    """The attempts that nothing is to be done with any more."""


class Dispatcher:
    """Sends what is due. One request at a time for each attempt; no lock is held across the network."""

    def __init__(
        self,
        store: Store,
        client: GatewayClient,
        log: EventLog,
        options: EngineOptions,
        *,
        own_url: str,
        stop: asyncio.Event,
        pulse: Pulse,
    ) -> None:
        self._store = store
        self._client = client
        self._log = log
        self._options = options
        self._own_url = own_url
        self._stop = stop
        self._agenda = Agenda(store)
        self._next_day = datetime.min.replace(tzinfo=UTC)
        """When due dates pass next: each at the end of its day, in UTC."""
        self._pulse = pulse
        self._spoken_of: set[str] = set()
        """The attempts that this engine has sent a request for; others that are `sent` are asked about first."""
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._just_ended: deque[str] = deque()
        """The attempts of which a request has ended since the last plan."""
        self._ended = 0
        self._slots: defaultdict[int, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE_PER_CONNECTOR))

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
        self._spoken_of -= plan.left
        for due in plan.dues:
            task = group.create_task(self._carry_out(due))
            self._under_way[due.attempt_id] = task
            task.add_done_callback(partial(self._note_end, due.attempt_id))
        if plan.something_over:
            await asyncio.to_thread(self._end_periods)
        return plan.look_again_at

    def _note_end(self, attempt_id: str, _task: asyncio.Task[None]) -> None:
        self._under_way.pop(attempt_id, None)
        self._just_ended.append(attempt_id)
        if attempt_id not in self._agenda:
            self._spoken_of.discard(attempt_id)
        self._ended += 1

    def _state(self) -> tuple[object, int]:
        """Return what tells whether the store has changed or a request has ended."""
        return self._store.signature(), self._ended

    def _plan(self) -> Plan:
        left = self._agenda.follow()
        while self._just_ended:
            self._agenda.look_again(self._just_ended.popleft())
        now = self._store.clock()
        dues: list[Due] = []
        something_over = self._next_day <= now
        for payment in self._agenda.ready(now):
            change_at = next_change_at(payment)
            if change_at is not None and change_at <= now:
                something_over = True
                self._agenda.set_moment(payment.id, change_at)
                continue
            steps = self._steps(payment, now)
            dues += [each for each in steps if each.step.at <= now]
            moments = [each.step.at for each in steps if each.step.at > now]
            self._agenda.set_moment(payment.id, min([*moments, *([change_at] if change_at else [])], default=None))
        next_moment = self._agenda.next_moment()
        return Plan(tuple(dues), something_over, min(self._next_day, next_moment or self._next_day), left)

    def _steps(self, payment: Payment, now: datetime) -> list[Due]:
        """Return the next step of each attempt of a payment that has one and of which no request is under way."""
        steps: list[Due] = []
        for attempt in payment.attempts:
            if attempt.id in self._under_way:
                continue
            step = next_step(
                attempt,
                now,
                in_progress=payment.in_progress == attempt.id,
                ask_first=attempt.id not in self._spoken_of,
                jitter=jitter_of(attempt),
            )
            if step is not None:
                steps.append(Due(attempt.id, attempt.connector_id, step))
        return steps

    def _end_periods(self) -> None:
        with self._store.transaction() as tx:
            ended, now = apply_time(tx), tx.now
        today = datetime.combine(now.date(), time(), UTC)
        self._next_day = today + timedelta(days=1)
        for payment in ended:
            last = payment.history[-1]
            late_seconds = (now - last.at).total_seconds()
            self._log.write("time applied", payment=payment.id, rule=last.rule, late_seconds=late_seconds)

    async def _carry_out(self, due: Due) -> None:
        """Send one request and keep how it ended; whatever goes wrong with it stays with this attempt."""
        about: dict[str, str | int] = {"attempt": due.attempt_id, "connector": due.connector_id}
        try:
            async with self._slots[due.connector_id]:
                if not self._stop.is_set():
                    await self._send(due)
        except (NotSendable, Refused, StoreNotUsable) as error:
            self._log.write("not sent", reason=str(error), **about)
            await _wait(self._stop, AFTER_STORE_ERROR_SECONDS)
        except Exception as error:  # noqa: BLE001 - outermost: a fault with one attempt must not stop all the others
            self._log.write("fault", kind=type(error).__name__, place=place_of(error), **about)
            await _wait(self._stop, AFTER_FAULT_SECONDS)

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
        self._spoken_of.add(due.attempt_id)
        addressed = departure.addressed
        began = asyncio.get_running_loop().time()
        outcome = await self._client.send(
            addressed.url,
            addressed.request.body(),
            addressed.keys,
            idempotency_key=due.attempt_id if kind is StepKind.PAY else None,
        )
        seconds = asyncio.get_running_loop().time() - began
        arrival = await self._kept(due, departure, outcome)
        ended = OUTCOME_CODES[type(outcome)]
        self._log.write("request ended", outcome=arrival.told, ended=ended, seconds=round(seconds, 4), **facts)
        if arrival.verdict is not None:
            self._log.write(
                "answer judged",
                connector=due.connector_id,
                attempt=due.attempt_id,
                payment=arrival.verdict.payment.id if arrival.verdict.payment else None,
                rule=arrival.verdict.rule.name,
                seconds=answer_seconds(arrival.verdict),
            )

    async def _kept(self, due: Due, departure: Departure, outcome: Outcome) -> Arrival:
        """Store how a request ended; a store that cannot take it now is tried until it can: it may tell of money."""
        while True:
            try:
                return await asyncio.to_thread(arrive, self._store, due.attempt_id, due.step.kind, departure, outcome)
            except StoreNotUsable as error:
                self._log.write("outcome not stored", attempt=due.attempt_id, reason=str(error))
                await asyncio.sleep(AFTER_STORE_ERROR_SECONDS)

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


async def serve_store(
    store: Store,
    options: EngineOptions,
    log: EventLog,
    stop: asyncio.Event,
    on_listening: Callable[[str], None],
    on_admin_listening: Callable[[str], None] | None = None,
) -> None:
    """Run the engine until `stop` is set: stop accepting, let requests under way end, leave.

    Raises StoreBusy if another engine serves the store, OSError if a port cannot be had, CannotListen for the admin
    port.
    """
    with held_by_this_engine(store.folder):
        pulse = Pulse()
        admin = AdminPort(store, log, stop, pulse)
        log = EachOf(log, admin.metrics)
        runner = web.AppRunner(
            Listener(store, log).application(),
            access_log=None,
            logger=http_logger(log),
            shutdown_timeout=FINISH_SECONDS,
        )
        await runner.setup()
        client = GatewayClient()
        try:
            admin_port = await admin.open(options.admin_host, options.admin_port)
            site = web.TCPSite(runner, options.host, options.port)
            await site.start()
            port = runner.addresses[0][1]
            own_url = f"http://{reached_at(options.host)}:{port}"
            dispatcher = Dispatcher(store, client, log, options, own_url=own_url, stop=stop, pulse=pulse)
            admin.answers_url = options.public_url or own_url
            on_listening(options.public_url or own_url)
            if on_admin_listening is not None:
                on_admin_listening(f"http://{reached_at(options.admin_host)}:{admin_port}")
            async with asyncio.TaskGroup() as group:
                group.create_task(dispatcher.run(group))
                group.create_task(keep_ageing_out(store, timedelta(days=options.archive_after_days), log, stop))
                group.create_task(admin.forget_old_keys())
                await stop.wait()
                await site.stop()
        finally:
            await runner.cleanup()
            await admin.close()
            await client.aclose()


def reached_at(host: str) -> str:
    """Return how this machine writes the host that is listened at in a URL: loopback where that is every address."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "[::1]"
    return f"[{host}]" if address.version == 6 else host


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
