"""The panel's start: the first frame waits for nothing that it does not show."""

from __future__ import annotations

import json
import subprocess
import sys

FIRST_FRAME = """
import json, sys
from pathlib import Path
from store.errors import StoreNotUsable
from tui.cli import panel, program
from tui.app import GatewatchApp
from tui.session import Session

def opened():  # asked for when the first frame has been drawn
    print(json.dumps(sorted(sys.modules)))
    raise StoreNotUsable(Path("store"), "is not wanted here.")

GatewatchApp(Session(opened)).run(headless=True, size=(80, 24))
"""
LATER = ("store.store", "store.states", "store.managers", "tui.screens.page", "tui.widgets.top_bar", "tui.look")
HEAVY = ("tinydb", "msgspec", "argon2", "cryptography", "jsonschema", "regex", "aiohttp")


def test_the_first_frame_comes_before_the_pages_the_store_and_all_that_they_need() -> None:
    run = subprocess.run([sys.executable, "-c", FIRST_FRAME], capture_output=True, text=True, check=True)
    loaded = set(json.loads(next(each for each in run.stdout.splitlines() if each.startswith("["))))
    assert "tui.app" in loaded
    assert not loaded & {*LATER, *HEAVY}
