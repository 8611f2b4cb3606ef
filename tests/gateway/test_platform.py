"""The platform side over real sockets: what it does, in which order it checks, and what it does only once."""

from __future__ import annotations

import asyncio
import errno
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway import platform
from gateway.platform_requests import LARGEST_ID, MOST_PROBLEMS
from store import accounts, methods, payment_commands, resellers, tokens
from store.errors import StoreNotUsable
from store.idempotency import KEPT_FOR, KeptResult
from store.methods import MethodForm
from store.payments import Payment
from store.shapes import payment_whole
from store.states import PaymentStatus
from store.store import Store
from store.tokens import Token
from tests.gateway.admin_ports import Ports, Told, open_ports, until
from tests.makers import ANNA, Shop


@pytest.fixture
async def ports(shop: Shop) -> AsyncIterator[Ports]:
    async with open_ports(shop) as opened:
        yield opened


def count(ports: Ports) -> int:
    return ports.shop.store.view().count(Payment)


async def test_a_payment_goes_its_way_from_create_to_completed(ports: Ports) -> None:
    created = await ports.create(due_date="2026-12-31", description="An order of 3 books")
    assert (created.status, created.headers["Location"]) == (201, "/payments/1")
    assert created.json == payment_whole(ports.shop.now(1))
    assert (created.json["created_by"], created.json["description"]) == ("platform shop", "An order of 3 books")

    started = await ports.ask("POST", "/payments/1/attempts", {"method_id": ports.shop.method.id}, key="k2")
    assert (started.status, started.json["status"]) == (201, "processing")
    assert started.json["in_progress"] == started.json["attempts"][0]["id"]

    ports.shop.do(lambda tx: payment_commands.mark_sent(tx, started.json["in_progress"]))
    ports.shop.success(started.json["in_progress"])
    read = await ports.ask("GET", "/payments/1")
    assert (read.status, read.json["status"]) == (200, "completed")


async def test_a_payment_is_read_as_of_now(ports: Ports) -> None:
    ports.shop.overdue(ports.shop.payment())

    read = await ports.ask("GET", "/payments/1")

    assert (read.json["status"], read.json["attempts"][0]["state"]) == ("waiting_for_payment", "overdue")


async def test_a_payment_is_cancelled_once(ports: Ports) -> None:
    ports.shop.payment()
    cancelled = await ports.ask("POST", "/payments/1/cancel")
    again = await ports.ask("POST", "/payments/1/cancel")

    assert (cancelled.status, cancelled.json["status"]) == (200, "cancelled")
    assert again.status == 409
    assert again.json == {"error": "The payment is closed (Cancelled); nothing more can be done with it."}


