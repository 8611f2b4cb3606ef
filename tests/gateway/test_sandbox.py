"""The simulated gateway over real HTTP: asked by our client, answering to a receiver that checks what it gets."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.arrival import verified_body
from gateway.client import GatewayClient, written
from gateway.messages import Acknowledgement, GatewayAnswer, PayRequest, StatusRequest, parse_answer
from gateway.outcomes import Accepted, Answered, BadReply, NoAnswer, Outcome, RefusedByGateway, ReplyFault, Unanswered
from gateway.sandbox import SandboxOptions, one_key, run_sandbox
from gateway.signing import sign, verify
from gateway.timestamps import skew_seconds
from store.outside import system_clock
from tests.gateway.events import PATIENCE_SECONDS, Events

KEY = "5f2c9a7be1d04438a6f3c05d9b8e7712"
ATTEMPT = "0b5c1f2e3d4a59687786a5b4c3d2e1f0"
TIME = "2026-01-31T12:00:00.000Z"


@dataclass
class Receiver:
    """Takes answers as the engine does: verifies, keeps and acknowledges them; first `faults` are used up."""

    url: str = ""
    faults: list[str] = field(default_factory=list)
    answers: "asyncio.Queue[GatewayAnswer]" = field(default_factory=asyncio.Queue)

    async def take(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        answer = parse_answer(verified_body(raw, request.headers.get("X-Signature"), [KEY])[0])
        await self.answers.put(answer)
        body = Acknowledgement(
            answer_id=answer.answer_id,
            attempt_id=answer.attempt_id,
            rule="answered-success",
            status="completed",
            timestamp=TIME,
        ).body()
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "503":
            return web.Response(status=503)
        if fault == "cut" and request.transport is not None:
            request.transport.abort()
        if fault == "other answer":
            body = {**body, "answer_id": "another"}
        if fault == "no body":
            return web.Response()
        return web.json_response(body, headers={"X-Signature": sign(body, "wrong" if fault == "unsigned" else KEY)})

    async def next(self) -> GatewayAnswer:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.answers.get()


@asynccontextmanager
async def receiver(*faults: str) -> AsyncIterator[Receiver]:
    received = Receiver(faults=list(faults))
    app = web.Application()
    app.router.add_post("/connectors/3/answers", received.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    received.url = f"http://127.0.0.1:{runner.addresses[0][1]}/connectors/3/answers"
    try:
        yield received
    finally:
        await runner.cleanup()


OPTIONS = SandboxOptions(
    key_for=one_key(KEY),
    port=0,
    soon_after_seconds=0.01,
    late_after_seconds=0.02,
    first_pause_seconds=0.01,
    longest_pause_seconds=0.02,
    deliveries=6,
)


@asynccontextmanager
async def sandbox(options: SandboxOptions = OPTIONS) -> AsyncIterator[tuple[str, Events]]:
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    log = Events()
    task = asyncio.create_task(run_sandbox(options, listening.set_result, log))
    try:
        yield await listening, log
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def pay(callback_url: str, amount: str = "129.00", behaviour: str = "", attempt_id: str = ATTEMPT) -> PayRequest:
    return PayRequest(
        attempt_id=attempt_id,
        payment_id="42",
        payment_number="P-000042",
        account_id="7",
        amount=amount,
        currency="EUR",
        callback_url=callback_url,
        timestamp=TIME,
        settings={"sandbox_behaviour": behaviour},
    )


STATUS = StatusRequest(attempt_id=ATTEMPT, gateway_reference="", timestamp=TIME, settings={})
QUIET = "http://127.0.0.1:9/connectors/3/answers"


async def ask(url: str, request: PayRequest | StatusRequest, key: str = KEY) -> Outcome:
    idempotency_key = request.attempt_id if isinstance(request, PayRequest) else None
    async with GatewayClient() as client:
        return await client.send(url, request.body(), [key], idempotency_key=idempotency_key)


def answer_in(outcome: Outcome) -> GatewayAnswer:
    assert isinstance(outcome, Answered), outcome
    return outcome.answer


async def test_success_is_in_the_reply_with_amount_and_reference() -> None:
    async with sandbox() as (url, _):
        answer = answer_in(await ask(url, pay(QUIET, "129.00")))
        assert (answer.result, answer.amount, answer.currency) == ("success", "129.00", "EUR")
        assert answer_in(await ask(url, STATUS)).gateway_reference == answer.gateway_reference


async def test_a_decline_has_a_message() -> None:
    async with sandbox() as (url, _):
        answer = answer_in(await ask(url, pay(QUIET, "129.01")))
        assert (answer.result, answer.message) == ("failure", "The card was declined: insufficient funds.")


@pytest.mark.parametrize(
    ("behaviour", "result"),
    [
        ("success-later", "success"),
        ("decline-later", "failure"),
        ("late-success", "success"),
        ("late-decline", "failure"),
    ],
)
async def test_an_answer_comes_later_by_itself(behaviour: str, result: str) -> None:
    async with receiver() as received, sandbox() as (url, log):
        assert await ask(url, pay(received.url, behaviour=behaviour)) == Accepted(202)
        assert (await received.next()).result == result
        assert (await log.until("answer acknowledged"))[0]["rule"] == "answered-success"
        assert answer_in(await ask(url, STATUS)).result == result


async def test_late_comes_after_soon_and_is_pending_until_then() -> None:
    options = replace(OPTIONS, late_after_seconds=3600)
    async with sandbox(options) as (url, _):
        assert await ask(url, pay(QUIET, behaviour="late-success")) == Accepted(202)
        assert answer_in(await ask(url, STATUS)).result == "pending"
        assert answer_in(await ask(url, pay(QUIET, behaviour="late-success"))).result == "pending"


async def test_pending_is_followed_by_success() -> None:
    async with receiver() as received, sandbox() as (url, _):
        assert answer_in(await ask(url, pay(received.url, behaviour="pending"))).result == "pending"
        assert (await received.next()).result == "success"


async def test_silent_says_nothing_even_when_asked() -> None:
    async with sandbox() as (url, _):
        assert await ask(url, pay(QUIET, behaviour="silent")) == Accepted(202)
        assert await ask(url, STATUS) == Accepted(202)


async def test_twice_is_the_same_answer_under_another_answer_id() -> None:
    async with receiver() as received, sandbox() as (url, _):
        first = answer_in(await ask(url, pay(received.url, behaviour="twice")))
        second = await received.next()
        assert second.answer_id != first.answer_id
        assert replace(second, answer_id=first.answer_id, timestamp=first.timestamp) == first


async def test_a_second_charge_has_another_reference() -> None:
    async with receiver() as received, sandbox() as (url, _):
        first = answer_in(await ask(url, pay(received.url, behaviour="second-charge")))
        second = await received.next()
        assert (first.result, second.result) == ("success", "success")
        assert first.gateway_reference != second.gateway_reference


async def test_a_contradiction_is_success_then_failure() -> None:
    async with receiver() as received, sandbox() as (url, _):
        first = answer_in(await ask(url, pay(received.url, behaviour="contradiction")))
        second = await received.next()
        assert (first.result, second.result) == ("success", "failure")


async def test_unmatched_answers_for_an_attempt_that_nobody_made() -> None:
    async with receiver() as received, sandbox() as (url, _):
        assert await ask(url, pay(received.url, behaviour="unmatched")) == Accepted(202)
        answer = await received.next()
        assert answer.result == "success"
        assert answer.attempt_id != ATTEMPT
        assert answer_in(await ask(url, STATUS)).result == "pending"


async def test_a_wrong_amount_is_one_more() -> None:
    async with sandbox() as (url, _):
        assert answer_in(await ask(url, pay(QUIET, "129.50", "wrong-amount"))).amount == "130.50"


async def test_a_bad_signature_is_bad_for_status_too() -> None:
    async with sandbox() as (url, _):
        for request in (pay(QUIET, behaviour="bad-signature"), STATUS):
            outcome = await ask(url, request)
            assert isinstance(outcome, BadReply)
            assert outcome.why is ReplyFault.SIGNATURE


async def test_a_success_may_come_after_a_decline() -> None:
    async with receiver() as received, sandbox() as (url, _):
        assert answer_in(await ask(url, pay(received.url, behaviour="success-after-decline"))).result == "failure"
        assert (await received.next()).result == "success"


@pytest.mark.parametrize(
    ("behaviour", "fault"), [("wrong-attempt", ReplyFault.ATTEMPT_ID), ("malformed", ReplyFault.FORM)]
)
async def test_a_reply_may_be_no_answer_and_stays_none(behaviour: str, fault: ReplyFault) -> None:
    async with sandbox() as (url, _):
        for request in (pay(QUIET, behaviour=behaviour), STATUS):
            outcome = await ask(url, request)
            assert isinstance(outcome, BadReply)
            assert outcome.why is fault


async def test_a_malformed_reply_is_signed_all_the_same() -> None:
    """Else the signature would be refused, and nobody would see that a field is missing."""
    async with sandbox() as (url, _):
        outcome = await ask(url, pay(QUIET, behaviour="malformed"))
        assert isinstance(outcome, BadReply)
        assert outcome.reason == "The answer is malformed in timestamp."


async def test_an_answer_that_is_sent_later_may_be_wrongly_signed_each_time() -> None:
    seen: list[bool] = []

    async def refuse(request: web.Request) -> web.Response:
        seen.append(verify(json.loads(await request.read()), KEY, request.headers["X-Signature"]))
        return web.Response(status=401)

    app = web.Application()
    app.router.add_post("/connectors/3/answers", refuse)
    async with TestServer(app) as server, sandbox(replace(OPTIONS, deliveries=2)) as (url, log):
        await ask(url, pay(str(server.make_url("/connectors/3/answers")), behaviour="bad-signature-later"))
        await log.until("answer given up")
    assert seen == [False, False]


async def test_a_redirect_is_one_whatever_is_asked() -> None:
    async with sandbox() as (url, _):
        for request in (pay(QUIET, behaviour="redirect"), STATUS):
            outcome = await ask(url, request)
            assert isinstance(outcome, NoAnswer)
            assert (outcome.why, outcome.http_status) == (Unanswered.REDIRECT, 307)


@pytest.mark.parametrize(
    ("behaviour", "why"), [("busy-once", Unanswered.NOT_NOW), ("hang-once", Unanswered.SERVER_ERROR)]
)
async def test_once_busy_or_hanging_it_succeeds_when_asked_again(behaviour: str, why: Unanswered) -> None:
    async with sandbox() as (url, _):
        outcome = await ask(url, pay(QUIET, behaviour=behaviour))
        assert isinstance(outcome, NoAnswer)
        assert outcome.why is why
        assert answer_in(await ask(url, pay(QUIET, behaviour=behaviour))).result == "success"


async def test_a_forgetful_gateway_says_unknown_and_yet_takes_the_money() -> None:
    async with receiver() as received, sandbox() as (url, _):
        assert await ask(url, pay(received.url, behaviour="forgetful")) == Accepted(202)
        assert answer_in(await ask(url, STATUS)).result == "unknown"
        assert (await received.next()).result == "success"


async def test_one_reference_may_be_given_to_all_attempts() -> None:
    async with sandbox() as (url, _):
        ids = (ATTEMPT, ATTEMPT[::-1])
        told = [answer_in(await ask(url, pay(QUIET, behaviour="reused-reference", attempt_id=each))) for each in ids]
        assert told[0].gateway_reference == told[1].gateway_reference


async def test_a_clock_may_be_ten_minutes_behind() -> None:
    async with sandbox() as (url, _):
        answer = answer_in(await ask(url, pay(QUIET, behaviour="wrong-clock")))
        assert 600 <= skew_seconds(answer.timestamp, system_clock()) < 900


async def test_refuse_keeps_nothing() -> None:
    async with sandbox() as (url, _):
        assert await ask(url, pay(QUIET, behaviour="refuse")) == RefusedByGateway(400)
        assert answer_in(await ask(url, STATUS)).result == "unknown"


@pytest.mark.parametrize(("behaviour", "why"), [("down", Unanswered.SERVER_ERROR), ("cut", Unanswered.CUT)])
async def test_down_and_cut_stay_so(behaviour: str, why: Unanswered) -> None:
    async with sandbox() as (url, _):
        for request in (pay(QUIET, behaviour=behaviour), pay(QUIET, behaviour=behaviour), STATUS):
            outcome = await ask(url, request)
            assert isinstance(outcome, NoAnswer)
            assert outcome.why is why


async def test_cut_once_succeeds_when_asked_again() -> None:
    async with sandbox() as (url, _):
        assert isinstance(await ask(url, pay(QUIET, behaviour="cut-once")), NoAnswer)
        assert answer_in(await ask(url, pay(QUIET, behaviour="cut-once"))).result == "success"


async def test_a_repeated_pay_is_not_another_payment() -> None:
    async with receiver() as received, sandbox() as (url, log):
        first = answer_in(await ask(url, pay(received.url, behaviour="second-charge")))
        again = answer_in(await ask(url, pay(received.url, behaviour="second-charge")))
        assert again.gateway_reference.rpartition("-")[0] == first.gateway_reference.rpartition("-")[0]
        await log.until("answer acknowledged")
        assert len(await log.until("pay")) == 1


async def test_a_repeated_pay_with_another_amount_is_refused() -> None:
    async with sandbox() as (url, _):
        await ask(url, pay(QUIET, "129.00"))
        assert await ask(url, pay(QUIET, "1290.00")) == RefusedByGateway(422)


async def test_of_very_many_attempts_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.sandbox.MOST_REMEMBERED", 2)
    attempts = [f"{each:032x}" for each in range(3)]
    async with sandbox() as (url, _):
        for each in attempts:
            await ask(url, pay(QUIET, attempt_id=each))
        told = [answer_in(await ask(url, replace(STATUS, attempt_id=each))).result for each in attempts]
    assert told == ["unknown", "success", "success"]


async def test_an_attempt_never_seen_is_unknown() -> None:
    async with sandbox() as (url, _):
        assert answer_in(await ask(url, STATUS)).result == "unknown"


@pytest.mark.parametrize("fault", ["503", "cut", "unsigned", "other answer", "no body"])
async def test_an_answer_is_sent_again_until_it_is_acknowledged(fault: str) -> None:
    async with receiver(fault, fault) as received, sandbox() as (url, log):
        await ask(url, pay(received.url, behaviour="success-later"))
        await log.until("answer acknowledged")
        sent = [await received.next() for _ in range(3)]
        assert sent[0] == sent[1] == sent[2]
        assert len(await log.until("answer not acknowledged", 2)) == 2


async def test_an_answer_that_nobody_takes_is_given_up() -> None:
    async with sandbox(replace(OPTIONS, deliveries=3)) as (url, log):
        await ask(url, pay("http://127.0.0.1:9/", behaviour="success-later"))
        await log.until("answer given up")
        assert len(await log.until("answer not acknowledged", 3)) == 3


async def post(url: str, raw: bytes, **headers: str) -> int:
    named = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    async with aiohttp.ClientSession() as session, session.post(url, data=raw, headers=named) as response:
        return response.status


async def test_every_message_is_checked_in_the_order_of_the_wire() -> None:
    good = pay(QUIET).body()
    signed = {"X_Signature": sign(good, KEY), "Idempotency_Key": ATTEMPT}
    bad = {**good, "amount": "much"}
    async with sandbox() as (url, log):
        assert await post(url, b" " * 70_000) == 413
        assert await post(url, written(good), **signed, Content_Type="text/plain") == 415
        assert await post(f"{url}/other", written(good), **signed) == 404
        assert await post(url, b'{"a": 1}', **signed) == 422
        assert await post(url, written(bad), **signed) == 401
        assert await post(url, written(good)) == 401
        assert await post(url, written(bad), X_Signature=sign(bad, KEY)) == 422
        assert await post(url, written(good), X_Signature=sign(good, KEY)) == 422
        assert await post(url, written(good), **signed) == 200
        assert len(await log.until("request refused", 8)) == 8
        assert KEY not in str(log.told)


@pytest.mark.parametrize(
    "request_made",
    [pay(QUIET, behaviour="explode"), pay("http://10.0.0.1/answers"), pay(QUIET, attempt_id="result")],
    ids=["unknown behaviour", "callback elsewhere", "attempt id that no answer can hold"],
)
async def test_a_request_that_it_cannot_serve_is_refused(request_made: PayRequest) -> None:
    async with sandbox() as (url, _):
        assert await ask(url, request_made) == RefusedByGateway(422)


async def test_each_name_in_the_url_has_a_key_of_its_own() -> None:
    options = replace(OPTIONS, key_for={"acme": "key-a", "bolt": "key-b"}.get)
    async with sandbox(options) as (url, _):
        assert answer_in(await ask(f"{url}/acme", pay(QUIET), "key-a")).result == "success"
        assert await ask(f"{url}/bolt", pay(QUIET), "key-a") == RefusedByGateway(401)
        assert await ask(url, pay(QUIET), "key-a") == RefusedByGateway(404)


async def test_a_taken_port_is_told() -> None:
    async with sandbox() as (url, log):
        port = int(url.rpartition(":")[2].removesuffix("/pay"))
        with pytest.raises(OSError, match="address already in use"):
            await run_sandbox(replace(OPTIONS, port=port), print, log)
