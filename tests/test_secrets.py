"""Secrets are planted wherever a person can put one, everything is driven, and all that was written is searched.

Engine, sandbox, command line and panel are real processes. What each wrote, the files that they left and the arguments
of every process are searched for each secret in plain, hex and base64 form.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from gateway.signing import sign
from store.answers import Answer
from store.key_file import KeyFile
from store.payments import Payment
from store.states import PaymentStatus
from store.store import open_store
from tests.gateway.engine_process import Engine, engine
from tests.store.processes import ROOT
from tests.tui.cli.terminal import PROGRAM, CommandLine, Ended
from tests.tui.pseudo_terminal import PseudoTerminal

KEY = "planted-key-aXk29dQvLm84"
NEW_KEY = "planted-new-key-Zt51wRbNc07"
STATIC = "planted-static-value-Hy66"
PASSWORD_SETTING = "planted-setting-Qe3-Rv8-Pp1"
OPEN_SETTING = "planted-open-setting-Jm4-Ds9"
MANAGER_PASSWORD = "planted manager password Kf2"
WRONG_PASSWORD = "planted wrong password Ty7"
SCHEMA = """[
  {"key": "api_key", "type": "password", "label": "API key", "required": true, "min_length": 8},
  {"key": "login", "type": "string", "label": "Login"}
]"""
EMAIL = "anna@example.com"
PATIENCE_SECONDS = 60.0


def forms_of(secret: str | bytes) -> list[bytes]:
    """Return a secret as it is, in hex, and in base64 wherever it begins in a longer text."""
    raw = secret.encode() if isinstance(secret, str) else secret
    encoded = [base64.b64encode(b"x" * skipped + raw)[4 if skipped else 0 : -4] for skipped in range(3)]
    safe = [each.translate(bytes.maketrans(b"+/", b"-_")) for each in encoded]
    return [raw, raw.hex().encode(), raw.hex().upper().encode(), *encoded, *safe]


class Written:
    """All that was written by anybody, by what wrote it."""

    def __init__(self) -> None:
        self.parts: dict[str, bytes] = {}

    def add(self, name: str, content: bytes) -> None:
        self.parts[name] = self.parts.get(name, b"") + content

    def add_files(self, folder: Path) -> None:
        for each in folder.rglob("*"):
            if each.is_file():
                self.add(str(each), each.read_bytes())

    def add_arguments(self) -> None:
        """Add the arguments of every process that runs now."""
        for each in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                self.add("the arguments of the processes", each.read_bytes())
            except OSError:
                continue  # it has ended

    def holding(self, secrets: dict[str, str | bytes]) -> list[str]:
        return [
            f"{name} holds {word}"
            for name, content in self.parts.items()
            for word, secret in secrets.items()
            if any(form in content for form in forms_of(secret))
        ]


class Shop:
    """A store on the command line, whose every output is kept."""

    def __init__(self, folder: Path, written: Written) -> None:
        self.line = CommandLine(folder)
        self.written = written
        self.token = ""

    def __call__(self, *args: object, stdin: str = "", code: int = 0, env: dict[str, str] | None = None) -> Ended:
        """Run a command, which must end with this code; keep what it says."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            return self._kept(args, self.line(*args, stdin=stdin), code)

    def process(self, *args: object, stdin: str = "", code: int = 0) -> Ended:
        """Do the same as a process of its own."""
        return self._kept(args, self.line.process(*args, stdin=stdin), code)

    def _kept(self, args: tuple[object, ...], ended: Ended, code: int) -> Ended:
        assert ended.code == code, (args, ended)
        assert "Traceback" not in ended.err
        self.written.add(f"gatewatch {' '.join(map(str, args))}", (ended.out + ended.err).encode())
        return ended


@contextmanager
def sandbox(log: Path) -> Iterator[str]:
    """Run a simulated gateway that knows the first key; yield its URL."""
    command = [sys.executable, "-m", "gateway", "sandbox", "--port", "0", "--soon-after", "0.1", "--until-stdin-closes"]
    with log.open("wb") as errors:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=os.environ | {"GATEWATCH_SANDBOX_KEY": KEY},
        )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        yield process.stdout.readline().decode().split()[-1]
        process.stdin.close()
        process.wait(timeout=PATIENCE_SECONDS)


