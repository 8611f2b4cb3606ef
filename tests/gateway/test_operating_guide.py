"""What the README tells operators and gateways' authors is so: unit, metrics, signature, gateway of 60 lines."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import tokenize
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway import dispatcher, http_port
from gateway.messages import parse_status
from gateway.signing import sign, signed_text
from store.lock import WAIT_SECONDS
from store.states import RULES
from tests.gateway.admin_ports import Ports, answer_of, open_ports
from tests.makers import Shop

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
UNIT = README.partition("```ini\n")[2].partition("```")[0]
ALERTS = README.partition("```yaml\n")[2].partition("```")[0]
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",), "info": ("_info",)}


@pytest.fixture
async def ports(shop: Shop) -> AsyncIterator[Ports]:
    async with open_ports(shop) as opened:
        yield opened


async def test_every_metric_that_the_readme_names_is_there_with_its_labels(ports: Ports) -> None:
    await ports.answer(answer_of(ports.shop.pay(ports.shop.payment())))
    await ports.answer(answer_of("nobody"), signature="0" * 64)
    page = (await ports.ask("GET", "/metrics")).content.decode()
    labels: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(page):
        for suffix in SUFFIXES[family.type]:
            labels[family.name + suffix] = set().union(*(each.labels for each in family.samples))

    named = re.findall(r"(gatewatch_[a-z_]+)(?:\{([a-z_]+)=)?", ALERTS)
    assert len(named) > 12
    assert {name for name, _ in named} <= labels.keys()
    with_labels = [(name, label) for name, label in named if label]
    assert with_labels
    assert all(label in labels[name] for name, label in with_labels)
    rules = set(re.findall(r'rule=~"([^"]+)"', ALERTS)[0].split("|"))
    assert rules <= {each.name for each in RULES}


async def test_whatever_an_alert_watches_rise_stands_at_zero_before_anything_happens(ports: Ports) -> None:
    samples = await ports.metrics()

    watched = re.findall(r'increase\((\w+)(?:\{(\w+)=~?"([^"]+)"\})?\[', ALERTS)
    assert len(watched) == ALERTS.count("increase(") > 6
    for name, label, values in watched:
        for value in values.split("|"):
            found = [each for each in samples if each.partition("{")[0] == name and f'{label}="{value}"' in each]
            found = found if label else [each for each in samples if each.partition("{")[0] == name]
            assert found, (name, value)
            assert {samples[each] for each in found} == {0}


def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("There is no systemd-analyze here.")
    program = shutil.which("true")
    assert program is not None
    assert "ExecStart=/usr/local/bin/gatewatchd serve " in UNIT
    unit = tmp_path / "gatewatchd.service"
    unit.write_text(UNIT.replace("/usr/local/bin/gatewatchd", program), encoding="utf-8")

    done = subprocess.run([analyze, "verify", str(unit)], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_unit_lets_the_engine_end_in_the_time_that_it_takes_at_the_most() -> None:
    # A turn that waits for the lock, then requests to gateways; then the platform's, beside what is left to write.
    longest = WAIT_SECONDS + dispatcher.FINISH_SECONDS + max(http_port.FINISH_SECONDS, WAIT_SECONDS)
    assert float(UNIT.partition("TimeoutStopSec=")[2].partition("\n")[0]) > longest


def test_the_units_command_is_one_that_gatewatchd_takes() -> None:
    from gateway.__main__ import serve  # noqa: PLC0415 - only here

    options = re.findall(r"--[a-z-]+", UNIT.partition("ExecStart=")[2].partition("\n")[0])
    assert options == ["--port", "--admin-port", "--public-url"]
    assert set(options) <= {name for each in serve.params for name in each.opts}


def test_the_example_for_authors_is_signed_as_it_says() -> None:
    key = README.partition("this body under the key `")[2].partition("`")[0]
    body, text, signature = README.partition("below it:\n\n```\n")[2].partition("\n```")[0].splitlines()
    assert signed_text(parse_status(json.loads(body)).body()) == text
    assert sign(json.loads(body), key) == signature


def test_the_gateway_for_authors_has_under_60_lines_of_code() -> None:
    source = (Path(__file__).parent / "foreign_gateway.py").read_bytes()
    documented = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or 0) + 1)
    }
    nothing = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING)
    code = {
        line
        for token in tokenize.tokenize(BytesIO(source).readline)
        if token.type not in (*nothing, tokenize.ENDMARKER)
        for line in range(token.start[0], token.end[0] + 1)
    }
    assert len(code - documented) < 60
