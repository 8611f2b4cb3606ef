"""What is freed goes back to the system, also where something small was kept behind it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from store.memory import give_back_freed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a process holds")


def held_megabytes() -> int:
    found = re.search(r"RssAnon:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) >> 10


def test_what_is_freed_is_given_back() -> None:
    before = held_megabytes()
    many = [bytes(4000) for _ in range(25_000)]
    kept = many[::100]
    del many
    freed_and_held = held_megabytes() - before
    give_back_freed()
    assert freed_and_held > 50, "else this shows nothing"
    assert held_megabytes() - before < freed_and_held / 2
    assert len(kept) == 250
