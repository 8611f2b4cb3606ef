"""The engine and the simulated gateway as processes of their own, as an operator starts them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CRASHES = frozenset(-each for each in (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL))
"""The exit codes of processes that ended themselves by a fault."""


@dataclass(frozen=True)
class Engine:
    """A running engine: where its two ports are, and what it logs."""

    process: subprocess.Popen[str]
    answers_url: str
    admin_url: str
    log: Path


@dataclass(frozen=True)
class SimulatedGateway:
    """A running sandbox: where it takes requests, and what it logs."""

    process: subprocess.Popen[str]
    url: str
    log: Path


def assert_not_crashed(process: subprocess.Popen[str]) -> None:
    """Hold that a process which has ended was not ended by a fault of memory: what waits for it would not tell."""
    assert process.returncode not in CRASHES, f"ended by {signal.Signals(-process.returncode).name}"


@contextmanager
def engine(folder: Path, *options: str) -> Iterator[Engine]:
    """Start an engine for a store on two free ports; it ends with the body. One after another, they share a log."""
    log = folder / "engine.log"
    with _gatewatchd(log, "serve", "--data", str(folder), *options) as (process, line):
        answers, platform = (each.split()[0] for each in line.split(" at ")[1:])
        yield Engine(process, answers.removesuffix("/connectors/ID/answers,"), platform, log)


@contextmanager
def sandbox(folder: Path, key: str, *options: str) -> Iterator[SimulatedGateway]:
    """Start a simulated gateway on a free port; it ends with the body."""
    log = folder / "sandbox.log"
    with _gatewatchd(log, "sandbox", *options, GATEWATCH_SANDBOX_KEY=key) as (process, line):
        yield SimulatedGateway(process, line.split()[-1], log)


@contextmanager
def _gatewatchd(
    log: Path, command: str, *options: str, **environment: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a process and yield it with its first line, which tells where it listens."""
    arguments = [command, "--until-stdin-closes", "--port", "0", *options]
    with log.open("a", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=os.environ | environment,
        )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        line = process.stdout.readline()
        assert line, log.read_text(encoding="utf-8")
        try:
            yield process, line
        finally:
            process.poll()
            assert_not_crashed(process)
        process.stdin.close()
        process.wait(timeout=30)
        assert_not_crashed(process)
