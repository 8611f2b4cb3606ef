"""The command line on a new folder, and on a store with a connector, a payment method and an account."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.makers import Shop
from tests.tui.cli.terminal import CommandLine


@pytest.fixture
def gatewatch(tmp_path: Path) -> CommandLine:
    """Return the command line on a folder where no store is yet."""
    return CommandLine(tmp_path / "new")


@pytest.fixture
def at_shop(shop: Shop) -> CommandLine:
    """Return the command line on the shop's store."""
    return CommandLine(shop.store.folder)
