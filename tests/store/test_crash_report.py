from __future__ import annotations

import os
import subprocess
import sys

import pytest

from store.crash_report import LEFT_OUT, crash_report
from store.errors import Refused
from tests.store.processes import ROOT

PLANTED = "planted-secret"


def fail_in_two_steps() -> None:
    try:
        os.environ[PLANTED]
    except KeyError as error:
        raise ExceptionGroup(PLANTED, [ValueError(PLANTED), Refused("The store says why.")]) from error


def test_a_report_tells_kinds_and_places_and_no_value() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        fail_in_two_steps()
    report = crash_report(caught.value)
    assert PLANTED not in report
    assert "in fail_in_two_steps" in report
    assert [each for each in report.splitlines() if not each.startswith("  File") and not each.startswith("    ")] == [
        "KeyError",
        "which led to:",
        "ExceptionGroup",
        "  ValueError",
        "  Refused: The store says why.",
        LEFT_OUT,
    ]


def test_errors_that_lead_to_each_other_are_told_once() -> None:
    one, other = ValueError(), KeyError()
    one.__context__, other.__context__ = other, one
    assert crash_report(one).splitlines() == ["KeyError", "which led to:", "ValueError", LEFT_OUT]


@pytest.mark.parametrize(
    "body",
    [
        "int(planted)",
        "threading.Thread(target=int, args=(planted,)).start()",
        "asyncio.run(forget())",
        "Unraisable()",
    ],
)
def test_a_process_tells_nothing_else_of_what_nobody_has_caught(body: str) -> None:
    program = f"""
import asyncio, gc, threading
from store.crash_report import tell_no_values
tell_no_values()
planted = "-".join(("planted", "secret"))
class Unraisable:
    def __del__(self):
        int(planted)
async def fail():
    int(planted)
async def forget():
    asyncio.create_task(fail(), name=planted)
    await asyncio.sleep(0)
    gc.collect()
    await asyncio.sleep(0)
{body}
gc.collect()
"""
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "ValueError" in ended.stderr
    assert LEFT_OUT in ended.stderr
    assert PLANTED not in ended.stderr + ended.stdout
