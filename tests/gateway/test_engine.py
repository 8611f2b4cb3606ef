"""The engine in one process with real gateways on loopback that reply, refuse, lie, stay silent or are not there."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from msgspec.structs import replace

from gateway import dispatcher
from gateway.door import DoorLimits
from gateway.engine import EngineOptions, reached_at, serve_store
from gateway.lanes import AT_ONCE_PER_CONNECTOR
from gateway.planner import jitter_of
from gateway.signing import sign, verify
from store import tokens
from store.answers import Origin
from store.audit import money_problems
from store.connectors import Connector
from store.errors import StoreBusy, StoreNotUsable
from store.gateway_watch import watch_of
from store.payment_method import PaymentMethod
from store.refused_messages import refused_of
from store.states import AttemptState, PaymentStatus
from store.store import Store, Transaction
from tests.gateway.events import PATIENCE_SECONDS, Events
from tests.gateway.live_shop import KEY, LiveShop, until
from tests.makers import ANNA, START, FixedClock


class Scripted:
    """A gateway that replies as its script says, word by word; the last word holds for all further requests.

    A word is an answer's result, an HTTP status, `hang`, `cut`, `wait` (a success once `replies` is set), or the URL
    that it redirects to.
    """

    def __init__(self, *script: str) -> None:
        self._script = list(script)
        self.requests: list[dict[str, Any]] = []
        self.idempotency_keys: list[str | None] = []
        self.url = ""
        self.replies = asyncio.Event()

    @property
    def asked(self) -> list[str]:
        """What was asked, in order: pay, status."""
        return [each["request"] for each in self.requests]

    async def take(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        assert verify(body, KEY, request.headers["X-Signature"])
        self.requests.append(body)
        self.idempotency_keys.append(request.headers.get("Idempotency-Key"))
        word = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if word.startswith("http"):
            return web.Response(status=307, headers={"Location": word})
        if word.isdigit():
            return web.Response(status=int(word))
        if word == "hang":
            await asyncio.Event().wait()
        if word == "wait":
            await self.replies.wait()
            word = "success"
        if word == "cut" and request.transport is not None:
            request.transport.abort()
        answer = self.answer(word, body["attempt_id"])
        return web.json_response(answer, headers={"X-Signature": sign(answer, KEY)})

    def answer(self, result: str, attempt_id: str) -> dict[str, str]:
        success = result == "success"
        return {
            "answer_id": f"a-{len(self.requests)}",
            "attempt_id": attempt_id,
            "result": result,
            "gateway_reference": f"g-{attempt_id}" if success else "",
            "amount": "129.00" if success else "",
            "currency": "EUR" if success else "",
            "message": "Card declined." if result == "failure" else "",
            "timestamp": "2026-03-02T09:00:00Z",
        }

    async def tell(self, result: str) -> str:
        """Send an answer to the first request by itself; return the rule of the acknowledgement."""
        answer = self.answer(result, self.requests[0]["attempt_id"])
        headers = {"X-Signature": sign(answer, KEY)}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.requests[0]["callback_url"], json=answer, headers=headers) as response,
        ):
            return str((await response.json())["rule"])


@asynccontextmanager
async def gateway(*script: str, at: socket.socket | None = None) -> AsyncIterator[Scripted]:
    """Serve a scripted gateway, on any free port or on a socket that has one."""
    scripted = Scripted(*script)
    app = web.Application()
    app.router.add_post("/pay", scripted.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0) if at is None else web.SockSite(runner, at)
    await site.start()
    scripted.url = f"http://127.0.0.1:{runner.addresses[0][1]}/pay"
    try:
        yield scripted
    finally:
        await runner.cleanup()


@asynccontextmanager
async def engine(store: Store, options: EngineOptions | None = None, *, crash: bool = False) -> AsyncIterator[Events]:
    """Run an engine; at the end stop it as SIGTERM does, or let it end in the middle of everything."""
    events, stop = Events(), asyncio.Event()
    listening = asyncio.Event()
    serving = asyncio.create_task(
        serve_store(store, options or EngineOptions(port=0, admin_port=0), events, stop, lambda _: listening.set())
    )
    await until(lambda: serving.done() or listening.is_set())
    try:
        if serving.done():
            await serving
        yield events
    finally:
        if crash:
            serving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await serving
        else:
            stop.set()
            await serving


@pytest.fixture
def shop(tmp_path: Path, clock: FixedClock) -> LiveShop:
    """Return a shop whose time stands until it is moved, so that nothing hangs on how fast this machine is."""
    return LiveShop(tmp_path / "store", clock)


@dataclass
class Served:
    """An engine that runs: where it listens, and what stops it as SIGTERM does."""

    stop: asyncio.Event
    answers_url: str = ""
    admin_url: str = ""


@asynccontextmanager
async def served(store: Store) -> AsyncIterator[Served]:
    """Run an engine that lets connections wait as long as they like; at the end stop it."""
    at = Served(asyncio.Event())
    limits = DoorLimits(head_seconds=PATIENCE_SECONDS * 2)
    options = EngineOptions(port=0, admin_port=0, limits=limits)
    listening = asyncio.Event()

    def tell(admin_url: str) -> None:
        at.admin_url = admin_url
        listening.set()

    def tell_answers(url: str) -> None:
        at.answers_url = url

    serving = asyncio.create_task(serve_store(store, options, Events(), at.stop, tell_answers, tell))
    await until(lambda: serving.done() or listening.is_set())
    try:
        yield at
    finally:
        at.stop.set()
        await serving


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


@contextmanager
def port_that_nobody_listens_at() -> Iterator[int]:
    """Keep a port from everybody for a while, and refuse all connections at it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


