"""What Prometheus gets, held against what happened."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.metrics import EngineMetrics
from store import connectors, methods
from store.gateway_watch import note_failure, note_reached
from store.payment_commands import apply_time
from store.states import PaymentStatus
from tests.gateway.admin_ports import Ports, answer_of, open_ports
from tests.gateway.events import PATIENCE_SECONDS
from tests.makers import ANNA, START, Shop, make_connector


@pytest.fixture
async def ports(shop: Shop) -> AsyncIterator[Ports]:
    async with open_ports(shop) as opened:
        yield opened


async def test_the_page_is_prometheus_text_and_every_metric_says_what_it_is(ports: Ports) -> None:
    told = await ports.ask("GET", "/metrics", token="")
    families = list(text_string_to_metric_families(told.content.decode()))

    assert told.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert all(each.name.startswith("gatewatch_") and each.documentation.endswith(".") for each in families)
    since_start = {each.name for each in families if "since this engine was started" in each.documentation}
    assert {"gatewatch_answers", "gatewatch_requests", "gatewatch_messages_refused"} <= since_start


async def test_payments_are_counted_by_status_as_of_now(ports: Ports) -> None:
    shop = ports.shop
    shop.payment()
    shop.cancel(shop.payment())
    shop.pay(shop.payment())
    expired = shop.payment(due_date="2026-03-02")
    shop.success(shop.pay(shop.payment()))

    def by_status(samples: dict[str, float]) -> dict[PaymentStatus, int]:
        return {each: int(samples[f'gatewatch_payments{{status="{each.value}"}}']) for each in PaymentStatus}

    assert by_status(await ports.metrics()) == {
        PaymentStatus.WAITING: 2,
        PaymentStatus.PROCESSING: 1,
        PaymentStatus.COMPLETED: 1,
        PaymentStatus.EXPIRED: 0,
        PaymentStatus.CANCELLED: 1,
        PaymentStatus.PAID_FROM_BALANCE: 0,
    }
    shop.clock.advance(days=1)
    after = by_status(await ports.metrics())
    assert (after[PaymentStatus.WAITING], after[PaymentStatus.PROCESSING]) == (2, 0)
    assert (after[PaymentStatus.EXPIRED], shop.now(expired).status) == (1, PaymentStatus.EXPIRED)


async def test_answers_are_counted_by_rule_and_refused_messages_by_status(ports: Ports) -> None:
    shop = ports.shop
    attempt_id = shop.pay(shop.payment())
    shop.clock.advance(seconds=7)
    for _ in range(2):
        await ports.answer(answer_of(attempt_id))
    await ports.answer(answer_of("nobody"))
    await ports.answer(answer_of(attempt_id), signature="0" * 64)
    await ports.answer({"answer_id": ""})

    samples = await ports.metrics()

    assert samples['gatewatch_answers_total{connector="1",rule="answered-success"}'] == 1
    assert samples['gatewatch_answers_total{connector="1",rule="repeated-answer"}'] == 1
    assert samples['gatewatch_answers_total{connector="1",rule="unmatched"}'] == 1
    assert samples['gatewatch_messages_refused_total{connector="1",status="401"}'] == 1
    assert samples['gatewatch_messages_refused_total{connector="1",status="422"}'] == 1
    assert samples['gatewatch_answer_seconds_count{connector="1"}'] == 1
    assert samples['gatewatch_answer_seconds_sum{connector="1"}'] == 7
    assert samples["gatewatch_inbox_answers"] == 1


async def test_overdue_attempts_and_the_lag_of_the_period_timer_are_told(ports: Ports) -> None:
    shop = ports.shop
    shop.pay(shop.payment())
    attempt_id = shop.overdue(shop.payment())
    shop.clock.advance(seconds=5)

    samples = await ports.metrics()
    assert samples['gatewatch_attempts_overdue{connector="1"}'] == 2
    assert samples["gatewatch_period_timer_lag_seconds"] == 5

    shop.do(apply_time)
    shop.success(attempt_id)
    samples = await ports.metrics()
    assert samples['gatewatch_attempts_overdue{connector="1"}'] == 1
    assert samples["gatewatch_period_timer_lag_seconds"] == 0


async def test_how_it_stands_with_a_gateway_is_told(ports: Ports) -> None:
    shop = ports.shop
    assert 'gatewatch_gateway_failing{connector="1"}' not in await ports.metrics()
    try_at = START + timedelta(seconds=8)
    shop.do(lambda tx: note_failure(tx, 1, "Nobody there.", next_try_at=try_at))
    await ports.answer(answer_of("x"), signature="0" * 64)
    await ports.refusals.write()

    samples = await ports.metrics()
    assert samples['gatewatch_gateway_failing{connector="1"}'] == 1
    assert samples['gatewatch_gateway_failing_since_seconds{connector="1"}'] == START.timestamp()
    assert samples['gatewatch_gateway_next_try_seconds{connector="1"}'] == try_at.timestamp()
    assert samples['gatewatch_gateway_messages_refused{connector="1"}'] == 1
    shop.do(lambda tx: note_reached(tx, 1))
    samples = await ports.metrics()
    assert samples['gatewatch_gateway_failing{connector="1"}'] == 0
    assert 'gatewatch_gateway_next_try_seconds{connector="1"}' not in samples


async def test_connections_and_those_that_a_limit_has_ended_are_told(ports: Ports) -> None:
    ports.admin.metrics.write("connections ended", port="answers", reason="slow_head", count=3)

    samples = await ports.metrics()

    assert samples['gatewatch_connections{port="admin"}'] == 1
    assert samples['gatewatch_connections{port="answers"}'] == 0
    assert samples['gatewatch_connections_ended_total{port="answers",reason="slow_head"}'] == 3


async def test_what_alerts_watch_stands_at_zero_for_a_connector_before_it_happens_and_is_counted_on(
    ports: Ports,
) -> None:
    second = ports.shop.do(lambda tx: make_connector(tx, name="Second Pay")).id
    samples = await ports.metrics()

    for connector in (1, second):
        assert samples[f'gatewatch_answers_total{{connector="{connector}",rule="second-charge"}}'] == 0
        assert samples[f'gatewatch_messages_refused_total{{connector="{connector}",status="401"}}'] == 0
        assert samples[f'gatewatch_clock_skews_total{{connector="{connector}"}}'] == 0
        assert samples[f'gatewatch_replies_refused_total{{connector="{connector}",fault="signature"}}'] == 0
    attempt_id = ports.shop.pay(ports.shop.payment())
    await ports.answer(answer_of(attempt_id))
    await ports.answer(answer_of(attempt_id, gateway_reference="g-2"))
    samples = await ports.metrics()
    assert samples['gatewatch_answers_total{connector="1",rule="second-charge"}'] == 1
    assert 'gatewatch_answers_total{connector="1",rule="late-success"}' not in samples


async def test_what_a_path_names_that_is_no_connector_is_no_label(ports: Ports) -> None:
    url = f"{ports.answers_url}/connectors/12345/answers"
    async with ports.session.post(url, data=b"{}", headers={"Content-Type": "application/json"}) as response:
        assert response.status == 404

    assert (await ports.metrics())['gatewatch_messages_refused_total{connector="",status="404"}'] == 1


async def test_the_journal_the_start_and_the_connectors_are_told(ports: Ports) -> None:
    samples = await ports.metrics()

    journal = (ports.shop.store.folder / "gatewatch.journal").read_bytes()
    assert samples["gatewatch_journal_bytes"] == len(journal.rstrip(b"\0"))
    assert samples["gatewatch_engine_start_time_seconds"] == START.timestamp()
    assert samples['gatewatch_connector_info{connector="1",name="Acme Pay"}'] == 1
    ports.shop.do(lambda tx: methods.delete(tx, ANNA, 1))
    ports.shop.do(lambda tx: connectors.delete(tx, ANNA, 1))
    assert 'gatewatch_connector_info{connector="1",name="Acme Pay"}' not in await ports.metrics()


async def test_a_store_that_cannot_be_read_is_told_and_the_counts_go_on(ports: Ports) -> None:
    await ports.answer(answer_of("nobody"))
    assert (await ports.metrics())["gatewatch_store_readable"] == 1
    (ports.shop.store.folder / "gatewatch.json").write_text("{", encoding="utf-8")
    (ports.shop.store.folder / "gatewatch.journal").unlink()

    samples = await ports.metrics()

    assert (samples["gatewatch_store_readable"], samples["gatewatch_store_writable"]) == (0, 0)
    assert samples['gatewatch_answers_total{connector="1",rule="unmatched"}'] == 1
    assert not any(each.startswith("gatewatch_payments") for each in samples)


async def test_a_store_that_is_stopped_after_a_failed_sync_is_told_until_it_has_been_checked(ports: Ports) -> None:
    store = ports.shop.store
    assert (await ports.metrics())["gatewatch_store_writable"] == 1
    (store.folder / "gatewatch.stopped").write_text("a sync failed: Input/output error\n", encoding="utf-8")

    samples = await ports.metrics()
    assert (samples["gatewatch_store_readable"], samples["gatewatch_store_writable"]) == (1, 0)
    store.database.allow_writing(wait_seconds=PATIENCE_SECONDS)
    assert (await ports.metrics())["gatewatch_store_writable"] == 1


def test_events_of_the_engine_are_counted_each_in_its_metric(shop: Shop) -> None:
    metrics = EngineMetrics(shop.store)
    request: dict[str, str | int] = {"attempt": "a", "connector": 1, "request": "pay"}
    metrics.write("request ended", outcome="pay: accepted", ended="accepted", seconds=0.2, **request)
    metrics.write("request ended", outcome="pay: cut", ended="no_answer", seconds=3.0, **request)
    metrics.write("request ended", outcome="bad", ended="bad_reply", fault="signature", seconds=None, **request)
    metrics.write("answer judged", connector=1, rule="late-success", seconds=None)
    metrics.write("answer not stored", connector=1)
    metrics.write("time applied", payment=1, rule="period-over", late_seconds=0.3)
    metrics.write("clock skew", connector=1, seconds=900)
    metrics.write("fault", kind="KeyError")
    metrics.write("another event", connector=1)

    page = metrics.page().decode()

    for line in (
        'gatewatch_requests_total{connector="1",ended="accepted",request="pay"} 1.0',
        'gatewatch_requests_total{connector="1",ended="no_answer",request="pay"} 1.0',
        'gatewatch_request_seconds_sum{connector="1",request="pay"} 3.2',
        'gatewatch_replies_refused_total{connector="1",fault="signature"} 1.0',
        'gatewatch_answers_total{connector="1",rule="late-success"} 1.0',
        "gatewatch_answers_not_stored_total 1.0",
        "gatewatch_period_end_late_seconds_count 1.0",
        'gatewatch_clock_skews_total{connector="1"} 1.0',
        "gatewatch_faults_total 1.0",
    ):
        assert line in page
    assert "gatewatch_answer_seconds_count" not in page


def test_a_scrape_reads_no_payment_that_was_not_written_since_the_last_one(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(10):
        shop.cancel(shop.payment())
    for _ in range(10):
        shop.overdue(shop.payment())
    shop.do(apply_time)
    shop.store.checkpoint()
    metrics = EngineMetrics(shop.store)
    metrics.page()
    shop.payment()
    read: list[int] = []
    get = type(shop.store.view()._image).get

    def noted(image: object, table: str, identity: int) -> bytes | None:
        if table == "payments":
            read.append(identity)
        return get(image, table, identity)  # type: ignore[arg-type]

    monkeypatch.setattr(type(shop.store.view()._image), "get", noted)
    page = metrics.page()
    assert b'gatewatch_payments{status="cancelled"} 10.0' in page
    assert b'gatewatch_attempts_overdue{connector="1"} 10.0' in page
    assert set(read) == {21}
