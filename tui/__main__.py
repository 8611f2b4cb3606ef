"""`gatewatch`: the panel and its command line."""

from __future__ import annotations

import sys
from typing import NoReturn

INTERRUPTED = 130


def main() -> NoReturn:
    """Run `gatewatch` and leave with its exit code (SystemExit)."""
    try:
        from tui.cli.program import run  # noqa: PLC0415 - Ctrl-C while modules load must end like any other

        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
