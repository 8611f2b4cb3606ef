"""`gatewatchd sandbox`: a simulated gateway that speaks the whole wire, for trying things out and for tests.

It verifies our signatures, keeps a ledger in memory, replies signed, and sends answers by itself until they are
acknowledged. How it behaves is `gateway.behaviours`.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import aiohttp
from aiohttp import web

from gateway.addresses import check_connector_url
from gateway.arrival import JSON_MEDIA_TYPE, SignatureRefused, media_type, verified_body
from gateway.behaviours import Behaviour, Manner, Moment, Saying, UnknownBehaviour, chosen_behaviour
from gateway.client import IDEMPOTENCY_HEADER, SIGNATURE_HEADER, Limits, open_session, read_limited, written
from gateway.errors import GatewayError, MalformedBody, MalformedMessage
from gateway.field_rules import STATUS
from gateway.log import EventLog, http_logger
from gateway.messages import (
    Acknowledgement,
    GatewayAnswer,
    PayRequest,
    StatusRequest,
    parse_acknowledgement,
    parse_pay,
    parse_status,
)
from gateway.signing import sign
from gateway.strict_body import MAX_BODY_BYTES, JsonBody
from gateway.timestamps import wire_time
from store.outside import Clock, system_clock

KeyFor = Callable[[str], str | None]
"""Gives the Secret Shared Key for the name in the URL (`/pay/NAME`; empty for `/pay`), None if there is none."""


def one_key(key: str) -> KeyFor:
    """Return the KeyFor of a sandbox with one connector, whose Connector URL is `…/pay`."""
    return {"": key}.get


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """Where the sandbox listens, whose keys it knows, and how fast it is; all times in seconds."""

    key_for: KeyFor
    host: str = "127.0.0.1"
    port: int = 8490
    seed: int = 0
    soon_after_seconds: float = 2.0
    late_after_seconds: float = 90.0
    first_pause_seconds: float = 1.0
    """Before an answer is sent again; each further pause is twice as long, at most `longest_pause_seconds`."""
    longest_pause_seconds: float = 60.0
    deliveries: int = 10
    """How often an answer is sent, until it is acknowledged."""
    clock: Clock = system_clock


ANSWERS_AT_ONCE = 32
"""Answers under way to one engine, of those that are sent by themselves."""
MOST_REMEMBERED = 50_000
"""Attempts in the ledger; beyond them the oldest is forgotten, so that it can take payments for days."""


@dataclass(slots=True)
class Entry:
    """What the ledger knows of one attempt."""

    request: PayRequest
    behaviour: Behaviour
    key: str = field(repr=False)
    last_said: Saying | None = None
    answers: int = 0
    acknowledged: list[Acknowledgement] = field(default_factory=list)


class _Refusal(GatewayError):
    """A request is not taken: the HTTP status and why."""

    def __init__(self, http_status: int, reason: str) -> None:
        self.http_status = http_status
        super().__init__(reason)


class Sandbox:
    """The simulated gateway: handlers, ledger and the answers under way. Lives in one event loop; `close` ends it."""

    def __init__(self, options: SandboxOptions, log: EventLog) -> None:
        self._options = options
        self._log = log
        self._session = open_session(
            Limits(connect_seconds=5, read_seconds=10, total_seconds=15, connections_to_one_host=ANSWERS_AT_ONCE)
        )
        self._ledger: dict[str, Entry] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    def application(self) -> web.Application:
        """Return the application to serve."""
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_post("/pay", self._take)
        app.router.add_post("/pay/{name}", self._take)
        return app

    async def close(self) -> None:
        """Give up the answers under way and close all connections."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._session.close()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        """Take a `pay` or `status` request, in the order in which every message is checked."""
        try:
            key, body = await self._verified(request)
            if body.get("request") == STATUS:
                return await self._status(request, key, parse_status(body))
            return await self._pay(request, key, parse_pay(body))
        except (MalformedBody, MalformedMessage, UnknownBehaviour) as error:
            return self._refused(_Refusal(422, str(error)))
        except SignatureRefused as error:
            return self._refused(_Refusal(401, str(error)))
        except _Refusal as refusal:
            return self._refused(refusal)

    async def _verified(self, request: web.Request) -> tuple[str, JsonBody]:
        try:
            raw = await request.read()
        except web.HTTPRequestEntityTooLarge:
            raise _Refusal(413, f"The body is larger than {MAX_BODY_BYTES} bytes.") from None
        if media_type(request.headers.get("Content-Type")) != JSON_MEDIA_TYPE:
            raise _Refusal(415, "The content type is not application/json.")
        key = self._options.key_for(request.match_info.get("name", ""))
        if key is None:
            raise _Refusal(404, "No connector has this URL.")
        body, _ = verified_body(raw, request.headers.get(SIGNATURE_HEADER), [key])
        return key, body

    def _refused(self, refusal: _Refusal) -> web.Response:
        self._log.write("request refused", status=refusal.http_status, reason=str(refusal))
        return web.json_response({"error": str(refusal)}, status=refusal.http_status)

    async def _pay(self, request: web.Request, key: str, pay: PayRequest) -> web.StreamResponse:
        if request.headers.get(IDEMPOTENCY_HEADER) != pay.attempt_id:
            raise _Refusal(422, f"The header {IDEMPOTENCY_HEADER} is not the attempt's id.")
        entry = self._ledger.get(pay.attempt_id)
        if entry is not None:
            if (entry.request.amount, entry.request.currency) != (pay.amount, pay.currency):
                raise _Refusal(422, "This attempt was asked for before, with another amount.")
            return await self._told(request, entry)
        entry = self._new_entry(key, pay)
        self._log.write("pay", attempt=pay.attempt_id, behaviour=entry.behaviour.name)
        if entry.behaviour.reply is Manner.REFUSE:
            raise _Refusal(400, "The sandbox refuses this payment.")
        self._ledger[pay.attempt_id] = entry
        if len(self._ledger) > MOST_REMEMBERED:
            del self._ledger[next(iter(self._ledger))]
        for moment, saying in entry.behaviour.later:
            self._start(self._say(entry, moment, saying))
        if isinstance(entry.behaviour.reply, Manner):
            return await self._reply_without_answer(request, entry, entry.behaviour.reply)
        return self._reply(entry, entry.behaviour.reply)

    def _new_entry(self, key: str, pay: PayRequest) -> Entry:
        problems = check_connector_url(pay.callback_url)
        if problems:
            raise _Refusal(422, "callback_url: " + " ".join(problems))
        behaviour = chosen_behaviour(pay.settings, pay.amount, pay.attempt_id, self._options.seed)
        entry = Entry(pay, behaviour, key)
        # An id may hold a name of the answer's fields, though not one of the request's: then no answer can be made.
        self._answer(entry, Saying("pending"))
        return entry

    async def _status(self, request: web.Request, key: str, status: StatusRequest) -> web.StreamResponse:
        entry = self._ledger.get(status.attempt_id)
        if entry is None or entry.behaviour.forgets:
            unknown = GatewayAnswer(
                answer_id=f"unknown-{_digest(status.attempt_id)}",
                attempt_id=status.attempt_id,
                result="unknown",
                gateway_reference="",
                amount="",
                currency="",
                message="",
                timestamp=self._now(),
            )
            return _signed(unknown.body(), key)
        return await self._told(request, entry)

    async def _told(self, request: web.Request, entry: Entry) -> web.StreamResponse:
        """Reply to a repeated `pay`, or to `status`: what was said last, else the first that fits."""
        behaviour = entry.behaviour
        if entry.last_said is not None:
            return self._reply(entry, entry.last_said)
        if behaviour.reply_when_repeated is not None:
            return self._reply(entry, behaviour.reply_when_repeated)
        if behaviour.later:
            return self._reply(entry, Saying("pending"))
        if isinstance(behaviour.reply, Manner):
            return await self._reply_without_answer(request, entry, behaviour.reply)
        return self._reply(entry, behaviour.reply)

    def _reply(self, entry: Entry, saying: Saying) -> web.Response:
        if saying.result != "pending":
            entry.last_said = saying
        return _signed(self._answer(entry, saying).body(), _key_for(entry, saying))

    async def _reply_without_answer(self, request: web.Request, entry: Entry, manner: Manner) -> web.StreamResponse:
        match manner:
            case Manner.ACCEPT:
                return web.Response(status=202)
            case Manner.MALFORMED:
                body = self._answer(entry, Saying("success")).body()
                return _signed({name: value for name, value in body.items() if name != "timestamp"}, entry.key)
            case Manner.BUSY:
                return web.Response(status=429, headers={"Retry-After": "1"})
            case Manner.REDIRECT:
                return web.Response(status=307, headers={"Location": str(request.url)})
            case Manner.HANG:
                await asyncio.sleep(self._options.late_after_seconds)
            case Manner.CUT if request.transport is not None:
                request.transport.abort()
        return web.Response(status=503)

    def _answer(self, entry: Entry, saying: Saying) -> GatewayAnswer:
        """Return a new answer about the entry's attempt, or about one that nobody made."""
        entry.answers += 1
        pay = entry.request
        mark = _digest(pay.attempt_id)
        success = saying.result == "success"
        reference = f"sbx-{'reused' if saying.reference_of_others else mark}-{saying.reference}"
        taken = f"{Decimal(pay.amount) + saying.extra_amount:f}"
        return GatewayAnswer(
            answer_id=f"ans-{mark}-{entry.answers}",
            attempt_id=hashlib.sha256(mark.encode()).hexdigest()[:32] if saying.of_another_attempt else pay.attempt_id,
            result=saying.result,
            gateway_reference=reference if success else "",
            amount=taken if success else "",
            currency=pay.currency if success else "",
            message=saying.message,
            timestamp=self._now(saying.seconds_behind),
        )

    async def _say(self, entry: Entry, moment: Moment, saying: Saying) -> None:
        """Wait for the moment, then send an answer until it is acknowledged or given up."""
        options = self._options
        late = moment is Moment.LATE
        await asyncio.sleep(options.late_after_seconds if late else options.soon_after_seconds)
        if not saying.of_another_attempt:
            entry.last_said = saying
        answer = self._answer(entry, saying)
        pause = options.first_pause_seconds
        for delivery in range(options.deliveries):
            if delivery:
                await asyncio.sleep(pause)
                pause = min(2 * pause, options.longest_pause_seconds)
            problem = await self._deliver(entry, answer, _key_for(entry, saying))
            if problem is None:
                return
            self._log.write("answer not acknowledged", attempt=answer.attempt_id, reason=problem)
        self._log.write("answer given up", attempt=answer.attempt_id, answer=answer.answer_id)

    async def _deliver(self, entry: Entry, answer: GatewayAnswer, key: str) -> str | None:
        """Send an answer once; return why it is not acknowledged, or None and keep the acknowledgement."""
        body = answer.body()
        headers = {SIGNATURE_HEADER: sign(body, key)}
        url = entry.request.callback_url
        try:
            async with self._session.post(url, data=written(body), headers=headers, allow_redirects=False) as response:
                raw = await read_limited(response)
                if response.status != 200:
                    return f"The status is {response.status}."
                signature = response.headers.get(SIGNATURE_HEADER)
        except (aiohttp.ClientError, OSError) as error:
            return str(error) or type(error).__name__
        try:
            acknowledgement = parse_acknowledgement(verified_body(raw, signature, [entry.key])[0])
        except (MalformedBody, MalformedMessage, SignatureRefused) as error:
            return str(error)
        if (acknowledgement.answer_id, acknowledgement.attempt_id) != (answer.answer_id, answer.attempt_id):
            return "The acknowledgement is of another answer."
        entry.acknowledged.append(acknowledgement)
        self._log.write("answer acknowledged", attempt=answer.attempt_id, rule=acknowledgement.rule)
        return None

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def _now(self, seconds_behind: int = 0) -> str:
        return wire_time(self._options.clock() - timedelta(seconds=seconds_behind))


def _signed(body: JsonBody, key: str) -> web.Response:
    return web.json_response(body, headers={SIGNATURE_HEADER: sign(body, key)})


def _key_for(entry: Entry, saying: Saying) -> str:
    return f"not {entry.key}" if saying.signed_wrongly else entry.key


def _digest(attempt_id: str) -> str:
    """Return 16 hex digits that stand for an attempt in the sandbox's own ids."""
    return hashlib.sha256(attempt_id.encode()).hexdigest()[:16]


async def run_sandbox(options: SandboxOptions, on_listening: Callable[[str], None], log: EventLog) -> None:
    """Serve the sandbox until cancelled; `on_listening` gets the Connector URL (`http://127.0.0.1:8490/pay`) once.

    Raises OSError if the port cannot be had. On cancel the answers under way are given up.
    """
    sandbox = Sandbox(options, log)
    runner = web.AppRunner(sandbox.application(), access_log=None, logger=http_logger(log), shutdown_timeout=1.0)
    try:
        await runner.setup()
        await web.TCPSite(runner, options.host, options.port).start()
        host = f"[{options.host}]" if ":" in options.host else options.host
        on_listening(f"http://{host}:{runner.addresses[0][1]}/pay")
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
        await sandbox.close()