async def test_a_cancel_that_is_repeated_with_its_key_gets_the_first_result_again(ports: Ports) -> None:
    await ports.create()
    first = await ports.ask("POST", "/payments/1/cancel", key="c1")
    again = await ports.ask("POST", "/payments/1/cancel", key="c1")

    assert (first.status, again.status, again.content) == (200, 200, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (await ports.ask("POST", "/payments/1/cancel", key="c2")).status == 409
    await ports.create(key="k2")
    assert (await ports.ask("POST", "/payments/2/cancel", key="c1")).status == 409
    assert (await ports.ask("POST", "/payments/2/cancel", key="a b")).status == 422
    assert ports.shop.now(2).status is PaymentStatus.WAITING


async def test_what_the_rules_refuse_is_409_with_the_reason_and_changes_nothing(ports: Ports) -> None:
    ports.shop.pay(ports.shop.payment())
    before = ports.shop.store.view().get(Payment, 1)

    for path, body in (("/payments/1/attempts", {"method_id": 1}), ("/payments/1/cancel", None)):
        told = await ports.ask("POST", path, body, key=f"k{path}")
        assert (told.status, told.json["error"].startswith("The payment is Processing")) == (409, True)
    assert ports.shop.store.view().get(Payment, 1) == before
    assert ports.shop.store.view().count(KeptResult) == 0


async def test_a_method_that_is_not_enabled_is_409(ports: Ports) -> None:
    ports.shop.payment()
    form = MethodForm(name="Card", connector_id=1, enabled=False)
    ports.shop.do(lambda tx: methods.update(tx, ANNA, 1, form, version=1))
    assert (await ports.ask("POST", "/payments/1/attempts", {"method_id": 1}, key="k")).status == 409


@pytest.mark.parametrize("identity", ["2", "0", "-1", "x", "1.0", "9" * 15, "9" * 40, "١", "%20", "1e0"])
@pytest.mark.parametrize(("method", "tail"), [("GET", ""), ("POST", "/cancel"), ("POST", "/attempts")])
async def test_a_payment_that_is_not_there_is_404(ports: Ports, identity: str, method: str, tail: str) -> None:
    ports.shop.payment()
    body = {"method_id": 1} if tail == "/attempts" else None
    told = await ports.ask(method, f"/payments/{identity}{tail}", body, key="k")
    assert (told.status, "no payment with ID" in told.json["error"]) == (404, True)


async def test_what_a_body_names_and_is_not_there_is_a_problem_item(ports: Ports) -> None:
    ports.shop.payment()
    no_account = await ports.create(account_id=99)
    no_method = await ports.ask("POST", "/payments/1/attempts", {"method_id": 99}, key="k2")
    assert (no_account.status, no_account.problems) == (422, [("Account", "/account_id")])
    assert (no_method.status, no_method.problems) == (422, [("Payment method", "/method_id")])


# Tokens


BEARERS: dict[str, str | None] = {
    "none": None,
    "empty": "",
    "another scheme": "Basic c2hvcDpzaG9w",
    "no token": "Bearer",
    "an unknown one": "Bearer gwt_" + "0" * 64,
    "two": "Bearer a b",
    "beyond ASCII": "Bearer gwt_é",
    "long": "Bearer " + "a" * 7000,
}


@pytest.mark.parametrize("header", BEARERS.values(), ids=BEARERS)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/payments"), ("GET", "/payments/x"), ("POST", "/payments/x/attempts"), ("POST", "/payments/1/cancel")],
)
async def test_without_a_good_token_nothing_else_is_looked_at(
    ports: Ports, header: str | None, method: str, path: str
) -> None:
    headers = {} if header is None else {"Authorization": header}
    async with ports.session.request(method, ports.url + path, data=b"{", headers=headers) as response:
        assert response.status == 401
        assert response.headers["WWW-Authenticate"].startswith('Bearer realm="gatewatch"')
        assert ("invalid_token" in response.headers["WWW-Authenticate"]) is (header is not None)
        assert "error" in await response.json()


async def test_a_revoked_token_is_refused_at_once(ports: Ports) -> None:
    ports.shop.payment()
    assert (await ports.ask("GET", "/payments/1")).status == 200
    ports.shop.do(lambda tx: tokens.revoke(tx, ANNA, 1))
    assert (await ports.ask("GET", "/payments/1")).status == 401
    assert (await ports.create()).status == 401


