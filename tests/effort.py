"""How much the tests that have no end do: `GATEWATCH_TEST_EFFORT=10 python -m pytest tests/store` does more."""

from __future__ import annotations

import os

EFFORT = int(os.environ.get("GATEWATCH_TEST_EFFORT", "1"))
"""By how much the number of states, examples and kills is multiplied."""
