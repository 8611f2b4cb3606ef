from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest

from gateway import health
from tests.gateway.admin_ports import Ports, open_ports
from tests.gateway.test_platform import holder_of
from tests.makers import Shop


@pytest.fixture
async def ports(shop: Shop) -> AsyncIterator[Ports]:
    async with open_ports(shop) as opened:
        yield opened


async def ready(ports: Ports) -> tuple[int, list[str]]:
    told = await ports.ask("GET", "/readyz", token="")
    assert told.json["ready"] is (told.status == 200)
    return told.status, told.json["wrong"]


async def test_an_engine_that_can_do_its_work_is_ready(ports: Ports) -> None:
    before = ports.shop.content()
    assert await ready(ports) == (200, [])
    assert ports.shop.content() == before


async def test_a_loop_that_does_not_turn_is_not_ready_but_alive(ports: Ports) -> None:
    ports.pulse._beat_at = time.monotonic() - 31
    status, wrong = await ready(ports)
    assert (status, wrong) == (503, ["The engine's loop has not turned for 31 seconds."])
    alive = await ports.ask("GET", "/healthz", token="")
    assert (alive.status, alive.json) == (200, {"alive": True})
    ports.pulse.beat()
    assert (await ready(ports))[0] == 200


async def test_a_stopped_store_is_not_ready_and_all_that_is_wrong_is_told_at_once(ports: Ports) -> None:
    (ports.shop.store.folder / "gatewatch.stopped").write_text("a sync failed: Input/output error\n", encoding="utf-8")
    ports.stop.set()
    status, wrong = await ready(ports)
    assert (status, len(wrong)) == (503, 2)
    assert wrong[0] == "The engine is stopping."
    assert "a sync failed" in wrong[1]
    assert str(ports.shop.store.folder) not in str(wrong)


async def test_a_store_that_another_process_holds_is_not_ready(ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "STORE_WAIT_SECONDS", 0.1)
    with holder_of(ports.shop.store) as holder:
        assert (await ready(ports))[0] == 503
        holder.communicate(b"")
    assert (await ready(ports))[0] == 200