async def test_a_token_revoked_while_its_request_was_under_way_does_nothing(
    ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = ports.shop.store.view().get(Token, 1)
    ports.shop.do(lambda tx: tokens.revoke(tx, ANNA, 1))
    monkeypatch.setattr(ports.admin._platform, "_known", lambda _text: token)
    told = await ports.create()
    assert (told.status, count(ports)) == (401, 0)


async def test_the_scheme_may_be_written_in_any_case(ports: Ports) -> None:
    ports.shop.payment()
    assert (await ports.ask("GET", "/payments/1", headers={"Authorization": f"bEARER {ports.token}"})).status == 200


async def test_a_use_is_noted_and_a_token_is_never_logged(ports: Ports) -> None:
    ports.shop.payment()
    ports.shop.clock.advance(hours=1)
    await ports.ask("GET", "/payments/1")
    await until(lambda: ports.shop.store.view().get(Token, 1).last_used_at == ports.shop.clock.now)
    await ports.ask("GET", "/payments/1", token=ports.token + "0")
    assert ports.token not in str(ports.events.told)


# What is asked for


def problems_of(told: Told) -> list[tuple[str, str | None]]:
    assert told.status == 422, told.content
    return told.problems


BODIES: list[tuple[bytes, list[tuple[str, str | None]]]] = [
    (b"", [("Body", "")]),
    (b"[]", [("Body", "")]),
    (b"null", [("Body", "")]),
    (b"\xff{}", [("Body", None)]),
    (b"{}", [("Account", "/account_id"), ("Total", "/total")]),
    (b'{"account_id": "1", "total": 129}', [("Account", "/account_id"), ("Total", "/total")]),
    (b'{"account_id": true, "total": "129.00"}', [("Account", "/account_id")]),
    (b'{"account_id": 1.0, "total": "129.00"}', [("Account", "/account_id")]),
    (b'{"account_id": 0, "total": "129.00"}', [("Account", "/account_id")]),
    (b'{"account_id": %d, "total": "1"}' % (LARGEST_ID + 1), [("Account", "/account_id")]),
    (b'{"account_id": 1%s, "total": "1"}' % (b"0" * 30), [("Body", "/account_id"), ("Account", "/account_id")]),
    (b'{"account_id": 1, "total": "1", "total": "2"}', [("Body", "/total")]),
    (b'{"account_id": 1, "total": NaN}', [("Body", "/total"), ("Total", "/total")]),
    (b'{"account_id": 1, "total": "1", "description": "\\ud800"}', [("Body", "/description")]),
    (b'{"account_id": 1, "total": "1", "x": 1, "y": 2}', [("Body", "/x"), ("Body", "/y")]),
    (b'{"account_id": 1, "total": "1"} x', [("Body", "")]),
    (b"[" * 5000, [("Body", "/0/0/0/0/0/0/0/0")]),
]


@pytest.mark.parametrize(("body", "problems"), BODIES, ids=[str(row[0][:60]) for row in BODIES])
async def test_a_body_is_read_strictly_and_all_problems_are_told_at_once(
    ports: Ports, body: bytes, problems: list[tuple[str, str | None]]
) -> None:
    assert problems_of(await ports.ask("POST", "/payments", body, key="k")) == problems
    assert count(ports) == 0


FIELDS: list[tuple[dict[str, object], list[tuple[str, str | None]]]] = [
    ({"total": "0"}, [("Total", "/total")]),
    ({"total": "-1"}, [("Total", "/total")]),
    ({"total": "1.005"}, [("Total", "/total")]),
    ({"total": "129,00"}, [("Total", "/total")]),
    ({"total": "129.00\n"}, [("Total", "/total")]),
    ({"due_date": "2026-02-30"}, [("Due date", "/due_date")]),
    ({"due_date": "20261231"}, [("Due date", "/due_date")]),
    ({"due_date": "2026-03-01"}, [("Due date", "/due_date")]),
    ({"total": "1.005", "due_date": "2026-03-01"}, [("Total", "/total"), ("Due date", "/due_date")]),
    ({"description": "x" * 1001}, [("Description", "/description")]),
    (
        {"description": None, "total": "x", "z": 1},
        [("Total", "/total"), ("Description", "/description"), ("Body", "/z")],
    ),
]


@pytest.mark.parametrize(("fields", "problems"), FIELDS, ids=[str(row[0])[:60] for row in FIELDS])
async def test_each_field_that_is_not_right_is_a_problem_item_at_its_place(
    ports: Ports, fields: dict[str, Any], problems: list[tuple[str, str | None]]
) -> None:
    assert problems_of(await ports.create(**fields)) == problems


async def test_a_problem_item_says_line_and_column_of_the_body_as_it_was_sent(ports: Ports) -> None:
    told = await ports.ask("POST", "/payments", b'{\n "account_id": 1,\n "total": "0"}', key="k")
    [item] = told.json["problems"]
    assert (item["line"], item["column"]) == (3, 11)


async def test_thousands_of_problems_are_told_in_part(ports: Ports) -> None:
    body = "{" + ",".join(f'"n{number}": 1' for number in range(4000)) + "}"
    assert len(problems_of(await ports.ask("POST", "/payments", body.encode(), key="k"))) == MOST_PROBLEMS


@pytest.mark.parametrize("fields", [{"due_date": None}, {"description": ""}, {"description": "\x00\u202e🙂" * 300}])
async def test_what_is_right_is_taken(ports: Ports, fields: dict[str, Any]) -> None:
    assert (await ports.create(**fields)).status == 201


@pytest.mark.parametrize("key", [None, "", " ", "a b", "é", "x" * 256])
async def test_an_idempotency_key_is_required_to_make_something(ports: Ports, key: str | None) -> None:
    told = await ports.ask("POST", "/payments", {}, key=key)
    assert problems_of(told) == [("Idempotency-Key", None), ("Account", "/account_id"), ("Total", "/total")]


async def test_too_large_and_of_another_type_are_told_before_the_body_is_read(ports: Ports) -> None:
    large = await ports.ask("POST", "/payments", b"x" * 70_000, headers={"Content-Type": "text/plain"})
    other = await ports.ask("POST", "/payments", b"x", headers={"Content-Type": "text/plain"})
    packed = await ports.ask("POST", "/payments", b"x", headers={"Content-Encoding": "gzip"})
    assert [large.status, other.status, packed.status] == [413, 415, 415]
    assert all("error" in each.json for each in (large, other, packed))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("GET", "/payment/1", 404), ("GET", "/payments", 405), ("DELETE", "/payments/1", 405)],
)
async def test_other_paths_and_methods_are_refused_in_json(ports: Ports, method: str, path: str, status: int) -> None:
    told = await ports.ask(method, path)
    assert (told.status, "error" in told.json, "Allow" in told.headers) == (status, True, status == 405)