async def test_a_success_in_the_reply_completes_the_payment(shop: LiveShop) -> None:
    async with gateway("success") as acme, engine(shop.store) as events:
        payment_id = shop.start(shop.method(acme.url))
        await until(lambda: shop.completed(payment_id))
        await events.until("request ended")

    assert acme.asked == ["pay"]
    assert acme.idempotency_keys == [shop.attempt(payment_id).id]
    assert shop.rules(payment_id) == ["attempt-started", "answered-success"]
    assert money_problems(shop.store.view()) == []


async def test_a_decline_lets_the_customer_pay_again(shop: LiveShop) -> None:
    async with gateway("failure") as acme, engine(shop.store):
        payment_id = shop.start(shop.method(acme.url))
        await until(lambda: shop.attempt(payment_id).state is AttemptState.FAILED)

    payment = shop.now(payment_id)
    assert (payment.status, payment.customer_message) == (PaymentStatus.WAITING, "Card declined.")


async def test_an_answer_that_comes_by_itself_completes_the_payment(shop: LiveShop) -> None:
    async with gateway("202") as acme, engine(shop.store) as events:
        payment_id = shop.start(shop.method(acme.url))
        await events.until("request ended")

        assert await acme.tell("success") == "answered-success"
        assert await acme.tell("success") == "repeated-answer"

    assert shop.completed(payment_id)
    assert acme.asked == ["pay"]


async def test_a_refused_request_ends_the_attempt_at_once(shop: LiveShop) -> None:
    async with gateway("400") as acme, engine(shop.store):
        payment_id = shop.start(shop.method(acme.url))
        await until(lambda: shop.now(payment_id).status is PaymentStatus.WAITING)

    assert shop.rules(payment_id) == ["attempt-started", "refused-by-gateway"]
    assert acme.asked == ["pay"]


async def test_a_silent_gateway_is_asked_before_the_deadline_and_five_minutes_after_it(
    shop: LiveShop, clock: FixedClock
) -> None:
    async with gateway("202", "pending", "success") as acme, engine(shop.store) as events:
        payment_id = shop.start(shop.method(acme.url))
        await events.until("request ended", 1)
        clock.advance(minutes=14, seconds=45)
        await events.until("request ended", 2)
        clock.advance(seconds=15)
        await events.until("time applied")
        assert shop.attempt(payment_id).state is AttemptState.OVERDUE
        clock.advance(minutes=5)
        await until(lambda: shop.completed(payment_id))

    assert acme.asked == ["pay", "status", "status"]
    assert shop.rules(payment_id) == ["attempt-started", "pending-noted", "period-over", "late-success"]


async def test_a_lost_reply_is_made_up_for_by_paying_again_under_the_same_key(
    shop: LiveShop, clock: FixedClock
) -> None:
    async with gateway("cut", "503", "success") as acme, engine(shop.store) as events:
        payment_id = shop.start(shop.method(acme.url))
        for ended, pause_seconds in ((1, 1.5), (2, 3)):
            await events.until("request ended", ended)
            clock.advance(seconds=pause_seconds)
        await until(lambda: shop.completed(payment_id))

    assert acme.asked == ["pay", "pay", "pay"]
    assert set(acme.idempotency_keys) == {shop.attempt(payment_id).id}


