"""Answers in: `POST /connectors/{id}/answers`, checked in the order of design section 4 before anything is believed.

An answer is durable before it is acknowledged. Whatever is sent from outside gets a status code of that section,
never 500.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial

from aiohttp import web

from gateway.answer_time import answer_seconds
from gateway.arrival import SignatureRefused, verified_body
from gateway.client import SIGNATURE_HEADER
from gateway.errors import MalformedBody, MalformedMessage
from gateway.log import EventLog
from gateway.messages import Acknowledgement, GatewayAnswer, parse_answer
from gateway.signing import sign
from gateway.strict_body import MAX_BODY_BYTES
from gateway.timestamps import SKEW_SHOWN_AFTER_SECONDS, skew_seconds, wire_time
from store.answers import AnswerGiven, AnswerResult, Origin, Verdict, receive
from store.connectors import Connector
from store.errors import StoreBusy, StoreNotUsable
from store.old_key_use import KEY_NAMES
from store.store import Store

RETRY_AFTER_SECONDS = 5
LONGEST_LOGGED_ID = 32
"""How much of the connector's id in a refused message's path is logged: it can be anything."""
STORE_WAIT_SECONDS = 3.0
"""How long an answer waits for the store before the gateway is told to send it again."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message is not believed: the HTTP status and a sentence."""

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Believed:
    """A verified answer, the connector that it came through, and the key that it was signed with."""

    connector: Connector
    answer: GatewayAnswer
    key_name: str
    key: str = field(repr=False)


def given_by(connector_id: int, answer: GatewayAnswer, *, origin: Origin, key: str) -> AnswerGiven:
    """Return a verified answer of the wire as the store judges it."""
    return AnswerGiven(
        connector_id=connector_id,
        attempt_id=answer.attempt_id,
        result=AnswerResult(answer.result),
        gateway_reference=answer.gateway_reference,
        amount=Decimal(answer.amount) if answer.amount else None,
        currency=answer.currency,
        message=answer.message,
        answer_id=answer.answer_id,
        timestamp=answer.timestamp,
        origin=origin,
        key=key,
    )


class Listener:
    """The handlers of the port that gateways send their answers to."""

    def __init__(self, store: Store, log: EventLog, *, wait_seconds: float = STORE_WAIT_SECONDS) -> None:
        self._store = store
        self._log = log
        self._wait_seconds = wait_seconds

    def application(self) -> web.Application:
        """Return the application to serve."""
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_post("/connectors/{connector_id}/answers", self.take_answer)
        return app

    async def take_answer(self, request: web.Request) -> web.Response:
        """Take one answer: 200 and a signed acknowledgement, or what is wrong."""
        identity = request.match_info["connector_id"]
        found = await self._believed(request, identity)
        if isinstance(found, Refusal):
            self._log.write(
                "message refused", connector=identity[:LONGEST_LOGGED_ID], status=found.status, reason=found.reason
            )
            return _refused(found)
        connector, answer = found.connector, found.answer
        self._note_skew(connector, answer)
        given = given_by(connector.id, answer, origin=Origin.CALLBACK, key=found.key_name)
        try:
            verdict = await self._stored(given)
        except StoreNotUsable as error:
            self._log.write("answer not stored", connector=connector.id, attempt=answer.attempt_id, reason=str(error))
            return _refused(Refusal(503, "The answer could not be stored; send it again."))
        self._log.write(
            "answer judged",
            connector=connector.id,
            attempt=answer.attempt_id,
            payment=verdict.payment.id if verdict.payment else None,
            rule=verdict.rule.name,
            key=found.key_name,
            seconds=answer_seconds(verdict),
        )
        return self._acknowledged(found, verdict)

    async def _stored(self, given: AnswerGiven) -> Verdict:
        """Store and judge an answer; on return it is on the disk. Answers that wait together share one sync.

        Raises StoreNotUsable. An answer that was given up may be stored all the same if it was its turn just then.
        """
        try:
            async with asyncio.timeout(self._wait_seconds):
                return await asyncio.wrap_future(self._store.submit(partial(receive, given=given)))
        except TimeoutError:
            raise StoreBusy(
                self._store.path, f"took no answer within {self._wait_seconds:g} s; look at who holds its lock."
            ) from None

    async def _believed(self, request: web.Request, identity: str) -> Believed | Refusal:
        """Return the verified answer, or the first thing that is wrong."""
        raw = await body_of(request)
        if isinstance(raw, Refusal):
            return raw
        try:
            connector = await asyncio.to_thread(self._connector, identity)
        except StoreNotUsable as error:
            self._log.write("store not readable", reason=str(error))
            return Refusal(503, "The store cannot be read now; send the answer again.")
        if connector is None:
            return Refusal(404, "There is no such connector.")
        keys = connector.keys_at(self._store.clock())
        try:
            body, place = verified_body(raw, request.headers.get(SIGNATURE_HEADER), keys)
            return Believed(connector, parse_answer(body), KEY_NAMES[place], keys[place])
        except SignatureRefused as error:
            return Refusal(401, str(error))
        except (MalformedBody, MalformedMessage) as error:
            return Refusal(422, str(error))

    def _connector(self, identity: str) -> Connector | None:
        if not (identity.isascii() and identity.isdigit() and len(identity) < 16):
            return None
        return self._store.view().find(Connector, int(identity))

    def _note_skew(self, connector: Connector, answer: GatewayAnswer) -> None:
        seconds = skew_seconds(answer.timestamp, self._store.clock())
        if abs(seconds) > SKEW_SHOWN_AFTER_SECONDS:
            self._log.write("clock skew", connector=connector.id, attempt=answer.attempt_id, seconds=round(seconds))

    def _acknowledged(self, believed: Believed, verdict: Verdict) -> web.Response:
        body = Acknowledgement(
            answer_id=believed.answer.answer_id,
            attempt_id=believed.answer.attempt_id,
            rule=verdict.rule.name,
            status=verdict.payment.status.value if verdict.payment else "",
            timestamp=wire_time(self._store.clock()),
        ).body()
        return web.json_response(body, headers={SIGNATURE_HEADER: sign(body, believed.key)})


async def body_of(request: web.Request) -> bytes | Refusal:
    """Return the bytes of a message, at most as many as a message may have, or why they are not read."""
    too_large = Refusal(413, f"The body is larger than {MAX_BODY_BYTES} bytes.")
    if (request.content_length or 0) > MAX_BODY_BYTES:
        return too_large
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        return Refusal(415, "The body is compressed; send it as it is, without Content-Encoding.")
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge:
        return too_large
    except (web.RequestPayloadError, ConnectionError):
        return Refusal(422, "The body did not arrive whole.")
    if request.content_type != "application/json":
        return Refusal(415, f"The content type is {request.content_type}; send application/json.")
    return raw


def _refused(refusal: Refusal) -> web.Response:
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if refusal.status == 503 else None
    return web.json_response({"error": refusal.reason}, status=refusal.status, headers=headers)
