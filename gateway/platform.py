"""The platform side: the programs that sell create payments, start attempts, read and cancel.

Checked in this order: 401, 413, 415, 422, then 404 and 409 by what is stored. Each request that changes something is
one transaction, on the disk before it is answered; 503 says that the store cannot take it now. Never 500 for anything
that is sent.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from aiohttp import web

from gateway.http_port import error_response
from gateway.listener import Refusal, body_of
from gateway.log import EventLog
from gateway.on_disk import on_disk
from gateway.platform_requests import (
    CREATE_PAYMENT,
    IDEMPOTENCY_HEADER,
    START_ATTEMPT,
    Asked,
    BodyField,
    Fields,
    is_id,
    key_problems,
    read_request,
)
from store import payment_commands, tokens
from store.accounts import Account
from store.actors import Actor
from store.errors import NotFound, NotPermitted, ProblemItem, Problems, Refused, StoreNotUsable
from store.idempotency import Result, once
from store.payment_method import PaymentMethod
from store.payments import Payment
from store.shapes import payment_whole
from store.shapes import problems as problems_shape
from store.store import Store, Transaction
from store.tokens import Token

MOST_WAITING = 512
"""Requests that may wait for the store at once; more are told to come again."""
REPLAYED_HEADER = "Idempotency-Replayed"
_BEARER = re.compile(r"bearer +([!-~]+) *", re.IGNORECASE | re.ASCII)
_FIELDS_OF_RECORDS = {Account.WORD: "account_id", PaymentMethod.WORD: "method_id"}
"""Which field of a request names which kind of record."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Change:
    """A request that makes something, once for each key: its name in the log, its fields, and what it does.

    `act` gets the payment's id of the path, 0 where the path has none.
    """

    name: str
    allowed: Mapping[str, BodyField]
    act: Callable[[Transaction, Actor, int, Fields], Payment]


class Answered(Exception):
    """A request ends here, with this response."""

    def __init__(self, response: web.Response) -> None:
        self.response = response
        super().__init__(response.status)


class Platform:
    """The handlers of the platform side. `stop`: the engine is leaving and takes nothing any more."""

    def __init__(self, store: Store, log: EventLog, stop: asyncio.Event) -> None:
        self._store = store
        self._log = log
        self._stop = stop
        self._waiting = 0
        self._noting: set[int] = set()

    async def create_payment(self, request: web.Request) -> web.Response:
        """`POST /payments`: make a payment that is Waiting for payment; 201 and the payment."""
        return await self._answer(self._make(request, Change("create", CREATE_PAYMENT, _create)))

    async def start_attempt(self, request: web.Request) -> web.Response:
        """`POST /payments/{id}/attempts`: start an attempt by a payment method; 201 and the payment, Processing."""
        return await self._answer(self._make(request, Change("start", START_ATTEMPT, _start)))

    async def read_payment(self, request: web.Request) -> web.Response:
        """`GET /payments/{id}`: 200 and the payment as of now."""
        return await self._answer(self._read(request))

    async def cancel_payment(self, request: web.Request) -> web.Response:
        """`POST /payments/{id}/cancel`: cancel a payment that is Waiting for payment; 200 and the payment."""
        return await self._answer(self._cancel(request))

    async def _answer(self, handled: Awaitable[web.Response]) -> web.Response:
        """Return what a request is answered with, whichever way it ends."""
        try:
            return await handled
        except Answered as ended:
            response = ended.response
        except NotFound as error:
            response = refused(404, str(error))
        except NotPermitted as error:
            response = _unauthorized(str(error))
        except Refused as error:
            response = refused(409, error.reason)
        except StoreNotUsable as error:
            self._log.write("platform store not usable", reason=str(error))
            response = refused(503, "The store cannot be used now; send the request again.")
        self._log.write("platform refused", status=response.status)
        return response

    async def _make(self, request: web.Request, change: Change) -> web.Response:
        token, credentials = await self._caller(request)
        raw = await body_of(request)
        if isinstance(raw, Refusal):
            return refused(raw.status, raw.reason)
        asked = read_request(raw, change.allowed)
        key = request.headers.get(IDEMPOTENCY_HEADER)
        problems = (*key_problems(key), *asked.problems)
        if problems or key is None:
            return _unprocessable(problems)
        payment_id = _payment_id(request) if "payment_id" in request.match_info else 0

        def decide(tx: Transaction) -> Result:
            caller = tokens.bearer(tx, credentials)
            what = [change.name, payment_id, dict(asked.fields)]
            return once(
                tx, caller.name, key, what, lambda: (201, _text(change.act(tx, caller.actor, payment_id, asked.fields)))
            )

        try:
            result = await self._submitted(decide)
        except Problems as error:
            return _unprocessable([asked.placed(each) for each in error.items])
        except NotFound as error:
            if error.kind == Payment.WORD:
                raise
            return _unprocessable([_not_there(asked, error)])
        payment_id = payment_id or json.loads(result.body)["id"]
        self._tell(f"platform {change.name}", payment_id, token, result)
        response = _told(result)
        response.headers["Location"] = f"/payments/{payment_id}"
        return response

    async def _read(self, request: web.Request) -> web.Response:
        token, _ = await self._caller(request)
        payment_id = _payment_id(request)
        view = await asyncio.to_thread(self._store.view)
        found = await asyncio.to_thread(payment_commands.get, view, token.actor, payment_id)
        return web.json_response(text=_text(found))

    async def _cancel(self, request: web.Request) -> web.Response:
        token, credentials = await self._caller(request)
        payment_id = _payment_id(request)
        key = request.headers.get(IDEMPOTENCY_HEADER)
        problems = () if key is None else key_problems(key)
        if problems:
            return _unprocessable(problems)

        def decide(tx: Transaction) -> Result:
            caller = tokens.bearer(tx, credentials)

            def act() -> tuple[int, str]:
                return 200, _text(payment_commands.cancel(tx, caller.actor, payment_id))

            return Result(*act()) if key is None else once(tx, caller.name, key, ["cancel", payment_id], act)

        result = await self._submitted(decide)
        self._tell("platform cancel", payment_id, token, result)
        return _told(result)

    async def _caller(self, request: web.Request) -> tuple[Token, str]:
        """Return the token that a request bears, and its text. Raises Answered with 401, NotPermitted."""
        header = request.headers.get("Authorization")
        if header is None:
            raise Answered(_unauthorized("The header Authorization is missing.", given=False))
        match = _BEARER.fullmatch(header)
        if match is None:
            raise Answered(_unauthorized("The header Authorization is not Bearer and a token."))
        token = await asyncio.to_thread(self._known, match[1])
        self._note_use(token)
        return token, match[1]

    def _known(self, credentials: str) -> Token:
        return tokens.bearer(self._store.view(), credentials)

    def _tell(self, event: str, payment_id: int, token: Token, result: Result) -> None:
        self._log.write(event, payment=payment_id, by=token.name, repeated="yes" if result.repeated else None)

    def _note_use(self, token: Token) -> None:
        """Write down, now and then and without waiting for it, that a token was used."""
        if token.id in self._noting or not tokens.use_is_worth_noting(token, self._store.clock()):
            return
        self._noting.add(token.id)
        noted = asyncio.ensure_future(on_disk(self._store, lambda tx: tokens.note_use(tx, token.id)))
        noted.add_done_callback(partial(self._use_noted, token.id))

    def _use_noted(self, token_id: int, noted: asyncio.Future[None]) -> None:
        self._noting.discard(token_id)
        error = None if noted.cancelled() else noted.exception()
        if error is not None:
            self._log.write("use of a token not noted", token=token_id, reason=str(error))

    async def _submitted(self, decide: Callable[[Transaction], T]) -> T:
        """Return what a decision gives once it is on the disk. Raises what it raises; Answered with 503."""
        if self._stop.is_set():
            raise Answered(refused(503, "The engine is stopping; send the request again."))
        if self._waiting >= MOST_WAITING:
            raise Answered(refused(503, "Too many requests are waiting for the store; send the request again."))
        self._waiting += 1
        try:
            return await on_disk(self._store, decide)
        finally:
            self._waiting -= 1