async def test_a_redirect_is_not_followed(shop: LiveShop, clock: FixedClock) -> None:
    async with gateway("success") as other, gateway(other.url, "success") as acme, engine(shop.store) as events:
        payment_id = shop.start(shop.method(acme.url))
        await events.until("request ended")
        clock.advance(seconds=1.5)
        await until(lambda: shop.completed(payment_id))

    assert other.requests == []
    assert acme.asked == ["pay", "pay"]


async def test_after_a_bad_reply_status_is_asked_and_pay_is_not_repeated(shop: LiveShop, clock: FixedClock) -> None:
    async with gateway("nonsense", "success") as acme, engine(shop.store) as events:
        payment_id = shop.start(shop.method(acme.url))
        await events.until("request ended")
        clock.advance(seconds=1.5)
        await until(lambda: shop.completed(payment_id))

    assert acme.asked == ["pay", "status"]


async def test_a_gateway_that_is_down_is_tried_with_growing_pauses_then_given_up_and_slows_no_other(
    shop: LiveShop, clock: FixedClock
) -> None:
    with port_that_nobody_listens_at() as port:
        async with gateway("success") as acme, engine(shop.store) as events:
            down = shop.method(f"http://127.0.0.1:{port}/pay", period_minutes="1")
            lost = [shop.start(down) for _ in range(20)]
            up = shop.method(acme.url)
            paid = [shop.start(up) for _ in range(5)]
            await until(lambda: shop.completed(*paid))
            await events.until("request ended", 25)
            # One of them tries the gateway after pauses of 1, 2, 4, 8 s, each up to half longer.
            for tries, seconds in ((1, 1.5), (2, 3), (3, 6), (4, 12)):
                clock.advance(seconds=seconds)
                await events.until("request ended", 25 + tries)
            watch = watch_of(shop.store.view(), shop.attempt(lost[0]).connector_id)
            assert (watch.failures, watch.failing_since) == (24, START)
            assert watch.next_try_at is not None
            assert watch.next_try_at > clock.now
            # The last status of each goes out whatever was before; then there is nothing more to hope for.
            clock.advance(seconds=22.5)
            await events.until("request ended", 49)
            clock.advance(seconds=14)
            await until(lambda: all(shop.now(each).status is PaymentStatus.WAITING for each in lost))

    deliveries = [shop.attempt(each).delivery for each in lost]
    assert {each.asks for each in deliveries} == {1}
    assert sum(each.pays for each in deliveries) in {24, 25}, "in the last second one may try once more"
    for payment_id in lost:
        assert shop.rules(payment_id) == ["attempt-started", "undelivered"]
        assert shop.now(payment_id).customer_message == "The payment gateway could not be reached."
    assert acme.asked == ["pay"] * 5


async def test_once_a_gateway_is_up_again_the_next_try_finds_it_and_everybody_who_waited_is_paid(
    shop: LiveShop, clock: FixedClock
) -> None:
    with socket.socket() as down:
        down.bind(("127.0.0.1", 0))
        async with engine(shop.store) as events:
            method_id = shop.method(f"http://127.0.0.1:{down.getsockname()[1]}/pay")
            waiting = [shop.start(method_id) for _ in range(5)]
            await events.until("request ended", 5)
            clock.advance(seconds=1.5)
            await events.until("request ended", 6)
            assert watch_of(shop.store.view(), 1).failures == 6

            async with gateway("success", at=down) as acme:
                clock.advance(seconds=3)
                await until(lambda: shop.completed(*waiting))
            await events.until("answer judged", 5)
            assert watch_of(shop.store.view(), 1).failing_since is None

    assert acme.asked == ["pay"] * 5
    assert money_problems(shop.store.view()) == []


async def test_a_gateway_that_never_replies_slows_no_other(shop: LiveShop) -> None:
    async with gateway("hang") as silent, gateway("success") as acme:
        slow = shop.method(silent.url)
        for _ in range(AT_ONCE_PER_CONNECTOR + 4):
            shop.start(slow)
        async with engine(shop.store, crash=True):
            await until(lambda: len(silent.requests) == AT_ONCE_PER_CONNECTOR)
            paid = [shop.start(shop.method(acme.url)) for _ in range(3)]
            await until(lambda: shop.completed(*paid))

    assert len(silent.requests) == AT_ONCE_PER_CONNECTOR