class Echo(BaseHTTPRequestHandler):
    """A gateway that tells us our own secrets, where nobody looks for them: in names, in its reason, in a header."""

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        said = json.dumps({each: number for number, each in enumerate([*told["settings"].values(), KEY])}).encode()
        self.send_response(200, f"{KEY} {STATIC}")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.send_header("X-Signature", KEY)
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def echo() -> Iterator[str]:
    """Run a gateway that echoes; yield its URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/pay"
        server.shutdown()
        thread.join()


def pay_by_echo(shop: Shop, folder: Path, url: str) -> None:
    """Let a payment through a gateway that echoes; what is kept of its reply is shown."""
    create = ("connector", "create", "--name", "Echo", "--url", url, "--schema", folder / "schema.json")
    shop(*create, "--static", folder / "static.json", "--key-file", folder / "key.txt")
    shop("method", "create", "--name", "Echoed", "--connector", 2, "--settings", folder / "settings.json")
    payment = shop("payment", "create", "--account", 1, "--total", "7.00", "--json").json["id"]
    shop("payment", "pay", payment, "--method", 2)
    view = open_store(shop.line.folder).view
    until(lambda: bool(view().get(Payment, payment).attempts[0].delivery.outcome))
    for options in ((), ("--json",)):
        shop("payment", "show", payment, *options)
        shop("connector", "show", 2, *options)


def until(is_so: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < give_up_at, "waited in vain"
        time.sleep(0.02)


def tell(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """Post to the engine; return the status and what it said."""
    request = Request(url, data=body, headers={"Content-Type": "application/json", **headers})  # noqa: S310 - loopback
    try:
        with urlopen(request, timeout=PATIENCE_SECONDS) as response:  # noqa: S310 - loopback
            return response.status, response.read()
    except HTTPError as error:
        return error.code, error.read()


def furnish(shop: Shop, folder: Path, url: str) -> None:
    """Plant every secret, from standard input, a file and the environment."""
    files = {"schema.json": SCHEMA, "static.json": json.dumps({"platform_token": STATIC}), "key.txt": KEY}
    files["settings.json"] = json.dumps({"api_key": PASSWORD_SETTING, "login": OPEN_SETTING})
    # Lines with a mistake in the middle of a secret, or just behind it.
    files["broken.json"] = f'{{"platform_token": "{STATIC}" "{STATIC}"}}'
    files["twice.json"] = (
        f'{{"login": "{STATIC}", "platform_token": "{STATIC}", "platform_token": "settings.{STATIC}"}}'
    )
    files["wrong.json"] = json.dumps(
        {"api_key": [PASSWORD_SETTING], "login": f"settings.{OPEN_SETTING}", "more": OPEN_SETTING}
    )
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    create = ("connector", "create", "--name", "Planted", "--url", url, "--schema", folder / "schema.json")
    shop(*create, "--static", folder / "broken.json", code=1)
    shop(*create, "--static", folder / "twice.json", "--json", code=1)
    shop(*create, "--key-stdin", stdin=f"{KEY[:8]}\n", code=1)
    shop.process(*create, "--static", folder / "static.json", "--key-file", folder / "key.txt")
    method = ("method", "create", "--name", "Card", "--connector", 1, "--settings")
    shop(*method, folder / "wrong.json", "--json", code=1)
    shop(*method, folder / "broken.json", code=1)
    shop.process(*method, folder / "settings.json")
    shop("account", "create", "--name", "Ada", "--currency", "EUR")
    add = ("manager", "add", "--name", "Anna", "--email")
    shop(*add, "no address", "--password-stdin", stdin=MANAGER_PASSWORD, code=1)
    shop(*add, EMAIL, env={"GATEWATCH_PASSWORD": MANAGER_PASSWORD})
    # The one place where a token's text is told is left out.
    shop.token = shop.line("token", "create", "--name", "shop", "--json").json["token"]


def drive_engine(shop: Shop, running: Engine) -> None:
    """Let payments through, with either key, and everything that a stranger and a faulty gateway can send."""
    for number, total in enumerate(("5.00", "5.01", "5.02", "5.99"), start=1):
        body = json.dumps({"account_id": 1, "total": total}).encode()
        headers = {"Authorization": f"Bearer {shop.token}", "Idempotency-Key": f"order-{number}"}
        for url, sent in (("/payments", body), (f"/payments/{number}/attempts", b'{"method_id": 1}')):
            status, said = tell(
                f"{running.admin_url}{url}", sent, headers | {"Idempotency-Key": f"{url[-8:]}-{number}"}
            )
            shop.written.add("the platform side's answers", said)
            assert status < 300, said
    tell(f"{running.admin_url}/payments", b"{", {"Authorization": f"Bearer x{shop.token}"})
    tell(f"{running.admin_url}/payments", f'{{"{shop.token}"'.encode(), {"Authorization": f"Bearer {shop.token}"})
    view = open_store(shop.line.folder).view
    until(lambda: sum(each.status is PaymentStatus.COMPLETED for each in view().all(Payment)) >= 2)

    shop.process("connector", "rotate-key", 1, "--key-stdin", stdin=NEW_KEY)
    shop("connector", "rotate-key", 1, code=1)
    attempt_id = next(each.attempts[0].id for each in view().all(Payment))
    answer = dict.fromkeys(("answer_id", "attempt_id", "gateway_reference", "amount", "currency", "message"), "")
    answer |= {
        "answer_id": "late-1",
        "attempt_id": attempt_id,
        "result": "pending",
        "timestamp": "2026-03-02T09:00:00Z",
    }
    answers = f"{running.answers_url}/connectors/1/answers"
    for key, expected in ((KEY, 200), (NEW_KEY, 200), (WRONG_PASSWORD, 401)):
        status, said = tell(answers, json.dumps(answer).encode(), {"X-Signature": sign(answer, key)})
        shop.written.add("the engine's answers", said)
        assert status == expected, said
    echoed = {**answer, "settings": {"api_key": PASSWORD_SETTING, "platform_token": STATIC}}
    for sent_text in (json.dumps(echoed), json.dumps(echoed)[:-9], f'{{"twice": "{KEY}", "twice": 1}}', KEY):
        status, said = tell(answers, sent_text.encode(), {"X-Signature": sign(answer, KEY)})
        shop.written.add("the engine's answers", said)
        assert status in (401, 422), said
    shop("connector", "rotate-key", 1, "--use-now")
    assert "Old key last used:" in shop("connector", "show", 1).out
    shop("connector", "rotate-key", 1, "--retire-old")
    with urlopen(f"{running.admin_url}/metrics", timeout=PATIENCE_SECONDS) as page:  # noqa: S310 - loopback
        shop.written.add("the metrics", page.read())
    assert {each.given.key for each in view().all(Answer)} >= {"current"}


def drive_command_line(shop: Shop, folder: Path) -> None:
    """Let every command that reads say what it knows, and those of the store copy it, also without the key."""
    for command in (
        "connector list",
        "connector show 1",
        "method list",
        "method show 1",
        "payment list",
        "payment show 1",
    ):
        for options in ((), ("--json",)):
            shop(*command.split(), *options)
    for command in ("account show 1", "answer list", "charge list", "manager list", "token list", "log", "config show"):
        for options in ((), ("--json",)):
            shop(*command.split(), *options)
    assert shop("answer", "refused").out.count("\n") > 5
    assert sum(each["body"].count("•••") for each in shop("answer", "refused", "--json").json) > 3
    shop("payment", "why", 1)
    shop("--once")
    shop("manager", "password", 1, "--password-stdin", stdin=WRONG_PASSWORD[:9], code=1)
    shop("method", "update", 1, "--settings", folder / "wrong.json", code=1)
    shop("connector", "update", 1, "--static", folder / "broken.json", code=1)
    shop("connector", "delete", 1, code=1)
    shop("connector", "rotate-key", 1, "--use-now", code=1)
    shop("connector", "create", "--key", KEY[:4], code=2)
    shop.process("store", "check")
    shop("store", "checkpoint")
    shop("store", "backup", folder / "backup")
    shop("store", "export", folder / "export")
    shop("store", "export", folder / "lines", "--format", "jsonl")
    shop("store", "check", "--data", folder / "backup", "--json")
    for name in ("missing.key", "wrong.key"):
        elsewhere = {"GATEWATCH_KEY_FILE": str(folder / name)}
        for command in ("connector list", "connector show 1 --json", "payment list"):
            shop(*command.split(), env=elsewhere, code=3)
        shop("store", "check", env=elsewhere, code=1)
        shop("store", "backup", folder / f"backup-{name}", env=elsewhere)
        (folder / "wrong.key").write_text(f"gatewatch-key-1:{'5a' * 32}\n", encoding="ascii")
        (folder / "wrong.key").chmod(0o600)


def played(
    command: Sequence[str], environment: Mapping[str, str], steps: Sequence[tuple[str, bytes]]
) -> tuple[int, bytes]:
    """Press keys at a panel, each once what it is for is shown; return its exit code and all that it wrote."""
    with PseudoTerminal(command, environment, size=(160, 40)) as at:
        for shown, keys in steps:
            at.wait_for(shown)
            at.press(keys)
        return at.wait_for_end(), at.written


def drive_panel(shop: Shop) -> None:
    """Sign in with a wrong and the right password and look at the connector, its form, and the method's form."""
    sign_in = f"{EMAIL}\t{WRONG_PASSWORD}\r".encode()
    again = f"{MANAGER_PASSWORD}\r".encode()
    steps = [
        ("Email", sign_in),
        ("is not right", again),
        ("OPERATIONS", b"5"),
        ("External Payment Gateway", b"\r"),
        ("API key", b"e"),
        ("Save", b"\x1b"),
        ("API key", b"6"),
        ("http://127", b"\r"),
        ("Secret Shared Key", b"e"),
        ("Save", b"\x1b"),
        ("Secret Shared Key", b"\x11"),
    ]
    code, drawn = played([*PROGRAM, "--calm"], shop.line.environment, steps)
    assert code == 0, drawn[-2000:]
    shop.written.add("the panel", drawn)


