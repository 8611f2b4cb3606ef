"""Answers in, over real sockets: what is believed, in which order it is checked, and that nothing breaks it."""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from gateway.http_port import HttpPort
from gateway.listener import Listener
from gateway.messages import parse_acknowledgement
from gateway.signing import sign, verify
from store import connectors, methods, shared_keys
from store.answers import Answer
from store.audit import money_problems
from store.connectors import Connector
from store.gateway_watch import watch_of
from store.states import AttemptState, PaymentStatus
from tests.gateway.events import PATIENCE_SECONDS, Events
from tests.makers import ANNA, START, Shop, make_connector, make_method

JSON_TYPE = {"Content-Type": "application/json"}


@dataclass
class Port:
    """The listener on a port of its own, a shop behind it, and a client of HTTP."""

    shop: Shop
    events: Events
    listener: Listener
    number: int
    session: aiohttp.ClientSession

    def url(self, connector_id: int | str) -> str:
        return f"http://127.0.0.1:{self.number}/connectors/{connector_id}/answers"

    async def post(
        self, content: bytes, headers: Mapping[str, str], connector_id: int | str = 1
    ) -> tuple[int, Mapping[str, str], dict[str, str]]:
        """Send bytes as they are; return status, headers and body of the response."""
        async with self.session.post(self.url(connector_id), data=content, headers=headers) as response:
            return response.status, response.headers, json.loads(await response.read())

    async def tell(self, answer: dict[str, str], *, key: str = "", connector_id: int = 1) -> tuple[int, dict[str, str]]:
        """Send an answer as a gateway does; of what is acknowledged, the signature is checked."""
        key = key or self.shop.store.view().get(Connector, connector_id).shared_key
        headers = {**JSON_TYPE, "X-Signature": sign(answer, key)}
        status, returned, body = await self.post(json.dumps(answer).encode(), headers, connector_id)
        if status == 200:
            assert verify(body, key, returned.get("X-Signature"))
            parse_acknowledgement(body)
        return status, body

    async def raw(self, content: bytes) -> bytes:
        """Send bytes to the socket, end, and return all that comes back."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.number)
        try:
            writer.write(content)
            writer.write_eof()
            return await reader.read()
        except ConnectionError:  # it was hung up on us, which is an answer, too
            return b""
        finally:
            writer.close()


@pytest.fixture
async def port(shop: Shop) -> AsyncIterator[Port]:
    events = Events()
    listener = Listener(shop.store, events, wait_seconds=PATIENCE_SECONDS)
    opened = HttpPort(listener.application(), events, name="answers", finish_seconds=0.1, direct=listener.direct)
    number = await opened.open("127.0.0.1", 0)
    async with aiohttp.ClientSession() as session:
        yield Port(shop, events, listener, number, session)
    await opened.close()


@pytest.fixture
def attempt_id(shop: Shop) -> str:
    """Return a sent attempt of payment 1."""
    return shop.pay(shop.payment())


def answer_of(attempt_id: str, result: str = "success", **fields: str) -> dict[str, str]:
    success = result == "success"
    return {
        "answer_id": "a-1",
        "attempt_id": attempt_id,
        "result": result,
        "gateway_reference": "g-1" if success else "",
        "amount": "129.00" if success else "",
        "currency": "EUR" if success else "",
        "message": "",
        "timestamp": "2026-03-02T09:00:00Z",
        **fields,
    }


def key_of(shop: Shop) -> str:
    return shop.store.view().get(Connector, shop.connector.id).shared_key


async def test_an_answer_is_acknowledged_with_the_rule_that_judged_it(port: Port, attempt_id: str) -> None:
    status, body = await port.tell(answer_of(attempt_id))

    assert status == 200
    assert body == {
        "answer_id": "a-1",
        "attempt_id": attempt_id,
        "rule": "answered-success",
        "status": "completed",
        "timestamp": "2026-03-02T09:00:00.000Z",
    }
    assert port.shop.now(1).status is PaymentStatus.COMPLETED
    assert port.shop.attempt(1, attempt_id).state is AttemptState.SUCCEEDED


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        ({"result": "failure"}, "answered-failure"),
        ({"result": "pending"}, "pending-noted"),
        ({"amount": "129"}, "answered-success"),
        ({"amount": "1.00"}, "amount-mismatch"),
        ({"amount": "0"}, "amount-mismatch"),
        ({"amount": "999999999999999.9999"}, "amount-mismatch"),
        ({"currency": "XXX"}, "amount-mismatch"),
        ({"attempt_id": "nobody"}, "unmatched"),
        ({"message": "\u202e\x00\x1b[2J<b>🙂"}, "answered-success"),
        ({"message": "m" * 60_000}, "answered-success"),
        ({"timestamp": "0001-01-01T00:00:00Z"}, "answered-success"),
        ({"timestamp": "9999-12-31T23:59:59Z"}, "answered-success"),
    ],
    ids=lambda each: str(each)[:60],
)
async def test_applied_or_held_every_answer_that_is_believed_gets_200(
    port: Port, attempt_id: str, answer: dict[str, str], rule: str
) -> None:
    result = answer.get("result", "success")

    status, body = await port.tell(answer_of(attempt_id, result) | answer)

    assert (status, body.get("rule")) == (200, rule)
    assert money_problems(port.shop.store.view()) == []


async def test_a_repeated_answer_gets_200_again_and_is_counted(port: Port, attempt_id: str) -> None:
    await port.tell(answer_of(attempt_id))
    status, body = await port.tell(answer_of(attempt_id, answer_id="a-2", timestamp="2026-03-02T09:05:00Z"))

    assert (status, body["rule"], body["answer_id"]) == (200, "repeated-answer", "a-2")
    assert [each.repeats for each in port.shop.store.view().all(Answer)] == [1]


async def test_one_answer_sent_ten_times_at_once_completes_once(port: Port, attempt_id: str) -> None:
    told = await asyncio.gather(*(port.tell(answer_of(attempt_id)) for _ in range(10)))

    assert {status for status, _ in told} == {200}
    assert sorted(body["rule"] for _, body in told) == ["answered-success", *["repeated-answer"] * 9]
    assert money_problems(port.shop.store.view()) == []


async def test_an_answer_for_another_connectors_attempt_is_unmatched(port: Port, attempt_id: str) -> None:
    other = port.shop.do(lambda tx: make_connector(tx, name="Other"))

    status, body = await port.tell(answer_of(attempt_id), connector_id=other.id)

    assert (status, body["rule"], body["status"]) == (200, "unmatched", "")
    assert port.shop.now(1).status is PaymentStatus.PROCESSING
    assert port.shop.inbox() == ["A1"]


async def test_an_answer_signed_for_one_connector_is_not_believed_for_another(port: Port, attempt_id: str) -> None:
    other = port.shop.do(lambda tx: make_connector(tx, name="Other"))

    status, _ = await port.tell(answer_of(attempt_id), key=other.shared_key, connector_id=port.shop.connector.id)

    assert status == 401


async def test_a_deleted_connector_still_takes_answers(port: Port, attempt_id: str) -> None:
    def delete(tx: Any) -> None:
        methods.delete(tx, ANNA, port.shop.method.id)
        connectors.delete(tx, ANNA, port.shop.connector.id)

    port.shop.do(delete)

    assert (await port.tell(answer_of(attempt_id)))[1]["rule"] == "answered-success"


async def test_the_previous_key_matches_in_its_grace_time_and_signs_the_acknowledgement(port: Port) -> None:
    shop = port.shop
    first, second = shop.pay(shop.payment()), shop.pay(shop.payment())
    old = key_of(shop)
    shop.do(lambda tx: shared_keys.rotate_key(tx, ANNA, shop.connector.id, grace_seconds=3600))

    assert (await port.tell(answer_of(first), key=old))[0] == 200
    assert (await port.tell(answer_of(second, gateway_reference="g-2"), key=key_of(shop)))[0] == 200
    assert [each.given.key for each in shop.store.view().all(Answer)] == ["previous", "current"]


async def test_a_key_counts_as_the_store_has_it_when_the_answer_is_judged(port: Port) -> None:
    """The listener remembers connectors for a moment; what has changed since is seen all the same."""
    shop, old = port.shop, key_of(port.shop)
    assert (await port.tell(answer_of("nobody")))[0] == 200
    shop.do(lambda tx: shared_keys.rotate_key(tx, ANNA, shop.connector.id, grace_seconds=3600))
    assert (await port.tell(answer_of("nobody-2"), key=old))[0] == 200
    assert (await port.tell(answer_of("nobody-3")))[0] == 200
    assert [each.given.key for each in shop.store.view().all(Answer)] == ["current", "previous", "current"]


async def test_a_retired_key_does_not_match_though_its_grace_time_runs(port: Port, attempt_id: str) -> None:
    shop, old = port.shop, key_of(port.shop)
    shop.do(lambda tx: shared_keys.rotate_key(tx, ANNA, shop.connector.id, grace_seconds=3600))
    shop.do(lambda tx: shared_keys.retire_old_key(tx, ANNA, shop.connector.id))

    assert (await port.tell(answer_of(attempt_id), key=old))[0] == 401
    assert (await port.tell(answer_of(attempt_id), key=key_of(shop)))[0] == 200


async def test_after_its_grace_time_the_previous_key_does_not_match(port: Port, attempt_id: str) -> None:
    shop, old = port.shop, key_of(port.shop)
    shop.do(lambda tx: shared_keys.rotate_key(tx, ANNA, shop.connector.id, grace_seconds=60))
    shop.clock.advance(minutes=1)

    assert (await port.tell(answer_of(attempt_id), key=old))[0] == 401


async def test_the_signature_may_be_written_in_capitals(port: Port, attempt_id: str) -> None:
    answer = answer_of(attempt_id)
    headers = {**JSON_TYPE, "X-Signature": sign(answer, key_of(port.shop)).upper()}

    assert (await port.post(json.dumps(answer).encode(), headers))[0] == 200


async def test_a_large_skew_is_logged_and_the_answer_is_taken(port: Port, attempt_id: str) -> None:
    await port.tell(answer_of(attempt_id, timestamp="2026-03-02T08:00:00Z"))

    assert [each["seconds"] for each in port.events.named("clock skew")] == [3600]


LARGE = b"x" * 70_000
TEXT_TYPE = {"Content-Type": "text/plain"}

ORDER: list[tuple[int, str, bytes, dict[str, str], int]] = [
    (413, "larger than 65536", LARGE, TEXT_TYPE, 99),
    (415, "text/plain", b"{", TEXT_TYPE, 99),
    (404, "no such connector", b"{", JSON_TYPE, 99),
    (422, "not JSON", b"{", JSON_TYPE, 1),
    (422, "stands twice", b'{"a": "1", "a": "2"}', JSON_TYPE, 1),
    (422, "is a number", b'{"amount": 129}', JSON_TYPE, 1),
    (401, "X-Signature is missing", b"{}", JSON_TYPE, 1),
    (401, "not that of this message", b"{}", {**JSON_TYPE, "X-Signature": "0" * 64}, 1),
]


@pytest.mark.parametrize(
    ("status", "says", "content", "headers", "connector_id"), ORDER, ids=[f"{row[0]} {row[1]}" for row in ORDER]
)
async def test_what_is_wrong_is_told_in_the_order_of_the_checks(
    port: Port, status: int, says: str, content: bytes, headers: dict[str, str], connector_id: int
) -> None:
    before = port.shop.content()

    found, _, body = await port.post(content, headers, connector_id)

    assert (found, says in body["error"]) == (status, True), body
    assert [each["status"] for each in port.events.named("message refused")] == [status]
    assert port.shop.content() == before


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"result": "unknown"}, "unknown only in reply to status"),
        ({"amount": "-1"}, "amount"),
        ({"amount": ""}, "amount: is empty"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"gateway_reference": "a b"}, "gateway_reference"),
    ],
    ids=str,
)
async def test_a_signed_message_that_is_malformed_gets_422_with_what_is_wrong(
    port: Port, attempt_id: str, changes: dict[str, str], says: str
) -> None:
    status, body = await port.tell(answer_of(attempt_id) | changes)

    assert status == 422
    assert says in body["error"]
    [logged] = port.events.named("message refused")
    assert logged["reason"] == f"The answer is malformed in {next(iter(changes))}."
    assert port.shop.now(1).status is PaymentStatus.PROCESSING


async def test_of_thousands_of_fields_that_do_not_belong_few_are_named_to_the_gateway_and_none_in_the_log(
    port: Port, attempt_id: str
) -> None:
    names = [f"surplus{number}" for number in range(3_000)]

    status, body = await port.tell(answer_of(attempt_id) | dict.fromkeys(names, ""))

    assert status == 422
    assert "surplus0" in body["error"]
    assert len(body["error"]) < 3_000
    [logged] = port.events.named("message refused")
    assert logged["reason"] == "The answer is malformed in 3000 fields that are not of this message."


async def test_a_signed_message_tells_all_its_problems_at_once(port: Port) -> None:
    status, body = await port.tell({"answer_id": "", "currency": "euro"})

    assert status == 422
    assert all(name in body["error"] for name in ("answer_id", "attempt_id", "result", "currency", "timestamp"))


HOLD_THE_LOCK = """
import sys
from pathlib import Path
from store.store import open_store
with open_store(Path(sys.argv[1])).transaction():
    print("held", flush=True)
    sys.stdin.read()