async def test_a_reply_that_is_no_answer_is_kept_with_the_refused_messages(shop: LiveShop) -> None:
    async with gateway("nonsense") as acme, engine(shop.store) as events:
        payment_id = shop.start(shop.method(acme.url))
        [ended] = await events.until("request ended")

    assert (ended["ended"], ended["fault"]) == ("bad_reply", "form")
    [kept] = refused_of(shop.store.view(), ANNA)
    assert (kept.origin, kept.status) == (Origin.REPLY, None)
    assert kept.attempt_id == shop.attempt(payment_id).id
    assert "result" in kept.reason
    assert watch_of(shop.store.view(), kept.connector_id).refused == 1


async def test_what_was_refused_after_a_lost_pay_is_asked_about_and_its_charge_is_found(
    shop: LiveShop, clock: FixedClock
) -> None:
    async with gateway("cut", "400", "success") as acme, engine(shop.store) as events:
        payment_id = shop.start(shop.method(acme.url))
        for ended in (1, 2):
            await events.until("request ended", ended)
            clock.advance(seconds=1.5)
        await until(lambda: shop.completed(payment_id))

    assert acme.asked == ["pay", "pay", "status"]
    assert shop.rules(payment_id) == ["attempt-started", "refused-by-gateway", "late-success"]
    assert money_problems(shop.store.view()) == []


async def test_every_event_of_a_request_names_payment_attempt_and_connector(shop: LiveShop) -> None:
    async with gateway("success") as acme, engine(shop.store) as events:
        payment_id = shop.start(shop.method(acme.url))
        await events.until("answer judged")

    ids = {"payment": payment_id, "attempt": shop.attempt(payment_id).id, "connector": 1}
    for name in ("request ended", "answer judged"):
        assert [{key: each[key] for key in ids} for each in events.named(name)] == [ids]
    assert events.named("answer judged")[0]["rule"] == "answered-success"


async def test_after_a_crash_in_mid_request_status_is_asked_first_and_pay_is_not_repeated(shop: LiveShop) -> None:
    async with gateway("hang", "success") as acme:
        payment_id = shop.start(shop.method(acme.url))
        async with engine(shop.store, crash=True):
            await until(lambda: len(acme.requests) == 1)
        assert shop.attempt(payment_id).delivery.may_have_arrived

        async with engine(shop.store):
            await until(lambda: shop.completed(payment_id))

    assert acme.asked == ["pay", "status"]


async def test_after_a_restart_an_attempt_that_was_pending_is_asked_and_never_paid_again(shop: LiveShop) -> None:
    async with gateway("pending", "pending", "pending", "success") as acme:
        payment_id = shop.start(shop.method(acme.url))
        async with engine(shop.store) as events:
            await events.until("request ended")
        for _ in range(2):
            async with engine(shop.store) as events:
                await events.until("request ended")
        async with engine(shop.store):
            await until(lambda: shop.completed(payment_id))

    assert acme.asked == ["pay", "status", "status", "status"]


async def test_a_status_that_cannot_be_made_after_a_restart_waits_longer_each_time(
    shop: LiveShop, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "AFTER_STORE_ERROR_SECONDS", 0.0)
    async with gateway("pending", "success") as acme:
        payment_id = shop.start(shop.method(acme.url))
        async with engine(shop.store) as events:
            await events.until("answer judged")
        with shop.store.transaction() as tx:
            connector = tx.get(Connector, shop.attempt(payment_id).connector_id)
            tx.put(replace(connector, static_text="{"))
        async with engine(shop.store) as events:
            await events.until("not sent")
            clock.advance(seconds=1.5)
            await events.until("not sent", 2)
            clock.advance(seconds=1.5)
            # Whoever is looked at by now would have been tried by now.
            other = shop.start(shop.method(acme.url))
            await until(lambda: shop.completed(other))

    assert len(events.named("not sent")) == 2


async def test_after_a_restart_a_gateway_that_never_saw_the_attempt_is_paid_once(
    shop: LiveShop, clock: FixedClock
) -> None:
    async with gateway("cut", "unknown", "success") as acme:
        payment_id = shop.start(shop.method(acme.url))
        async with engine(shop.store) as events:
            await events.until("request ended")
        async with engine(shop.store) as events:
            await events.until("request ended")
            clock.advance(seconds=1.5)
            await until(lambda: shop.completed(payment_id))

    assert acme.asked == ["pay", "status", "pay"]