def leave_forms_open(shop: Shop) -> None:
    """Let the panel end while forms with secrets in them are open, old and just typed ones: drafts are kept."""
    typed = json.dumps({"platform_token": STATIC, "more": KEY}).encode()
    forms = (
        (b"6", "http://127", b"n", "Create", b"Half typed\t\t\t\t" + typed + b"\t" + NEW_KEY.encode()),
        (b"6", "http://127", b"\re", "Save", b"half changed"),
        (b"5", "External Payment Gateway", b"\re", "Save", b"half changed"),
    )
    for page, listed, opens, form, keys in forms:
        with PseudoTerminal([*PROGRAM, "--calm"], shop.line.environment, size=(160, 60)) as at:
            at.wait_for("Email")
            at.press(f"{EMAIL}\t{MANAGER_PASSWORD}\r".encode())
            at.wait_for("OPERATIONS")
            at.press(page)
            at.wait_for(listed)
            at.press(opens)
            at.wait_for(form)
            at.press(keys)
            at.wait_for(keys[:9].decode())
            at.read_for(0.5)
            at.send(signal.SIGHUP)
            assert at.wait_for_end() == 128 + signal.SIGHUP
            shop.written.add("the panel", at.written)
    drafts = [each.read_text() for each in (shop.line.folder / "drafts").iterdir()]
    assert len(drafts) == len(forms), drafts
    assert all("alf " in each for each in drafts), drafts


