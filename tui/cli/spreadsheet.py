"""CSV that a spreadsheet shows as it is: no cell is taken for a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from io import StringIO

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


def csv_line(values: Sequence[object]) -> str:
    """Return values as a line of CSV without its end; a text that a spreadsheet would run begins with '."""
    written = StringIO()
    csv.writer(written, lineterminator="").writerow([_cell(each) for each in values])
    return written.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_SIGNS) and not _NUMBER.fullmatch(text) else text
