"""`gatewatchd` as real processes: how it starts, listens, stops, refuses, and what a kill leaves behind."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import IO

import pytest
from click.testing import CliRunner

from gateway.__main__ import main
from store.answers import Answer
from store.audit import money_problems
from store.payments import Attempt, Payment
from store.states import AttemptState, PaymentStatus
from tests.gateway.engine_process import assert_not_crashed
from tests.gateway.events import PATIENCE_SECONDS
from tests.gateway.foreign_gateway import Body, Gateway
from tests.gateway.live_shop import KEY, LiveShop

SERVES = re.compile(
    r"gatewatchd listens for answers at (http://127\.0\.0\.1:\d+)/connectors/ID/answers, "
    r"for the platform at http://127\.0\.0\.1:\d+\n"
)
SANDBOX = re.compile(r"gatewatchd sandbox listens at (http://127\.0\.0\.1:\d+/pay)\n")


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-P", "-m", "gateway", *map(str, arguments)]


@contextmanager
def gatewatchd(*arguments: str | Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run a gatewatchd; one that still runs at the end is killed."""
    process = subprocess.Popen(
        command(*arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    # A pipe that nobody reads would stop the process once it is full.
    told: list[str] = []
    reader = Thread(target=lambda: told.extend(stream_of(process.stderr)))
    reader.start()
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        reader.join()
        for stream in (process.stdin, process.stdout, process.stderr):
            stream_of(stream).close()
        assert_not_crashed(process)
    assert all(json.loads(line)["event"] for line in told), told


def stream_of(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def listens(process: subprocess.Popen[str], line: re.Pattern[str] = SERVES) -> str:
    """Wait for the line that says where it listens, and return the URL."""
    said = stream_of(process.stdout).readline()
    found = line.fullmatch(said)
    assert found, said
    return found[1]


def ended(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> int:
    """Send a signal and return the exit code."""
    process.send_signal(number)
    return process.wait(timeout=PATIENCE_SECONDS)


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < give_up_at, "waited in vain"
        time.sleep(0.02)


def refused(*arguments: str | Path, **environment: str) -> tuple[int, str]:
    """Run a gatewatchd that cannot start, in this process; return its exit code and what it said."""
    done = CliRunner().invoke(main, [*map(str, arguments)], env=environment)
    assert done.stdout == ""
    assert isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stderr


class WatchedGateway(Gateway):
    """The foreign gateway, with a look at what is asked and acknowledged.

    It takes up to so many seconds from a request's arrival to the reply, and none leaves while `replies` is not set.
    """

    def __init__(self) -> None:
        super().__init__(KEY)
        self.longest_seconds = 0.0
        self._chance = random.Random(4711)  # noqa: S311 - to be repeated, not to be secret
        self.paid: list[str] = []
        self.acknowledged: list[Body] = []
        self.replies = Event()
        self.replies.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/pay"

    def reply_to(self, request: Body) -> Body:
        if request["request"] == "pay":
            self.paid.append(request["attempt_id"])
        reply = super().reply_to(request)
        self.replies.wait(PATIENCE_SECONDS)
        time.sleep(self._chance.uniform(0, self.longest_seconds))
        return reply

    def tell(self, url: str, answer: Body) -> None:
        super().tell(url, answer)
        self.acknowledged.append(answer)

    def handle_error(self, *_: object) -> None:
        """Say nothing of an engine that was killed in mid-request."""


@pytest.fixture
def foreign() -> Iterator[WatchedGateway]:
    """Serve the foreign gateway from this process."""
    served = WatchedGateway()
    thread = Thread(target=served.serve_forever, args=(0.02,))
    thread.start()
    yield served
    served.shutdown()
    thread.join()
    served.server_close()


@pytest.fixture
def shop(tmp_path: Path) -> LiveShop:
    return LiveShop(tmp_path / "store")


def test_serve_says_in_one_line_that_it_listens_and_leaves_on_sigterm(tmp_path: Path) -> None:
    with gatewatchd("serve", "--data", tmp_path, "--port", "0") as process:
        listens(process)
        assert ended(process) == 0
        assert stream_of(process.stdout).read() == ""


def test_serve_leaves_on_an_interrupt_too(tmp_path: Path) -> None:
    with gatewatchd("serve", "--data", tmp_path, "--port", "0") as process:
        listens(process)
        assert ended(process, signal.SIGINT) == 0


@pytest.mark.parametrize("ends", ["when it ends", "when it has ended before the start"])
def test_serve_leaves_when_standard_input_ends_if_told_so(tmp_path: Path, ends: str) -> None:
    with gatewatchd("serve", "--data", tmp_path, "--port", "0", "--until-stdin-closes") as process:
        if ends == "when it ends":
            listens(process)
        stream_of(process.stdin).close()
        assert process.wait(timeout=PATIENCE_SECONDS) == 0


def test_serve_leaves_when_its_parent_was_killed(tmp_path: Path) -> None:
    arguments = command("serve", "--data", tmp_path, "--port", "0", "--until-stdin-closes")
    script = (
        "import subprocess, sys\n"
        f"engine = subprocess.Popen({arguments!r}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)\n"
        "print(engine.pid, engine.stdout.readline(), end='', flush=True)\n"
        "sys.stdin.read()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    pid, _, line = stream_of(parent.stdout).readline().partition(" ")
    assert SERVES.fullmatch(line)

    parent.kill()

    parent.communicate()
    until(lambda: not Path(f"/proc/{pid}/stat").exists() or " Z " in Path(f"/proc/{pid}/stat").read_text("utf-8"))


def test_a_payment_goes_through_a_gateway_that_was_written_by_the_wire_alone(
    shop: LiveShop, foreign: WatchedGateway
) -> None:
    with gatewatchd("serve", "--data", shop.store.folder, "--port", "0") as process:
        listens(process)
        method_id = shop.method(foreign.url)
        paid, declined = shop.start(method_id), shop.start(method_id, "12.01")
        until(lambda: len(foreign.acknowledged) == 2)
        assert ended(process) == 0

    assert shop.completed(paid)
    assert shop.now(declined).customer_message == "The card was declined."
    assert money_problems(shop.store.view()) == []


def test_on_sigterm_a_request_under_way_ends_and_its_answer_is_kept(shop: LiveShop, foreign: WatchedGateway) -> None:
    foreign.replies.clear()
    with gatewatchd("serve", "--data", shop.store.folder, "--port", "0") as process:
        listens(process)
        payment_id = shop.start(shop.method(foreign.url))
        until(lambda: len(foreign.paid) == 1)
        process.send_signal(signal.SIGTERM)
        foreign.replies.set()
        assert process.wait(timeout=PATIENCE_SECONDS) == 0

        assert shop.rules(payment_id) == ["attempt-started", "answered-success"]
        foreign.acknowledged.append({})  # what it tells by itself has nobody to come to


def attempts_of(shop: LiveShop) -> list[Attempt]:
    return [attempt for payment in shop.store.view().all(Payment) for attempt in payment.attempts]


def test_an_engine_killed_at_random_moments_pays_nothing_twice_and_loses_nothing_that_it_acknowledged(
    shop: LiveShop, foreign: WatchedGateway
) -> None:
    chance = random.Random(20260302)  # noqa: S311 - to be repeated, not to be secret
    foreign.longest_seconds = 0.3
    method_id = shop.method(foreign.url)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    payments: list[int] = []

    for _ in range(4):
        with gatewatchd("serve", "--data", shop.store.folder, "--port", str(port), "--admin-port", "0") as process:
            listens(process)
            payments += [shop.start(method_id, chance.choice(["129.00", "12.01"])) for _ in range(4)]
            time.sleep(chance.uniform(0, 0.3))
            process.kill()
        assert money_problems(shop.store.view()) == []
    with gatewatchd("serve", "--data", shop.store.folder, "--port", str(port), "--admin-port", "0") as process:
        listens(process)
        until(lambda: len(foreign.acknowledged) == len(payments))
        until(lambda: all(each.state is not AttemptState.SENT for each in attempts_of(shop)))
        assert ended(process) == 0

    view = shop.store.view()
    assert money_problems(view) == []
    assert sorted(foreign.paid) == sorted(set(foreign.paid)), (
        "an attempt was paid again after it had reached the gateway"
    )
    assert {each.id for each in attempts_of(shop)} == set(foreign.ledger)
    kept = {(each.attempt_id, each.given.result, each.given.gateway_reference) for each in view.all(Answer)}
    for told in foreign.acknowledged:
        assert (told["attempt_id"], told["result"], told["gateway_reference"]) in kept
    for payment_id in payments:
        success = foreign.ledger[shop.attempt(payment_id).id]["result"] == "success"
        assert shop.now(payment_id).status is (PaymentStatus.COMPLETED if success else PaymentStatus.WAITING)


def test_the_engine_may_have_a_file_for_every_connection(tmp_path: Path) -> None:
    few_files = ["sh", "-c", 'ulimit -n 4000; ulimit -S -n 64; exec "$@"', "sh"]
    arguments = command("serve", "--data", tmp_path, "--port", "0", "--connections", "300")
    with subprocess.Popen([*few_files, *arguments], stdout=subprocess.PIPE, text=True) as process:
        listens(process)
        limits = Path(f"/proc/{process.pid}/limits").read_text("utf-8")
        process.terminate()

    assert re.search(r"Max open files +3160 +4000", limits)


def test_a_second_engine_on_a_store_is_refused_and_told_who_the_first_is(tmp_path: Path) -> None:
    with gatewatchd("serve", "--data", tmp_path, "--port", "0") as process:
        listens(process)
        code, said = refused("serve", "--data", tmp_path, "--port", "0")

    assert code == 3
    assert f"an engine runs on this store already: process {process.pid}" in said


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    code, said = refused("serve", "--data", tmp_path / "file" / "store")

    assert code == 3
    assert "the folder cannot be made" in said
    assert "--data" in said


def test_a_data_folder_from_the_environment_is_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    code, said = refused("serve", GATEWATCH_DATA=str(tmp_path / "file"))

    assert code == 3
    assert str(tmp_path / "file") in said


def test_a_damaged_store_is_refused_and_left_as_it_is(shop: LiveShop) -> None:
    shop.store.path.write_bytes(b'{"_store": {"1": {"format"')

    code, said = refused("serve", "--data", shop.store.folder)

    assert code == 3
    assert "is damaged" in said
    assert shop.store.path.read_bytes() == b'{"_store": {"1": {"format"'


@pytest.mark.parametrize("kind", ["serve", "sandbox"])
def test_a_port_in_use_is_refused(tmp_path: Path, kind: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        data = ("--data", str(tmp_path), "--admin-port", "0") if kind == "serve" else ()
        code, said = refused(kind, "--port", str(port), *data, GATEWATCH_SANDBOX_KEY=KEY)

    assert code == 1
    assert f"cannot listen at 127.0.0.1:{port}" in said
    assert "in use" in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--public-url", "http://panel.example.com"], "Without https"),
        (["--public-url", "panel"], "begins with https://"),
        (["--public-url", "https://panel.example.com/?a=b"], "query"),
        (["--port", "70000"], "65535"),
        (["--port", "many"], "not a valid integer"),
        (["--unheard-of"], "No such option"),
    ],
)
def test_wrong_usage_of_serve_is_refused(tmp_path: Path, arguments: list[str], says: str) -> None:
    code, said = refused("serve", "--data", tmp_path / "new", *arguments)

    assert code == 2
    assert says in said
    assert not (tmp_path / "new").exists()


def test_the_sandbox_says_in_one_line_that_it_listens_and_leaves_on_sigterm() -> None:
    with gatewatchd("sandbox", "--port", "0", GATEWATCH_SANDBOX_KEY=KEY) as process:
        listens(process, SANDBOX)
        assert ended(process) == 0


def test_the_sandbox_leaves_when_standard_input_ends_if_told_so() -> None:
    with gatewatchd("sandbox", "--port", "0", "--until-stdin-closes", GATEWATCH_SANDBOX_KEY=KEY) as process:
        listens(process, SANDBOX)
        stream_of(process.stdin).close()
        assert process.wait(timeout=PATIENCE_SECONDS) == 0


def test_the_sandbox_takes_the_key_from_standard_input() -> None:
    with gatewatchd("sandbox", "--port", "0", "--key-file", "-", GATEWATCH_SANDBOX_KEY="") as process:
        stream_of(process.stdin).write(f"{KEY}\n")
        stream_of(process.stdin).close()
        listens(process, SANDBOX)


def test_engine_and_sandbox_bring_a_payment_to_its_end(shop: LiveShop, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n", encoding="utf-8")
    with (
        gatewatchd("sandbox", "--port", "0", "--key-file", tmp_path / "key") as gateway,
        gatewatchd("serve", "--data", shop.store.folder, "--port", "0") as engine,
    ):
        method_id = shop.method(listens(gateway, SANDBOX))
        listens(engine)
        paid, declined = shop.start(method_id, "10.00"), shop.start(method_id, "10.01")
        until(lambda: shop.completed(paid) and shop.attempt(declined).state is AttemptState.FAILED)
        assert ended(engine) == 0
        assert ended(gateway) == 0


def test_the_sandbox_lists_how_it_can_behave_without_a_key() -> None:
    done = subprocess.run(command("sandbox", "--list"), capture_output=True, text=True, check=True)

    assert ".00  success" in done.stdout
    assert len(done.stdout.splitlines()) > 10


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "GATEWATCH_SANDBOX_KEY"),
        (["--key-file", "-", "--until-stdin-closes"], "both read standard input"),
        (["--key-file", "-"], "no Secret Shared Key"),
        (["--key-file", "/nowhere"], "does not exist"),
        (["--port", "70000"], "65535"),
    ],
)
def test_wrong_usage_of_the_sandbox_is_refused(arguments: list[str], says: str) -> None:
    code, said = refused("sandbox", *arguments, GATEWATCH_SANDBOX_KEY="")

    assert code == 2
    assert says in said


def test_a_key_file_that_is_no_text_is_refused_without_a_word_of_it(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"secret\xff\xfe")

    code, said = refused("sandbox", "--key-file", tmp_path / "key")

    assert code == 2
    assert "not UTF-8" in said
    assert "secret" not in said
    assert "0xff" not in said