def crash_panel(shop: Shop, logs: Path) -> None:
    """Let a page of the panel crash with secrets in its local variables and in what its error says."""
    program = """
from tui.screens.connector_details import ConnectorDetails
from store.connectors import Connector
def show(self, view):
    connector = view.get(Connector, 1)
    key, shared = connector.shared_key, connector.static_text
    raise ValueError(f"{key} {shared}")
ConnectorDetails.show = show
from tui.cli.program import run
run()
"""
    sign_in = f"{EMAIL}\t{MANAGER_PASSWORD}\r".encode()
    steps = [("Email", sign_in), ("OPERATIONS", b"6"), ("http://127", b"\r")]
    environment = {**shop.line.environment, "XDG_STATE_HOME": str(logs)}
    code, drawn = played([sys.executable, "-c", program, "--calm"], environment, steps)
    assert code == 1
    assert b"ValueError" in drawn
    assert list(logs.rglob("crash-*.log"))
    shop.written.add("the panel's crash screen", drawn)


def test_no_secret_is_in_anything_that_was_written(tmp_path: Path, key_file: Path) -> None:
    typed, store, logs = tmp_path / "typed", tmp_path / "store", tmp_path / "logs"
    typed.mkdir()
    logs.mkdir()
    written = Written()
    shop = Shop(store, written)
    with sandbox(logs / "sandbox.log") as url:
        furnish(shop, typed, url)
        with engine(store) as running:
            drive_engine(shop, running)
            with echo() as echo_url:
                pay_by_echo(shop, typed, echo_url)
            drive_panel(shop)
            leave_forms_open(shop)
            written.add_arguments()
        drive_command_line(shop, typed)
        crash_panel(shop, logs)
    for folder in (store, logs, *(each for each in typed.iterdir() if each.is_dir())):
        written.add_files(folder)
    own = KeyFile(key_file).read()
    assert own is not None
    secrets: dict[str, str | bytes] = {
        "the shared key": KEY,
        "the new shared key": NEW_KEY,
        "Static JSON": STATIC,
        "a password setting": PASSWORD_SETTING,
        "the manager's password": MANAGER_PASSWORD,
        "a wrong password": WRONG_PASSWORD,
        "a bearer token": shop.token,
        "the key file's key": own.secret,
    }
    assert written.holding(secrets) == []
    in_files = {name: content for name, content in written.parts.items() if name.startswith(str(store))}
    assert not [name for name, content in in_files.items() if OPEN_SETTING.encode() in content]
    assert len(written.parts) > 60, "everything was driven"


@pytest.mark.parametrize("part", ["xyz", ""])
def test_the_search_finds_a_secret_in_each_form(part: str) -> None:
    """So that the test above can fail."""
    for form in (KEY.encode(), KEY.encode().hex().encode(), base64.b64encode(part.encode() + KEY.encode() + b"behind")):
        written = Written()
        written.add("a log", b"before " + form + b" behind")
        assert written.holding({"it": KEY}) == ["a log holds it"]