async def test_what_was_queued_while_no_engine_ran_is_paid_when_one_starts(shop: LiveShop) -> None:
    async with gateway("success") as acme:
        payment_id = shop.start(shop.method(acme.url))
        async with engine(shop.store):
            await until(lambda: shop.completed(payment_id))


async def test_periods_that_ended_while_no_engine_ran_are_stored_when_one_starts(
    shop: LiveShop, clock: FixedClock
) -> None:
    async with gateway("success") as acme:
        payment_id = shop.start(shop.method(acme.url))
        clock.advance(minutes=15)
        async with engine(shop.store) as events:
            ended = await events.until("time applied")

    assert [each["rule"] for each in ended] == ["period-over"]
    assert shop.attempt(payment_id).state is AttemptState.UNDELIVERED
    assert acme.requests == []


async def test_payments_that_are_started_while_the_engine_is_busy_are_all_sent(shop: LiveShop) -> None:
    async with gateway("success") as acme, engine(shop.store):
        method_id = shop.method(acme.url)
        # From another thread, as another process would: between any two looks of the engine.
        paid = await asyncio.to_thread(lambda: [shop.start(method_id) for _ in range(30)])
        await until(lambda: shop.completed(*paid))

    assert len(acme.requests) == 30
    assert money_problems(shop.store.view()) == []


async def test_a_second_engine_on_the_store_is_refused_and_told_who_the_first_is(shop: LiveShop) -> None:
    async with engine(shop.store):
        with pytest.raises(StoreBusy, match=r"an engine runs on this store already: process \d+"):
            async with engine(shop.store):
                pass


async def test_once_the_first_engine_has_ended_another_may_start(shop: LiveShop) -> None:
    for _ in range(2):
        async with engine(shop.store):
            pass


async def test_a_fault_with_one_attempt_stops_no_other_and_tells_no_secret(shop: LiveShop) -> None:
    async with gateway("success") as acme, engine(shop.store) as events:
        odd = shop.method(acme.url)
        connector_id = shop.store.view().get(PaymentMethod, odd).connector_id
        with shop.store.transaction() as tx:
            tx.put(replace(tx.get(Connector, connector_id), shared_key="", name="nothing can be signed"))
        shop.start(odd)
        payment_id = shop.start(shop.method(acme.url))
        await until(lambda: shop.completed(payment_id))
        faults = await events.until("fault")

    assert [(each["kind"], each["connector"]) for each in faults] == [("ValueError", connector_id)]
    assert KEY not in str(events.told)


async def test_a_gateway_that_could_not_answer_us_is_not_asked_and_the_reason_is_kept(shop: LiveShop) -> None:
    async with engine(shop.store) as events:
        payment_id = shop.start(shop.method("https://acme.example.com/pay"))
        await events.until("not sent")

    attempt = shop.attempt(payment_id)
    assert attempt.state is AttemptState.QUEUED
    assert "--public-url" in attempt.delivery.outcome


class ShakyStore(Store):
    """A store that takes nothing while it is told not to."""

    refuses = False

    @contextmanager
    def transaction(self, *, wait_seconds: float = 10.0) -> Iterator[Transaction]:
        if self.refuses:
            raise StoreNotUsable(self.path, "no space is left.")
        with super().transaction(wait_seconds=wait_seconds) as tx:
            yield tx


async def test_an_answer_that_the_store_cannot_take_is_kept_until_it_can(shop: LiveShop, clock: FixedClock) -> None:
    shaky = ShakyStore(shop.store.folder, clock=clock)
    async with gateway("success") as acme, engine(shaky) as events:
        acme_take = acme.take
        method_id = shop.method(acme.url)
        await until(lambda: shaky.view().find(PaymentMethod, method_id) is not None)

        async def take_and_fill_the_disk(request: web.Request) -> web.StreamResponse:
            shaky.refuses = True
            return await acme_take(request)

        app = web.Application()
        app.router.add_post("/pay", take_and_fill_the_disk)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        payment_id = shop.start(shop.method(f"http://127.0.0.1:{runner.addresses[0][1]}/pay"))
        await events.until("outcome not stored")
        shaky.refuses = False
        await until(lambda: shop.completed(payment_id))
        await runner.cleanup()

    assert acme.asked == ["pay"]


