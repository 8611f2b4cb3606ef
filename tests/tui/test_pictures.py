"""The folder of accepted pictures: all of them are held by a test."""

from __future__ import annotations

import re
from pathlib import Path

from tests.tui.conftest import PREFIX, SCREENSHOTS, SIZES


def test_every_accepted_picture_belongs_to_a_test() -> None:
    written = re.compile(rf"def {PREFIX}(\w+)\(")
    names = {name for each in Path(__file__).parent.glob("test_*.py") for name in written.findall(each.read_text())}
    held = {f"{name.replace('_', '-')}-{width}x{height}" for name in names for width, height in SIZES}

    assert {each.stem for each in SCREENSHOTS.glob("*.svg")} == held