# Once


async def test_the_same_request_again_gets_the_first_result_and_makes_nothing(ports: Ports) -> None:
    first = await ports.create()
    ports.shop.cancel(1)
    again = await ports.create()

    assert (again.status, again.content) == (first.status, first.content)
    assert (again.headers["Idempotency-Replayed"], "Idempotency-Replayed" in first.headers) == ("true", False)
    assert again.headers["Location"] == first.headers["Location"]
    assert count(ports) == 1


async def test_the_order_of_fields_and_blanks_are_not_part_of_a_request(ports: Ports) -> None:
    await ports.create()
    told = await ports.ask("POST", "/payments", b'{ "total":"129.00",\n"account_id":1 }', key="k1")
    assert told.headers["Idempotency-Replayed"] == "true"


async def test_the_same_key_with_another_request_is_409(ports: Ports) -> None:
    await ports.create()
    another = await ports.create(total="1.00")
    operation = await ports.ask("POST", "/payments/1/attempts", {"method_id": 1}, key="k1")
    assert (another.status, operation.status, count(ports)) == (409, 409, 1)
    assert "Idempotency-Key 'k1' was used before" in another.json["error"]


async def test_one_key_for_two_payments_attempts_is_409(ports: Ports) -> None:
    for payment_id in (ports.shop.payment(), ports.shop.payment()):
        told = await ports.ask("POST", f"/payments/{payment_id}/attempts", {"method_id": 1}, key="k")
        assert told.status == (201 if payment_id == 1 else 409)


async def test_an_attempt_that_is_started_again_by_its_key_is_not_charged_again(ports: Ports) -> None:
    ports.shop.payment()
    first = await ports.ask("POST", "/payments/1/attempts", {"method_id": 1}, key="k")
    ports.shop.do(lambda tx: payment_commands.mark_sent(tx, first.json["in_progress"]))
    ports.shop.failure(first.json["in_progress"])
    again = await ports.ask("POST", "/payments/1/attempts", {"method_id": 1}, key="k")
    assert again.content == first.content
    assert len(ports.shop.now(1).attempts) == 1


async def test_fifty_at_once_with_one_key_make_one_payment(ports: Ports) -> None:
    told = await asyncio.gather(*(ports.create() for _ in range(50)))
    assert {(each.status, each.content) for each in told} == {(201, told[0].content)}
    assert sum("Idempotency-Replayed" not in each.headers for each in told) == 1
    assert count(ports) == 1


