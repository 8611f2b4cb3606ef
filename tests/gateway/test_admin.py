"""The admin port of a real engine: which ports it takes, and a payment that goes its whole way through it."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.sandbox import SandboxOptions, one_key, run_sandbox
from store import connectors, tokens
from store.connectors import ConnectorForm
from store.store import open_store
from tests.gateway.engine_process import engine
from tests.gateway.events import PATIENCE_SECONDS, Events
from tests.makers import ANNA, make_account, make_method

KEY = "5f2c9a7be1d04438a6f3c05d9b8e7712"


def test_the_engine_tells_both_of_its_ports_a_line_each(tmp_path: Path) -> None:
    with engine(tmp_path) as running:
        assert running.answers_url.startswith("http://127.0.0.1:")
        assert running.admin_url.startswith("http://127.0.0.1:")
        assert running.answers_url != running.admin_url


def serve(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gateway", "serve", "--data", str(folder), *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("option", ["--port", "--admin-port"])
def test_a_port_in_use_is_told_in_one_sentence(tmp_path: Path, option: str) -> None:
    other = {"--port": "--admin-port", "--admin-port": "--port"}[option]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = serve(tmp_path, option, port, other, "0")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"The engine cannot listen at 127.0.0.1:{port}: " in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_host_that_is_not_ours_is_told_in_one_sentence(tmp_path: Path) -> None:
    ended = serve(tmp_path, "--port", "0", "--admin-host", "192.0.2.1")
    assert (ended.returncode, len(ended.stderr.splitlines())) == (1, 1)
    assert "cannot listen at 192.0.2.1" in ended.stderr


async def sandbox() -> tuple[asyncio.Task[None], str]:
    """Start a simulated gateway in this process; return it and its Connector URL."""
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    options = SandboxOptions(key_for=one_key(KEY), port=0, soon_after_seconds=0.01, first_pause_seconds=0.05)
    running = asyncio.create_task(run_sandbox(options, listening.set_result, Events()))
    async with asyncio.timeout(PATIENCE_SECONDS):
        return running, await listening


class Caller:
    """A program of the platform."""

    def __init__(self, url: str, token: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session
        self._headers = {"Authorization": f"Bearer {token}"}

    async def post(self, path: str, body: object, key: str) -> Any:
        headers = self._headers | {"Idempotency-Key": key}
        async with self._session.post(self._url + path, json=body, headers=headers) as response:
            assert response.status == 201, await response.text()
            return await response.json()

    async def paid(self, total: str) -> Any:
        """Create a payment and start an attempt; return it once it is in Processing no more."""
        payment = await self.post("/payments", {"account_id": 1, "total": total}, f"create-{total}")
        await self.post(f"/payments/{payment['id']}/attempts", {"method_id": 1}, f"start-{total}")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                async with self._session.get(f"{self._url}/payments/{payment['id']}", headers=self._headers) as read:
                    found = await read.json()
                if found["status"] != "processing":
                    return found
                await asyncio.sleep(0.05)

    async def metrics(self) -> str:
        async with self._session.get(f"{self._url}/metrics") as response:
            return await response.text()


async def test_payments_go_their_whole_way_and_the_metrics_tell_of_it(tmp_path: Path) -> None:
    running, connector_url = await sandbox()
    store = open_store(tmp_path)
    with store.transaction() as tx:
        form = ConnectorForm(name="Sandbox", url=connector_url, period_minutes="15", schema_text="[]", shared_key=KEY)
        make_method(tx, connectors.create(tx, ANNA, form))
        make_account(tx)
        _, token = tokens.create(tx, ANNA, "shop")
    with engine(tmp_path) as started:
        async with aiohttp.ClientSession() as session:
            caller = Caller(started.admin_url, token, session)
            in_reply, declined, later = await asyncio.gather(*(caller.paid(each) for each in ("5.00", "5.01", "5.02")))
            page = await caller.metrics()
            async with session.get(f"{started.admin_url}/readyz") as response:
                assert (response.status, await response.json()) == (200, {"ready": True, "wrong": []})
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert [each["status"] for each in (in_reply, declined, later)] == [
        "completed",
        "waiting_for_payment",
        "completed",
    ]
    assert declined["customer"]["message"]
    for sample in (
        'gatewatch_answers_total{connector="1",rule="answered-success"} 2.0',
        'gatewatch_answers_total{connector="1",rule="answered-failure"} 1.0',
        'gatewatch_requests_total{connector="1",ended="answered",request="pay"} 2.0',
        'gatewatch_requests_total{connector="1",ended="accepted",request="pay"} 1.0',
        'gatewatch_request_seconds_count{connector="1",request="pay"} 3.0',
        'gatewatch_answer_seconds_count{connector="1"} 3.0',
        'gatewatch_payments{status="completed"} 2.0',
    ):
        assert sample in page, page
    log = started.log.read_text(encoding="utf-8")
    assert token not in log
    assert KEY not in log
    events = [json.loads(line) for line in log.splitlines()]
    assert {each["event"] for each in events} >= {"platform create", "platform start", "request ended", "answer judged"}