"""


async def test_while_another_process_holds_the_store_the_gateway_is_told_to_come_again_and_nothing_is_lost(
    port: Port, attempt_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = answer_of(attempt_id)
    headers = {**JSON_TYPE, "X-Signature": sign(answer, key_of(port.shop))}
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD_THE_LOCK, str(port.shop.store.folder), stdin=PIPE, stdout=PIPE
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"

    monkeypatch.setattr(port.listener._desk, "wait_seconds", 0.1)
    status, returned, _ = await port.post(json.dumps(answer).encode(), headers)

    monkeypatch.undo()
    assert (status, returned["Retry-After"]) == (503, "5")
    assert port.events.named("answer not stored")
    await holder.communicate(b"")
    assert port.shop.now(1).status is PaymentStatus.PROCESSING
    assert (await port.tell(answer))[1]["rule"] == "answered-success"
    assert money_problems(port.shop.store.view()) == []


async def test_under_overload_answers_are_told_to_come_again_at_once_and_nothing_is_lost(
    port: Port, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.listener.MOST_WAITING", 2)
    answers = [answer_of(f"x{number}", "pending") for number in range(5)]
    with port.shop.store.transaction():
        told = [asyncio.create_task(port.tell(each)) for each in answers]
        done: set[asyncio.Task[tuple[int, dict[str, str]]]] = set()
        while len(done) < 3:
            done, _ = await asyncio.wait(told, return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE_SECONDS)
            await asyncio.sleep(0.01)
        assert {each.result()[0] for each in done} == {503}

    statuses = [status for status, _ in await asyncio.gather(*told)]
    assert sorted(statuses) == [200, 200, 503, 503, 503]
    for answer, status in zip(answers, statuses, strict=True):
        assert status == 200 or (await port.tell(answer))[1]["rule"] == "unmatched"
    assert sorted(each.given.attempt_id for each in port.shop.store.view().all(Answer)) == [f"x{n}" for n in range(5)]
    assert all("behind" in each["reason"] for each in port.events.named("answer not stored"))


async def test_the_skew_of_an_answer_is_counted_for_its_connector(port: Port, attempt_id: str) -> None:
    await port.tell(answer_of(attempt_id, timestamp="2026-03-02T09:05:00Z"))
    assert watch_of(port.shop.store.view(), 1).skews == 0
    await port.tell(answer_of(attempt_id, timestamp="2026-03-02T09:05:01Z"))

    watch = watch_of(port.shop.store.view(), 1)
    assert (watch.skews, watch.last_skew_seconds, watch.last_skew_at) == (1, -301, START)


def request_of(content: bytes = b"{}", *headers: bytes, path: bytes = b"/connectors/1/answers") -> bytes:
    """Return a request as bytes; without a length of its own, the one that is right."""
    if not any(each.lower().startswith((b"content-length", b"transfer-encoding")) for each in headers):
        headers = (*headers, b"Content-Length: %d" % len(content))
    lines = [b"POST %s HTTP/1.1" % path, b"Host: localhost", *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + content


J = b"Content-Type: application/json"
CHUNKED = b"Transfer-Encoding: chunked"
NASTY: dict[str, bytes] = {
    "no bytes": b"",
    "TLS": b"\x16\x03\x01\x00\xa5\x01\x00\x00",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a line alone": b"POST\r\n\r\n",
    "GET": b"GET /connectors/1/answers HTTP/1.1\r\nHost: x\r\n\r\n",
    "CONNECT": b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
    "no host": b"POST /connectors/1/answers HTTP/1.1\r\n\r\n",
    "no body": request_of(b"", J),
    "a body that ends early": request_of(b"{}", J, b"Content-Length: 40"),
    "a length that is none": request_of(b"{}", J, b"Content-Length: abc"),
    "a length below zero": request_of(b"{}", J, b"Content-Length: -5"),
    "two lengths": request_of(b"{}", J, b"Content-Length: 2", b"Content-Length: 3"),
    "a length of 10^30": request_of(b"{}", J, b"Content-Length: 1" + b"0" * 30),
    "a length and chunks": request_of(b"0\r\n\r\n", J, CHUNKED, b"Content-Length: 5"),
    "chunks of garbage": request_of(b"zz\r\nhello\r\n0\r\n\r\n", J, CHUNKED),
    "a second chunk of garbage": request_of(b"2\r\n{}\r\nzz\r\n", J, CHUNKED),
    "a chunk that ends early": request_of(b"5\r\nhel", J, CHUNKED),
    "an endless chunk": request_of(b"F" * 18 + b"\r\nhel", J, CHUNKED),
    "too many bytes in chunks": request_of(b"11170\r\n" + LARGE + b"\r\n0\r\n\r\n", J, CHUNKED),
    "too many bytes": request_of(LARGE, J),
    "a huge header": request_of(b"{}", J, b"X-Long: " + b"a" * 20_000),
    "a huge signature": request_of(b"{}", J, b"X-Signature: " + b"a" * 8_000),
    "500 headers": request_of(b"{}", J, *(b"X-%d: a" % number for number in range(500))),
    "a signature of other bytes": request_of(b"{}", J, b"X-Signature: \xff\xfe\x80"),
    "two signatures": request_of(b"{}", J, b"X-Signature: a", b"X-Signature: b"),
    "a type of other bytes": request_of(b"{}", J + b"\xff\xfe"),
    "a type of semicolons": request_of(b"{}", b"Content-Type: ;;;;"),
    "a type of brackets": request_of(b"{}", b"Content-Type: " + b"(" * 8_000),
    "a type with 8,000 parameters": request_of(b"{}", J + b";" * 8_000),
    "an unknown charset": request_of(b"{}", J + b"; charset=nonsense"),
    "UTF-16": request_of('{"a": "b"}'.encode("utf-16"), J + b"; charset=utf-16"),
    "a form": request_of(b"{}", b"Content-Type: multipart/form-data"),
    "gzip": request_of(gzip.compress(b"{}"), J, b"Content-Encoding: gzip"),
    "gzip that is none": request_of(b"{}", J, b"Content-Encoding: gzip"),
    "deflate that is none": request_of(b"{}", J, b"Content-Encoding: deflate"),
    "br": request_of(b"{}", J, b"Content-Encoding: br"),
    "zstd": request_of(b"{}", J, b"Content-Encoding: zstd"),
    "an unknown encoding": request_of(b"{}", J, b"Content-Encoding: nonsense"),
    "a gzip bomb": request_of(gzip.compress(b" " * 10_000_000), J, b"Content-Encoding: gzip"),
    "a path of other bytes": request_of(b"{}", J, path=b"/connectors/\xff/answers"),
    "a path of escapes": request_of(b"{}", J, path=b"/connectors/%ff%00%2f/answers"),
    "a path upwards": request_of(b"{}", J, path=b"/connectors/../../etc/passwd"),
    "digits of another script": request_of(b"{}", J, path=b"/connectors/%D9%A1/answers"),
    "a connector below zero": request_of(b"{}", J, path=b"/connectors/-1/answers"),
    "a connector of 5,000 digits": request_of(b"{}", J, path=b"/connectors/" + b"9" * 5_000 + b"/answers"),
    "a path of 50,000 digits": request_of(b"{}", J, path=b"/connectors/" + b"9" * 50_000 + b"/answers"),
    "an absolute path": request_of(b"{}", J, path=b"http://x:99999999/connectors/1/answers"),
    "an odd expectation": request_of(b"{}", J, b"Expect: nonsense"),
    "an upgrade": request_of(b"{}", J, b"Connection: upgrade", b"Upgrade: websocket"),
    "odd cookies": request_of(b"{}", J, b"Cookie: =;;;\x01"),
    "JSON too deep": request_of(b'{"a":' * 8_000 + b"1" + b"}" * 8_000, J),
    "lists too deep": request_of(b"[" * 60_000, J),
    "a number of 60,000 digits": request_of(b"1" * 60_000, J),
    "NaN": request_of(b'{"a": NaN}', J),
    "half a pair": request_of(b'{"a": "\\ud800"}', J),
    "not UTF-8": request_of(b'{"a": "\xff"}', J),
    "a byte order mark": request_of(b"\xef\xbb\xbf{}", J),
    "zero bytes": request_of(b"\x00" * 100, J),
}


@pytest.mark.parametrize("content", NASTY.values(), ids=list(NASTY))
async def test_whatever_comes_from_outside_is_never_an_error_of_ours(port: Port, content: bytes) -> None:
    before = port.shop.content()

    returned = await port.raw(content)

    status_line = returned.split(b"\r\n", 1)[0]
    assert returned == b"" or (status_line.split()[1][:1] == b"4" or status_line.endswith(b" 100 Continue"))
    assert port.shop.content() == before
    assert (await port.tell(answer_of("nobody")))[0] == 200


@pytest.mark.parametrize(
    "kind",
    ["(" * 8_000, '"' * 8_000, "a/" + "b" * 8_000, "json", ""],
    ids=["brackets", "quotation marks", "long", "short", "empty"],
)
async def test_a_content_type_that_is_none_is_refused_without_a_word_of_it(port: Port, kind: str) -> None:
    status, _, body = await port.post(b"{}", {"Content-Type": kind})

    assert (status, body["error"]) == (415, "The content type is missing or malformed; send application/json.")
    assert [each["reason"] for each in port.events.named("message refused")] == [body["error"]]


async def test_bodies_signed_with_the_right_key_are_judged_or_refused_whatever_is_in_them(port: Port) -> None:
    odd: list[Any] = ["", " ", "0", "129.00", "\x00", "\ud7ff", "🙂" * 2_000, "success", "a" * 65, "-", "rule", {}]
    statuses = set()
    for name in answer_of("x"):
        for value in odd:
            changed: dict[str, Any] = answer_of("x") | {name: value}
            status, _ = await port.tell(changed)
            statuses.add(status)

    assert statuses == {200, 422}
    assert money_problems(port.shop.store.view()) == []


async def test_a_refused_message_is_logged_with_no_more_of_its_path_than_is_needed(port: Port) -> None:
    await port.post(b"{}", JSON_TYPE, "9" * 4_000)

    assert [each["connector"] for each in port.events.named("message refused")] == ["9" * 32]


async def test_what_the_server_cannot_read_is_logged_without_the_bytes_that_came(port: Port) -> None:
    await port.raw(request_of(b"{}", J, b"X-Signature: secret\x01"))

    logged = port.events.named("http")
    assert [each["kind"] for each in logged] == ["BadHttpMessage"]
    assert "secret" not in str(logged)


async def test_methods_of_a_second_connector_are_judged_by_their_own_connector(port: Port) -> None:
    other = port.shop.do(lambda tx: make_connector(tx, name="Other"))
    method = port.shop.do(lambda tx: make_method(tx, other, name="Other card"))
    attempt = port.shop.pay(port.shop.payment(), method.id)

    status, body = await port.tell(answer_of(attempt), connector_id=other.id)

    assert (status, body["rule"]) == (200, "answered-success")
