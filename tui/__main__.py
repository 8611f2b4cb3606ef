"""`gatewatch`: the panel and its command line."""

from __future__ import annotations

import gc
import sys
from typing import NoReturn

INTERRUPTED = 130
OBJECTS_BETWEEN_COLLECTIONS = 50_000
"""Loading modules makes many objects and no garbage; at the usual 700, looking for it takes a tenth of the start."""


def main() -> NoReturn:
    """Run `gatewatch` and leave with its exit code (SystemExit)."""
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    try:
        from tui.cli.program import run  # noqa: PLC0415 - Ctrl-C while modules load must end like any other

        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