async def test_a_refused_request_is_judged_anew_with_its_key(ports: Ports) -> None:
    payment_id = ports.shop.payment()
    attempt_id = ports.shop.pay(payment_id)
    assert (await ports.ask("POST", "/payments/1/attempts", {"method_id": 1}, key="k")).status == 409
    ports.shop.failure(attempt_id)
    assert (await ports.ask("POST", "/payments/1/attempts", {"method_id": 1}, key="k")).status == 201


async def test_tokens_of_one_name_are_one_caller_and_other_names_are_not(ports: Ports) -> None:
    await ports.create()
    _, second = ports.shop.do(lambda tx: tokens.create(tx, ANNA, "shop"))
    _, other = ports.shop.do(lambda tx: tokens.create(tx, ANNA, "other shop"))
    body = {"account_id": 1, "total": "129.00"}
    assert (await ports.ask("POST", "/payments", body, key="k1", token=second)).json["id"] == 1
    assert (await ports.ask("POST", "/payments", body, key="k1", token=other)).json["id"] == 2


async def test_a_result_is_kept_for_thirty_days_and_then_forgotten_by_the_engine(ports: Ports) -> None:
    await ports.create()
    ports.shop.clock.advance(days=KEPT_FOR.days)
    forgetting = asyncio.create_task(ports.admin.forget_old_keys())
    await until(lambda: not ports.shop.store.view().count(KeptResult))
    ports.stop.set()
    await forgetting


# A store that cannot take it


HOLD_THE_LOCK = """
import sys
from pathlib import Path
from store.store import open_store
with open_store(Path(sys.argv[1])).transaction():
    print("held", flush=True)
    sys.stdin.read()
"""


def holder_of(store: Store) -> subprocess.Popen[bytes]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_THE_LOCK, str(store.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    return holder


async def test_while_another_process_holds_the_store_reads_go_on_and_changes_are_503(
    ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports.shop.store._committer, "_wait_seconds", 0.2)
    ports.shop.payment()
    with holder_of(ports.shop.store) as holder:
        told = await ports.create()
        read = await ports.ask("GET", "/payments/1")
        holder.communicate(b"")
    assert (told.status, told.headers["Retry-After"], read.status) == (503, "5", 200)
    assert (await ports.create()).status == 201


async def test_a_full_disk_is_503_and_the_request_can_be_sent_again(
    ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_drafts: Any) -> None:
        raise StoreNotUsable(ports.shop.store.folder, f"cannot be written: {errno.errorcode[errno.ENOSPC]}")

    monkeypatch.setattr(ports.shop.store.database, "append", full)
    assert (await ports.create()).status == 503
    monkeypatch.undo()
    assert (await ports.create()).json["id"] == 1


async def test_with_too_many_waiting_more_are_told_to_come_again(ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "MOST_WAITING", 0)
    told = await ports.create()
    assert (told.status, told.headers["Retry-After"]) == (503, "5")


async def test_an_engine_that_is_stopping_takes_nothing(ports: Ports) -> None:
    ports.stop.set()
    assert ((await ports.create()).status, count(ports)) == (503, 0)


async def test_a_caller_who_hangs_up_does_not_harm_those_who_wait(ports: Ports) -> None:
    with holder_of(ports.shop.store) as holder:
        hasty = asyncio.create_task(ports.create(key="hasty"))
        patient = asyncio.create_task(ports.create(key="patient"))
        await asyncio.sleep(0.2)
        hasty.cancel()
        await asyncio.sleep(0.1)
        holder.communicate(b"")
        assert (await patient).status == 201
    assert (await ports.create(key="later")).status == 201
    assert ports.events.named("http") == []


async def test_payments_of_other_resellers_are_the_platforms_too(ports: Ports) -> None:
    def at_another(tx: Any) -> int:
        shop = resellers.create(tx, ANNA, name="Harbour", parent_id=1)
        return accounts.create(tx, ANNA, name="Bo", currency="JPY", reseller_id=shop.id).id

    account_id = ports.shop.do(at_another)
    assert (await ports.create(account_id=account_id, total="500")).json["currency"] == "JPY"
    assert ports.shop.now(1).status is PaymentStatus.WAITING
