"""Answers in: `POST /connectors/{id}/answers`, checked in the order of design section 4 before anything is believed.

An answer is durable before it is acknowledged. Whatever is sent from outside gets a status code of that section,
never 500.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial

from aiohttp import hdrs, web

from gateway.answer_time import answer_seconds
from gateway.arrival import JSON_MEDIA_TYPE, SignatureRefused, media_type, verified_body
from gateway.client import SIGNATURE_HEADER
from gateway.connector_book import ConnectorBook, ConnectorChanged, need_unchanged
from gateway.desk import Desk, Ticket
from gateway.errors import MalformedBody, MalformedMessage
from gateway.http_port import Handler, error_response
from gateway.log import EventLog, Facts, flat_json
from gateway.masking import masked
from gateway.messages import GatewayAnswer, acknowledgement, parse_answer
from gateway.refusals import Refusals, Unbelieved
from gateway.signing import sign
from gateway.strict_body import MAX_BODY_BYTES
from gateway.timestamps import SKEW_SHOWN_AFTER_SECONDS, skew_seconds, wire_time
from store.answers import AnswerGiven, AnswerResult, Origin, Verdict, receive
from store.connectors import Connector
from store.errors import StoreBusy, StoreNotUsable
from store.gateway_watch import note_skew
from store.old_key_use import KEY_NAMES
from store.store import Store, Transaction

LONGEST_LOGGED_ID = 32
"""How much of the connector's id in a refused message's path is logged: it can be anything."""
STORE_WAIT_SECONDS = 3.0
"""How long an answer waits for the store before the gateway is told to send it again."""
MOST_WAITING = 512
"""Answers that may wait for the store at once; more are told to come again."""
_ANSWERS = re.compile(r"/connectors/([0-9]{1,15})/answers")
JSON_TYPE = "application/json; charset=utf-8"
BODY_SECONDS = 10.0
"""How long a body may take to arrive."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message is not believed: the HTTP status and a sentence; `raw` is what was read of it.

    `logged` is the sentence for the log where the other one quotes what came.
    """

    status: int
    reason: str
    raw: bytes = field(default=b"", repr=False)
    logged: str = ""


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

    def __init__(
        self,
        store: Store,
        log: EventLog,
        refusals: Refusals | None = None,
        *,
        wait_seconds: float = STORE_WAIT_SECONDS,
    ) -> None:
        self._store = store
        self._log = log
        self._refusals = refusals or Refusals(store, log)
        self._connectors = ConnectorBook(store)
        self._desk: Desk[Believed] = Desk(store, wait_seconds=wait_seconds, done=self._tell_judged)
        self._waiting = 0

    def application(self) -> web.Application:
        """Return the application to serve."""
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_post("/connectors/{connector_id}/answers", self.take_answer)
        return app

    def direct(self, request: web.Request) -> Handler | None:
        """Return the handler of an answer as gateways send it: to find it by the application's routes costs more."""
        found = _ANSWERS.fullmatch(request.raw_path)
        if found is None or request.method != hdrs.METH_POST or hdrs.EXPECT in request.headers:
            return None
        return partial(self._come, identity=found.group(1))

    async def take_answer(self, request: web.Request) -> web.Response:
        """Take one answer: 200 and a signed acknowledgement, or what is wrong."""
        return await self._come(request, request.match_info["connector_id"])

    async def _come(self, request: web.Request, identity: str) -> web.Response:
        return await self._taken(request, identity, await body_of(request), anew=False)

    async def _taken(self, request: web.Request, identity: str, raw: bytes | Refusal, *, anew: bool) -> web.Response:
        """Take it by what is remembered of its connector; `anew`, by what the store says now."""
        try:
            connector = await self._connectors.find(identity, anew=anew)
        except StoreNotUsable as error:
            self._log.write("store not readable", reason=str(error))
            return error_response(503, "The store cannot be read now; send the answer again.")
        found = raw if isinstance(raw, Refusal) else self._believed(request, connector, raw)
        if isinstance(found, Refusal):
            if anew or isinstance(raw, Refusal):
                return self._refused(request, identity, connector, found)
            return await self._taken(request, identity, raw, anew=True)
        answer = found.answer
        try:
            verdict = await self._stored(found)
        except ConnectorChanged:
            return await self._taken(request, identity, raw, anew=True)
        except StoreNotUsable as error:
            self._log.write(
                "answer not stored", connector=found.connector.id, attempt=answer.attempt_id, reason=str(error)
            )
            return error_response(503, "The answer could not be stored; send it again.")
        return self._acknowledged(found, verdict)

    def _tell_judged(self, judged: Sequence[Ticket[Believed]]) -> None:
        """Log the answers that one commit has stored, before any of them is acknowledged."""
        self._log.write_each("answer judged", [_facts(each.about, each.result) for each in judged])

    async def _stored(self, believed: Believed) -> Verdict:
        """Store and judge an answer; on return it is on the disk. Answers that wait together share one sync.

        Raises StoreNotUsable, ConnectorChanged. An answer that was given up may be stored all the same if it was its
        turn just then.
        """
        if self._waiting >= MOST_WAITING:
            raise StoreBusy(self._store.path, f"is behind: {self._waiting} answers are waiting for it.")
        given = given_by(believed.connector.id, believed.answer, origin=Origin.CALLBACK, key=believed.key_name)
        skew = counted_skew(believed.answer, self._store.clock())
        decide = partial(_judged, believed=believed, given=given, skew_seconds=skew)
        self._waiting += 1
        try:
            verdict = await self._desk.hand_in(decide, believed)
        except TimeoutError:
            raise StoreBusy(
                self._store.path, f"took no answer within {self._desk.wait_seconds:g} s; look at who holds its lock."
            ) from None
        finally:
            self._waiting -= 1
        if skew is not None:
            self._log.write("clock skew", connector=given.connector_id, attempt=given.attempt_id, seconds=round(skew))
        return verdict

    def _believed(self, request: web.Request, connector: Connector | None, raw: bytes) -> Believed | Refusal:
        """Return the verified answer, or the first thing that is wrong."""
        if connector is None:
            return Refusal(404, "There is no such connector.")
        keys = connector.keys_at(self._store.clock())
        try:
            body, place = verified_body(raw, request.headers.get(SIGNATURE_HEADER), keys)
            return Believed(connector, parse_answer(body), KEY_NAMES[place], keys[place])
        except SignatureRefused as error:
            return Refusal(401, str(error), raw)
        except MalformedBody as error:
            return Refusal(422, str(error), raw, error.without_names)
        except MalformedMessage as error:
            return Refusal(422, str(error), raw, error.without_values)

    def _refused(
        self, request: web.Request, identity: str, connector: Connector | None, refusal: Refusal
    ) -> web.Response:
        """Log a message that is not believed, have it kept if it names a connector, and answer it."""
        self._log.write(
            "message refused",
            connector=identity[:LONGEST_LOGGED_ID] if connector is None else connector.id,
            known="no" if connector is None else None,
            status=refusal.status,
            # A name or type that came may be in it, and the log must not hold what may be a secret.
            reason=masked(refusal.logged or refusal.reason, ()),
        )
        if connector is not None:
            message = Unbelieved(
                at=self._store.clock(),
                origin=Origin.CALLBACK,
                status=refusal.status,
                reason=refusal.reason,
                raw=refusal.raw,
                peer=request.remote or "",
            )
            self._refusals.note(connector.id, message)
        return error_response(refusal.status, refusal.reason)

    def _acknowledged(self, believed: Believed, verdict: Verdict) -> web.Response:
        status = verdict.payment.status.value if verdict.payment else ""
        body = acknowledgement(believed.answer, verdict.rule.name, status, wire_time(self._store.clock()))
        headers = {SIGNATURE_HEADER: sign(body, believed.key), hdrs.CONTENT_TYPE: JSON_TYPE}
        return web.Response(body=flat_json(body).encode(), headers=headers)