class HeldStore(Store):
    """A store whose lock somebody holds while a test says so."""

    def __init__(self, folder: Path, clock: FixedClock) -> None:
        super().__init__(folder, clock=clock)
        self.free = threading.Event()
        self.free.set()
        self.waiting = 0
        """How many have asked for the lock."""

    @contextmanager
    def transaction(self, *, wait_seconds: float = 10.0) -> Iterator[Transaction]:
        self.waiting += not self.free.is_set()
        assert self.free.wait(PATIENCE_SECONDS * 2)
        with super().transaction(wait_seconds=wait_seconds) as tx:
            yield tx


async def test_while_the_store_is_held_whoever_only_reads_goes_on_however_many_requests_wait_for_it(
    shop: LiveShop, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "WRITERS", 2)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(3))
    with shop.store.transaction() as tx:
        _, token = tokens.create(tx, ANNA, "shop")
    held = HeldStore(shop.store.folder, clock)
    async with gateway("success") as acme, served(held) as at, aiohttp.ClientSession() as session:

        async def status(method: str, url: str) -> int:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            async with session.request(method, url, headers=headers) as response:
                return response.status

        held.free.clear()
        try:
            method_id = shop.method(acme.url)
            payments = [shop.start(method_id) for _ in range(8)]
            await until(lambda: held.waiting >= 2)
            ready = [asyncio.create_task(status("GET", f"{at.admin_url}/readyz")) for _ in range(6)]
            async with asyncio.timeout(PATIENCE_SECONDS):
                assert await status("GET", f"{at.admin_url}/payments/{payments[0]}") == 200
                assert await status("GET", f"{at.admin_url}/metrics") == 200
                assert await status("POST", f"{at.answers_url}/connectors/99/answers") == 404
            assert not any(each.done() for each in ready)
        finally:
            held.free.set()
        assert await asyncio.gather(*ready) == [200] * 6
        await until(lambda: shop.completed(*payments))


async def test_the_answers_port_closes_beside_the_requests_under_way_and_not_after_them(
    shop: LiveShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "FINISH_SECONDS", PATIENCE_SECONDS * 2)
    async with gateway("wait") as acme, served(shop.store) as at:
        payment_id = shop.start(shop.method(acme.url))
        await until(lambda: len(acme.requests) == 1)
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(at.answers_url))
        with closing(writer):
            at.stop.set()
            async with asyncio.timeout(PATIENCE_SECONDS):
                assert await reader.read() == b""
        assert shop.attempt(payment_id).state is AttemptState.SENT
        acme.replies.set()

    assert shop.completed(payment_id)


async def test_what_is_left_to_write_is_written_beside_the_platforms_requests_under_way(shop: LiveShop) -> None:
    async with gateway("success") as acme, served(shop.store) as at, aiohttp.ClientSession() as session:
        shop.method(acme.url)
        with shop.store.transaction() as tx:
            _, token = tokens.create(tx, ANNA, "shop")
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(at.admin_url))
        head = f"POST /payments HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: 9\r\n\r\n"
        with closing(writer):
            writer.write(head.encode())
            async with session.post(f"{at.answers_url}/connectors/1/answers", json={}) as response:
                assert response.status == 401
            at.stop.set()
            await until(lambda: watch_of(shop.store.view(), 1).refused == 1)
            assert not reader.at_eof()


async def test_when_told_to_stop_the_engine_lets_a_request_under_way_end_and_starts_no_other(shop: LiveShop) -> None:
    async with gateway("success") as acme:
        method_id = shop.method(acme.url)
        async with engine(shop.store):
            payment_id = shop.start(method_id)
            await until(lambda: len(acme.requests) == 1)
        late = shop.start(method_id)

    assert shop.completed(payment_id)
    assert shop.attempt(late).state is AttemptState.QUEUED


@pytest.mark.parametrize(
    ("host", "written"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104 - the very case
        ("::", "[::1]"),
        ("::1", "[::1]"),
        ("localhost", "localhost"),
    ],
)
def test_where_every_address_is_listened_at_gateways_on_this_machine_answer_at_loopback(
    host: str, written: str
) -> None:
    assert reached_at(host) == written


async def test_the_jitter_of_an_attempt_is_its_own_and_always_the_same(shop: LiveShop) -> None:
    method_id = shop.method("http://127.0.0.1:9/pay")
    attempts = [shop.attempt(shop.start(method_id)) for _ in range(5)]

    assert [jitter_of(each) for each in attempts] == [jitter_of(each) for each in attempts]
    assert len({jitter_of(each) for each in attempts}) == 5
    assert all(0 <= jitter_of(each) <= 1 for each in attempts)