def refused(status: int, reason: str, problems: tuple[ProblemItem, ...] | list[ProblemItem] = ()) -> web.Response:
    """Return the response of a request that is not done: a sentence, and the problem items if there are any."""
    return error_response(status, reason, **(problems_shape(problems) if problems else {}))


def _told(result: Result) -> web.Response:
    """Return the response of a request that was done, now or before under the same key."""
    headers = {REPLAYED_HEADER: "true"} if result.repeated else None
    return web.Response(text=result.body, status=result.status, content_type="application/json", headers=headers)


def _unprocessable(problems: tuple[ProblemItem, ...] | list[ProblemItem]) -> web.Response:
    return refused(422, "The request is malformed; `problems` says what is wrong and what would be right.", problems)


def _unauthorized(reason: str, *, given: bool = True) -> web.Response:
    response = refused(401, reason)
    response.headers["WWW-Authenticate"] = 'Bearer realm="gatewatch"' + (', error="invalid_token"' if given else "")
    return response


def _payment_id(request: web.Request) -> int:
    """Return the payment's id of a path. Raises NotFound for what cannot be one."""
    written = request.match_info["payment_id"]
    if not (written.isascii() and written.isdigit() and len(written) < 16 and is_id(int(written))):
        raise NotFound(Payment.WORD, written[:32])
    return int(written)


def _create(tx: Transaction, by: Actor, _: int, fields: Fields) -> Payment:
    due_date = fields.get("due_date")
    account_id = fields["account_id"]
    assert isinstance(account_id, int)  # noqa: S101 - the field's check has said so
    return payment_commands.create(
        tx,
        by,
        account_id=account_id,
        total=str(fields["total"]),
        due_date="" if due_date is None else str(due_date),
        description=str(fields.get("description", "")),
    )


def _start(tx: Transaction, by: Actor, payment_id: int, fields: Fields) -> Payment:
    method_id = fields["method_id"]
    assert isinstance(method_id, int)  # noqa: S101 - the field's check has said so
    return payment_commands.start_attempt(tx, by, payment_id, method_id)


def _not_there(asked: Asked, error: NotFound) -> ProblemItem:
    """Return the problem item of a field that names a record which is not there."""
    name = _FIELDS_OF_RECORDS.get(error.kind)
    return ProblemItem("Body", str(error)) if name is None else asked.at_field(name, str(error))


def _text(payment: Payment) -> str:
    return json.dumps(payment_whole(payment))