def _facts(believed: Believed, verdict: Verdict) -> Facts:
    """Return what the log tells of an answer that was judged."""
    return {
        "connector": believed.connector.id,
        "attempt": believed.answer.attempt_id,
        "payment": verdict.payment.id if verdict.payment else None,
        "rule": verdict.rule.name,
        "key": believed.key_name,
        "seconds": answer_seconds(verdict),
    }


def _judged(tx: Transaction, believed: Believed, given: AnswerGiven, skew_seconds: float | None) -> Verdict:
    need_unchanged(tx, believed.connector)
    return receive_at(tx, given, skew_seconds)


def receive_at(tx: Transaction, given: AnswerGiven, skew_seconds: float | None) -> Verdict:
    """Store and judge an answer, and count the skew of its timestamp if it has one."""
    verdict = receive(tx, given)
    if skew_seconds is not None:
        note_skew(tx, given.connector_id, skew_seconds)
    return verdict


def counted_skew(answer: GatewayAnswer, now: datetime) -> float | None:
    """Return the skew of an answer's timestamp in seconds if it is over 5 minutes, else None."""
    seconds = skew_seconds(answer.timestamp, now)
    return seconds if abs(seconds) > SKEW_SHOWN_AFTER_SECONDS else None


async def body_of(request: web.Request) -> bytes | Refusal:
    """Return the bytes of a message, at most as many as a message may have, or why they are not read."""
    too_large = Refusal(413, f"The body is larger than {MAX_BODY_BYTES} bytes.")
    if (request.content_length or 0) > MAX_BODY_BYTES:
        return too_large
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        return Refusal(415, "The body is compressed; send it as it is, without Content-Encoding.")
    try:
        if request.content.is_eof():
            raw = request.content.read_nowait()  # it has come whole, with the header: there is nothing to wait for
            if len(raw) > MAX_BODY_BYTES:
                return too_large
        else:
            async with asyncio.timeout(BODY_SECONDS):
                raw = await request.read()
    except web.HTTPRequestEntityTooLarge:
        return too_large
    except TimeoutError:
        return Refusal(408, f"The body did not arrive within {BODY_SECONDS:g} s; send it again.")
    except (web.RequestPayloadError, ConnectionError):
        return Refusal(422, "The body did not arrive whole.")
    kind = media_type(request.headers.get(hdrs.CONTENT_TYPE))
    if kind != JSON_MEDIA_TYPE:
        return Refusal(415, f"The content type is {kind or 'missing or malformed'}; send application/json.", raw)
    return raw
