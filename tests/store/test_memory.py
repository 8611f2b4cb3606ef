"""What is freed goes back to the system, also where something small was kept behind it."""

from __future__ import annotations

import re
import subprocess
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


SIX_THREADS_IN_TURN = """
import sys
import threading
from store.memory import share_what_is_freed
from tests.store.test_memory import held_megabytes

def work(done, stay):
    blocks = [bytes(2_000) for _ in range(5_000)]
    kept = bytes(2_000)
    del blocks
    done.set()
    stay.wait()

if sys.argv[1] == "shared":
    share_what_is_freed()
before = held_megabytes()
for _ in range(6):
    done = threading.Event()
    threading.Thread(target=work, args=(done, threading.Event()), daemon=True).start()
    done.wait()
print(held_megabytes() - before)
"""


def test_what_one_thread_has_freed_another_one_takes() -> None:
    def held_more(how: str) -> int:
        command = [sys.executable, "-c", SIX_THREADS_IN_TURN, how]
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    alone = held_more("alone")
    assert alone > 40, "else this shows nothing"
    assert held_more("shared") < alone / 2
